// Two layers side by side: which of their units answer alike to the same real pictures, which have vanished, which have appeared. And two
// networks: the same in numbers for each pair of layers.

import {el, replace} from "./dom.js";
import {count, number, plural} from "./format.js";
import {choice, drawing, unit_name} from "./parts.js";
import {link, reference} from "./route.js";
import {layer_data, match_data} from "./source.js";
import {meaning} from "./words.js";
import {explained} from "./tip.js";

const kAtOnce = 120; // pairs

const title_of = ({atlas, layer}) => `${layer.path || layer.name} of ${atlas.network.name}`;

// A list that shows some, and more when asked.
function growing_list(all, make) {
  const list = el("div", {class: "pairs"});
  const more = el("button", {class: "button", onclick: () => show()}, "Show more");
  function show() {
    const from = list.children.length;
    list.append(...all.slice(from, from + kAtOnce).map(make));
    more.hidden = list.children.length >= all.length;
  }
  show();
  return [list, more];
}

export async function layer_pairs(a, b) {
  const [match, left, right] = await Promise.all([match_data(a.atlas.id, a.layer.id, b.atlas.id, b.layer.id),
    ...[a, b].map(async (one) => ({...one, columns: (await layer_data(one.atlas.id, one.layer.id)).columns}))]);
  const cell = (one, row) => {
    const {unit, label, seed, photo} = one.columns;
    if (unit[row] === undefined) return null;
    const it = {layer: one.layer.id, unit: unit[row], label: label[row], seed: seed[row], photo: photo[row]};
    return el("a", {class: "cell", href: link.unit(one.atlas.id, one.layer.name, it.unit)}, el("span", {class: "frame"}, drawing(one.atlas.id, it, {alt: ""})),
      el("span", {class: "name"}, unit_name(it)));
  };
  const pair = (row_a, row_b, words, faint = "") => el("div", {class: `pair ${faint}`}, cell(left, row_a), cell(right, row_b),
    el("span", {class: "note"}, words ? [words, " · "] : null,
      el("a", {href: link.compare(reference(left.atlas.id, left.layer.name, row_a), reference(right.atlas.id, right.layer.name, row_b))}, "compare")));
  const sides = `Left: ${title_of(a)}. Right: ${title_of(b)}. `;
  if (match.reason) {
    const both = Math.min(left.columns.unit.length, right.columns.unit.length);
    return el("div", {}, el("p", {class: "soft"}, sides, match.reason, " Pairs have the same number."), growing_list([...Array(both).keys()], (row) => pair(row, row, "")));
  }
  const lists = {
    matched: {title: "Match", all: match.matched, make: ([x, y, r]) => pair(x, y, `correlation ${number(r, 2)}`), none: "No two units answer alike."},
    vanished: {title: "Vanished", all: match.vanished, make: ([x, y, r]) => pair(x, y, `nearest ${number(r, 2)}`, "no-right"), none: "Every unit of the left layer has a match."},
    appeared: {title: "Appeared", all: match.appeared, make: ([y, x, r]) => pair(x, y, `nearest ${number(r, 2)}`, "no-left"), none: "Every unit of the right layer has a match."},
  };
  const body = el("div", {});
  const choose = (name) => replace(body, lists[name].all.length ? growing_list(lists[name].all, lists[name].make) : el("p", {}, lists[name].none));
  choose("matched");
  return el("div", {},
    el("p", {class: "soft"}, sides, `Units are compared by their activations on the same ${plural(match.pictures, "real picture")}. The least alike come first.`),
    el("div", {class: "tools"}, choice("Units", Object.entries(lists).map(([name, {title, all}]) => [name, `${title} ${count(all.length)}`]), "matched", choose),
      el("span", {class: "soft"}, explained("what is a match?", meaning.match))), body);
}

// The layer of the other network that a layer is compared with: of the same name, or outputs with outputs.
function partner_of(layer, others) {
  return others.find((one) => one.name === layer.name) || (layer.output ? others.find((one) => one.output) : undefined);
}

function match_row(a, b, layer, partner) {
  const numbers = el("span", {class: "note"}, "…"), bar = el("span", {class: "spread", "aria-hidden": "true"});
  const names = [layer, partner].map((one) => one.path || one.name);
  const fill = async () => {
    const match = await match_data(a.id, layer.id, b.id, partner.id);
    if (match.reason) return replace(numbers, "not compared");
    const [matched, vanished, appeared] = [match.matched, match.vanished, match.appeared].map((all) => all.length);
    replace(numbers, `${count(matched)} match, ${count(vanished)} vanished, ${count(appeared)} appeared`);
    return replace(bar, [["green", matched], ["grey", vanished + appeared]].map(([colour, share]) => (share ? el("span", {class: colour, style: {"flex-grow": String(share)}}) : null)));
  };
  const href = link.compare(reference(a.id, layer.name), reference(b.id, partner.name));
  return {fill, node: el("tr", {}, el("th", {scope: "row"}, el("a", {href}, names[0] === names[1] ? names[0] : names.join(" and "))), el("td", {}, bar), el("td", {}, numbers))};
}

export function network_pairs(a, b) {
  const shown = (layer) => layer.drawn > 0 || a.data;
  const rows = a.layers.filter(shown).map((layer) => [layer, partner_of(layer, b.layers)]).filter(([, partner]) => partner).map(([layer, partner]) => match_row(a, b, layer, partner));
  if (!rows.length) return el("p", {}, "No layer of the two has the same name. Compare single units instead: open one and press c.");
  (async () => {
    for (const row of rows) await row.fill().catch(() => {});
  })();
  return el("div", {}, el("p", {class: "soft"}, `${plural(rows.length, "layer")} of ${a.network.name}, left, and ${b.network.name}, right. `, explained("What is a match?", meaning.match)),
    el("table", {class: "matches"}, el("tbody", {}, rows.map((row) => row.node))));
}

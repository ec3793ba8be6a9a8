// Two things side by side: two units, two layers, or two networks.

import {layer_pairs, network_pairs} from "./compare_layers.js";
import {el} from "./dom.js";
import {number, percent, sigma} from "./format.js";
import {drawing, figures, unit_name, verdict_pill} from "./parts.js";
import {photo_frame} from "./photo.js";
import {go, layer_and_unit, link, reference} from "./route.js";
import {atlas_of, atlases, unit_data} from "./source.js";
import {meaning} from "./words.js";

// "HASH", "HASH/LAYER" or "HASH/LAYER/UNIT", with a layer's slashes escaped or not.
async function thing(text) {
  const [id, ...rest] = text.split("/").map(decodeURIComponent).filter((part, i) => i > 0 || part !== "");
  const atlas = await atlas_of(id || "");
  if (!rest.length) return {atlas};
  const {layer: name, unit} = layer_and_unit(rest, atlas.layers);
  const layer = atlas.layers.find((one) => one.name === name);
  if (!layer) throw new Error(`${atlas.network.name} has no layer ${name}.`);
  return {atlas, layer, unit};
}

async function unit_column({atlas, layer, unit: wanted}) {
  const unit = await unit_data(atlas.id, layer.id, wanted);
  const shown = unit.pictures.find((one) => one.seed === unit.seed);
  return el("div", {class: "column"},
    el("h2", {}, el("a", {href: link.unit(atlas.id, layer.name, unit.unit)}, unit_name(unit))),
    el("p", {class: "soft"}, `unit ${unit.unit} of ${layer.path || layer.name}, ${atlas.network.name}`),
    el("figure", {class: "hero"}, drawing(atlas.id, unit, {small: false})),
    shown && shown.verdict ? verdict_pill(shown.verdict, shown.colour, meaning.verdict) : null,
    shown ? figures([
      ["activation", number(shown.activation), meaning.activation],
      ["probability", shown.probability === null ? null : percent(shown.probability), meaning.probability],
      ["above real pictures", shown.percentile === null ? null : percent(shown.percentile), meaning.percentile],
      ["margin", shown.margin === null ? null : sigma(shown.margin), meaning.margin],
      ["path", shown.path === null ? null : percent(shown.path), meaning.path],
      ["second network", shown.judge_rank === null ? null : `rank ${shown.judge_rank}`, meaning.judge],
      ["real pictures that excite it", unit.figures.active === null ? null : percent(unit.figures.active), meaning.active],
      ["most excited by", unit.class, meaning.classes]]) : null,
    unit.top.length ? el("div", {class: "photos top"}, unit.top.map((example) => photo_frame(atlas, example))) : null);
}

// Asks for the second of the two.
function chooser(all, first) {
  const input = el("input", {id: "second", name: "second", placeholder: first.unit === undefined ? "HASH" : "number of a unit, or HASH/LAYER/UNIT", "aria-label": "Compare with", autocomplete: "off", spellcheck: "false"});
  const send = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    const second = /^\d+$/.test(text) && first.layer ? reference(first.atlas.id, first.layer.name, Number(text)) : text;
    go(link.compare(reference(first.atlas.id, first.layer?.name, first.unit), second));
  };
  return el("form", {class: "chooser", onsubmit: send}, el("label", {for: "second"}, "Compare with"), input, el("button", {class: "strong"}, "Compare"),
    all.length > 1 ? el("p", {class: "soft"}, "Networks here: ", all.map((atlas) => [el("code", {}, atlas.id), ` ${atlas.network.name} `])) : null);
}

export async function compare_page(query) {
  const {atlases: all} = await atlases();
  const texts = [query.get("a") || all[0].id, query.get("b") || ""];
  const a = await thing(texts[0]);
  const head = (...nodes) => ({title: "Comparison", path: [[a.atlas.network.name, link.network(a.atlas.id)], ["Comparison"]], keys: {}, wide: true,
    node: el("div", {class: "compare"}, el("h1", {}, "Side by side"), nodes)});
  if (!texts[1]) return head(chooser(all, a), a.unit !== undefined && a.unit !== null ? el("div", {class: "columns"}, await unit_column(a)) : null);
  const b = await thing(texts[1]);
  if (a.layer && b.layer && a.unit !== null && b.unit !== null) return head(el("div", {class: "columns"}, await Promise.all([unit_column(a), unit_column(b)])));
  if (a.layer && b.layer && a.unit === null && b.unit === null) return head(await layer_pairs(a, b));
  return head(network_pairs(a.atlas, b.atlas));
}

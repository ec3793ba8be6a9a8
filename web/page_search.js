// The search: units by their label, by the class that excites them most, or by number; and by likeness to a picture of your own.

import {el} from "./dom.js";
import {count, short_label} from "./format.js";
import {likeness_box} from "./likeness.js";
import {unit_cell} from "./parts.js";
import {link} from "./route.js";
import {atlases, can_draw, data} from "./source.js";

const kMost = 60;

// How well a text fits: 0 the whole name, 1 its beginning, 2 the beginning of a word, 3 anywhere; 9: not at all.
export function fit(text, wanted) {
  if (!text) return 9;
  const lower = text.toLowerCase();
  if (lower === wanted || short_label(lower) === wanted) return 0;
  const at = lower.indexOf(wanted);
  if (at < 0) return 9;
  return at === 0 ? 1 : /[\s,_-]/.test(lower[at - 1]) ? 2 : 3;
}

function hits_of(names, wanted) {
  const by_number = /^\d+$/.test(wanted) ? Number(wanted) : null;
  const hits = [];
  for (const [layer, unit, seed, label, strongest] of names.units) {
    const own = Math.min(fit(label, wanted), unit === by_number ? 0 : 9), by_class = fit(strongest, wanted);
    if (Math.min(own, by_class) < 9) hits.push({layer, unit, seed, label, strongest, score: Math.min(own, by_class + 3.5), by_class: by_class < own});
  }
  return hits.sort((a, b) => a.score - b.score || a.layer - b.layer || a.unit - b.unit);
}

function results_of(atlas, names, wanted) {
  const hits = hits_of(names, wanted), layer_of = (hit) => atlas.layers.find((one) => one.id === hit.layer);
  const classes = names.classes.filter(([, name]) => fit(name, wanted) < 9).slice(0, 12);
  if (!hits.length && !classes.length) return null;
  return el("section", {}, el("h2", {}, atlas.network.name),
    classes.length ? el("p", {class: "chips"}, "Classes: ", classes.map(([id, name]) => el("a", {class: "chip", href: link.of_class(atlas.id, id)}, short_label(name)))) : null,
    el("div", {class: "row"}, hits.slice(0, kMost).map((hit) => unit_cell(atlas, layer_of(hit).name, hit,
      `${layer_of(hit).path || layer_of(hit).name}${hit.by_class ? ` · ${short_label(hit.strongest)}` : ""}`))),
    hits.length > kMost ? el("p", {class: "soft"}, `and ${count(hits.length - kMost)} more`) : null);
}

export async function search_page(query) {
  const wanted = (query.get("q") || "").trim().toLowerCase();
  const {atlases: all} = await atlases();
  const names = wanted ? await Promise.all(all.map((atlas) => data(`${atlas.id}/names`))) : [];
  const found = wanted ? all.map((atlas, i) => results_of(atlas, names[i], wanted)).filter(Boolean) : [];
  const box = likeness_box(all);
  return {
    title: wanted ? `Search: ${wanted}` : "Search", path: [["Search"]],
    node: el("div", {class: "search-page"},
      el("h1", {}, wanted ? ["Units for “", query.get("q").trim(), "”"] : "Search"),
      wanted && !found.length ? el("p", {class: "soft"}, "No unit has this in its name, and no class that excites a unit.") : found,
      wanted ? null : el("p", {class: "soft"}, "Type a name, a class or a number into the field above", can_draw ? ", or drop a picture here." : "."),
      box),
    keys: {},
    arrived: () => wanted || document.getElementById("search").focus(),
  };
}

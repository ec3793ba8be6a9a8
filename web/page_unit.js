// A unit: what it wants to see, how far that can be trusted and why, and which real pictures excite it.

import {bars, curves, histogram} from "./chart.js";
import {el, replace} from "./dom.js";
import {capital, count, number, percent, plural, short_label, sigma} from "./format.js";
import {live_panel} from "./live.js";
import {drawing, figures, section, unit_cell, unit_name, verdict_pill} from "./parts.js";
import {photo_frame} from "./photo.js";
import {go, link, reference} from "./route.js";
import {can_draw, unit_data} from "./source.js";
import {meaning} from "./words.js";

const place_words = {center: "at the centre of the map", mean: "over the whole map"};

// Unit, seed and figures of one drawing.
function picture_figures(shown) {
  return figures([
    ["activation", number(shown.activation), meaning.activation],
    ["probability", shown.probability === null ? null : percent(shown.probability), meaning.probability],
    ["rank in the layer", count(shown.rank), meaning.rank],
    ["above real pictures", shown.percentile === null ? null : percent(shown.percentile), meaning.percentile],
    ["margin", shown.margin === null ? null : sigma(shown.margin), meaning.margin],
    ["path", shown.path === null ? null : percent(shown.path), meaning.path],
    ["second network", shown.judge_rank === null ? null : `rank ${count(shown.judge_rank)}` + (shown.judge_probability === null ? "" : `, ${percent(shown.judge_probability)}`), meaning.judge],
  ]);
}

// Path by layer: where on the way the drawing leaves the real pictures' way.
function path_section(atlas, shown) {
  if (!shown.path_layers.length) return null;
  const name = (id) => { const layer = atlas.layers.find((one) => one.id === id); return layer ? layer.path || layer.name : `layer ${id}`; };
  return section("On the way through the network", meaning.path, bars(shown.path_layers.map(([id, similarity]) =>
    ({name: name(id), share: Math.max(0, similarity), text: percent(similarity)}))));
}

function recipe_details(atlas, unit, shown) {
  const rows = Object.entries(unit.recipe || {}).filter(([name, value]) => value !== null && value !== "" && !["units", "seeds"].includes(name))
    .map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)]);
  const all = [...rows, ["seed", String(shown.seed)], ["key", shown.key], ["sha256 of the pixels", shown.pixels], ["sha256 of the network", atlas.hash]];
  return el("details", {class: "recipe"}, el("summary", {}, "How it was drawn"), el("table", {}, el("tbody", {}, all.map(([name, value]) =>
    el("tr", {}, el("th", {scope: "row"}, name), el("td", {}, value))))));
}

function real_section(atlas, title, explanation, examples, kind) {
  if (!examples.length) return null;
  return section(title, explanation, el("div", {class: `photos ${kind}`}, examples.map((example) => photo_frame(atlas, example))));
}

function spread_section(layer, unit, index) {
  const spread = unit.distribution;
  if (!spread || !spread.histogram.length) return null;
  const marks = unit.pictures.map((one, i) => ({value: one.activation, name: `drawing with seed ${one.seed}`, strong: i === index}));
  const all = spread.histogram.reduce((sum, size) => sum + size, 0);
  return section("Among real pictures", meaning.histogram,
    histogram({low: spread.lowest, high: spread.highest, bins: spread.histogram, marks},
              `activations of ${plural(all, "real picture")}, from ${number(spread.lowest)} to ${number(spread.highest)}; drawings: ${marks.map((mark) => number(mark.value)).join(", ")}`),
    el("p", {class: "soft small"}, "across: activation; up: number of real pictures (square root). ",
      unit.figures.active === null || layer.output ? "" : `${percent(1 - unit.figures.active)} of them leave the unit silent.`));
}

function near_section(atlas, unit, same) {
  const cells = unit.near.filter((one) => one.same_layer === same);
  if (!cells.length) return null;
  const layer_of = (cell) => atlas.layers.find((one) => one.id === cell.layer);
  return section(same ? "Similar units of this layer" : "Similar units of other layers", meaning.similarity,
    el("div", {class: "row"}, cells.map((cell) => unit_cell(atlas, layer_of(cell).name, cell,
      same ? number(cell.similarity, 2) : `${layer_of(cell).path || layer_of(cell).name} · ${number(cell.similarity, 2)}`))));
}

function class_section(atlas, unit) {
  if (!unit.classes.length) return null;
  const most = Math.max(...unit.classes.map((one) => one.score), 1e-9);
  return section("Classes that excite it", meaning.classes, bars(unit.classes.map((one) =>
    ({name: short_label(one.name), share: one.score / most, text: sigma(one.score), href: link.of_class(atlas.id, one.id)}))));
}

export async function unit_page(atlas, layer, number_of_unit) {
  const unit = await unit_data(atlas.id, layer.id, number_of_unit);
  const title = unit.label ? short_label(unit.label) : `unit ${unit.unit}`;
  const layer_title = layer.path || layer.name;
  let index = Math.max(0, unit.pictures.findIndex((one) => one.seed === unit.seed));
  const figure = el("figure", {class: "hero"}), beside = el("div", {class: "beside"}), below = el("div", {class: "sections"});
  const seeds = el("div", {class: "seeds", role: "group", "aria-label": "Drawings with other seeds"});

  function choose(next) {
    index = Math.max(0, Math.min(unit.pictures.length - 1, next));
    const shown = unit.pictures[index];
    if (!shown) return;
    const place = place_words[shown.place] || `at ${shown.place}`;
    replace(figure, drawing(atlas.id, {...unit, seed: shown.seed}, {small: false, alt: `What ${title} wants to see, seed ${shown.seed}`}),
      el("figcaption", {class: "soft"}, `seed ${shown.seed}`, unit.recipe && layer.shape.length > 1 ? `, ${place}` : "", `, ${shown.width} × ${shown.height} pixels`,
         shown.stopped ? ", stopped early: no gradient was left" : ""));
    for (const [i, button] of [...seeds.children].entries()) button.setAttribute("aria-pressed", String(i === index));
    replace(beside,
      shown.verdict ? el("div", {class: "verdict"}, verdict_pill(capital(shown.verdict), shown.colour, meaning.verdict),
        el("ul", {class: "reasons"}, shown.reasons.map((reason) => el("li", {}, reason)))) : null,
      picture_figures(shown),
      class_section(atlas, unit));
    const others = unit.pictures.filter((_, i) => i !== index);
    const all = shown.activations.length > 1 ? [shown, ...others].map((one) => ({name: `seed ${one.seed}`, values: one.activations})) : [];
    const search = all.length ? section("The search, step by step", meaning.steps,
      curves(all, `activation by step, from ${number(shown.activations[0])} to ${number(shown.activation)} in ${shown.activations.length} steps`),
      el("p", {class: "soft small"}, "across: step; up: activation", others.length ? "; faint: the other seeds" : "")) : null;
    replace(below,
      real_section(atlas, "Real pictures that excite it most", meaning.real, unit.top, "top"),
      el("div", {class: "two"}, spread_section(layer, unit, index), search),
      real_section(atlas, "From least to most", meaning.tenths, unit.tenths, "tenths"),
      el("div", {class: "two"}, near_section(atlas, unit, true), near_section(atlas, unit, false)),
      path_section(atlas, shown),
      recipe_details(atlas, unit, shown));
  }

  if (unit.pictures.length > 1) replace(seeds, unit.pictures.map((one, i) =>
    el("button", {class: "seed", "aria-label": `Seed ${one.seed}`, title: `seed ${one.seed}: ${number(one.activation)}`, onclick: () => choose(i)},
      drawing(atlas.id, {...unit, seed: one.seed}, {alt: ""}))));
  if (unit.pictures.length === 0) {
    replace(figure, el("span", {class: "blank large"}, String(unit.unit)), el("figcaption", {class: "soft"}, "not drawn yet"));
    replace(beside, class_section(atlas, unit));
    replace(below, real_section(atlas, "Real pictures that excite it most", meaning.real, unit.top, "top"), spread_section(layer, unit, -1),
      real_section(atlas, "From least to most", meaning.tenths, unit.tenths, "tenths"), near_section(atlas, unit, true), near_section(atlas, unit, false));
  }
  const step = (by) => {
    const to = unit.unit + by;
    if (to >= 0 && to < unit.of) go(link.unit(atlas.id, layer.name, to));
  };
  choose(index);

  const live = can_draw && unit.recipe ? live_panel(atlas, layer, unit) : null;
  return {
    title: `${title}, ${layer_title} of ${atlas.network.name}`,
    path: [[atlas.network.name, link.network(atlas.id)], [layer_title, link.layer(atlas.id, layer.name)], [title]],
    node: el("article", {class: "unit"},
      el("div", {class: "lead"},
        el("h1", {}, capital(title)),
        el("p", {class: "soft"}, unit.label && unit.label !== title ? [unit.label, " · "] : "", `unit ${unit.unit} of `, el("a", {href: link.layer(atlas.id, layer.name)}, layer_title)),
        el("div", {class: "steps"},
          unit.unit > 0 ? el("a", {class: "button", href: link.unit(atlas.id, layer.name, unit.unit - 1), rel: "prev"}, "← before") : null,
          unit.unit + 1 < unit.of ? el("a", {class: "button", href: link.unit(atlas.id, layer.name, unit.unit + 1), rel: "next"}, "next →") : null,
          el("a", {class: "button", href: link.compare(reference(atlas.id, layer.name, unit.unit), "")}, "compare"))),
      el("div", {class: "first"}, el("div", {}, figure, seeds), beside),
      live ? live.node : null,
      below),
    keys: {
      ArrowRight: ["next unit", () => step(1)],
      ArrowLeft: ["unit before", () => step(-1)],
      s: ["next seed", () => choose((index + 1) % Math.max(1, unit.pictures.length))],
      u: ["up to the layer", () => go(link.layer(atlas.id, layer.name))],
      c: ["compare with another unit", () => go(link.compare(reference(atlas.id, layer.name, unit.unit), ""))],
      ...(live ? {d: ["draw it now", live.draw]} : {}),
    },
    close: () => live && live.close(),
  };
}

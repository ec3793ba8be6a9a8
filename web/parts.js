// Pieces that several pages share: pictures, cells, verdicts, figures, sections.

import {el} from "./dom.js";
import {short_label} from "./format.js";
import {link} from "./route.js";
import {photo, picture, thumb} from "./source.js";
import {explained} from "./tip.js";

export const unit_name = (cell) => (cell.label ? short_label(cell.label) : `unit ${cell.unit}`);
export const drawing_name = (layer, unit, seed) => `${layer}-${unit}-${seed}`;

export function verdict_dot(colour, word) {
  return el("span", {class: `dot ${colour || "grey"}`, title: word || "not drawn", "aria-hidden": "true"});
}

export function verdict_pill(word, colour, meaning) {
  return el("span", {class: `pill ${colour || "grey"}`, tabindex: "0", "data-tip": meaning}, verdict_dot(colour, word), word || "no verdict");
}

// A drawing as an <img>. A unit without one shows the real picture that excites it most, or its number on a plain ground.
export function drawing(id, cell, {small = true, alt} = {}) {
  const drawn = cell.seed !== null && cell.seed !== undefined;
  if (!drawn && cell.photo !== null && cell.photo !== undefined)
    return el("img", {class: "real", src: photo(id, cell.photo), alt: alt ?? `The real picture that excites ${unit_name(cell)} most`, loading: "lazy", decoding: "async"});
  if (!drawn) return el("span", {class: "blank", "aria-hidden": "true"}, String(cell.unit));
  const name = drawing_name(cell.layer, cell.unit, cell.seed);
  return el("img", {src: small ? thumb(id, name) : picture(id, name), alt: alt ?? `What ${unit_name(cell)} wants to see`, loading: "lazy",
                    decoding: "async"});
}

// A unit as a link: picture, name, and one line below.
export function unit_cell(atlas, layer_name, cell, note) {
  return el("a", {class: "cell", href: link.unit(atlas.id, layer_name, cell.unit)},
    el("span", {class: "frame"}, drawing(atlas.id, cell, {alt: ""})),
    el("span", {class: "name"}, unit_name(cell)),
    note ? el("span", {class: "note"}, note) : null);
}

// rows: [[name, value, meaning]]; rows whose value is null are left out.
export function figures(rows) {
  return el("dl", {class: "figures"}, rows.filter((row) => row && row[1] !== null && row[1] !== undefined)
    .map(([name, value, meaning]) => el("div", {}, el("dt", {}, meaning ? explained(name, meaning) : name), el("dd", {}, value))));
}

export function section(title, meaning, ...children) {
  return el("section", {}, el("h2", {}, meaning ? explained(title, meaning) : title), ...children);
}

export function crumbs(...steps) {
  return el("nav", {class: "crumbs", "aria-label": "Where you are"}, el("ol", {}, steps.map(([name, href]) =>
    el("li", {}, href ? el("a", {href}, name) : el("span", {"aria-current": "page"}, name)))));
}

// A choice among few: radio buttons that look like one switch. act(value).
export function choice(label, options, chosen, act) {
  const name = `choice-${label}`;
  return el("fieldset", {class: "choice"}, el("legend", {class: "unseen"}, label), options.map(([value, text]) =>
    el("label", {}, el("input", {type: "radio", name, value, checked: value === chosen, onchange: () => act(value)}), el("span", {}, text))));
}

export function announce(text) {
  document.getElementById("said").textContent = text;
}

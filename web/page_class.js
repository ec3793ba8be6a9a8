// A class: its output unit, and the units of all layers that its pictures excite most.

import {el} from "./dom.js";
import {capital, plural, short_label, sigma} from "./format.js";
import {drawing, section, unit_cell, unit_name} from "./parts.js";
import {link} from "./route.js";
import {class_data} from "./source.js";
import {meaning} from "./words.js";

export async function class_page(atlas, id) {
  const found = await class_data(atlas.id, id);
  const title = short_label(found.name);
  const layer_of = (cell) => atlas.layers.find((one) => one.id === cell.layer);
  const layers = atlas.layers.map((layer) => [layer, found.units.filter((cell) => cell.layer === layer.id)]).filter(([, cells]) => cells.length).reverse();
  return {
    title: `${title} in ${atlas.network.name}`,
    path: [[atlas.network.name, link.network(atlas.id)], [title]],
    node: el("article", {class: "class"},
      el("div", {class: "lead"}, el("h1", {}, capital(title)),
        el("p", {class: "soft"}, found.name !== title ? `${found.name} · ` : "", `a class of the data, ${plural(found.pictures, "picture")}`)),
      found.unit ? el("a", {class: "own", href: link.unit(atlas.id, layer_of(found.unit).name, found.unit.unit)},
        drawing(atlas.id, found.unit, {small: false}), el("span", {}, "The network's own unit of this class: ", el("strong", {}, unit_name(found.unit)))) : null,
      layers.map(([layer, cells]) => section(`In ${layer.path || layer.name}`, meaning.classes,
        el("div", {class: "row"}, cells.map((cell) => unit_cell(atlas, layer.name, cell, sigma(cell.score))))))),
    keys: {},
  };
}

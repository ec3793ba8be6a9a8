// The 2-d map of a layer as a grid of pictures: at each place the unit that lies there; of several, the one that comes first in the wall's order.

import {el} from "./dom.js";
import {count} from "./format.js";
import {drawing, unit_name} from "./parts.js";
import {link} from "./route.js";

const kCell = 44;

export function make_map({atlas, layer, columns, rows}) {
  const room = document.getElementById("main").clientWidth - 2;
  const across = Math.max(7, Math.floor(room / kCell)), down = Math.max(10, Math.round(across * 0.62));
  const taken = new Map();
  let hidden = 0;
  for (const row of rows) {
    if (columns.x[row] === null) continue;
    const x = Math.min(across - 1, Math.floor(((columns.x[row] + 1) / 2) * across)), y = Math.min(down - 1, Math.floor(((columns.y[row] + 1) / 2) * down));
    const place = y * across + x;
    if (taken.has(place)) ++hidden;
    else taken.set(place, row);
  }
  const cells = [...taken].sort((a, b) => a[0] - b[0]).map(([place, row]) => {
    const cell = {layer: layer.id, unit: columns.unit[row], label: columns.label[row], seed: columns.seed[row], photo: columns.photo[row]};
    return el("a", {class: `spot ${columns.colour[row] || "grey"}`, href: link.unit(atlas.id, layer.name, cell.unit), title: unit_name(cell), "aria-label": unit_name(cell),
      style: {"grid-column": String((place % across) + 1), "grid-row": String(Math.floor(place / across) + 1)}}, drawing(atlas.id, cell, {alt: ""}));
  });
  return el("div", {},
    el("p", {class: "soft"}, "Units that respond to the same pictures lie close together.", hidden ? ` ${count(hidden)} more lie behind these.` : ""),
    el("div", {class: "map", style: {"grid-template-columns": `repeat(${across}, 1fr)`, "aspect-ratio": `${across} / ${down}`, "grid-template-rows": `repeat(${down}, 1fr)`}}, cells));
}

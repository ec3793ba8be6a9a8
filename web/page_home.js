// All atlases that are served. One alone is shown at once.

import {el} from "./dom.js";
import {plural} from "./format.js";
import {network_page} from "./page_network.js";
import {drawing} from "./parts.js";
import {link} from "./route.js";
import {atlases, data} from "./source.js";

function card(atlas, overview) {
  const cells = Object.values(overview.samples).flat().filter((cell) => cell.seed !== null);
  const some = cells.filter((cell, i) => i % Math.max(1, Math.floor(cells.length / 12)) === 0).slice(0, 12);
  const drawn = atlas.layers.reduce((sum, layer) => sum + layer.drawn, 0);
  return el("a", {class: "atlas", href: link.network(atlas.id)},
    el("span", {class: "mosaic"}, some.map((cell) => drawing(atlas.id, cell, {alt: ""}))),
    el("span", {class: "text"}, el("strong", {}, atlas.network.name),
      el("span", {class: "note"}, `${plural(drawn, "picture")} of ${plural(atlas.layers.filter((layer) => layer.drawn > 0).length, "layer")}`),
      el("span", {class: "note"}, [atlas.prior && `drawn by ${atlas.prior.name}`, atlas.data && `measured on ${plural(atlas.data.pictures, "real picture")}`].filter(Boolean).join(", "))));
}

export async function home_page() {
  const {atlases: all} = await atlases();
  if (all.length === 1) return network_page(all[0]);
  const overviews = await Promise.all(all.map((atlas) => data(`${atlas.id}/overview`)));
  const both = all.length === 2 ? el("p", {}, el("a", {class: "button", href: link.compare(all[0].id, all[1].id)}, "Compare the two")) : null;
  return {title: "phosphene", node: el("div", {}, el("h1", {}, "What the units of these networks want to see"),
    el("div", {class: "atlases"}, all.map((atlas, i) => card(atlas, overviews[i]))), both)};
}

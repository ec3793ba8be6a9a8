// A network: its layers from the picture to the output, each with some of its units.

import {el} from "./dom.js";
import {count, plural} from "./format.js";
import {drawing, figures, unit_name} from "./parts.js";
import {link} from "./route.js";
import {data} from "./source.js";

const colours = ["green", "amber", "red", "grey"];

function shape_text(layer) {
  const [units, ...places] = layer.shape;
  return `${plural(units ?? layer.units, "unit")}${places.length && places.some((size) => size > 1) ? ` at ${places.join(" × ")} places` : ""}`;
}

// How the verdicts of a layer are spread, as one thin bar.
function verdict_bar(verdicts) {
  const all = colours.reduce((sum, colour) => sum + (verdicts[colour] || 0), 0);
  if (!all) return null;
  const says = colours.filter((colour) => verdicts[colour]).map((colour) => `${verdicts[colour]} ${colour}`).join(", ");
  return el("span", {class: "spread", role: "img", "aria-label": `verdicts: ${says}`, title: says}, colours.map((colour) =>
    verdicts[colour] ? el("span", {class: colour, style: {"flex-grow": String(verdicts[colour])}}) : null));
}

// Sources that are not simply the layer before.
function sources_of(atlas, layer, before) {
  const sources = atlas.edges.filter(([, target]) => target === layer.id).map(([source]) => source);
  if (sources.length === 0 || (sources.length === 1 && before && sources[0] === before.id)) return null;
  const names = sources.map((id) => atlas.layers.find((one) => one.id === id)).filter(Boolean).map((one) => one.path || one.name);
  return el("span", {class: "note"}, `from ${names.join(", ")}`);
}

function layer_row(atlas, layer, before, overview) {
  const cells = overview.samples[layer.id] || [];
  const href = link.layer(atlas.id, layer.name);
  const missing = layer.planned - layer.drawn;
  return el("li", {class: cells.length ? "layer" : "layer bare"},
    el("div", {class: "about"},
      el("h2", {}, el("a", {href}, layer.path || layer.name)),
      el("span", {class: "note"}, `${layer.op}, ${shape_text(layer)}`),
      sources_of(atlas, layer, before),
      layer.output ? el("span", {class: "note"}, layer.labelled ? "output: the network's classes" : "output") : null,
      missing > 0 ? el("span", {class: "note"}, `${plural(missing, "picture")} still to draw`) : null,
      layer.failed > 0 ? el("span", {class: "note"}, `${plural(layer.failed, "drawing")} failed`) : null,
      cells.length ? verdict_bar(overview.verdicts[layer.id] || {}) : null),
    cells.length ? el("div", {class: "strip"}, cells.map((cell) =>
      el("a", {href: link.unit(atlas.id, layer.name, cell.unit), title: unit_name(cell)}, drawing(atlas.id, cell, {alt: unit_name(cell)})))) : null);
}

function progress_bar(progress) {
  if (progress.complete || progress.jobs === 0) return null;
  return el("p", {class: "progress"}, el("progress", {max: progress.jobs, value: progress.drawn, "aria-label": "drawn"}),
    ` ${count(progress.drawn)} of ${plural(progress.jobs, "picture")} drawn`,
    progress.photos ? `, ${count(progress.read)} of ${plural(progress.photos, "real picture")} read` : "",
    ". Load the page again to see more.");
}

export async function network_page(atlas) {
  const overview = await data(`${atlas.id}/overview`);
  const {network, prior, progress} = atlas;
  const drawn = atlas.layers.filter((layer) => layer.drawn > 0);
  const size = network.height ? `${network.height} × ${network.width} pixels` : null;
  return {
    title: network.name, path: [[network.name]],
    node: el("div", {class: "network"},
      el("div", {class: "lead"}, el("h1", {}, network.name),
        el("p", {class: "intro"}, "Each picture was drawn for one unit of this network: it is what excites the unit most, among all pictures that the prior can draw. ",
          "Layers follow one another from the picture at the top to the output at the bottom.")),
      progress_bar(progress),
      figures([
        ["sees", size, "The size of the picture that the network takes."],
        ["parameters", network.parameters ? count(network.parameters) : null, "Numbers that the network learned."],
        ["pictures drawn", count(drawn.reduce((sum, layer) => sum + layer.drawn, 0)), "One or more for each unit: each seed starts the search at another place."],
        ["prior", prior ? prior.name : null, "What keeps the pictures natural: a learned generator of pictures, or plain pixels or waves."],
        ["real pictures", atlas.data ? count(atlas.data.pictures) : null, "Pictures that were shown to the network, to measure every unit on them."],
        ["second network", atlas.judge ? atlas.judge.name : null, "A network that had no part in the drawing and judges the pictures."],
      ]),
      el("ol", {class: "layers"}, atlas.layers.map((layer, i) => layer_row(atlas, layer, atlas.layers[i - 1], overview))),
      el("p", {class: "soft hash"}, "sha256 of the network: ", el("code", {}, atlas.hash))),
    keys: {},
  };
}

// Units by likeness to a picture of the user's: the server runs the network on it, and the page shows the units that it excites most, layer by layer.

import {el, replace} from "./dom.js";
import {percent, number} from "./format.js";
import {section, unit_cell} from "./parts.js";
import {can_draw, send_picture} from "./source.js";

function results(atlas, found) {
  const layers = found.layers.map((one) => [atlas.layers.find((layer) => layer.id === one.layer), one.units]).filter(([layer]) => layer).reverse();
  return layers.map(([layer, units]) => section(`In ${layer.path || layer.name}`, "The units that the picture excites most, against what other pictures do to them.",
    el("div", {class: "row"}, units.map((cell) => unit_cell(atlas, layer.name, cell,
      cell.percentile === null ? number(cell.activation) : `above ${percent(cell.percentile)}`)))));
}

export function likeness_box(all) {
  if (!can_draw) return el("p", {class: "soft"}, "Search by picture needs the network: start the server with ", el("code", {}, "--draw"), ".");
  const out = el("div", {"aria-live": "polite"}), seen = el("img", {class: "dropped", alt: "your picture", hidden: true});
  const networks = el("select", {"aria-label": "Network"}, all.map((atlas) => el("option", {value: atlas.id}, atlas.network.name)));
  let address = null;

  async function take(file) {
    if (!file) return;
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(file);
    seen.src = address;
    seen.hidden = false;
    const atlas = all.find((one) => one.id === networks.value) || all[0];
    replace(out, el("p", {class: "soft"}, "The network is looking …"));
    try {
      replace(out, results(atlas, await send_picture(atlas.id, file)));
    } catch (error) {
      replace(out, el("p", {class: "fault"}, error.message));
    }
  }

  const input = el("input", {type: "file", accept: "image/jpeg,image/png,image/webp", id: "picture", class: "unseen", onchange: (event) => take(event.target.files[0])});
  const zone = el("div", {class: "drop",
    ondragover: (event) => { event.preventDefault(); zone.classList.add("over"); },
    ondragleave: () => zone.classList.remove("over"),
    ondrop: (event) => { event.preventDefault(); zone.classList.remove("over"); take(event.dataTransfer.files[0]); }},
    seen, el("p", {}, el("label", {for: "picture", class: "button"}, "Choose a picture"), input, " or drop one here, to see which units it excites"),
    all.length > 1 ? networks : null,
    el("p", {class: "soft"}, "It goes to your own server and is not kept."));
  return el("div", {class: "likeness"}, el("h2", {}, "By picture"), zone, out);
}

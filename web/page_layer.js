// A layer: the wall of all its units, in any order, filtered by text and verdict; or as a map, where units that respond alike lie close.

import {debounced, el, replace} from "./dom.js";
import {count, number, percent, plural, sigma} from "./format.js";
import {make_map} from "./map.js";
import {filtered, ordered, orders_of} from "./order.js";
import {announce, choice, drawing_name, verdict_dot} from "./parts.js";
import {go, link, rename} from "./route.js";
import {layer_data, photo, thumb} from "./source.js";
import {make_wall} from "./wall.js";
import {short_label} from "./format.js";

// What a cell says below its name: the figure by which the wall is ordered.
function note_of(columns, row, order) {
  const value = order.column === "unit" ? null : columns[order.column][row];
  if (order.name === "sparsity") return value === null ? "" : `${percent(1 - value)} sparse`;
  if (order.name === "path") return value === null ? "" : `path ${percent(value)}`;
  if (order.name === "margin") return value === null ? "" : sigma(value);
  if (order.name === "activation") return number(value);
  const strongest = columns.class[row];
  if (order.name === "class" && strongest) return short_label(strongest);
  return columns.probability[row] !== null ? percent(columns.probability[row]) : strongest ? short_label(strongest) : "";
}

function make_cell() {
  const parts = {img: el("img", {alt: "", decoding: "async"}), blank: el("span", {class: "blank"}), dot: verdict_dot("grey"), name: el("span", {class: "name"}),
                 note: el("span", {class: "note"})};
  const cell = el("a", {class: "cell", role: "listitem"}, el("span", {class: "frame"}, parts.img, parts.blank),
    el("span", {class: "line"}, parts.dot, parts.name), parts.note);
  cell.parts = parts;
  return cell;
}

export async function layer_page(atlas, layer, query) {
  const {columns, ...facts} = await layer_data(atlas.id, layer.id);
  const possible = columns.unit ? orders_of(columns) : [];
  const verdicts = columns.unit ? [...new Set(columns.verdict.filter((word) => word !== null))] : [];
  const has_map = columns.unit && columns.x.some((value) => value !== null);
  let order = possible.find((one) => one.name === query.get("sort")) || possible[0];
  let turned = query.get("turned") === "yes", text = query.get("filter") || "", verdict = query.get("verdict") || "", view = has_map && query.get("view") === "map" ? "map" : "wall";
  let rows = [];

  function fill(cell, row) {
    const {img, blank, dot, name, note} = cell.parts;
    const unit = columns.unit[row], seed = columns.seed[row], label = columns.label[row];
    cell.href = link.unit(atlas.id, layer.name, unit);
    const title = label ? short_label(label) : `unit ${unit}`;
    const real = columns.photo[row];
    const source = seed !== null ? thumb(atlas.id, drawing_name(layer.id, unit, seed)) : real !== null ? photo(atlas.id, real) : "";
    if (img.getAttribute("src") !== source) {
      if (source) img.src = source;
      else img.removeAttribute("src");
    }
    img.hidden = !source;
    img.classList.toggle("real", seed === null && real !== null);
    blank.hidden = Boolean(source);
    blank.textContent = source ? "" : String(unit);
    dot.className = `dot ${columns.colour[row] || "grey"}`;
    dot.hidden = !columns.verdict[row];
    name.textContent = title;
    note.textContent = note_of(columns, row, order);
    cell.setAttribute("aria-label", `${title}${label ? `, unit ${unit}` : ""}${columns.verdict[row] ? `, ${columns.verdict[row]}` : ""}`);
  }

  const wall = make_wall({make: make_cell, fill, smallest: 104, caption: 42, label: `Units of ${layer.path || layer.name}`});
  const found = el("span", {class: "soft", role: "status"});
  const body = el("div", {});
  let map = null;

  function update({first = false} = {}) {
    rows = columns.unit ? ordered(columns, filtered(columns, text, verdict), order, turned) : [];
    found.textContent = rows.length === columns.unit?.length ? plural(rows.length, "unit") : `${count(rows.length)} of ${plural(columns.unit.length, "unit")}`;
    turn.textContent = turned ? "↑" : "↓";
    if (view === "map") {
      map = make_map({atlas, layer, columns, rows});
      replace(body, map);
    } else {
      if (body.firstChild !== wall.node) replace(body, wall.node);
      wall.show(rows);
    }
    if (rows.length === 0) replace(body, el("p", {class: "soft"}, "No unit of this layer fits."));
    if (!first) rename(link.layer(atlas.id, layer.name, {sort: order === possible[0] ? "" : order.name, turned: turned ? "yes" : "", filter: text, verdict, view: view === "map" ? "map" : ""}));
  }

  const sort = el("select", {id: "sort", onchange: (event) => { order = possible.find((one) => one.name === event.target.value); turned = false; update(); }},
    possible.map((one) => el("option", {value: one.name, selected: one === order}, one.title)));
  const turn = el("button", {class: "plain", "aria-label": "Turn the order round", title: "Turn the order round", onclick: () => { turned = !turned; update(); }});
  const filter = el("input", {id: "filter", type: "search", value: text, placeholder: "name, class or number", autocomplete: "off", spellcheck: "false",
                              oninput: debounced((event) => { text = event.target.value; update(); announce(found.textContent); }, 120)});
  const words = verdicts.length > 1 ? el("label", {}, el("span", {}, "Verdict"), el("select", {id: "verdict", onchange: (event) => { verdict = event.target.value; update(); }},
    el("option", {value: ""}, "all"), verdicts.map((word) => el("option", {value: word, selected: word === verdict}, word)))) : null;
  const layers = atlas.layers.filter((one) => one.drawn > 0);
  const at = layers.findIndex((one) => one.id === layer.id);
  const other = (step) => at >= 0 && layers[at + step] && go(link.layer(atlas.id, layers[at + step].name));

  return {
    title: `${layer.path || layer.name} of ${atlas.network.name}`, wide: true,
    path: [[atlas.network.name, link.network(atlas.id)], [layer.path || layer.name]],
    node: el("div", {class: "layer-page"},
      el("div", {class: "lead"}, el("h1", {}, layer.path || layer.name),
        el("p", {class: "soft"}, `${facts.op}, ${plural(facts.units, "unit")}`, facts.shape.length > 1 ? `, map of ${facts.shape.slice(1).join(" × ")}` : "",
            layer.path && layer.path !== layer.name ? [", ", el("code", {}, layer.name)] : "")),
      columns.unit && columns.seed.every((seed) => seed === null) && columns.photo.some((one) => one !== null)
        ? el("p", {class: "soft"}, "No picture was drawn for this layer. Each unit shows the real picture that excites it most.") : null,
      columns.unit ? el("div", {class: "tools"},
        el("label", {}, el("span", {}, "Sort by"), sort), turn, words,
        el("label", {class: "grow"}, el("span", {}, "Filter"), filter),
        has_map ? choice("View", [["wall", "Wall"], ["map", "Map"]], view, (value) => { view = value; update(); }) : null,
        found) : el("p", {class: "soft"}, "Nothing was drawn or measured for this layer."),
      body),
    keys: {
      f: ["filter", () => filter.focus()],
      ArrowRight: ["next layer", () => other(1)],
      ArrowLeft: ["layer before", () => other(-1)],
      u: ["up to the network", () => go(link.network(atlas.id))],
    },
    arrived: () => columns.unit && update({first: true}),
    close: () => wall.close(),
  };
}

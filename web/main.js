// Starts the pages: reads the address, shows the page, and goes on when the address changes.

import {el, replace} from "./dom.js";
import {begin_keys, page_keys} from "./keys.js";
import {class_page} from "./page_class.js";
import {compare_page} from "./page_compare.js";
import {home_page} from "./page_home.js";
import {layer_page} from "./page_layer.js";
import {network_page} from "./page_network.js";
import {search_page} from "./page_search.js";
import {unit_page} from "./page_unit.js";
import {announce} from "./parts.js";
import {here, layer_and_unit, link, on_arrival} from "./route.js";
import {atlas_of} from "./source.js";
import {begin_tips, hide_tip} from "./tip.js";
import {draw_top} from "./top.js";

let shown = null, visit = 0;

async function page_at({parts, query}) {
  if (parts.length === 0 || (parts.length === 1 && parts[0] === "")) return home_page();
  if (parts[0] === "search") return search_page(query);
  if (parts[0] === "compare") return compare_page(query);
  if (parts[0] === "class") return class_page(await atlas_of(parts[1] || ""), Number(parts[2]));
  const atlas = await atlas_of(parts[0]);
  const rest = parts.slice(1).filter((part, i, all) => i < all.length - 1 || part !== "");
  if (rest.length === 0) return network_page(atlas);
  const {layer: name, unit} = layer_and_unit(rest, atlas.layers);
  const layer = atlas.layers.find((one) => one.name === name) || atlas.layers.find((one) => one.path === name);
  if (!layer) throw new Error(`${atlas.network.name} has no layer ${name}.`);
  return unit === null ? layer_page(atlas, layer, query) : unit_page(atlas, layer, unit);
}

function failure_page(error) {
  return {title: "Not found", node: el("div", {class: "failure"}, el("h1", {}, "Nothing to see here"), el("p", {}, error.message),
    el("p", {}, el("a", {href: link.home()}, "All networks")))};
}

async function show(scroll = 0) {
  const mine = ++visit;
  const main = document.getElementById("main");
  const slow = setTimeout(() => main.classList.add("waiting"), 200);
  let page;
  try {
    page = await page_at(here());
  } catch (error) {
    page = failure_page(error);
  }
  clearTimeout(slow);
  if (mine !== visit) {
    if (page.close) page.close();
    return;
  }
  if (shown && shown.close) shown.close();
  const first = shown === null;
  shown = page;
  hide_tip();
  main.classList.remove("waiting");
  main.classList.toggle("wide", Boolean(page.wide));
  replace(main, page.node);
  document.title = page.title === "phosphene" ? page.title : `${page.title} · phosphene`;
  page_keys(page.keys || {});
  draw_top(page);
  if (page.arrived) page.arrived();
  scrollTo(0, typeof scroll === "number" ? scroll : 0);
  if (!first) {
    main.focus({preventScroll: true});
    announce(page.title);
  }
}

begin_tips();
begin_keys();
on_arrival(show);
show();

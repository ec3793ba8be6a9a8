// The line at the top of every page: home, where you are, the search.

import {el, replace} from "./dom.js";
import {show_keys} from "./keys.js";
import {crumbs} from "./parts.js";
import {go, here, link} from "./route.js";

// page.path: [[name, href], ...], the last without href.
export function draw_top(page) {
  const query = here().parts[0] === "search" ? here().query.get("q") || "" : "";
  const old = document.getElementById("search");
  if (old && document.activeElement === old && old.value !== "") return; // somebody is typing there
  replace(document.getElementById("masthead"),
    el("a", {class: "brand", href: link.home()}, el("span", {class: "mark", "aria-hidden": "true"}), "phosphene"),
    page.path ? crumbs(...page.path) : el("span", {class: "crumbs"}),
    el("form", {class: "search", role: "search", onsubmit: (event) => {
      event.preventDefault();
      go(link.search(document.getElementById("search").value.trim()));
    }}, el("input", {id: "search", type: "search", name: "q", placeholder: "Search units", "aria-label": "Search units by name", value: query,
                     autocomplete: "off", spellcheck: "false"})),
    el("button", {class: "plain help", "aria-label": "Keys", title: "Keys (?)", onclick: show_keys}, "?"));
}

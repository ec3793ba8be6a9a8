// The keyboard: keys of every page, those of the page that is shown, and a list of both.

import {el} from "./dom.js";
import {go, link} from "./route.js";

let of_page = {};

const everywhere = {
  "/": ["search", () => document.getElementById("search").focus()],
  h: ["all networks", () => go(link.home())],
  "?": ["these keys", () => show_keys()],
};

const names = {ArrowLeft: "←", ArrowRight: "→"};

// {key: [what it does, function]}; until the next page.
export function page_keys(keys) {
  of_page = keys;
}

export function show_keys() {
  const rows = (keys) => Object.entries(keys).map(([key, [what]]) => el("div", {}, el("dt", {}, el("kbd", {}, names[key] || key)), el("dd", {}, what)));
  const dialog = el("dialog", {class: "keys", "aria-label": "Keys", onclose: () => dialog.remove()},
    el("h2", {}, "Keys"), el("dl", {}, rows({...of_page, ...everywhere})),
    el("form", {method: "dialog"}, el("button", {}, "Close")));
  document.body.append(dialog);
  dialog.showModal();
}

export function begin_keys() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.matches && event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, dialog *")) return;
    if (event.target.matches && event.target.matches("input") && event.key.startsWith("Arrow")) return;
    const found = of_page[event.key] || everywhere[event.key];
    if (!found) return;
    event.preventDefault();
    found[1]();
  });
}


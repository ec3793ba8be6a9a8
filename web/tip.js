// Explanations: a word with a dotted line tells what it means, on hover, focus or touch.

import {el} from "./dom.js";

const bubble = el("div", {class: "tip", role: "tooltip", id: "tip", hidden: true});
let tipped = null;

function place_tip(target) {
  const box = target.getBoundingClientRect();
  bubble.hidden = false;
  const room = document.documentElement.clientWidth;
  const left = Math.max(8, Math.min(room - bubble.offsetWidth - 8, box.left + box.width / 2 - bubble.offsetWidth / 2));
  const above = box.top - bubble.offsetHeight - 8;
  bubble.style.left = `${left}px`;
  bubble.style.top = `${above > 8 ? above : box.bottom + 8}px`;
}

function show_tip(target) {
  tipped = target;
  bubble.textContent = target.dataset.tip;
  target.setAttribute("aria-describedby", "tip");
  place_tip(target);
}

export function hide_tip() {
  if (tipped) tipped.removeAttribute("aria-describedby");
  tipped = null;
  bubble.hidden = true;
}

export function explained(text, meaning) {
  return el("span", {class: "explained", tabindex: "0", "data-tip": meaning}, text);
}

export function begin_tips() {
  document.body.append(bubble);
  const of = (event) => (event.target.closest ? event.target.closest("[data-tip]") : null);
  for (const name of ["pointerover", "focusin"]) addEventListener(name, (event) => (of(event) ? show_tip(of(event)) : hide_tip()));
  addEventListener("focusout", hide_tip);
  addEventListener("scroll", hide_tip, {passive: true});
  addEventListener("keydown", (event) => event.key === "Escape" && hide_tip());
}


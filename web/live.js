// Live drawing: the server draws the unit now, and tells step by step how far it is.

import {el, replace} from "./dom.js";
import {number, percent} from "./format.js";
import {announce, figures} from "./parts.js";
import {drawing_events, start_drawing, stop_drawing} from "./source.js";
import {meaning} from "./words.js";

function slider(id, title, {min, max, step, value}) {
  const shown = el("output", {for: id}, String(value));
  const input = el("input", {id, type: "range", min, max, step, value, oninput: (event) => { shown.textContent = event.target.value; }});
  return [el("label", {for: id, class: "slider"}, el("span", {}, title), input, shown), input];
}

export function live_panel(atlas, layer, unit) {
  const usual = unit.recipe || {};
  const [steps_row, steps] = slider("live-steps", "Steps", {min: 10, max: 500, step: 10, value: usual.steps || 100});
  const [seed_row, seed] = slider("live-seed", "Seed", {min: 0, max: 99, step: 1, value: 1 + Math.max(-1, ...unit.pictures.map((one) => one.seed))});
  const objective = el("select", {id: "live-objective"}, ["activation", "both"].map((name) =>
    el("option", {value: name, selected: name === usual.objective}, name === "both" ? "raise it, lower rivals" : "raise it")));
  const image = el("img", {alt: "the drawing so far", class: "live-picture", hidden: true}), words = el("p", {class: "soft"}), result = el("div", {});
  const progress = el("progress", {max: 1, value: 0, "aria-label": "steps", hidden: true});
  const begin = el("button", {class: "strong", id: "live-draw", onclick: () => draw()}, "Draw it now");
  const end = el("button", {id: "live-stop", hidden: true, onclick: () => stop()}, "Stop");
  const out = el("div", {class: "live-out", hidden: true}, image, el("div", {}, progress, words, result));
  let events = null, drawing = null;

  function over(text) {
    if (events) events.close();
    events = drawing = null;
    begin.hidden = false;
    end.hidden = progress.hidden = true;
    words.textContent = text;
    announce(text);
  }

  function take(event) {
    const now = JSON.parse(event.data);
    if (now.picture) {
      image.src = now.picture;
      image.hidden = false;
    }
    if (now.error) return over(now.error);
    if (now.state === "waiting") words.textContent = "Another drawing goes first …";
    if (now.state === "loading") words.textContent = "The network is being loaded …";
    if (now.step !== undefined) {
      progress.max = now.steps;
      progress.value = now.step;
      words.textContent = `step ${now.step} of ${now.steps}` + (now.activation === undefined ? "" : `, activation ${number(now.activation)}`);
    }
    if (now.state === "stopped") return over("Stopped.");
    if (now.state === "done") {
      replace(result, figures([
        ["activation", number(now.activation), meaning.activation],
        ["probability", now.probability === null ? null : percent(now.probability), meaning.probability],
        ["rank in the layer", number(now.rank), meaning.rank],
        ["above real pictures", now.percentile === null || now.percentile === undefined ? null : percent(now.percentile), meaning.percentile],
      ]));
      over(`Drawn with seed ${now.seed} in ${now.steps} steps. It is not kept in the atlas.`);
    }
  }

  async function draw() {
    if (drawing !== null) return;
    begin.hidden = true;
    out.hidden = false;
    end.hidden = progress.hidden = false;
    progress.removeAttribute("value");
    replace(result);
    words.textContent = "Starting …";
    try {
      drawing = (await start_drawing({atlas: atlas.id, layer: layer.id, unit: unit.unit, steps: Number(steps.value), seed: Number(seed.value), objective: objective.value})).drawing;
      events = drawing_events(drawing);
      events.onmessage = take;
      events.onerror = () => over("The server is gone.");
    } catch (error) {
      over(error.message);
    }
  }

  const stop = () => drawing !== null && stop_drawing(drawing).catch((error) => over(error.message));
  return {
    node: el("section", {class: "live"}, el("h2", {}, "Draw it now"),
      el("div", {class: "live-tools"}, steps_row, seed_row, el("label", {for: "live-objective", class: "slider"}, el("span", {}, "Objective"), objective),
        el("div", {class: "buttons"}, begin, end)),
      out),
    draw,
    close: () => {
      if (drawing !== null) stop();
      if (events) events.close();
    },
  };
}

// Where pages get their data: JSON of the server, or of exported files. Files hold the same JSON as a script, since a page that was opened
// from a disk may load scripts and pictures, and nothing else.

import {as_files} from "./route.js";

const root = document.documentElement.dataset.root;
const kept = new Map();
const wanted = new Map();

// What an exported data file calls.
globalThis.phosphene_data = (name, value) => {
  const found = wanted.get(name);
  if (found) found.resolve(value);
};

function from_file(name) {
  return new Promise((resolve, reject) => {
    wanted.set(name, {resolve});
    const script = document.createElement("script");
    script.src = `${root}data/${name}.js`;
    script.onerror = () => reject(new Error(`there is no ${name} among these files`));
    script.onload = () => script.remove();
    document.head.append(script);
  });
}

async function from_server(name) {
  const reply = await fetch(`${root}data/${name}.json`);
  if (!reply.ok) throw new Error(reply.status === 404 ? "There is no such thing in this atlas." : await reply.text());
  return reply.json();
}

// The JSON of that name; the last few stay in memory, so that going back is at once.
export function data(name) {
  if (kept.has(name)) {
    const value = kept.get(name);
    kept.delete(name);
    kept.set(name, value);
    return value;
  }
  const value = (as_files ? from_file : from_server)(name);
  kept.set(name, value);
  value.catch(() => kept.delete(name));
  if (kept.size > 60) kept.delete(kept.keys().next().value);
  return value;
}

export const can_draw = document.documentElement.dataset.live === "yes";

export const atlases = () => data("atlases");
export const layer_data = (id, index) => data(`${id}/layer/${index}`);
export const unit_data = (id, index, unit) => data(`${id}/unit/${index}/${unit}`);
export const match_data = (id, index, other, index_of_other) => data(`${id}/match/${index}/${other}/${index_of_other}`);
export const class_data = (id, number) => data(`${id}/class/${number}`);
export const picture = (id, name) => `${root}data/${id}/picture/${name}.webp`;
export const thumb = (id, name) => `${root}data/${id}/thumb/${name}.webp`;
export const photo = (id, number) => `${root}data/${id}/photo/${number}.webp`;

export async function atlas_of(id) {
  const {atlases: all} = await atlases();
  const found = all.filter((atlas) => atlas.id === id || (id.length >= 6 && atlas.hash.startsWith(id))).sort((a, b) => (b.id === id) - (a.id === id));
  if (found.length === 0) throw new Error(`No atlas here is of a network whose hash begins with ${id}.`);
  return found[0];
}

// What the server says to a POST; its own words where it refuses.
async function post(name, body, type) {
  const reply = await fetch(`${root}live/${name}`, {method: "POST", body, headers: {"Content-Type": type}});
  if (!reply.ok) throw new Error((await reply.text()).trim());
  return reply.json();
}

export const send_picture = (id, file) => post(`likeness/${id}`, file, file.type || "image/unknown");
export const start_drawing = (wish) => post("draw", JSON.stringify(wish), "application/json");
export const stop_drawing = (drawing) => post(`draw/${drawing}/stop`, "{}", "application/json");
export const drawing_events = (drawing) => new EventSource(`${root}live/draw/${drawing}`);

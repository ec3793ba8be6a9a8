// Charts as SVG: a curve by step, a histogram with marks, bars, and a map of points. Each says in words what it shows.

import {el, svg} from "./dom.js";
import {number, count} from "./format.js";

// As wide as the window allows, so that letters keep their size on a phone.
const kWide = Math.min(560, document.documentElement.clientWidth - 32), kHigh = 160, kLeft = 46, kBottom = 22, kTop = 10, kRight = 12;

// 2 to 5 round values between low and high.
export function ticks(low, high) {
  const range = high - low;
  if (!(range > 0)) return [low];
  const rough = range / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => range / size <= 5);
  const all = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) all.push(Math.abs(value) < step * 1e-9 ? 0 : value);
  return all;
}

// A round value without the zeros that say how exact it is.
const round_text = (value) => number(value, 4).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

function axis_x(low, high, place, unit) {
  const all = ticks(low, high);
  return all.map((value) => svg("text", {class: "tick", x: place(value), y: kHigh - 6, "text-anchor": "middle"}, round_text(value)))
    .concat(unit ? [svg("text", {class: "tick soft", x: kWide - kRight, y: kHigh - 6, "text-anchor": "end"}, unit)] : []);
}

function axis_y(low, high, place) {
  return ticks(low, high).slice(0, 5).map((value) => [
    svg("line", {class: "grid", x1: kLeft, x2: kWide - kRight, y1: place(value), y2: place(value)}),
    svg("text", {class: "tick", x: kLeft - 6, y: place(value) + 4, "text-anchor": "end"}, round_text(value))]);
}

function frame(says, ...children) {
  return svg("svg", {class: "chart", viewBox: `0 0 ${kWide} ${kHigh}`, role: "img", "aria-label": says}, svg("title", {}, says), ...children);
}

// series: [{name, values}]: activations at every step; the first is drawn stronger.
export function curves(series, says) {
  const all = series.flatMap((one) => one.values);
  const low = Math.min(...all), high = Math.max(...all, low + 1e-9);
  const steps = Math.max(...series.map((one) => one.values.length), 2);
  const x = (step) => kLeft + ((kWide - kLeft - kRight) * step) / (steps - 1);
  const y = (value) => kTop + (kHigh - kTop - kBottom) * (1 - (value - low) / (high - low));
  const lines = series.map((one, i) => svg("polyline", {
    class: i === 0 ? "curve" : "curve other", points: one.values.map((value, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ")}));
  return frame(says, axis_y(low, high, y), axis_x(0, steps - 1, x, null), lines.reverse());
}

// bins: counts of equal width from low to high. marks: [{value, name, strong}]: synthetic pictures. Counts are drawn by their square root's
// height, so that few pictures at the end of the range are still seen.
export function histogram({low, high, bins, marks}, says) {
  const end = Math.max(high, ...marks.map((mark) => mark.value)), start = Math.min(low, ...marks.map((mark) => mark.value));
  const x = (value) => kLeft + ((kWide - kLeft - kRight) * (value - start)) / (end - start || 1);
  const most = Math.sqrt(Math.max(...bins, 1));
  const y = (height) => kTop + (kHigh - kTop - kBottom) * (1 - Math.sqrt(height) / most);
  const width = (high - low) / bins.length;
  const bars = bins.map((height, i) => height > 0 && svg("rect", {
    class: "bar", x: x(low + i * width), width: Math.max(0.6, x(low + (i + 1) * width) - x(low + i * width) - 0.6), y: y(height),
    height: Math.max(0, kHigh - kBottom - y(height))},
    svg("title", {}, `${count(height)} pictures from ${number(low + i * width)} to ${number(low + (i + 1) * width)}`)));
  const flags = marks.map((mark) => svg("g", {class: mark.strong ? "mark strong" : "mark"},
    svg("line", {x1: x(mark.value), x2: x(mark.value), y1: kTop, y2: kHigh - kBottom}),
    svg("circle", {cx: x(mark.value), cy: kTop, r: 3.5}, svg("title", {}, `${mark.name}: ${number(mark.value)}`))));
  return frame(says, svg("line", {class: "base", x1: kLeft, x2: kWide - kRight, y1: kHigh - kBottom, y2: kHigh - kBottom}), bars, flags,
               axis_x(start, end, x, null));
}

// rows: [{name, share (0..1), text, href}]
export function bars(rows) {
  return el("ul", {class: "bars"}, rows.map((row) => el("li", {},
    row.href ? el("a", {href: row.href, class: "name"}, row.name) : el("span", {class: "name"}, row.name),
    el("span", {class: "track", "aria-hidden": "true"}, el("span", {class: "fill", style: {width: `${Math.max(0.5, 100 * Math.min(1, row.share))}%`}})),
    el("span", {class: "value"}, row.text))));
}

// A wall: thousands of cells of equal size, of which only those near the window exist. Scrolling moves cells to new places and gives them
// new contents; none is made or thrown away while the window keeps its size. The picture of a cell that leaves is no longer loaded.

import {el} from "./dom.js";

const kAhead = 2; // rows above and below the window
const kOfAFrame = 36; // cells that one frame of scrolling may fill

// make() returns a cell, an <a>; fill(cell, item, number) shows an item in it. `smallest`: the least width of a cell in pixels; `caption`:
// the height below its square picture.
export function make_wall({make, fill, smallest, caption, gap = 10, label}) {
  const node = el("div", {class: "wall", role: "list", "aria-label": label, tabindex: "-1"});
  const cells = new Map(); // by number
  const spare = [];
  let items = [], columns = 1, width = smallest, row = smallest + caption + gap, waiting = false, current = 0;

  function measure() {
    const room = node.clientWidth || 1;
    columns = Math.max(2, Math.floor((room + gap) / (smallest + gap)));
    width = (room - (columns - 1) * gap) / columns;
    row = width + caption + gap;
    node.style.height = `${Math.max(0, Math.ceil(items.length / columns) * row - gap)}px`;
  }

  function put(cell, number) {
    cell.hidden = false;
    cell.style.width = `${width}px`;
    cell.style.height = `${row - gap}px`;
    cell.style.transform = `translate(${(number % columns) * (width + gap)}px, ${Math.floor(number / columns) * row}px)`;
    cell.setAttribute("aria-posinset", number + 1);
    cell.setAttribute("aria-setsize", items.length);
    cell.tabIndex = number === current ? 0 : -1;
    cell.dataset.number = number;
    fill(cell, items[number], number);
  }

  // Fills what is missing, at most `most` cells, those in the window first; the rest follows in the next frames.
  function draw(most = Infinity) {
    waiting = false;
    if (!node.isConnected) return;
    const top = -node.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(top / row)) * columns, to = Math.min(items.length, Math.ceil((top + innerHeight) / row) * columns);
    const first = Math.max(0, from - kAhead * columns), past = Math.min(items.length, to + kAhead * columns);
    for (const [number, cell] of cells) {
      if (number >= first && number < past) continue;
      if (cell.contains(document.activeElement)) continue; // the focus stays where it is
      cells.delete(number);
      spare.push(cell);
    }
    let left = most;
    for (const [begin, end] of [[from, to], [to, past], [first, from]]) {
      for (let number = begin; number < end; ++number) {
        if (cells.has(number)) continue;
        if (left-- <= 0) return soon();
        const old = spare.pop();
        const cell = old || make();
        put(cell, number);
        cells.set(number, cell);
        if (!old) node.append(cell);
      }
    }
    for (const cell of spare) cell.hidden = true;
  }

  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => draw(kOfAFrame));
  }

  function again() {
    for (const cell of cells.values()) spare.push(cell);
    cells.clear();
    measure();
    draw();
  }

  // Arrow keys, Home, End and Page keys go from cell to cell.
  function move(to) {
    current = Math.max(0, Math.min(items.length - 1, to));
    const top = node.getBoundingClientRect().top + Math.floor(current / columns) * row;
    if (top < 80) scrollBy(0, top - 80);
    if (top + row > innerHeight) scrollBy(0, top + row - innerHeight);
    draw();
    for (const [number, cell] of cells) cell.tabIndex = number === current ? 0 : -1;
    const cell = cells.get(current);
    if (cell) cell.focus({preventScroll: true});
  }

  node.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = Math.max(1, Math.floor(innerHeight / row) - 1);
    const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, PageDown: rows * columns, PageUp: -rows * columns,
                   Home: -items.length, End: items.length};
    if (!(event.key in steps)) return;
    event.preventDefault();
    move(Number(document.activeElement.dataset.number || 0) + steps[event.key]);
  });
  node.addEventListener("focusin", (event) => {
    if (event.target.dataset.number !== undefined) current = Number(event.target.dataset.number);
  });

  const observer = new ResizeObserver(() => {
    const before = node.clientWidth;
    if (before !== observer.width) {
      observer.width = before;
      again();
    }
  });
  observer.observe(node);
  addEventListener("scroll", soon, {passive: true});
  addEventListener("resize", soon, {passive: true});

  return {
    node,
    show(its) {
      items = its;
      current = 0;
      again();
    },
    close() {
      removeEventListener("scroll", soon);
      removeEventListener("resize", soon);
      observer.disconnect();
    },
  };
}

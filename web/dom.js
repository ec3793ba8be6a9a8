// Elements. Text becomes text nodes and never HTML, so a label or a layer's name cannot bring markup or script.

function give(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// el("a", {href, class}, "text", el("b", {}, ...)). An attribute that is null, undefined or false is left out; "onclick" is a listener.
export function el(tag, attributes, ...children) {
  return give(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return give(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// One call of `act` for many calls within `pause` milliseconds.
export function debounced(act, pause) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...values), pause);
  };
}

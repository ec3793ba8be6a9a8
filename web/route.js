// Addresses of pages. A server's are paths, "/HASH/LAYER/UNIT"; those of exported files are fragments, "index.html#/HASH/LAYER/UNIT".
//
//     /                         all atlases
//     /HASH                     a network
//     /HASH/LAYER               a layer's wall
//     /HASH/LAYER/UNIT          a unit
//     /class/HASH/N             a class
//     /compare?a=REF&b=REF      two units, layers or networks: REF is the address of the thing without its first slash
//     /search?q=TEXT            units by name

export const as_files = document.documentElement.dataset.mode === "files";

// {parts: decoded segments, query}
export function here() {
  const text = as_files ? location.hash.slice(1) || "/" : location.pathname + location.search;
  const cut = text.indexOf("?");
  const path = cut < 0 ? text : text.slice(0, cut);
  return {parts: path.split("/").slice(1).filter((part, i, all) => part !== "" || i < all.length - 1).map(decoded),
          query: new URLSearchParams(cut < 0 ? "" : text.slice(cut))};
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function address(parts, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const search = given.length ? "?" + new URLSearchParams(given) : "";
  return (as_files ? "#" : "") + "/" + parts.map(encodeURIComponent).join("/") + search;
}

// A layer's name may hold slashes, and people shorten or unescape addresses: the rest after the hash is a layer, or a layer and a unit.
export function layer_and_unit(rest, layers) {
  const whole = rest.join("/");
  const last = rest[rest.length - 1];
  const before = rest.slice(0, -1).join("/");
  if (rest.length > 1 && /^\d+$/.test(last) && layers.some((layer) => layer.name === before)) return {layer: before, unit: Number(last)};
  return {layer: whole, unit: null};
}

export const link = {
  home: () => address([]),
  network: (id) => address([id]),
  layer: (id, layer, query) => address([id, layer], query),
  unit: (id, layer, unit) => address([id, layer, String(unit)]),
  of_class: (id, number) => address(["class", id, String(number)]),
  compare: (a, b) => address(["compare"], {a, b}),
  search: (q) => address(["search"], {q}),
};

// What `compare` takes: a unit's, layer's or network's address in short.
export const reference = (id, layer, unit) => [id, layer, unit].filter((part) => part !== undefined && part !== null).map(encodeURIComponent).join("/");

let arrived = () => {};

// Shows an address without loading the page again.
export function go(to, {replacing = false} = {}) {
  if (as_files) {
    if (replacing) {
      history.replaceState(null, "", to);
      arrived();
    } else {
      location.hash = to.slice(1);
    }
    return;
  }
  if (!replacing) history.replaceState({scroll: scrollY}, "");
  history[replacing ? "replaceState" : "pushState"]({scroll: 0}, "", to);
  arrived();
}

// Changes the address of the page that is shown; nothing is drawn again.
export function rename(to) {
  history.replaceState(history.state, "", to);
}

export function on_arrival(act) {
  arrived = act;
  if (as_files) {
    addEventListener("hashchange", () => act());
    return;
  }
  history.scrollRestoration = "manual";
  addEventListener("popstate", (event) => act(event.state ? event.state.scroll : 0));
  addEventListener("click", (event) => {
    const anchor = event.target.closest ? event.target.closest("a[href]") : null;
    if (!anchor || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (anchor.origin !== location.origin || anchor.hasAttribute("download") || anchor.getAttribute("href").startsWith("#")) return;
    if (anchor.pathname.startsWith("/-/")) return;
    event.preventDefault();
    go(anchor.pathname + anchor.search);
  });
}

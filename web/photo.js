// A real picture with a frame round what the unit sees of it.

import {el} from "./dom.js";
import {number, short_label} from "./format.js";
import {photo} from "./source.js";

export function photo_frame(atlas, example) {
  const [y, x, height, width] = example.crop;
  const part = example.height > 0 && height > 0 && (height < example.height || width < example.width);
  const share = (pixels, of) => `${(100 * pixels) / of}%`;
  const says = `${example.class ? short_label(example.class) : example.name}, activation ${number(example.activation)}`;
  return el("figure", {class: "photo"},
    el("a", {class: "frame", href: photo(atlas.id, example.photo), target: "_blank", rel: "noopener", style: {"aspect-ratio": `${example.width || 1} / ${example.height || 1}`}},
      el("img", {src: photo(atlas.id, example.photo), alt: says, loading: "lazy", decoding: "async"}),
      part ? el("span", {class: "seen", style: {left: share(x, example.width), top: share(y, example.height), width: share(width, example.width), height: share(height, example.height)}}) : null),
    el("figcaption", {}, el("span", {class: "name", title: example.name}, example.class ? short_label(example.class) : example.name.split("/").pop()),
      el("span", {class: "note"}, number(example.activation))));
}

// Numbers and names as people read them.

const kThin = "\u2009";

export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(Math.max(0, digits - 1)).replace("e+", "e").replace("-", "−");
  const text = size >= 10 ** digits ? Math.round(value).toLocaleString("en") : value.toPrecision(digits);
  return text.replace("-", "−");
}

export function count(value) {
  return value === null || value === undefined ? "–" : value.toLocaleString("en");
}

// A share of 0 to 1 as "97.3 %"; what is not quite everything is not rounded to everything.
export function percent(share) {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  const value = 100 * share;
  const digits = value > 99.9 && value < 100 ? 2 : value >= 10 || value === 0 ? 1 : 2;
  const text = value < 100 && value > 99.99 ? "99.99" : value.toFixed(digits);
  return text.replace(/\.0$/, "") + kThin + "%";
}

// In standard deviations: "+1.36 σ".
export function sigma(value) {
  return `${value > 0 ? "+" : ""}${Math.abs(value) < 100 ? value.toFixed(Math.abs(value) < 10 ? 2 : 1) : Math.round(value).toLocaleString("en")}`.replace("-", "−") + "\u2009σ";
}

export function plural(value, one, many = one + "s") {
  return `${count(value)} ${value === 1 ? one : many}`;
}

// "tench, Tinca tinca" -> "tench": the first of a class's names.
export function short_label(label) {
  const at = label.indexOf(",");
  return at > 0 ? label.slice(0, at) : label;
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

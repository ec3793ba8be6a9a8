// Orders and filters of a wall. Units that lack a figure come last in every order.

export const orders = [
  {name: "number", title: "Number", column: "unit"},
  {name: "label", title: "Name", column: "label"},
  {name: "verdict", title: "Verdict", column: "colour", ranks: {green: 0, amber: 1, red: 2, grey: 3}, then: "margin"},
  {name: "margin", title: "Margin", column: "margin", falling: true},
  {name: "activation", title: "Activation", column: "activation", falling: true},
  {name: "path", title: "Path", column: "path", falling: true},
  {name: "sparsity", title: "Sparsity", column: "active"},
  {name: "class", title: "Class", column: "class"},
];

const has = (values) => values && values.some((value) => value !== null);

// Orders that a layer's figures allow.
export function orders_of(columns) {
  return orders.filter((order) => order.name === "number" || has(columns[order.column]));
}

// Row numbers in order.
export function ordered(columns, rows, order, turned = false) {
  const values = columns[order.column];
  const rank = order.ranks ? (value) => order.ranks[value] ?? 9 : (value) => value;
  const sign = Boolean(order.falling) !== turned ? -1 : 1;
  const then = order.then && columns[order.then];
  return rows.slice().sort((a, b) => {
    const first = rank(values[a]), second = rank(values[b]);
    if (first === null || second === null) return (first === null) - (second === null) || a - b;
    if (first !== second) return sign * (typeof first === "string" ? first.localeCompare(second) : first - second);
    return (then ? (then[b] ?? -Infinity) - (then[a] ?? -Infinity) || 0 : 0) || a - b;
  });
}

// Row numbers whose label, number or class has the text, and whose verdict is among the wanted ones.
export function filtered(columns, text, verdict = "") {
  const wanted = text.trim().toLowerCase();
  const found = [];
  for (let row = 0; row < columns.unit.length; ++row) {
    if (verdict && columns.verdict[row] !== verdict) continue;
    const words = `${columns.label[row] ?? ""}\n${columns.class[row] ?? ""}`.toLowerCase();
    if (!wanted || words.includes(wanted) || String(columns.unit[row]) === wanted) found.push(row);
  }
  return found;
}

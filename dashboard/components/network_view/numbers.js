// One step, opened: its matrix, every number of the chosen token, and the same in words

// A step, opened: its matrix, and every number of the chosen token's row.
function drawNumbers(view) {
  const { data, at, unit: u, width, upright } = view;
  const step = view.steps[at.stage];
  const rows = matrix(view, step);
  const row = rows[at.at_token];
  formula(view.svg, 0, 18 * u, `${step.label}: ${step.means}`, { class: "strong" });
  const top = 36 * u;
  const names = 96 * u;
  const left = upright ? width : width * 0.4;
  const size = left - names - 14 * u;
  const high = Math.min(300 * u, Math.max(120 * u, rows.length * 30 * u));
  thumb(view, step, at.stage, names, top, size, high);
  data.tokens.forEach((name, i) => {
    const y = top + ((i + 0.5) * high) / rows.length + 5 * u;
    const lit = i === at.at_token;
    const text = draw(view.svg, "text", { x: names - 8 * u, y, "text-anchor": "end",
      class: lit ? "strong lit" : "quiet", "font-size": Math.min(16 * u, high / rows.length) },
    shorten(name, 10));
    text.onclick = () => view.open({ at_token: i });
  });
  draw(view.svg, "text", { x: names, y: top + high + 22 * u, class: "quiet" },
    `${step.rows ?? data.total} × ${step.columns}`);
  const x = upright ? 0 : left + 10 * u;
  const y = upright ? top + high + 44 * u : top;
  const space = width - x;
  const end = step.pair ? drawKeys(view, row, x, y, space) : drawCells(view, row, x, y, space);
  return Math.max(end, top + high + 30 * u);
}

function drawKeys(view, row, x, y, space) {
  const { data, unit: u } = view;
  const most = Math.max(...row.filter(Number.isFinite).map(Math.abs), 1e-12);
  const high = Math.min(30 * u, (300 * u) / row.length);
  const [from, room] = [x + 110 * u, space - 190 * u];
  row.forEach((value, j) => {
    const at = y + j * high;
    const hidden = !Number.isFinite(value);
    draw(view.svg, "text", { x: from - 8 * u, y: at + high / 2 + 5 * u, "text-anchor": "end",
      class: hidden ? "quiet" : "" }, shorten(data.tokens[j], 11));
    draw(view.svg, "rect", { x: from, y: at + 3 * u, height: high - 6 * u, rx: 2,
      width: hidden ? 0 : Math.max(1, (room * Math.abs(value)) / most),
      fill: value < 0 ? BLUE : ORANGE });
    draw(view.svg, "text", { class: "number", "data-value": value, y: at + high / 2 + 5 * u,
      x: from + (hidden ? 0 : (room * Math.abs(value)) / most) + 8 * u }, digits(value));
  });
  return y + row.length * high + 16 * u;
}

const MOST_CELLS = 256; // of a wider row, those with the largest absolute values

function drawCells(view, row, x, y, space) {
  const { unit: u } = view;
  if (row.some(Number.isNaN)) {
    draw(view.svg, "text", { x, y: y + 20 * u, class: "quiet" },
      "The class token is learned. It has no patch and no position.");
    return y + 40 * u;
  }
  const all = row.length;
  if (all > MOST_CELLS) {
    const least = row.map(Math.abs).sort((a, b) => b - a)[MOST_CELLS - 1];
    row = row.filter((value) => Math.abs(value) >= least).slice(0, MOST_CELLS);
    draw(view.svg, "text", { x, y: y + 14 * u, class: "quiet" },
      `the ${MOST_CELLS} largest of ${all.toLocaleString("en")} numbers, in their order`);
    y += 24 * u;
  }
  const columns = Math.min(Math.floor(space / (48 * u)), 16);
  const wide = space / columns;
  const high = Math.min(34 * u, Math.max(19 * u, (310 * u) / Math.ceil(row.length / columns)));
  const most = Math.max(...row.filter(Number.isFinite).map(Math.abs), 1e-12);
  row.forEach((value, i) => {
    const [left, top] = [x + (i % columns) * wide, y + Math.floor(i / columns) * high];
    draw(view.svg, "rect", { class: "cell", x: left, y: top, width: wide, height: high,
      fill: value < 0 ? BLUE : ORANGE, "fill-opacity": 0.55 * Math.sqrt(Math.abs(value) / most) });
    draw(view.svg, "text", { class: "number", "data-value": value, x: left + wide / 2,
      y: top + high / 2 + 5 * u, "text-anchor": "middle", "font-size": 14 * u },
    (Math.abs(value) < 100 ? value.toFixed(2) : value.toFixed(0)).replace("-", "−"));
  });
  return y + Math.ceil(row.length / columns) * high + 12 * u;
}

// ---- the same in words ----

function stepSentence(view) {
  const { data, at } = view;
  const step = view.steps[at.stage];
  const place = view.embedding ? "Embedding" : `Block ${at.block + 1}, head ${at.part + 1}`;
  if (view.embedding || view.depth === 2) return `${place}, ${step.label}: ${step.means}.`;
  const row = matrix(view, view.steps.find((s) => s.name === "alpha"))[at.at_token];
  const best = row.indexOf(Math.max(...row));
  return `${place}: “${view.token}” attends most to “${data.tokens[best]}” ` +
    `(${row[best].toFixed(3)}). A second click on a step shows its numbers.`;
}

function stepLines(view) {
  const { data, at, steps } = view;
  if (view.depth === 1) {
    return steps.map((s) => `${s.label}: ${s.means}, ${s.rows ?? data.total} × ${s.columns}`);
  }
  const step = steps[at.stage];
  return matrix(view, step)[at.at_token].map((value, j) =>
    `${step.pair ? data.tokens[j] : `feature ${j + 1}`}: ${digits(value)}`);
}

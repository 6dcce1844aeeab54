// One block or the embedding, opened: its steps as matrices, from left to right

// The steps of a block in their order, or of the embedding. The whole shape is rows (or else as many
// as tokens) × columns; own: of the selected head; pair: of a query and a key.
function stepsOf(data, embedding, part = 0) {
  const { total: T, dim, head_dim: n, heads, causal, prenorm, picture } = data;
  if (data.llama) return llamaSteps(data, embedding, part);
  if (embedding && causal) {
    return [
      { name: "embedded", label: "E[token]", means: "the token's row of E", columns: dim },
      { name: "position", label: "P[t]", means: "its position's row of P", columns: dim },
      { name: "end", label: "z", means: "z = E[token] + P[t]", columns: dim }];
  }
  if (embedding) {
    const p = picture.pixels;
    return [
      { name: "cut", label: "cut", means: `${picture.side}×${picture.side} patches of ${p}×${p}`,
        rows: T - picture.front, columns: 3 * p * p },
      ...(picture.flat ? [{ name: "flat", label: "flatten", rows: T - picture.front, columns: 3 * p * p,
        means: `each patch as ${3 * p * p} numbers` }] : []),
      { name: "projected", label: picture.flat ? "project" : "convolve", rows: T - picture.front, columns: dim,
        means: picture.flat ? `x W_p + b_p: each patch to ${dim} features` : "three 3×3 convolutions, two poolings" },
      { name: "front", label: "class", means: "the class token goes in front", columns: dim },
      { name: "position", label: "position", means: "learned for every patch", columns: dim },
      { name: "end", label: "z", means: "patches + positions", columns: dim }];
  }
  const pair = { columns: T, pair: true, own: true };
  return [
    { name: "x", label: "x", columns: dim, means: prenorm ? "x = LayerNorm(z)" : "x = z" },
    { name: "q", label: "q", columns: n, own: true, means: "q = x W_Q + b_Q: the queries" },
    { name: "k", label: "k", columns: n, own: true, means: "k = x W_K + b_K: the keys" },
    { name: "v", label: "v", columns: n, own: true, means: "v = x W_V + b_V: the values" },
    { name: "scores", label: "q kᵀ", ...pair, means: "every query times every key" },
    { name: "scaled", label: `÷ √${n}`, ...pair, means: "divided by √n" },
    ...(causal ? [{ name: "masked", label: "mask", ...pair, means: "later tokens get −∞" }] : []),
    { name: "alpha", label: "softmax", ...pair, means: "each row sums to one" },
    { name: "out", label: "A v", columns: n, own: true, means: "the weighted mean of the values" },
    { name: "concat", label: "concat", columns: n * heads, means: `all ${heads} heads side by side` },
    { name: "attended", label: "project", columns: dim, means: "concat W_O + b_O: the output projection" },
    { name: "after", label: "+ z", columns: dim, means: "added to the stream" },
    { name: "mlp", label: "MLP", columns: dim, means: `LayerNorm, ${data.mlp_dim} GELU units` },
    { name: "end", label: "+", columns: dim, means: "added to the stream, which the next block reads" }];
}

// A 16-bit float.
function half(bits) {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}

// The rows of a step for the tokens drawn, of the selected head where it has one: a list of lists.
function matrix(view, step) {
  const { data, at } = view;
  const key = `${step.name},${step.own ? at.part : ""}`;
  if (view.matrices.has(key)) return view.matrices.get(key);
  let rows;
  const other = (name, part = at.part) => matrix(
    { data, at: { ...at, part }, matrices: view.matrices }, { name, own: true });
  if (step.name === "product") {
    const [gate, up] = [other("gate", 0), other("up", 0)];
    rows = gate.map((row, i) => row.map((g, j) => (g / (1 + Math.exp(-g))) * up[i][j]));
  } else if (step.name === "concat") {
    const parts = Array.from({ length: data.heads }, (_, part) => other("out", part));
    rows = parts[0].map((_, i) => parts.flatMap((part) => part[i]));
  } else if (step.name === "scaled") {
    rows = other("scores").map((row) => row.map((score) => score / Math.sqrt(data.head_dim)));
  } else if (step.name === "masked") {
    rows = other("scaled").map((row, i) => row.map((score, j) => (j > i ? -Infinity : score)));
  } else {
    const [shape, text] = data.steps[step.name === "cut" ? "projected" : step.name];
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const [count, wide] = shape.slice(-2);
    const first = shape.length < 3 ? 0 // the heads of a group share keys and values
      : Math.floor((at.part * shape[0]) / data.heads) * count * wide;
    const bits = new Uint16Array(bytes.buffer);
    rows = Array.from({ length: count }, (_, i) => Array.from({ length: wide }, (_, j) =>
      half(bits[first + i * wide + j])));
  }
  view.matrices.set(key, rows);
  return rows;
}

// A picture of values: signed ones blue below zero and orange above, weights as the page's maps.
function picture(view, key, rows, weights) {
  if (view.images.has(key)) return view.images.get(key);
  const pixels = document.createElement("canvas");
  [pixels.width, pixels.height] = [rows[0].length, rows.length];
  const image = new ImageData(pixels.width, pixels.height);
  const flat = rows.flat();
  const from = weights && view.data.causal && rows.length > 1 ? pixels.width : 0;
  let most = 1e-12; // of a causal map, the first row has no choice
  flat.forEach((x, i) => {
    if (i >= from && Number.isFinite(x)) most = Math.max(most, Math.abs(x));
  });
  const { colours } = view.data;
  flat.forEach((x, i) => {
    if (!Number.isFinite(x) || (weights && view.data.causal && x === 0)) return; // masked
    const share = Math.min(1, Math.sqrt(Math.abs(x) / most));
    const [r, g, b] = weights ? colours[Math.round(share * (colours.length - 1))]
      : x < 0 ? [48, 147, 228] : [180, 76, 34];
    image.data.set([r, g, b, weights ? 255 : Math.round(255 * share)], 4 * i);
  });
  pixels.getContext("2d").putImageData(image, 0, 0);
  view.images.set(key, pixels.toDataURL());
  return view.images.get(key);
}

// A head's map: all tokens of a text, the chosen row framed; or where the chosen token looks.
function attentionMap(view, group, l, head, x, y, size) {
  const { data, at } = view;
  const count = data.tokens.length;
  const wide = data.causal ? count : data.total;
  const first = (l * data.heads + head) * count * wide;
  const row = (i) => [...view.maps.subarray(first + i * wide, first + (i + 1) * wide)]
    .map((code) => (code / 255) ** 2);
  let rows;
  if (data.causal) rows = data.tokens.map((_, i) => row(i));
  else {
    const { side, front } = data.picture;
    const weights = row(at.at_token).slice(front);
    rows = Array.from({ length: side }, (_, r) => weights.slice(r * side, (r + 1) * side));
  }
  draw(group, "rect", { class: "ground", x: x - 2, y: y - 2, width: size + 4, height: size + 4, rx: 3 });
  draw(group, "image", { class: "pixels", x, y, width: size, height: size,
    preserveAspectRatio: "none",
    href: picture(view, `map${l},${head},${data.causal ? "" : at.at_token}`, rows, true) });
  if (data.causal) {
    draw(group, "rect", { class: "row", x, y: y + (at.at_token * size) / count, width: size,
      height: size / count });
  }
}

function thumb(view, step, i, x, y, w, h) {
  const { data, at, unit: u } = view;
  const group = view.group(`step${i === at.stage ? " lit" : ""}`, i,
    () => view.open({ stage: i, depth: i === at.stage || view.depth === 2 ? 2 : 1 }));
  group.setAttribute("data-step", step.name);
  draw(group, "rect", { class: "ground", x, y, width: w, height: h, rx: 4 * u });
  if (step.name === "cut") {
    draw(group, "image", { class: "pixels", href: `data:image/png;base64,${data.picture.png}`, x, y,
      width: w, height: h });
    const { side } = data.picture;
    for (let k = 1; k < side; k++) {
      draw(group, "path", { class: "cut", d: `M${x + (k * w) / side} ${y} v${h} M${x} ` +
        `${y + (k * h) / side} h${w}` });
    }
    return;
  }
  const rows = matrix(view, step);
  draw(group, "image", { class: "pixels", x, y, width: w, height: h, preserveAspectRatio: "none",
    href: picture(view, `${step.name},${step.own ? at.part : ""}`, rows, step.name === "alpha") });
  draw(group, "rect", { class: "row", x, y: y + (at.at_token * h) / rows.length, width: w,
    height: h / rows.length });
  if (step.name === "concat") {
    const part = w / data.heads;
    draw(group, "rect", { class: "mine", x: x + at.part * part, y, width: part, height: h });
  }
}

function words(view, step, i, x, y) {
  const { unit: u, data, at } = view;
  const group = view.group("step-name", i);
  draw(group, "text", { x, y, "text-anchor": "middle", class: i === at.stage ? "strong lit" : "strong" },
    step.label);
  draw(group, "text", { x, y: y + 19 * u, "text-anchor": "middle", class: "quiet small" },
    `${step.rows ?? data.total}×${step.columns}`);
}

// The steps of the opened block from left to right, the stream that they read and add to below.
function drawSteps(view) {
  const { data, unit: u, width, upright } = view;
  const { steps } = view;
  const find = (name) => steps.findIndex((step) => step.name === name);
  const block = !view.embedding;
  const columns = block
    ? (data.llama ? LLAMA_COLUMNS : [["x"], ["q", "k", "v"], ["scores"], ["scaled"], ["masked"],
      ["alpha"], ["out"], ["concat", "attended"], ["mlp"]]).filter(([name]) => find(name) >= 0)
    : steps.map((step) => [step.name]);
  const per = upright ? 3 : columns.length;
  const pitch = width / per;
  const wide = Math.min(pitch - 16 * u, block ? 112 * u : 180 * u);
  const [top, high] = [30 * u, block ? 160 * u : 180 * u];
  const row = high + 74 * u;
  const chosen = steps[view.at.stage];
  formula(view.svg, 0, 18 * u, `${chosen.label}: ${chosen.means}`, { class: "strong" });
  columns.forEach((names, c) => {
    const x = (c % per) * pitch + (pitch - wide) / 2;
    const y = top + Math.floor(c / per) * row;
    const labels = names.length * 20 * u; // names stand below each where several share a column
    const each = names.length > 1 ? (high + 40 * u - labels) / names.length : high;
    names.forEach((name, k) => {
      const i = find(name);
      if (names.length === 1) {
        const square = steps[i].pair || name === "cut" ? Math.min(wide, high) : high;
        const over = y + (high - square) / 2;
        thumb(view, steps[i], i, x, over, wide, square);
        words(view, steps[i], i, x + wide / 2, y + high + 20 * u);
      } else {
        const over = y + k * (each + 20 * u);
        thumb(view, steps[i], i, x, over, wide, each - 3 * u);
        const label = view.group("step-name", i);
        draw(label, "text", { x: x + wide / 2, y: over + each + 13 * u, "text-anchor": "middle",
          ...(data.llama ? { "font-size": 14 * u } : {}),
          class: i === view.at.stage ? "strong lit" : "strong" },
        `${steps[i].label}  ${steps[i].rows ?? data.total}×${steps[i].columns}`);
      }
    });
    if (c % per < per - 1 && c < columns.length - 1 && !(names[0] === "concat")) {
      const at = x + wide + 3 * u;
      const between = view.group("flow", find(columns[c + 1][0]));
      const s = 4 * u;
      const my = y + high / 2;
      draw(between, "path", { d: `M${at} ${my - s} L${at + 2 * s} ${my} L${at} ${my + s} Z` });
    }
  });
  const end = top + Math.ceil(columns.length / per) * row - (upright ? 0 : 24 * u);
  if (!block || upright) return end + (upright ? 0 : 10 * u);
  return streamBelow(view, columns, pitch, end + 22 * u);
}

// The chosen token's stream through the block: x is read from it, two sums are added to it.
function streamBelow(view, columns, pitch, y) {
  const { data, at, unit: u, width, steps } = view;
  const mine = data.norms.map((row) => row[at.at_token]).slice(2 * at.block, 2 * at.block + 3);
  const half = mine.map((norm) => (12 * u * norm) / view.largest);
  const centre = (name) => (columns.findIndex((names) => names.includes(name)) + 0.5) * pitch;
  const [read, plus, sum] = [centre("x"), centre("attended"), centre("mlp") + pitch * 0.24];
  const reads = data.llama ? "u" : "mlp";
  const mlp = data.llama ? centre("u") : centre("mlp") - pitch * 0.24;
  const points = [[0, half[0]], [plus, half[0]], [plus, half[1]], [sum, half[1]], [sum, half[2]],
    [width, half[2]]];
  const group = view.group("stream", 0);
  draw(group, "path", { d: `M${points.map(([x, h]) => `${x} ${y - h}`).join(" L")} L` +
    `${points.reverse().map(([x, h]) => `${x} ${y + h}`).join(" L")} Z`,
  "data-norms": mine.join(" ") });
  draw(view.svg, "text", { x: read + 14 * u, y: y + 32 * u, class: "quiet" },
    `residual stream z of the chosen token, length ${mine.map(digits).join(" → ")}`);
  view.arrow(read, y - 14 * u, -16 * u, 0);
  view.arrow(mlp, y - 14 * u, -16 * u, steps.findIndex((s) => s.name === reads));
  for (const [name, x] of [["after", plus], ["end", sum]]) {
    const i = steps.findIndex((step) => step.name === name);
    view.arrow(x, y - 30 * u, 18 * u, i);
    const node = view.group(`plus${i === at.stage ? " lit" : ""}`, i,
      () => view.open({ stage: i, depth: i === at.stage ? 2 : 1 }));
    node.setAttribute("data-step", name);
    draw(node, "circle", { cx: x, cy: y, r: 11 * u });
    draw(node, "text", { x, y: y + 6 * u, "text-anchor": "middle", class: "strong" }, "+");
  }
  return y + 42 * u;
}

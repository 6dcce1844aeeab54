// Small drawings, each a link to a stop of the course: the networks, and what else is studied

const [WIDE, HIGH] = [220, 128];

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".net");
  if (root.drawn === data.id) return;
  root.drawn = data.id;
  root.replaceChildren();
  const list = make(root, "nav", { class: "cards", "aria-label": "The course" });
  for (const card of data.cards) {
    const link = make(list, "a", { class: card.here ? "card here" : "card", href: card.href });
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
    svg.setAttribute("aria-hidden", "true");
    link.append(svg);
    make(link, "strong", {}, card.here ? `▸ ${card.title}` : card.title);
    if (card.here) link.setAttribute("aria-current", "step");
    make(link, "span", {}, card.line);
    make(link, "em", {}, card.meta);
    newCanvas(svg, card.kind);
    try {
      if (!card.empty) SMALL[card.kind](svg, data, card);
    } catch (error) {
      console.warn("A drawing stopped.", error);
      svg.remove(); // the card is a link without it, too
    }
    link.onclick = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      setTriggerValue("go", card.kind);
    };
  }
}

// Every input's path, as thick as what is left of it.
function smallRnn(svg, { rnn }) {
  const flat = floats(rnn.U, 64);
  const U = Array.from({ length: rnn.T }, (_, i) => flat.subarray(i * rnn.d, (i + 1) * rnn.d));
  const vectors = paths(floats(rnn.W, 64), U, rnn.T, rnn.rho);
  const pitch = WIDE / (rnn.T + 1);
  const along = (j) => (j + 0.5) * pitch;
  const [middle, node, scale] = [46, 22, 15];
  const span = (i, j) => {
    const widths = vectors.slice(0, j + 1).map((path, k) => path[j - k].norm * scale);
    const from = middle - widths.reduce((a, b) => a + b) / 2 +
      widths.slice(0, i).reduce((a, b) => a + b, 0);
    return [from, from + widths[i]];
  };
  vectors.forEach((path, i) => {
    const fill = i ? BLUE : ORANGE;
    const share = Math.sqrt(path[path.length - 1].norm);
    const group = draw(svg, "g", { class: "path", "data-norm": path[path.length - 1].norm, fill,
      "fill-opacity": i ? 0.25 + 0.6 * share : 0.95 });
    draw(group, "rect", { x: along(i) - scale / 2, y: 84, width: scale, height: 18 });
    for (let j = i; j < rnn.T; j++) {
      const [[a, b], [c, d]] = [span(i, j), span(i, Math.min(j + 1, rnn.T - 1))];
      const [x, end] = [along(j) + node / 2, along(j + 1) - node / 2];
      const half = (x + end) / 2;
      draw(group, "path", { d: `M${x} ${a} C${half} ${a} ${half} ${c} ${end} ${c} L${end} ${d} ` +
        `C${half} ${d} ${half} ${b} ${x} ${b} Z` });
    }
  });
  for (let j = 0; j <= rnn.T; j++) {
    const box = draw(svg, "g", { class: "node lit" });
    draw(box, "rect", { x: along(j) - node / 2, y: 8, width: node, height: 76, rx: 6 });
    formula(box, along(j), 51, j < rnn.T ? `h_${j + 1}` : "y", { "text-anchor": "middle", "font-size": 15 });
    if (j === rnn.T) continue;
    const input = draw(svg, "g", { class: j ? "node input" : "node input lit" });
    draw(input, "rect", { x: along(j) - node / 2, y: 102, width: node, height: 23, rx: 5 });
    formula(input, along(j), 118, `x_${j + 1}`, { "text-anchor": "middle", "font-size": 14 });
  }
}

// Blocks of heads on the residual stream, and the next word.
function smallModel(svg, { gpt }) {
  const view = { data: gpt, at: { at_token: gpt.tokens.length - 1 }, images: new Map(),
    maps: Uint8Array.from(atob(gpt.maps), (letter) => letter.charCodeAt(0)) };
  const pitch = WIDE / gpt.layers;
  const columns = Math.ceil(Math.sqrt(gpt.heads));
  const size = Math.min(34, (pitch - 12) / columns);
  for (let l = 0; l < gpt.layers; l++) {
    const block = draw(svg, "g", { class: "stage" });
    draw(block, "rect", { x: l * pitch + 3, y: 2, width: pitch - 6, height: 76, rx: 7,
      "data-block": l });
    const left = l * pitch + (pitch - columns * size) / 2;
    for (let h = 0; h < gpt.heads; h++) {
      attentionMap(view, block, l, h, left + (h % columns) * size + 2,
        6 + Math.floor(h / columns) * size + 2, size - 4);
    }
    for (const [at, turn] of [[0.3, -1], [0.7, 1]]) {
      const [x, y] = [(l + at) * pitch, turn < 0 ? 80 : 90];
      draw(svg, "path", { class: "tip", d: `M${x - 4} ${y + (turn < 0 ? 8 : 0)} h8 l-4 ${8 * turn} Z` });
    }
  }
  const stream = draw(svg, "g", { class: "stream" });
  draw(stream, "path", { d: `M0 97 H${WIDE} V103 H0 Z` });
  draw(svg, "text", { x: WIDE, y: 123, "text-anchor": "end", class: "strong" },
    `→ ${shorten(gpt.next[0], 10)} ${percentage(gpt.next[1])}`);
  draw(svg, "text", { x: 0, y: 123 }, `… ${shorten(gpt.tokens.slice(-2).join(" "), 9)}`);
}

// A picture, cut into patches, in a row behind the class token.
function smallPicture(svg, { vit }) {
  const size = 92;
  const cell = size / vit.side;
  draw(svg, "image", { class: "pixels", href: `data:image/png;base64,${vit.png}`, x: 0, y: 4,
    width: size, height: size });
  for (let i = 0; i <= vit.side; i++) {
    draw(svg, "path", { class: "cut", d: `M${i * cell} 4 v${size} M0 ${4 + i * cell} h${size}` });
  }
  draw(svg, "path", { class: "tip", d: "M97 46 l9 5 l-9 5 Z" });
  const [x, wide] = [112, WIDE - 112];
  const pitch = wide / vit.layers;
  for (let l = 0; l < vit.layers; l++) {
    const block = draw(svg, "g", { class: "stage" });
    draw(block, "rect", { x: x + l * pitch + 2, y: 4, width: pitch - 4, height: 92, rx: 6,
      "data-block": l });
    for (let h = 0; h < vit.heads; h++) {
      draw(block, "circle", { cx: x + (l + 0.5) * pitch, cy: 50 + (h - (vit.heads - 1) / 2) * 20,
        r: 7, fill: BLUE });
    }
  }
  const chip = draw(svg, "g", { class: "chip lit" });
  draw(chip, "rect", { x: 0, y: 102, width: 46, height: 22, rx: 5 });
  draw(chip, "text", { x: 23, y: 118, "text-anchor": "middle", "font-size": 15 }, "class");
  const shown = Math.floor((WIDE - 52) / 25);
  for (let i = 0; i < shown; i++) { // patches from the middle rows of the picture
    const number = Math.floor(vit.side / 2) * vit.side + i;
    const [row, column] = [Math.floor(number / vit.side), number % vit.side];
    const tile = draw(svg, "svg", { x: 52 + i * 25, y: 102, width: 22, height: 22,
      viewBox: `${column} ${row} 1 1` });
    draw(tile, "image", { class: "pixels", href: `data:image/png;base64,${vit.png}`, x: 0, y: 0,
      width: vit.side, height: vit.side });
  }
}

// The keys kept for every token read, and where the last one looks.
function smallCache(svg, { gpt }) {
  const { layers, heads } = gpt;
  const T = gpt.tokens.length;
  const maps = Uint8Array.from(atob(gpt.maps), (letter) => letter.charCodeAt(0));
  const pitch = WIDE / (T + 1);
  const row = Math.min(20, 70 / layers);
  const last = (T - 0.5) * pitch;
  for (let j = 0; j < T; j++) {
    let weight = 0; // the mean over the heads of the last block
    for (let h = 0; h < heads; h++) {
      weight += (maps[(((layers - 1) * heads + h) * T + T - 1) * T + j] / 255) ** 2 / heads;
    }
    const x = (j + 0.5) * pitch;
    draw(svg, "path", { class: "look", "data-weight": weight, fill: "none", stroke: ORANGE,
      "stroke-width": Math.max(0.5, 12 * weight), "stroke-opacity": 0.4 + 0.6 * weight,
      d: `M${last} 46 C${last} ${j === T - 1 ? 24 : 0} ${x} ${j === T - 1 ? 24 : 0} ${x} 46` });
  }
  for (let l = 0; l < layers; l++) {
    for (let j = 0; j <= T; j++) {
      draw(svg, "rect", { class: j < T ? "kept" : "empty", x: j * pitch + 1, y: 50 + l * row,
        width: pitch - 2, height: row - 2, rx: 3, fill: j === T - 1 ? ORANGE : BLUE,
        "fill-opacity": j === T ? 0 : 0.75 });
    }
  }
}

// Pictures beside each other.
function smallImages(svg, { images }) {
  const wide = (WIDE - 12 * (images.length - 1)) / images.length;
  images.forEach((png, i) => draw(svg, "image", { class: "pixels", x: i * (wide + 12), y: 4,
    width: wide, height: 110, preserveAspectRatio: images.length > 1 ? "xMidYMid" : "none",
    href: `data:image/png;base64,${png}` }));
}

// The loss of a run, epoch by epoch: training, and held out.
function smallCurves(svg, { train }) {
  const all = [...train.train, ...train.held_out];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const last = train.train.length - 1;
  const place = (y, i) => `${4 + i / last * (WIDE - 8)} ${106 - (y - low) / (high - low) * 96}`;
  draw(svg, "path", { class: "axis", d: `M2 4 V112 H${WIDE}`, fill: "none" });
  [[train.train, BLUE, "training"], [train.held_out, ORANGE, "held out"]].forEach(
    ([values, stroke, name]) => {
      draw(svg, "path", { d: `M${values.map(place).join(" L")}`, fill: "none", stroke,
        "stroke-width": 4, "stroke-dasharray": stroke === BLUE ? "none" : "7 5",
        "data-values": values.join(" ") });
      const [x, y] = place(values[last], last).split(" ").map(Number);
      draw(svg, "text", { x, y: stroke === BLUE ? y - 26 : y - 9, "text-anchor": "end",
        "font-size": 15 }, name);
    });
}

// A square for every question, filled once it is earned.
function smallQuestions(svg, data, { done }) {
  const columns = Math.ceil(Math.sqrt(done.length * WIDE / HIGH));
  const size = Math.min(WIDE / columns, HIGH / Math.ceil(done.length / columns));
  done.forEach((earned, i) => draw(svg, "rect", { class: earned ? "earned" : "open",
    x: (i % columns) * size + 3, y: Math.floor(i / columns) * size + 3, width: size - 6,
    height: size - 6, rx: 6, stroke: BLUE, "stroke-width": 2, fill: BLUE,
    "fill-opacity": earned ? 0.85 : 0 }));
}

const SMALL = {
  rnn: smallRnn, gpt: smallModel, vit: smallPicture, cache: smallCache, train: smallCurves,
  study: smallQuestions, positions: (svg, { positions }) => smallImages(svg, positions),
  maps: (svg, { maps }) => smallImages(svg, maps),
};

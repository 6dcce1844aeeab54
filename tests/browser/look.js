// What is wrong with the page as it is drawn: a list of sentences. Given to the browser as a function.
({ EXCEPTION, ERROR, PLOT }) => {
  const all = (root, found = []) => {
    for (const e of root.querySelectorAll("*")) {
      found.push(e);
      if (e.shadowRoot) all(e.shadowRoot, found);
    }
    return found;
  };
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    e.getBoundingClientRect().width > 1 && e.getBoundingClientRect().height > 1;
  const trouble = [];
  const say = (text) => trouble.push(text.slice(0, 300));
  const elements = all(document).filter(shown);

  for (const e of elements) {
    if (e.matches(`${EXCEPTION}, ${ERROR}`)) say(`error shown: ${e.innerText}`);
  }

  // The corners of a text on the screen, turned as it is, a fifth smaller than its box.
  const corners = (text) => {
    const { x, y, width, height } = text.getBBox();
    const to = text.getScreenCTM();
    return [[0.1, 0.2], [0.9, 0.2], [0.9, 0.8], [0.1, 0.8]].map(([across, down]) =>
      new DOMPoint(x + across * width, y + down * height).matrixTransform(to));
  };
  // Two rectangles are apart if a side of one has all corners of the other beyond it.
  const apart = (one, other) => one.some((p, i) => {
    const q = one[(i + 1) % 4];
    const [nx, ny] = [q.y - p.y, p.x - q.x];
    const reach = (box) => box.map((c) => nx * c.x + ny * c.y);
    return Math.min(...reach(other)) > Math.max(...reach(one)) ||
      Math.max(...reach(other)) < Math.min(...reach(one));
  });
  const meet = (one, other) => !apart(one, other) && !apart(other, one);

  const MARKS = ".trace path, .trace image, .scatterlayer path, .barlayer path, .heatmaplayer image," +
    " .imagelayer image, .shapelayer path, .hm image, .im image, .points path";
  const sized = (e) => {
    const box = e.getBoundingClientRect();
    return shown(e) || box.width > 3 || box.height > 3;  // a line may be flat
  };
  for (const plot of elements.filter((e) => e.matches(PLOT))) {
    const name = plot.closest("[class*=st-key-figure]")?.className.match(/st-key-figure-\S+/)?.[0];
    const marks = [...plot.querySelectorAll(MARKS)].filter(sized);
    // A question mark stands where a prediction is asked for first.
    const waits = [...plot.querySelectorAll("text")].some((t) => t.textContent.trim() === "?");
    if (!marks.length && !waits) say(`${name ?? "a plot"} has no mark in it`);
    const texts = [...plot.querySelectorAll("text")]
      .filter((t) => t.textContent.trim() && shown(t) && !t.closest(".legend"));
    const boxes = texts.map(corners);
    for (let i = 0; i < texts.length; i++) {
      for (let j = i + 1; j < texts.length; j++) {
        if (meet(boxes[i], boxes[j])) {
          say(`${name ?? "a plot"}: “${texts[i].textContent}” overlaps “${texts[j].textContent}”`);
        }
      }
    }
  }

  const plain = (source, width, height) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.min(width, 400), Math.min(height, 400)];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(
      context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    return pixels.every((p) => p === pixels[0]);
  };
  for (const img of elements.filter((e) => e.localName === "img")) {
    if (!img.complete || !img.naturalWidth) say(`a picture did not load: ${img.alt}`);
    else if (!img.src.includes(".svg") && plain(img, img.naturalWidth, img.naturalHeight)) {
      say(`a picture of one colour: ${img.alt}`);
    }
  }
  for (const canvas of elements.filter((e) => e.localName === "canvas")) {
    if (canvas.getContext("2d") && plain(canvas, canvas.width, canvas.height)) {
      say(`a canvas of one colour: ${canvas.getAttribute("aria-label") ?? canvas.className}`);
    }
  }
  return trouble;
}

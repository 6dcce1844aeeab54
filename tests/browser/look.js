// What is wrong with the page as it is drawn: a list of sentences. Given to the browser as a function.
() => {
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
    const kind = e.getAttribute("data-testid");
    if (kind === "stException" || kind === "stAlertContentError") say(`error shown: ${e.innerText}`);
  }

  const MARKS = ".trace path, .trace image, .scatterlayer path, .barlayer path, .heatmaplayer image," +
    " .imagelayer image, .shapelayer path, .hm image, .im image, .points path";
  const sized = (e) => {
    const box = e.getBoundingClientRect();
    return shown(e) || box.width > 3 || box.height > 3;  // a line may be flat
  };
  for (const plot of elements.filter((e) => e.classList.contains("js-plotly-plot"))) {
    const name = plot.closest("[class*=st-key-figure]")?.className.match(/st-key-figure-\S+/)?.[0];
    const marks = [...plot.querySelectorAll(MARKS)].filter(sized);
    if (!marks.length) say(`${name ?? "a plot"} has no mark in it`);
    const texts = [...plot.querySelectorAll("text")]
      .filter((t) => t.textContent.trim() && shown(t) && !t.closest(".legend"));
    for (let i = 0; i < texts.length; i++) {
      for (let j = i + 1; j < texts.length; j++) {
        const [a, b] = [texts[i].getBoundingClientRect(), texts[j].getBoundingClientRect()];
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        const least = Math.min(a.width * a.height, b.width * b.height);
        if (wide > 2 && high > 2 && wide * high > 0.25 * least) {
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

// What one window shows at once: the main figure as a page opens, and a slider with what it changes.
// Put into the page before its own scripts; Python asks window.oneView.
(({ MAIN, ELEMENT, CAPTION, PLOT, HEADER }) => {
  const one = window.oneView = { changed: 0, heading: 0, text: 0 };
  const roots = [];

  // ---- when something changed last, in components too ----
  const words = (node) => node.nodeType === 3 ? node.textContent.trim()
    : node.matches?.("svg *, style, script, [hidden]") ? "" : node.innerText?.trim() ?? "";
  const seen = new MutationObserver((found) => {
    one.changed = performance.now();
    if (!one.heading && document.querySelector("h1")?.innerText) one.heading = one.changed;
    const added = found.flatMap((m) => m.type === "characterData" ? [m.target] : [...m.addedNodes]);
    const new_ = added.filter((node) => {
      const place = node.nodeType === 3 ? node.parentElement : node;
      return place?.closest?.(`${MAIN}, .live`) && place.getBoundingClientRect().top < innerHeight;
    }).map(words).filter((text) => text.length > 3);
    if (new_.length) [one.text, one.last] = [one.changed, new_.at(-1).slice(0, 60)];
  });
  const watch = (root) => {
    roots.push(root);
    seen.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
  };
  watch(document);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    watch(root);
    return root;
  };

  // ---- figures and texts ----
  const FIGURES = `figure, canvas, svg, img, ${PLOT}`;
  const up = (e) => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host;
  const within = (e, selector) => { // through shadow roots
    for (let at = e; at; at = up(at)) if (at.matches(selector)) return at;
    return null;
  };
  const every = (root, found = []) => {
    for (const e of root.querySelectorAll("*")) {
      found.push(e);
      if (e.shadowRoot) every(e.shadowRoot, found);
    }
    return found;
  };
  const area = (box) => Math.max(0, box.width) * Math.max(0, box.height);
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) &&
    e.getBoundingClientRect().width > 1;
  const inMain = () => every(document.querySelector(MAIN)).filter(shown);
  const figures = (elements) => elements.filter((e) => e.matches(FIGURES) &&
    area(e.getBoundingClientRect()) > 2500 && !within(up(e), FIGURES));
  const told = (element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  const texts = (elements) => elements.filter((e) => told(e) &&
    !within(e, `${FIGURES}, label, style, details, summary, button, [class*=st-key-menu]`) &&
    !within(e, ELEMENT)?.querySelector("input, textarea, button"));

  const LOOK = ["d", "x", "y", "cx", "cy", "width", "height", "transform", "href", "points", "fill",
    "stroke", "src", "visibility", "opacity"];
  const look = (e) => {
    if (e.localName === "canvas") return e.toDataURL();
    if (!e.matches(FIGURES)) return e.textContent;
    return [e, ...every(e)].map((part) => {
      if (part.localName === "canvas") return part.toDataURL();
      if (part.closest(".modebar, .hoverlayer, defs, details")) return "";
      const own = LOOK.map((name) => part.getAttribute(name) ?? "").join("|");
      return own + (part.children.length ? "" : part.textContent) + (part.style?.fill ?? "");
    }).join("\n");
  };
  const parts = () => {
    const elements = inMain();
    return [...figures(elements), ...texts(elements)];
  };

  // ---- what Python asks ----
  const visible = (e, sky) => {
    const box = e.getBoundingClientRect();
    const high = Math.min(box.bottom, innerHeight) - Math.max(box.top, sky);
    const wide = Math.min(box.right, innerWidth) - Math.max(box.left, 0);
    return Math.max(0, high) * Math.max(0, wide);
  };
  // The header lies above what scrolls, and covers it unless it is transparent.
  const sky = () => {
    const header = document.querySelector(HEADER);
    const covers = header?.checkVisibility() &&
      getComputedStyle(header).backgroundColor !== "rgba(0, 0, 0, 0)";
    return covers ? header.getBoundingClientRect().bottom : 0;
  };
  // The share in view of the main figure: the first of at least 300 × 150 pixels.
  one.mainFigure = () => {
    const main = figures(inMain()).find((e) => area(e.getBoundingClientRect()) >= 45000);
    if (!main) return null;
    const box = main.getBoundingClientRect();
    const name = within(main, "[class*=st-key-figure], [data-plot]");
    return { share: visible(main, sky()) / area(box), top: Math.round(box.top),
      bottom: Math.round(box.bottom),
      name: name?.dataset.plot ?? name?.className.match(/st-key-figure-(\S+)/)?.[1] ?? main.localName };
  };
  // Captions of figures that take more than two lines.
  one.longCaptions = () => [...document.querySelectorAll(`[class*=st-key-figure] ${CAPTION} p`)]
    .filter((p) => p.checkVisibility() &&
      p.getBoundingClientRect().height > 2.5 * parseFloat(getComputedStyle(p).lineHeight))
    .map((p) => p.innerText.slice(0, 60));
  one.remember = () => {
    one.before = new Map();
    for (const part of parts()) {
      const how = look(part);
      one.before.set(how, (one.before.get(how) ?? 0) + 1);
    }
  };
  // Of what has changed since `remember`: the largest share that one scroll position shows together
  // with the slider; null where nothing has changed.
  one.share = (slider) => {
    const changed = parts().filter((part) => {
      const left = one.before.get(look(part)) ?? 0;
      one.before.set(look(part), left - 1);
      return left <= 0;
    });
    const whole = changed.reduce((sum, e) => sum + area(e.getBoundingClientRect()), 0);
    if (!whole) return null;
    const main = document.querySelector(MAIN);
    const at = main.scrollTop;
    let best = 0;
    const top = sky();
    for (let to = 0; to <= main.scrollHeight - main.clientHeight + 20; to += 20) {
      main.scrollTop = to;
      const box = slider.getBoundingClientRect();
      if (box.top < top || box.bottom > innerHeight) continue;
      best = Math.max(best, changed.reduce((sum, e) => sum + visible(e, top), 0) / whole);
    }
    main.scrollTop = at;
    return { best, changed: changed.map((e) => within(e, "[data-plot]")?.dataset.plot ??
      within(e, "[class*=st-key-figure]")?.className.match(/st-key-figure-(\S+)/)?.[1] ?? e.localName) };
  };
})

// Finds the first use of each term on the page, marks it, and explains it where the pointer is;
// the button lists the same terms. Nothing in the page is changed: marks are highlights.
const SKIPPED = "code, pre, svg, button, input, textarea, script, style, .katex, .js-plotly-plot";

export default function ({ data, parentElement }) {
  const [button, list, tip] = ["button", "dl", "[role=tooltip]"].map((name) =>
    parentElement.querySelector(name));
  if (button.terms) return;
  button.terms = TERMS.map(([pattern, text]) =>
    ({ pattern: new RegExp(pattern, "iu"), text, range: null }));
  const main = document.querySelector(data.main);
  let [waiting, shown] = [0, ""]; // the list as JSON

  const first = (terms) => {
    const left = new Set(terms);
    for (const term of terms) term.range = null;
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node && left.size; node = walker.nextNode()) {
      if (node.parentElement.closest(SKIPPED) || !node.parentElement.getClientRects().length) continue;
      let rest = node.data; // what a longer term has taken is blanked for shorter ones
      for (const term of terms) {
        for (let match; (match = term.pattern.exec(rest));) {
          const end = match.index + match[0].length;
          rest = rest.slice(0, match.index) + "\0".repeat(match[0].length) + rest.slice(end);
          if (!left.delete(term)) continue;
          term.range = new Range();
          term.range.setStart(node, match.index);
          term.range.setEnd(node, end);
        }
      }
    }
    return terms.filter((term) => term.range);
  };

  const look = () => {
    waiting = 0;
    if (!parentElement.isConnected) return stop();
    const found = first(button.terms);
    const forced = matchMedia("(forced-colors: active)").matches; // a mark looks like a selection
    const marks = forced ? [] : found.map((t) => t.range);
    if (window.Highlight) CSS.highlights.set("glossary", new Highlight(...marks));
    const inOrder = found.sort((a, b) => a.range.compareBoundaryPoints(Range.START_TO_START, b.range));
    const lines = inOrder.flatMap(({ range, text }) => [["dt", range.toString()], ["dd", text]]);
    if (JSON.stringify(lines) !== shown) {
      shown = JSON.stringify(lines);
      list.replaceChildren(...lines.map(([name, content]) =>
        Object.assign(document.createElement(name), { textContent: content })));
    }
    button.dataset.found = found.length;
    tip.hidden ||= !found.some(({ text }) => text === tip.textContent); // its word has gone
  };

  const later = () => { waiting ||= setTimeout(() => requestIdleCallback?.(look) ?? look(), 400); };
  const observer = new MutationObserver(later);
  observer.observe(main, { childList: true, subtree: true, characterData: true });

  const explain = (event) => {
    if (event.type === "pointermove" && event.buttons) return; // a hand that drags asks nothing
    const [x, y] = [event.clientX, event.clientY];
    const under = button.terms.find(({ range }) => range && !range.collapsed && [...range.getClientRects()].some((box) =>
      x >= box.left - 2 && x <= box.right + 2 && y >= box.top - 2 && y <= box.bottom + 2));
    tip.hidden = !under;
    if (!under) return;
    const box = under.range.getBoundingClientRect();
    tip.textContent = under.text;
    tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`;
    const below = box.bottom + 6;
    tip.style.top = below + tip.offsetHeight < innerHeight ? `${below}px` : `${box.top - tip.offsetHeight - 6}px`;
  };
  const open = (yes) => {
    list.hidden = !yes;
    button.setAttribute("aria-expanded", String(yes));
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    tip.hidden = true;
    if (!list.hidden) { open(false); button.focus(); }
  };
  const hide = () => { tip.hidden = true; };
  const listeners = [[document, "pointermove", explain], [document, "click", explain],
    [document, "keydown", escape], [main, "scroll", hide]];
  for (const [place, name, act] of listeners) place.addEventListener(name, act, { passive: true });
  const stop = () => {
    observer.disconnect();
    for (const [place, name, act] of listeners) place.removeEventListener(name, act);
    window.CSS?.highlights?.delete("glossary");
  };
  button.onclick = () => open(list.hidden);
  later();
}

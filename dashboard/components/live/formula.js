// Letters with indices, set as the lecture writes them. A line "‖W_h^{T−1} x_1‖" has its lowered and
// raised parts behind _ and ^; of more than one letter, they stand in braces.

// A line as [mark, letters], the mark being "", "_" or "^".
const pieces = (line) => [...line.matchAll(/([_^])(?:\{([^}]*)\}|([0-9A-Za-z]))|([^_^]+|[_^])/g)]
  .map(([, mark = "", braced, one, rest]) => [mark, rest ?? braced ?? one]);

// The same for the tspans of a line in SVG: [letters, { dy, font-size }] in units of the line's own
// letters, each dy counted from the piece before.
function* shifted(line) {
  let raised = 0;
  for (const [mark, letters] of pieces(line)) {
    const to = mark === "_" ? -0.25 : mark === "^" ? 0.4 : 0;
    const size = mark ? 0.72 : 1;
    yield [letters, { dy: `${((raised - to) / size).toFixed(3)}em`, "font-size": `${size}em` }];
    raised = to;
  }
}

// Shows a line in an element of HTML or SVG. Only the letters of the lecture have indices, so that a
// student's own words with a _ in them stay as they are.
function typeset(element, line) {
  const text = String(line ?? "");
  if (element.line === text) return;
  element.line = text;
  if (!/(?<![\p{L}\p{N}_])[Whxy]_/u.test(text)) {
    element.textContent = text;
    return;
  }
  const svg = element.namespaceURI.endsWith("svg");
  element.replaceChildren(...(svg ? [...shifted(text)].map(([letters, { dy, ...look }]) =>
    part("tspan", letters, parseFloat(dy) ? { dy, ...look } : look)) // a 0 would undo the line's own
    : pieces(text).map(([mark, letters]) => part({ "": "span", _: "sub", "^": "sup" }[mark], letters))));

  function part(tag, letters, look = {}) {
    const made = document.createElementNS(element.namespaceURI, tag);
    for (const name in look) made.setAttribute(name, look[name]);
    made.textContent = letters;
    return made;
  }
}

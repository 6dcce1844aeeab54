// What a redraw changes in the page: only what differs from before. Nothing is parsed as markup.

const SVG = "http://www.w3.org/2000/svg";

// Sets the attributes that differ from what they `were`; an empty one is taken away.
function put(element, attributes, were = {}) {
  for (const name in attributes) {
    const value = attributes[name];
    if (value === were[name]) continue;
    if (value === "" || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
  for (const name in were) if (!(name in attributes)) element.removeAttribute(name);
}

// Makes `group` show these parts, an element each: { tag, attributes, text }. An element that has
// its tag already stays, and of it only what differs is set.
function replace(group, parts) {
  const before = group.shown ?? [];
  group.shown = parts;
  parts.forEach(({ tag, attributes, text }, i) => {
    let [element, was] = [group.children[i], before[i]];
    if (was?.tag !== tag) {
      const made = document.createElementNS(SVG, tag);
      if (element) element.replaceWith(made);
      else group.append(made);
      [element, was] = [made, undefined];
    }
    put(element, attributes, was?.attributes);
    if (text !== was?.text) typeset(element, text);
  });
  while (group.children.length > parts.length) group.lastElementChild.remove();
}

// Shows a sentence in `place`: tell(place)`It is <b>${value}</b>.` A value is text, never markup;
// where the sentence is the one that stands there, only the values that differ are set.
const tell = (place) => (sentence, ...values) => {
  if (place.sentence !== sentence || !place.contains(place.spans[0])) {
    place.innerHTML = sentence.join("<span></span>");
    place.spans = [...place.querySelectorAll("span")];
    place.sentence = sentence;
  }
  values.forEach((value, i) => {
    const text = String(value);
    if (place.spans[i].textContent !== text) place.spans[i].textContent = text;
  });
};

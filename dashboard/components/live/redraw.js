// What a redraw changes in the page: only what differs from before.

// Sets the attributes that differ.
function put(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
}

const PATH = /^<path d="([^"]*)"(.*)$/s;

// Makes `group` show these parts, one element each; of a path that differs in its line alone, the
// line is set.
function replace(group, parts) {
  const { shown } = group;
  const alike = shown.length === parts.length && group.children.length === parts.length;
  group.shown = parts;
  if (!alike) {
    group.innerHTML = parts.join("");
    return;
  }
  parts.forEach((part, i) => {
    if (part === shown[i]) return;
    const [now, before] = [PATH.exec(part), PATH.exec(shown[i])];
    if (now && before && now[2] === before[2]) group.children[i].setAttribute("d", now[1]);
    else group.children[i].outerHTML = part;
  });
}

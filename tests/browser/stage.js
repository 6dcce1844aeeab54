// How a beat fills the stage: pixels scrolled, pixels of a figure under the keys, share of the screen used.
({ MAIN, CONTENT, ELEMENT, COMPONENT, IMAGE, PLOT }) => {
  const main = document.querySelector(MAIN);
  const shown = [...document.querySelectorAll(
    `${PLOT}, ${IMAGE} img, ${COMPONENT}, .st-key-stage-beat, ${CONTENT} ${ELEMENT}`,
  )].filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".st-key-stage-keys"))
    .map((e) => e.getBoundingClientRect()).filter((b) => b.width > 1 && b.height > 1);
  const keys = document.querySelector(".st-key-stage-keys").getBoundingClientRect();
  const pictures = [...document.querySelectorAll(`${PLOT}, ${IMAGE} img`)]
    .filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect());
  const under = (box) => Math.max(0, Math.min(box.right, keys.right) - Math.max(box.left, keys.left)) *
    Math.max(0, Math.min(box.bottom, keys.bottom) - Math.max(box.top, keys.top));
  const seen = new Uint8Array(128 * 72);  // squares of 10 pixels
  for (const box of shown) {
    for (let y = Math.max(0, box.top / 10 | 0); y < Math.min(72, box.bottom / 10); y++) {
      for (let x = Math.max(0, box.left / 10 | 0); x < Math.min(128, box.right / 10); x++) {
        seen[y * 128 + x] = 1;
      }
    }
  }
  return {
    scrolled: Math.max(0, main.scrollHeight - main.clientHeight),
    covered: Math.round(pictures.reduce((sum, box) => sum + under(box), 0)),
    used: seen.reduce((sum, one) => sum + one, 0) / seen.length,
    pictures: pictures.length,
  };
}

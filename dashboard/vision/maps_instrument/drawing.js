// Pictures of the maps: pixels over a photo, and many small maps beside each other.

const RAMP = SEQUENTIAL.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
const colourOf = (share) => RAMP[Math.round(Math.min(1, Math.max(0, share)) * (RAMP.length - 1))];

// The photo as ImageData; photo: bytes of red, green, blue, row by row.
function photoOf(photo, pixels) {
  const image = new ImageData(pixels, pixels);
  for (let i = 0; i < pixels * pixels; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = photo[3 * i + c];
    image.data[4 * i + 3] = 255;
  }
  return image;
}

// The photo grey and dim, each patch covered by the colour of its weight; the share w of the
// largest weight covers with opacity 0.1 + 0.8 w (figures/maps/attention_maps.py does the same).
function overlay(photo, pixels, weights, side) {
  const image = new ImageData(pixels, pixels);
  const patch = pixels / side;
  const top = Math.max(1e-12, ...weights);
  const cover = Array.from(weights, (weight) => {
    const opacity = 0.1 + 0.8 * (weight / top);
    return [1 - opacity, ...colourOf(weight / top).map((c) => opacity * c)];
  });
  for (let y = 0, i = 0; y < pixels; y++) {
    const row = Math.floor(y / patch) * side;
    for (let x = 0; x < pixels; x++, i++) {
      const at = 3 * i;
      const grey = 0.7 * (0.299 * photo[at] + 0.587 * photo[at + 1] + 0.114 * photo[at + 2]);
      const covered = cover[row + Math.floor(x / patch)];
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = covered[0] * grey + covered[c + 1];
      image.data[4 * i + 3] = 255;
    }
  }
  return image;
}

// Maps rows[r][c] of side·side weights in a grid, each relative to its own largest weight; one
// pixel a patch, and one around each map, see-through.
function sheet(rows, side) {
  const step = side + 2;
  const image = new ImageData(rows[0].length * step, rows.length * step);
  rows.forEach((row, r) => row.forEach((weights, c) => {
    const top = Math.max(1e-12, ...weights);
    for (let i = 0; i < weights.length; i++) {
      const y = r * step + 1 + Math.floor(i / side);
      const at = 4 * (y * image.width + c * step + 1 + (i % side));
      [image.data[at], image.data[at + 1], image.data[at + 2]] = colourOf(weights[i] / top);
      image.data[at + 3] = 255;
    }
  }));
  return image;
}

// A frame around the cells from (x0, y0) to (x1, y1): white on black is seen on every colour.
function frameAround(plot, x0, y0, x1, y1) {
  const [left, top] = [plot.x(x0), plot.y(y0)];
  const d = box(left, top, plot.x(x1) - left, plot.y(y1) - top);
  plot.add("path", { d, fill: "none", stroke: "#000", "stroke-width": 5 });
  plot.add("path", { d, fill: "none", stroke: "#fff", "stroke-width": 2 });
}

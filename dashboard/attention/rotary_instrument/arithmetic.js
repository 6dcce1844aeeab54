// Rotary positions, named after core/models/positions.py and held equal to it
// (tests/browser/test_rotary_arithmetic.py).

function frequencies(dim, base) {
  return Array.from({ length: dim / 2 }, (_, i) => base ** ((-2 * i) / dim));
}

// R_t x, one vector at position t: pair i is turned by t ω_i.
function rotated(x, t, base) {
  const omega = frequencies(x.length, base);
  return x.map((value, c) => {
    const angle = t * omega[c >> 1];
    return c % 2 ? Math.cos(angle) * value - Math.sin(angle) * x[c - 1]
      : Math.cos(angle) * value + Math.sin(angle) * x[c + 1];
  });
}

// The score of R_t x and R_(t+k) x, as a share of |x|², for k = 0 … tokens − 1: Σ |x_i|² cos(ω_i k) / |x|².
function similarityByDistance(x, tokens, base) {
  const omega = frequencies(x.length, base);
  const squares = omega.map((_, i) => x[2 * i] ** 2 + x[2 * i + 1] ** 2);
  const whole = squares.reduce((sum, v) => sum + v, 0);
  return Array.from({ length: tokens }, (_, k) =>
    omega.reduce((sum, w, i) => sum + squares[i] * Math.cos(w * k), 0) / whole);
}

// The sinusoidal code, named after core/models/positions.py and held equal to it
// (tests/browser/test_positions_arithmetic.py).

function frequencies(dim) {
  return [...Array(Math.ceil(dim / 2)).keys()].map((i) => 10000 ** ((-2 * i) / dim));
}

function wavelength(dim, pair) {
  return (2 * Math.PI) / frequencies(dim)[pair];
}

// Rows of d numbers, one a position: even columns sines, odd columns cosines.
function sinusoidal(tokens, dim) {
  const omega = frequencies(dim);
  return [...Array(tokens).keys()].map((t) => Float64Array.from({ length: dim }, (_, c) =>
    c % 2 ? Math.cos(t * omega[c >> 1]) : Math.sin(t * omega[c >> 1])));
}

// The cosine of row t with every row, core's `similarity` for one row.
function similarityTo(table, t) {
  const size = (row) => Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
  const own = size(table[t]);
  return table.map((row) => {
    let sum = 0;
    for (let c = 0; c < row.length; c++) sum += row[c] * table[t][c];
    const length = size(row) * own;
    return length > 0 ? sum / length : 0;
  });
}

// Of the formula, at distances 0 … tokens − 1: P_t · P_{t+k} = Σ cos(ω_i k), whatever t is; d even.
function similarityByDistance(tokens, dim) {
  const omega = frequencies(dim);
  return [...Array(tokens).keys()].map((k) =>
    omega.reduce((sum, w) => sum + Math.cos(w * k), 0) / omega.length);
}

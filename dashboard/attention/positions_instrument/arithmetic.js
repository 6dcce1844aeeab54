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
  return [...Array(tokens).keys()].map((t) => {
    const row = new Float64Array(dim);
    for (let c = 0; c < dim; c++) row[c] = (c % 2 ? Math.cos : Math.sin)(t * omega[c >> 1]);
    return row;
  });
}

// The cosine of row t with every row, core's `similarity` for one row.
function similarityTo(table, t) {
  const dot = (one, other) => {
    let sum = 0;
    for (let c = 0; c < one.length; c++) sum += one[c] * other[c];
    return sum;
  };
  const own = Math.sqrt(dot(table[t], table[t]));
  return table.map((row) => {
    const length = Math.sqrt(dot(row, row)) * own;
    return length > 0 ? dot(row, table[t]) / length : 0;
  });
}

// Of the formula, at distances 0 … tokens − 1: P_t · P_{t+k} = Σ cos(ω_i k), whatever t is; d even.
function similarityByDistance(tokens, dim) {
  const omega = frequencies(dim);
  return [...Array(tokens).keys()].map((k) => {
    let sum = 0;
    for (const w of omega) sum += Math.cos(w * k);
    return sum / omega.length;
  });
}

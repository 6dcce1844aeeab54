// How two samples go together, named after core/interpret/faithfulness.py and NumPy, and held equal
// to them (tests/browser/test_objects_arithmetic.py).

const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

// Sums of products around the means: of a with itself, of b with itself, of a with b.
function products(a, b) {
  const [ma, mb] = [mean(a), mean(b)];
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
    ab += (a[i] - ma) * (b[i] - mb);
  }
  return [aa, bb, ab];
}

// Pearson's r; 0 where one of them does not vary.
function correlation(a, b) {
  const [aa, bb, ab] = products(a, b);
  const scale = Math.sqrt(aa * bb);
  return scale > 0 ? ab / scale : 0;
}

// Slope and start of the straight line through (a, b) that fits best; a must vary.
function polyfit(a, b) {
  const [aa, , ab] = products(a, b);
  return [ab / aa, mean(b) - (ab / aa) * mean(a)];
}

// The mean of samples, place by place.
function meanOf(samples) {
  return samples[0].map((_, i) => samples.reduce((sum, one) => sum + one[i], 0) / samples.length);
}

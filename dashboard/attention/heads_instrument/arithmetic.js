// `DirectLogits.without` of core/interpret/direct.py, held equal to it
// (tests/browser/test_direct_arithmetic.py).

// The logits after the embedding and after each block, less what the heads that are off add
// directly. heads[l][h][w], lens[l][w], scale[l]; off: pairs [layer, head] counted from 0.
function without({ heads, lens, scale }, off) {
  const left = lens.map((row) => [...row]);
  const last = scale[scale.length - 1];
  for (const [layer, head] of off) {
    for (let after = layer + 1; after < left.length; after++) {
      const share = last / scale[after];
      heads[layer][head].forEach((part, w) => { left[after][w] -= share * part; });
    }
  }
  return left;
}

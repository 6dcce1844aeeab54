// Maps of a Vision Transformer, named after core/interpret/attribution.py and held equal to it
// (tests/browser/test_maps_arithmetic.py). A map is a Float64Array of T·T weights, row by row;
// maps[layer][head] is one.

// The weights of token `query` on the patches: its row without the class token.
function classRow(map, query = 0) {
  const tokens = Math.round(Math.sqrt(map.length));
  return map.subarray(query * tokens + 1, (query + 1) * tokens);
}

// The mean of such rows over the given maps.
function courseHeatmap(maps, query = 0) {
  const mean = new Float64Array(classRow(maps[0], query).length);
  for (const map of maps) classRow(map, query).forEach((weight, j) => { mean[j] += weight; });
  return mean.map((sum) => sum / maps.length);
}

// Ã of every layer: half the mean over its heads and half the identity, rows summing to one.
function rolloutSteps(maps) {
  return maps.map((heads) => {
    const tokens = Math.round(Math.sqrt(heads[0].length));
    const step = new Float64Array(heads[0].length);
    for (let i = 0; i < tokens; i++) {
      let sum = 0;
      for (let at = i * tokens; at < (i + 1) * tokens; at++) {
        for (const map of heads) step[at] += (0.5 * map[at]) / heads.length;
        if (at === i * (tokens + 1)) step[at] += 0.5;
        sum += step[at];
      }
      for (let at = i * tokens; at < (i + 1) * tokens; at++) step[at] /= sum;
    }
    return step;
  });
}

// The rollout after every layer: Ã_1, Ã_2 Ã_1, … , Ã_L ⋯ Ã_1; core's `rollout` is the last one.
function rollouts(maps) {
  const flows = [];
  for (const step of rolloutSteps(maps)) {
    flows.push(flows.length ? product(step, flows.at(-1)) : step);
  }
  return flows;
}

function product(a, b) {
  const tokens = Math.round(Math.sqrt(a.length));
  const out = new Float64Array(a.length);
  for (let i = 0; i < tokens; i++) {
    for (let k = 0; k < tokens; k++) {
      const factor = a[i * tokens + k];
      for (let j = 0; j < tokens; j++) out[i * tokens + j] += factor * b[k * tokens + j];
    }
  }
  return out;
}

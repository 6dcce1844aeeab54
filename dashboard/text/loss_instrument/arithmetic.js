// Loss and perplexity, named after core/decoding/likelihood.py and held equal to it
// (tests/browser/test_loss_arithmetic.py).

const bits = (nats) => nats / Math.LN2;

// L = −(1/T) Σ ln p_t in nats.
function meanLoss(probabilities) {
  return -probabilities.reduce((sum, p) => sum + Math.log(p), 0) / probabilities.length;
}

const perplexity = (probabilities) => Math.exp(meanLoss(probabilities));

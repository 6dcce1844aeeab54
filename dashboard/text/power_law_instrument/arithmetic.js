// `Law.loss` of core/models/power_law/fit.py, held equal to it
// (tests/browser/test_power_law_arithmetic.py).

const lossOf = ({ floor, a, alpha, beta }, width, dialogues) =>
  floor + a * width ** -alpha * dialogues ** -beta;

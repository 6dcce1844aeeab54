"""What each row has to reach and what it aims at, so that the table says which rows fall short."""

from dataclasses import dataclass

from benchmarks.measure import Row


@dataclass(frozen=True)
class Goal:
    """The bounds for a row's `ratio`, or for its `product` where the figure itself is bounded."""

    must: float
    aim: float | None = None
    of: str = "ratio"
    least: bool = True  # the figure must be at least this; otherwise at most

    def reached(self, row: Row) -> str:
        """ "aim", "must" or "short"."""
        figure = row[self.of]
        for name, bound in (("aim", self.aim), ("must", self.must)):
            if bound is not None and (figure >= bound if self.least else figure <= bound):
                return name
        return "short"

    def said(self) -> str:
        """Such as `ratio ≥ 1.8, aim 2.5`."""
        aim = "" if self.aim is None else f", aim {self.aim:.3g}"
        return f"{self.of} {'≥' if self.least else '≤'} {self.must:.4g}{aim}"


def _at_most(must: float, aim: float | None = None, of: str = "ratio") -> Goal:
    return Goal(must, aim, of, least=False)


GOALS = {
    "vit-train-throughput": Goal(1.8, 2.5),
    "vit-same-architecture-accuracy": Goal(0.66, 0.70, "product"),
    "vit-accuracy-in-reference-time": Goal(0.81, 0.86, "product"),
    "vit-time-to-reference-accuracy": _at_most(1 / 7, 1 / 15),
    "vit-loader": Goal(20, 100),
    "gpt-train-throughput": Goal(8, 12),
    "gpt-padding": _at_most(0.10, 0.02, "product"),
    "gpt-perplexity-best": _at_most(0.85, 0.70),
    "gpt-perplexity-last": _at_most(0.65, 0.45),
    "gpt-time-to-reference-perplexity": _at_most(1 / 5, 1 / 12),
    "gpt-against-kneser-ney": _at_most(0.90, 0.75),
    "vit-peak-memory": _at_most(2000, 1000, "product"),
    "gpt-peak-memory": _at_most(2000, 1000, "product"),
    "decode-vs-uncached": Goal(15, 40),
    "decode-vs-huggingface": Goal(4, 20),
    "decode-16x60": _at_most(600, 200, "product"),
    "decode-first-token": _at_most(20, 3, "product"),
    "decode-ids-equal": Goal(1.0, None, "product"),
    "real-load": _at_most(3, 1.5, "product"),
    "real-reads-50": _at_most(1.5, 0.5, "product"),
    "real-vs-huggingface": Goal(1.0, 1.5),
    "rnn-powers-vs-matrix-power": Goal(10, 20),
    "trace-one-map-gpt": _at_most(1.15, 1.03),
    "trace-one-map-vit": _at_most(1.15, 1.03),
    "trace-sample-maps-gpt": _at_most(1 / 1.5, 1 / 3),
    "trace-sample-maps-vit": _at_most(1 / 1.5, 1 / 3),
    "trace-map-difference-gpt": _at_most(1e-5, 1e-6, "product"),
    "trace-map-difference-vit": _at_most(1e-5, 1e-6, "product"),
    "attention-bytes": _at_most(1 / 10, 1 / 40),
    "decoding-beside-a-run": Goal(0.6),
    "page-rerun-beside-a-run": _at_most(1.5),
    "run-beside-30-viewers": Goal(0.85),
    "recording-a-run": _at_most(1.02),
    "start-to-first-point": _at_most(5, None, "product"),
}
# Rows that other commands record: see benchmarks/table.py.
GOALS |= {
    "ui-cold-start": _at_most(3000, None, "product"),
    "ui-torch-first": _at_most(1500, None, "product"),
    "ui-torch-served": _at_most(1500, None, "product"),
    "ui-first-view": _at_most(1500, None, "product"),
    "ui-from-home": _at_most(1500, 700, "product"),
    "ui-slider-server": _at_most(50, 15, "product"),
    "ui-slider-seen": _at_most(300, 100, "product"),
    "ui-sixteen-texts": _at_most(600, 200, "product"),
    "ui-memory-session": _at_most(2, None, "product"),
    "ui-attention-step": _at_most(300, 100, "product"),
    "ui-attention-move": _at_most(100, None, "product"),
    "live": _at_most(33, 16, "product"),
    "live-redraws": Goal(30, 60, "product"),
    "live-first": _at_most(150, None, "product"),
    "live-release": _at_most(20, None, "product"),
    "real-first-view": _at_most(3000, 1500, "product"),
    "real-change": _at_most(300, 100, "product"),
    "one-view": Goal(95, 100, "product"),
    "one-view-figure": Goal(95, 100, "product"),
    "first-text": _at_most(1000, 500, "product"),
    "first-figure": Goal(90, 100, "product"),
    "room-dropped": _at_most(0, None, "product"),
    "room-first-view": _at_most(5, None, "product"),
    "room-change": _at_most(1, None, "product"),
    "room-not-back": _at_most(0, None, "product"),
    "room-memory-session": _at_most(2, None, "product"),
    "poll-lost": _at_most(0, None, "product"),
    "poll-counted-after": _at_most(10, None, "product"),
}

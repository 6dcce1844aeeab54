"""What of the dashboard is measured: every page, and the views of a page that have sliders."""

from dashboard.lessons import LESSONS

# scene -> page and link; a scene is a page as it opens, or with one more word
SCENES: dict[str, tuple[str, dict[str, str]]] = {
    **{lesson.name: (lesson.name, {}) for lesson in LESSONS},
    "rnn-decay": ("rnn", {"section": "Eigenvalues and decay"}),
    "rnn-orbit": ("rnn", {"section": "Eigenvalues and decay", "size": "2", "view": "orbit"}),
    "rnn-learning": ("rnn", {"section": "Learning"}),
    "attention-picture": ("attention", {"reads": "pictures"}),
    "heads-leak": ("heads", {"try": "the leak"}),
    "vit-drawn": ("vit", {"from": "draw a shape"}),
    "maps-drawn": ("maps", {"from": "draw a shape"}),
    "gpt-nucleus": ("gpt", {"way": "nucleus"}),
    "decoding-sixteen": ("decoding", {"section": "what goes wrong"}),
    "decoding-cache": ("decoding", {"section": "the KV cache"}),
}


def path_of(page: str) -> str:
    """A page's address; Home is served at the root."""
    return "" if page == "home" else page

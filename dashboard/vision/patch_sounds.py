"""The sound that is cut into patches: a tune of notes, or a file of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from dashboard import controls
from dashboard.components import page

if TYPE_CHECKING:
    from torch import Tensor

BEAT = 0.4  # seconds of a note
TUNE = "C D E C  C D E C  E F G -"


def choose_clip() -> tuple[Tensor | None, list[str]]:
    """The samples of the chosen sound, and the names of its notes; None for a bad file.

    Until the user's own sound is uploaded, it is the tune.
    """
    from core.data import audio as sounds

    clip, names, notes = None, [], TUNE
    source = controls.pick("Sound", ["a tune", "my own WAV"], key="sound")
    with page.one_sentence_for_errors():
        if source == "a tune":
            notes = controls.text("Notes", TUNE, key="tune", max_chars=60,
                                  help=f"{' '.join(sounds.TONES)}, or - for a pause.")  # fmt: skip
        else:
            file = st.file_uploader(
                "A WAV file of at most 10 seconds", type=["wav"], max_upload_size=8
            )
            if file is not None:
                return sounds.read_wav(file.getvalue()), []
            st.caption("The tune is shown until you upload a file.")
        names = list(notes.upper().replace(" ", ""))[: int(sounds.LONGEST / BEAT)]
        clip = sounds.tone_sequence(names, BEAT)
    return clip, names

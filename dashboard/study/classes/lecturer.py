"""A class for its lecturer: hand-ins, normalised gain, files in bulk, questions and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

import streamlit as st

from core.study.export.moodle import moodle_xml
from core.study.export.qti import qti_package
from core.study.export.sheet import sheet
from core.study.gain.normalised import (
    COLUMNS as GAIN_COLUMNS,
    FEWEST,
    Gain,
    class_gains,
    without_names,
)
from core.study.gain.short_test import MOMENTS
from core.study.results import table
from core.study.results.bulk import FORGED, MAX_FILES, check_files
from core.study.storage.classes import DAYS_KEPT, NamedClass, ShortTest
from dashboard import lessons
from dashboard.components import page, tables
from dashboard.figures.poll import gain_intervals
from dashboard.study import study_state
from dashboard.study.classes import short_tests, student
from dashboard.study.classes.student import attempt, show_done
from dashboard.study.room import classes, rooms
from dashboard.study.room_link import join

_SELECTED = "study-class-selected"


def shown() -> bool:
    """Draw what a class's link opens instead of the questions: the lecturer's view, or a test."""
    code, secret = st.query_params.get("class", ""), st.query_params.get("host", "")
    if code and secret and classes().owns(code, secret):
        _lecturer(classes().find(code), secret)
        return True
    lesson = st.query_params.get("test", "")
    own_class = student.joined() if lesson else None
    if own_class is None:
        return False
    token = student.key_of_browser()
    short_tests.show(own_class, token, classes().my_tests(own_class.code, token), lesson)
    return True


def _lecturer(own_class: NamedClass, secret: str) -> None:
    page.page_header(
        f"Class {page.escape(own_class.name)}",
        "Bookmark this page: only its address opens these results. A colleague who has the address "
        "can do everything that you can.",
    )
    show_done()
    results, gain, files, questions, settings = st.tabs(
        ["Results", "Did it help?", "Check files", "Questions", "Invite and settings"]
    )
    with results:
        _results(own_class, secret)
    with gain:
        _gain(own_class, secret)
    with files:
        _files()
    with questions:
        _questions()
    with settings:
        _settings(own_class, secret)


def _results(own_class: NamedClass, secret: str) -> None:
    hand_ins = classes().hand_ins(own_class.code, secret)
    questions = study_state.questions()
    read, errors = table.read_hand_ins(hand_ins, questions)
    for sentence in errors:
        st.error(page.escape(sentence))
    answered = {result.question for _, results in read for result in results}
    names = [name for name in questions if name in answered]
    with st.container(horizontal=True, vertical_alignment="center"):
        number = len(hand_ins)
        who = "student has" if number == 1 else "students have"
        st.markdown(f"**{number} {who} handed in.**", width="stretch")
        st.button("Refresh", icon=":material/refresh:")
    if not read:
        st.caption("The table appears with the first hand-in.")
        return
    rows = table.overview(read, names)
    st.caption(
        "A question is worth one point; each opened hint lowers it. Click a column to sort by it. "
        "Students answer without supervision, so these results cannot replace an exam."
    )
    tables.show(rows, hide_index=True, key=_SELECTED, on_select="rerun", selection_mode="multi-row")
    details = table.details(read)
    every = ("student", "question", *table.DETAILS)
    with st.container(horizontal=True, vertical_alignment="center"):
        _csv("CSV for Canvas", table.canvas_csv(read, names), "unrolled-canvas.csv")
        _csv("CSV for Moodle", table.moodle_csv(read, names), "unrolled-moodle.csv")
        _csv("CSV of every question", table.to_csv(details, every), "unrolled-questions.csv")
        selected = [read[i][0].name for i in _selected() if 0 <= i < len(read)]
        st.button(
            "Delete the selected", type="tertiary", disabled=not selected,
            on_click=_remove, args=(own_class.code, secret, selected),
        )  # fmt: skip
    st.caption(
        "To import the files, let students hand in under their login: Canvas finds them by "
        "“SIS Login ID”, and Moodle by “Username”."
    )
    with st.expander("Every question"):
        tables.show(details, hide_index=True)


def _selected() -> Sequence[int]:
    held = st.session_state.get(_SELECTED)
    rows: Sequence[int] = held["selection"]["rows"] if held else ()
    return rows


def _remove(code: str, secret: str, names: Sequence[str]) -> None:
    def remove() -> None:
        for name in names:
            classes().remove(code, secret, name)

    attempt(remove, "Deleted.")


def _csv(label: str, text: str, file: str) -> None:
    st.download_button(
        label, text.encode(), file, "text/csv", on_click="ignore", icon=":material/download:"
    )


def _gain(own_class: NamedClass, secret: str) -> None:
    st.toggle(
        "Offer short tests to this class",
        own_class.tests,
        key="study-class-tests",
        on_change=_switch,
        args=(own_class.code, secret),
    )
    st.markdown(
        "Each lesson then has three short tests: before it, after it and one week later. Each asks "
        "for three numbers, with new values every time. Only the number of right answers is "
        "stored, without a name, and each student is told so."
    )
    st.markdown(
        "$g = (\\text{post} - \\text{pre})\\,/\\,(1 - \\text{pre})$ is the normalised gain: of "
        "what students did not know before, the share that they know after (Hake 1998). It is "
        "computed from the means of all students who took both tests. The 95% interval is a "
        f"bootstrap over the students; it needs at least {FEWEST} of them."
    )
    tests = classes().tests(own_class.code, secret)
    gains = [gain for gain in class_gains(tests) if gain.gain is not None]
    if gains:
        _figure(gains)
    if tests:
        _gain_csv(tests)
    else:
        st.caption("The figure appears when students have taken a test before and after.")


def _figure(gains: Sequence[Gain]) -> None:
    names = [
        f"{lessons.by_name(gain.lesson).title}, {MOMENTS[gain.moment]}"
        + f" (N = {len(gain.students)})"
        for gain in gains
    ]
    values = [gain.gain or 0.0 for gain in gains]
    page.show_figure(
        gain_intervals(
            names,
            values,
            [gain.interval for gain in gains],
            [[g for g in gain.students if g is not None] for gain in gains],
        ),
        title="Normalised gain of each lesson",
        description="; ".join(
            f"{name}: {gain.pre:.0%} right before, {gain.post:.0%} after, g = {value:.2f}"
            + (f" [{gain.interval[0]:.2f}, {gain.interval[1]:.2f}]" if gain.interval else "")
            for name, gain, value in zip(names, gains, values, strict=True)
        ),
        key="class-gain",
        data={"lesson": names, "gain": values},
    )


def _gain_csv(tests: Sequence[ShortTest]) -> None:
    text = table.to_csv(without_names(tests), GAIN_COLUMNS)
    _csv("CSV without names", text, "unrolled-gain.csv")


def _switch(code: str, secret: str) -> None:
    on = bool(st.session_state.get("study-class-tests"))
    attempt(lambda: classes().switch_tests(code, secret, on), "")


def _files() -> None:
    st.markdown(
        f"Check up to {MAX_FILES} summaries that students saved and sent to you: HTML files, or a "
        "zip of them. A signature proves that this server made the file and that it was not "
        "changed; a checksum alone reveals only changes by accident or by hand."
    )
    files = st.file_uploader(
        "Summaries", type=["html", "zip"], accept_multiple_files=True, max_upload_size=25
    )
    if not files:
        return
    checked = check_files(((file.name, file.getvalue()) for file in files), rooms().signature)
    refused = [summary for summary in checked if summary.state == FORGED]
    for summary in refused[:20]:
        st.error(f"**{page.escape(summary.file)}** {page.escape(summary.why)}")
    st.markdown(f"**{len(checked) - len(refused)} accepted, {len(refused)} refused.**")
    tables.show([asdict(summary) for summary in checked], hide_index=True)


def _questions() -> None:
    st.markdown(
        "Download the questions for your own learning system: choices, numbers and orderings, with "
        "a reply to each answer. The sheet has every question, followed by its answer key."
    )
    known = list(study_state.questions().values())
    seed = study_state.progress().seed
    with st.container(horizontal=True):
        for label, file, kind, write in (
            ("QTI 2.1", "unrolled-qti.zip", "application/zip", qti_package),
            ("Moodle XML", "unrolled-moodle.xml", "application/xml", moodle_xml),
            ("Sheet with key (Markdown)", "unrolled-sheet.md", "text/markdown", sheet),
        ):
            st.download_button(
                label, partial(write, known, seed), file, kind,
                on_click="ignore", icon=":material/download:",
            )  # fmt: skip
    st.caption("Moodle supports ordering questions from version 4.4 on.")


def _settings(own_class: NamedClass, secret: str) -> None:
    st.markdown(
        f"Students open this link, or enter the code **{own_class.code}** under “Class” on the "
        "Study page:"
    )
    join(f"?class={own_class.code}")
    st.markdown(
        f"The class and all that it stores are deleted {DAYS_KEPT} days after it was opened."
    )
    with st.popover("Delete the class", type="tertiary"):
        st.markdown(
            "Deletes the class, everything that was handed in and every test, for everyone."
        )
        st.button("Delete everything now", on_click=_delete, args=(own_class.code, secret))


def _delete(code: str, secret: str) -> None:
    attempt(lambda: classes().delete(code, secret), "The class is deleted.")
    student.leave()
    st.query_params.pop("host", None)

"""The lecturer's stage: one beat of a lesson's storyline, and nothing else on the page.

`?mode=present` opens it and `beat=3` names the beat. `unit=12` names a beat of the whole unit's
lecture instead, which goes on in the next lesson. The beat's controls are in the link as
everywhere, so that the lecturer can change them and copy the link.
"""

from __future__ import annotations

import streamlit as st

from core.study.claims import disagreement
from core.study.storyline import Beat, Storyline, storyline
from core.study.unit import UnitBeat, position, unit
from dashboard import lessons, state
from dashboard.components import claims, page, streamlit_dom as dom
from dashboard.components.formula import formula
from dashboard.stage import stage_keys

_AT = "stage-at"
_ELSEWHERE = "stage-elsewhere"  # the beat of the unit to go to, in another lesson
_NOTHING = "no-element"  # a selector
# Pixels of 720 for a figure beside controls, and in one of two rows of figures.
SHARED_HEIGHT, ROW_HEIGHT = 340, 175
ONE_ROW = 5  # figures and controls at most


def show(lesson: str) -> None:
    """Draw the beat of this lesson above its page; nothing when it has no storyline."""
    story = storyline(lesson)
    if story is None or "room" in st.query_params:
        for name in (state.TALL, _AT):  # the beat's controls are set again on return
            st.session_state.pop(name, None)
        return
    if (to := st.session_state.pop(_ELSEWHERE, None)) is not None:
        query = {"mode": "present", "unit": str(to + 1)}
        st.switch_page(lessons.by_name(unit()[to].lesson).path, query_params=query)
    of_unit = position(st.query_params.get("unit", ""), lesson)
    at = story.beat(st.query_params.get("beat", "1")) if of_unit is None else unit()[of_unit].beat
    _apply_beat(story, at)
    beat = story.beats[at]
    st.session_state[state.TALL] = beat.height or _usual_height(len(beat.show))
    st.session_state[state.ON_STAGE] = list(beat.show)
    st.session_state[state.HELD] = list(beat.hold)
    st.html(_hide_all_but(beat))
    with st.container(key="stage-beat"):
        st.title(beat.sentence, anchor=False)
        lines = [f"*{beat.question}*"] if beat.question else []
        if beat.reveal and state.revealed():
            wrong = disagreement(beat.decides)
            lines.append(f":material/rule: {wrong}" if wrong else f"**{beat.reveal}**")
        elif beat.reveal:  # unseen, but its lines are kept free: Reveal pushes nothing down
            lines.append(f"~~{beat.reveal}~~")
        if lines:
            st.markdown(formula(" ".join(lines), safe=True))
    # Always drawn: one element more or less would mount the keys and the page below again.
    with st.container(key="stage-poll"):
        if beat.poll:
            poll = {"q": beat.poll, "ask": f"{lesson}-{at + 1}"}
            page.marked_link("study", "Ask the room", "groups", poll)
    with st.container(key="stage-keys"):
        stage_keys.stage_keys(
            _place(lesson, at, of_unit),
            _index(at, of_unit) + 1,
            len(_order(story, of_unit)),
            reveal=bool(beat.reveal) and not state.revealed(),
            on_go=lambda: _handle_key(story, at, of_unit),
        )


def _usual_height(shown: int) -> int:
    """Pixels for each figure of a beat that shows so many figures and controls."""
    if shown == 1:
        return state.USUAL_HEIGHT
    return SHARED_HEIGHT if shown <= ONE_ROW else ROW_HEIGHT


def _apply_beat(story: Storyline, at: int) -> None:
    """On arrival at a beat: set its controls, except those that the link sets itself."""
    if st.session_state.get(_AT) != (story.lesson, at):
        settings = story.beats[at].state
        state.set_controls({k: v for k, v in settings.items() if k not in st.query_params})
    st.session_state[_AT] = (story.lesson, at)


def _handle_key(story: Storyline, at: int, of_unit: int | None) -> None:
    """Act on a key, before the page runs. of_unit: the index of the beat in the unit's lecture."""
    what = stage_keys.pressed()
    if what in ("next", "previous"):
        _go(story, at, of_unit, 1 if what == "next" else -1)
    elif what == "reveal":
        st.query_params["reveal"] = "1"
    elif what.split(" ")[0] in ("layer", "head"):
        name, way = what.split(" ")
        state.step_choice(name, -1 if way == "up" else 1)


def _go(story: Storyline, at: int, of_unit: int | None, by: int) -> None:
    """To the next beat (by = 1) or the one before (-1); nothing at either end."""
    order = _order(story, of_unit)
    to = _index(at, of_unit) + by
    if not 0 <= to < len(order):
        return
    state.reset_controls(story.beats[at].state)
    st.query_params.pop("reveal", None)
    lesson, beat = order[to]
    if lesson != story.lesson:
        st.session_state[_ELSEWHERE] = to
        return
    state.set_controls(story.beats[beat].state)
    st.query_params["beat" if of_unit is None else "unit"] = str(to + 1)
    st.session_state[_AT] = (lesson, beat)


def _index(at: int, of_unit: int | None) -> int:
    """Of the beat in `_order`."""
    return at if of_unit is None else of_unit


def _order(story: Storyline, of_unit: int | None) -> list[tuple[str, int]]:
    """(lesson, index of the beat) of all beats of the storyline, or of the whole unit."""
    if of_unit is None:
        return [(story.lesson, i) for i in range(len(story.beats))]
    return [(part.lesson, part.beat) for part in unit()]


def _hide_all_but(beat: Beat) -> str:
    """The style sheet that hides everything but the beat and what it shows.

    What Reveal uncovers keeps its place, so that nothing jumps: as a frame with a question mark, or
    as empty axes for the room to predict a curve, with the first series or with a question mark.
    Captions are hidden: they would lie under the keys, and the figures' text alternatives contain
    them.
    """
    heading, keys, poll = map(dom.keyed, ("stage-beat", "stage-keys", "stage-poll"))
    keep = [dom.keyed(f"{kind}{name}") for kind in ("", "figure-") for name in beat.show]
    keep += [heading, keys, poll]
    these, inside = ", ".join(keep), ", ".join(f"{one} *" for one in keep)
    page, failed = dom.CONTENT, dom.ALERT  # no :has inside :has, or a browser drops the whole rule
    held = [] if state.revealed() else beat.hold
    covered = [
        dom.keyed(f"{kind}{name}")
        for kind in ("", "figure-")
        for name in held
        if name not in beat.axes
    ]
    within = ", ".join(f"{one} *" for one in covered) or _NOTHING
    frames = ", ".join(f"{one}:not({within})" for one in covered) or _NOTHING
    marks = [
        f"{dom.keyed('figure-' + name)} "
        + (dom.LATER_SERIES if name in beat.first else dom.PLOT_MARKS)
        for name in held
    ]
    plots = [f"{dom.keyed('figure-' + name)} {dom.PLOT}" for name in held]
    axes = {*beat.axes} - {*beat.first}
    empty = [plot for name, plot in zip(held, plots, strict=True) if name in axes]
    bare = ", ".join(empty) or _NOTHING
    return f"""<style>
{within}, {frames}, {", ".join(marks) or _NOTHING} {{ visibility: hidden !important; }}
{", ".join(plots) or _NOTHING} {{ pointer-events: none; }}
{frames}, {bare} {{ position: relative; }}
:is({frames}):not(:has({dom.COMPONENT}))::after, :is({bare})::after {{
  content: "?"; visibility: visible; position: absolute; inset: 0; display: grid;
  place-items: center; font-size: 5rem; line-height: 1;
  color: color-mix(in srgb, currentColor 55%, transparent); }}
:is({frames}):not(:has({dom.COMPONENT}))::after {{ border-radius: 0.5rem;
  border: 2px dashed color-mix(in srgb, currentColor 35%, transparent); }}
:is({bare})::after {{ bottom: 25%; }} /* where the names of the axis are */
{page} {dom.ELEMENT}:not({these}):not({inside}):not(:has({failed})) {{ display: none; }}
{page} {dom.CONTAINER}:not({these}):not({inside}):not(:has({these}, {failed})) {{ display: none; }}
{page} {dom.COLUMN}:not({inside}):not(:has({these}, {failed})) {{ display: none; }}
{heading} {{ gap: 0.7rem; }}
{heading} h1 {{ padding: 0 0 0.2rem; font-size: 1.5rem; }}
{heading} del {{ visibility: hidden; font-weight: 600; }}
@media (max-width: 640px) {{ {heading} del {{ display: none; }} }} /* too many lines to keep free */
:is(:has(> {keys}), :has(> {poll})) {{ position: absolute; }}
{poll} {{ left: 1rem; font-size: 0.75rem; }}
{keys} {{ right: 1rem; }}
{keys}, {poll} {{
  position: fixed; bottom: 0; width: auto; z-index: 9; padding: 0.2rem 0.5rem 0.6rem;
  background: var(--st-background-color, Canvas); border-radius: 0.35rem; }}
{page} {{ padding-bottom: 2.4rem; }}
{page} {dom.CAPTION}, {dom.PLOT_BUTTONS} {{ display: none; }}
{page} {dom.IMAGE} img {{ max-height: {state.figure_height()}px; width: auto; }}
</style>"""


def _place(lesson: str, at: int, of_unit: int | None) -> stage_keys.Place:
    return {"lesson": lesson, "beat": at + 1, "unit": None if of_unit is None else of_unit + 1}


def notes() -> bool:
    """Draw the speaker notes; false unless the link asks for them (`?notes=rnn&beat=2`)."""
    stage_at = stage_keys.stage_position() if "notes" in st.query_params else {}
    if stage_at:
        st.query_params["notes"] = str(stage_at.get("lesson", ""))
        for name in ("beat", "unit"):
            state.put_in_link(name, str(stage_at[name]) if stage_at.get(name) else None)
    lesson = st.query_params.get("notes", "")
    story = storyline(lesson) if lesson else None
    if story is None:
        return False
    at = story.beat(st.query_params.get("beat", "1"))
    of_unit = position(st.query_params.get("unit", ""), lesson)
    stage_keys.follow_stage(_place(lesson, at, of_unit))
    beat = story.beats[at]
    st.title(f"Notes: {story.title}", anchor=False)
    order = _order(story, of_unit)
    number = _index(at, of_unit) + 1
    when = "" if of_unit is None else f" {_when(unit()[of_unit])}"
    st.caption(f"Beat {number} of {len(order)}.{when} This window follows the stage.")
    st.markdown(f"## {beat.sentence}")
    st.markdown(beat.notes)
    if beat.question:
        st.markdown(f"**Ask:** {beat.question}")
        st.markdown(f"**Answer:** {beat.reveal}")
        claims.show(beat.decides)
    if number < len(order):
        lesson, following = order[number]
        then = storyline(lesson)
        assert then is not None  # checked when the unit was read
        st.caption(f"Next: {then.beats[following].sentence}")
    return True


def _when(part: UnitBeat) -> str:
    """Where the lecture should be: the stop and the minutes of this beat."""
    return (
        f"Stop {part.stop}, {part.stop_title}: minute {part.start:.0f} to {part.end:.0f} of "
        f"{unit()[-1].end:.0f}."
    )

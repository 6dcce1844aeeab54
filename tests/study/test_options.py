"""The order of options gives nothing away: the right one stands first as often as chance has it."""

from core.study.grading.checks import grade_answer
from core.study.options import shown_options
from core.study.progress import StudyProgress
from core.study.question import shipped
from core.study.tasks import Choice

CHOICES = [
    (name, task)
    for name, question in shipped().items()
    for task in (question.predict, *question.checks)
    if isinstance(task, Choice)
]
SEEDS = [str(seed) for seed in range(1, 51)]


def draws() -> list[tuple[Choice, str]]:
    """Every shipped choice as the page asks it, for every seed."""
    return [(task, StudyProgress(seed).task_seed(name)) for name, task in CHOICES for seed in SEEDS]


def test_always_choosing_the_first_option_is_no_better_than_chance() -> None:
    earned = sum(
        grade_answer(task, shown_options(task, seed)[0].text, seed).correct
        for task, seed in draws()
    )
    chances = [1 / len(task.options) for task, _ in draws()]
    expected, deviation = sum(chances), sum(p * (1 - p) for p in chances) ** 0.5
    assert abs(earned - expected) < 3 * deviation


def test_the_right_option_is_at_every_position_equally_often() -> None:
    for size in {len(task.options) for _, task in CHOICES}:
        drawn = [(task, seed) for task, seed in draws() if len(task.options) == size]
        places = [[o.right for o in shown_options(task, seed)].index(True) for task, seed in drawn]
        spread = (len(drawn) / size * (1 - 1 / size)) ** 0.5
        for place in range(size):
            assert abs(places.count(place) - len(drawn) / size) < 4 * spread


def test_one_seed_is_one_order_and_every_option_is_there_once() -> None:
    for task, seed in draws():
        order = shown_options(task, seed)
        assert order == shown_options(task, seed)
        assert sorted(o.text for o in order) == sorted(o.text for o in task.options)
    longest = max((task for _, task in CHOICES), key=lambda task: len(task.options))
    assert len({shown_options(longest, seed) for seed in SEEDS}) > 10

"""Trainings that a file holds are not repeated."""

from pathlib import Path

from core.models.power_law.history import Trained
from core.publish.trainings import train_missing
from core.system.measurements import load, load_trained, save


def test_only_what_the_file_lacks_is_trained(tmp_path: Path) -> None:
    path, first = tmp_path / "small.json", Trained(4, 100, 9, 1.5)

    def run(wanted: list[tuple[int, int]]) -> list[Trained]:
        def train(width: int, dialogues: int) -> Trained:
            return Trained(width, dialogues, 9, 0.5)

        fields = ("width", "dialogues")
        return list(train_missing(path, Trained, fields, wanted, train, {"about": {"steps": 3}}))

    assert run([(8, 100)]) == [Trained(8, 100, 9, 0.5)]
    save(path, {**load(path), "trained": [vars(first)]})
    assert run([(4, 100), (8, 100)]) == [Trained(8, 100, 9, 0.5)]
    assert load_trained(path, Trained) == ({"steps": 3}, [first, Trained(8, 100, 9, 0.5)])

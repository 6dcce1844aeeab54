"""The Train page: every control, a start that makes one run, and links that make no harm."""

from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from core.config.run_spec import RunSpec
from core.data.locations import JobProgress
from core.data.text import shakespeare
from core.models.zoo import find_model
from core.run_files.directory import RunDirectory
from core.runs import launch, queue
from tests import apps
from tests.apps import check
from tests.conftest import ROOT


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """An empty runs folder where nothing is really started."""
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    monkeypatch.setattr(launch, "start", lambda run, gpu: launch.identity())
    return tmp_path


opened = partial(apps.opened, "train")


def start(app):
    return next(b for b in app.button if b.label == "Start training").click().run()


def ids(folder):
    return sorted(p.parent.name for p in folder.glob("*/spec.json"))


@pytest.mark.parametrize("kind", ["vit", "gpt", "cnn"])
@pytest.mark.parametrize("way", ["demo", "overfit", "course", "best"])
def test_start_makes_one_run_with_the_chosen_settings(runs, monkeypatch, kind, way):
    monkeypatch.setattr(queue, "require_data", lambda spec: None)
    app = check(opened(kind=kind, preset=way))
    app.slider(key=f"{kind}-{way}-epochs").set_value(3)
    app.slider(key="seed").set_value(7)
    check(start(app))
    [name] = ids(runs)
    spec = RunSpec.from_dict(RunDirectory(runs / name).spec())
    assert (spec.kind, spec.recipe_config().epochs, spec.seed) == (kind, 3, 7)
    assert app.query_params["run"] in (name, [name])
    assert [s.value for s in app.header] == [":material/hourglass_empty: Queued"]


def test_what_differs_from_the_course_is_said_with_the_numbers_of_the_shipped_run(runs):
    said = [c.value for c in opened(kind="gpt", preset="course").caption]
    sentence = next(text for text in said if "on fewer dialogues" in text)
    message = RunDirectory(find_model("gpt-shakespeare-course").path).status()["message"]
    for number in ("7,222", "6,500", "722", "13,456"):
        assert number in message
        assert number in sentence
    said = [c.value for c in opened(kind="vit", preset="course").caption]
    assert any("with the same numbers" in text for text in said)


@pytest.mark.parametrize(
    ("name", "words"), [("gpt-shakespeare-course", True), ("vit-shapes", False)]
)
def test_the_loss_says_what_a_mean_over_an_epoch_counts(name, words):
    def show(name):
        from core.config.run_spec import RunSpec
        from core.models.zoo import find_model
        from core.run_files.directory import RunDirectory
        from dashboard.training import run_overview, run_view

        run = RunDirectory(find_model(name).path)
        spec = RunSpec.from_dict(run.spec())
        run_overview.show_curves(run_view.snapshot_of(run), spec)

    app = check(AppTest.from_function(show, default_timeout=120, args=(name,)).run())
    under = next(c.value for c in app.caption if "The loss is the cross-entropy in nats" in c.value)
    assert ("The mean of the course counts every dialogue once" in under) == words


def test_the_sizes_of_the_model_reach_the_specification(runs):
    app = check(opened(kind="vit", preset="course"))
    app.selectbox(key="vit-course-data").select("shapes")
    app.slider(key="vit-course-num_heads").set_value(2)
    app.slider(key="vit-course-num_layers").set_value(4)
    app.slider(key="vit-course-dim").set_value(64)
    app.select_slider(key="vit-course-patch_size").set_value(8)
    check(start(app))
    spec = RunDirectory(runs / ids(runs)[0]).spec()
    assert spec["model"] == {"num_heads": 2, "num_layers": 4, "dim": 64, "patch_size": 8}
    assert spec["data"] == "shapes"
    assert spec["code"]["core"]


def test_a_start_without_the_data_is_one_sentence_and_leaves_nothing(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    app = start(check(opened(kind="vit", preset="course")))
    [error] = app.error
    assert "10 is not in" in error.value
    assert ids(runs) == []
    assert "run" not in app.query_params


def test_missing_data_can_be_downloaded_from_the_page(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    app = check(opened(kind="gpt", preset="course"))
    fetch = next(b for b in app.button if b.label == "Download shakespeare")
    monkeypatch.setattr(shakespeare, "URL", "http://127.0.0.1:9/nothing")
    app = fetch.click().run()
    assert "could not be fetched" in app.error[0].value
    monkeypatch.setattr(shakespeare, "fetch", fetched)
    app = check(next(b for b in app.button if b.label == "Download shakespeare").click().run())
    assert not any(b.label.startswith("Download ") for b in app.button)


def fetched(address, target, *limits):
    """As `core.data.download.fetch`, with a text of our own."""
    yield JobProgress("Tiny Shakespeare", 1, 2, "bytes")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("ROMEO:\nHo.")
    return target


@pytest.mark.parametrize(
    ("kind", "way", "name"),
    [
        ("vit", "demo", "vit-shapes"),
        ("vit", "overfit", "vit-shapes-plain"),
        ("cnn", "best", "cnn-cifar10"),
        ("gpt", "course", "gpt-shakespeare-course"),
    ],
)
def test_before_a_training_the_curves_of_a_shipped_one_are_shown(runs, kind, way, name):
    app = check(opened(kind=kind, preset=way))
    assert f"**Loss of the shipped {name}**" in [m.value for m in app.markdown]


@pytest.mark.parametrize("name", ["../../etc", "no-such-run", "A" * 200, "<script>"])
def test_a_link_to_no_run_is_one_sentence(runs, name):
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120)
    app.query_params["run"] = name
    app.switch_page("../pages/train.py").run()
    app.query_params["run"] = name
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert "There is no run" in app.error[0].value


@pytest.mark.parametrize("state", ["queued", "running", "paused", "done", "failed", "cancelled"])
def test_every_state_is_shown(runs, state):
    spec = RunSpec("vit", "CompactViT").to_dict()
    run = RunDirectory.create(runs / "vit-x", spec, state)
    run.set_status(state, "Some *words*.")
    app = check(opened(run="vit-x"))
    shown = "Lost" if state == "running" else state.capitalize()  # it has no process
    assert app.header[0].value.endswith(shown)
    labels = [b.label for b in app.button]
    assert ("Resume" in labels) == (state in ("running", "paused", "failed", "cancelled"))
    assert ("Cancel" in labels) == (state == "queued")


def test_a_folder_that_cannot_be_written_is_reported_on_the_page(runs, monkeypatch):
    (runs / "file").write_text("no folder")
    monkeypatch.setenv("UNROLLED_RUNS", str(runs / "file" / "runs"))
    app = start(check(opened(kind="gpt")))
    assert not app.exception
    assert "cannot be used" in app.error[0].value
    assert "No training is running" in app.info[0].value


def test_the_log_of_a_failed_run_can_be_read(runs):
    run = RunDirectory.create(
        runs / "gpt-a", RunSpec("gpt", "CompactGPT", data="grammar").to_dict()
    )
    run.set_status("failed", "It stopped on an error; its log has the details.")
    (run.path / "log.txt").write_text("cut off " * 5_000 + "\nTraceback: *no* Markdown\n")
    app = check(opened(run="gpt-a"))
    assert "Traceback: *no* Markdown" in [c.value for c in app.code]
    (run.path / "log.txt").unlink()
    assert "The log is empty." in [c.value for c in check(app.run()).code]


def test_a_damaged_run_is_named(runs):
    (runs / "vit-x").mkdir()
    (runs / "vit-x" / "spec.json").write_text("{")
    app = opened(run="vit-x")
    assert not app.exception
    assert "spec.json of the run vit-x" in app.error[0].value.replace("\\", "")


OVERFITTING = [  # epoch, training loss, held-out loss
    (1, 2.0, 2.1), (2, 1.5, 1.6), (3, 1.0, 1.7), (4, 0.5, 2.0), (5, 0.2, 2.4),
]  # fmt: skip


def finished(runs, losses):
    """A run of a GPT with these losses, and what it said before and after training."""
    run = RunDirectory.create(
        runs / "gpt-a", RunSpec("gpt", "CompactGPT", data="grammar").to_dict(), "done"
    )
    run.append({"kind": "start", "step": 0, "epoch": 0, "text": "pages , , *the* ,"})
    for n, train, held in losses:
        at = {"step": 9 * n, "epoch": n, "examples": 72 * n, "seconds": float(n)}
        run.append({"kind": "step", "loss": train, "lr": 0.1, "grad_norm": 1.0, **at})
        measures = {"train": {"loss": train}, "held_out": {"loss": held}}
        run.append({"kind": "epoch", "text": f"DUKE : Good {n}", **measures, **at})
    return run


def test_the_page_says_that_a_model_overfits_and_since_when(runs):
    finished(runs, OVERFITTING)
    app = check(opened(run="gpt-a"))
    assert (
        "**The model overfits.** Since epoch 2 the held-out loss has risen from 1.60 to 2.40"
        in (app.warning[0].value)
    )


def test_a_model_that_still_learns_gets_no_warning(runs):
    finished(runs, OVERFITTING[:3])
    assert not check(opened(run="gpt-a")).warning


def test_curves_and_texts_of_the_untrained_model_and_of_the_newest_are_seen_together(runs):
    finished(runs, OVERFITTING)
    app = check(opened(run="gpt-a"))
    said = [text.value for text in app.markdown]
    assert "**Loss**" in said
    assert r"Untrained: pages , , \*the\* ," in said
    assert r"After epoch 5: DUKE \: Good 5" in said
    app.segmented_control(key="see").set_value("text")
    assert "**Untrained.**" in check(app.run()).markdown[-1].value


def test_the_lecturers_view_shows_the_run_and_not_the_form(runs):
    finished(runs, OVERFITTING)
    app = check(opened(run="gpt-a", mode="present"))
    assert app.header[0].value.endswith("Done")
    assert "Start training" not in [b.label for b in app.button]
    assert "Start training" in [b.label for b in check(opened(mode="present")).button]


def test_the_runs_selected_for_a_comparison_are_in_the_link(runs):
    for name, epochs in (("gpt-a", 3), ("gpt-b", 4), ("gpt-c", 5)):
        spec = RunSpec("gpt", "CompactGPT", recipe={"epochs": epochs}, data="grammar").to_dict()
        RunDirectory.create(runs / name, spec, "done")

    def selected(link):
        app = check(apps.opened("runs", runs=link))
        told = app.query_params.get("runs", "")
        return sorted((told if isinstance(told, str) else told[0]).split(",")), app

    names, app = selected("gpt-a,gpt-c,../../etc")
    assert names == ["gpt-a", "gpt-c"]
    assert any("Different settings" in text.value for text in app.markdown)
    assert selected("no-such-run")[0] == [""]

"""The run table: damage is named, a delete can be undone, a zip comes in only if it is a run."""

import io
import json
import random
import shutil
import zipfile
from pathlib import Path

import pytest

from core.config.run_spec import RunSpec, command_line
from core.models.zoo import find_model, load_model
from core.run_files import manifest
from core.run_files.directory import RunDirectory
from core.runs import archive, table
from core.runs.__main__ import main as runs_command
from core.training.command_line import main, parser, spec_from
from core.training.tensorboard import export
from tests import apps
from tests.faults.crashes import damaged

TINY = ["--dim=16", "--attn-dim=8", "--mlp-dim=16", "--num-heads=2", "--num-layers=1"]
TINY += ["--threads=1", "--share=0.02", "--epochs=1", "--batch-size=8"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with one finished run, never changed."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_RUNS", str(folder))
        patch.setenv("UNROLLED_DATA", str(folder / "data"))
        run = folder / "gpt-a"
        assert main(["gpt", "--data", "grammar", *TINY, "--run-dir", str(run)]) == 0
    return folder


@pytest.fixture
def runs(trained, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_RUNS", str(tmp_path))
    shutil.copytree(trained / "gpt-a", tmp_path / "gpt-a")
    return tmp_path


def another(runs, name="gpt-b", **recipe):
    shutil.copytree(runs / "gpt-a", runs / name)
    run = RunDirectory(runs / name)
    spec = run.spec()
    (run.path / "spec.json").write_text(json.dumps(spec | {"recipe": spec["recipe"] | recipe}))
    manifest.write(run)
    return run


def test_rows_list_the_settings_and_differences_the_different_ones(runs):
    another(runs, lr=0.5)
    rows = sorted(table.rows(), key=lambda r: r.name)
    assert [r.error for r in rows] == ["", ""]
    assert rows[0].state == "done"
    assert rows[0].settings["dim"] == 16
    assert rows[0].held_out["perplexity"] > 1
    assert table.differences(rows) == {"lr": [1e-4, 0.5]}


def test_every_flipped_bit_and_truncation_is_reported(runs):
    chance = random.Random(0)
    files = sorted(p for p in (runs / "gpt-a").rglob("*") if p.is_file() and p.name[0] != ".")
    assert {"spec.json", "status.json", "seal.json", "metrics.jsonl", "vocab.json"} <= {
        p.name for p in files
    }
    another(runs)
    for file in files:
        whole = file.read_bytes()
        for _ in range(4):
            file.write_bytes(damaged(whole, chance))
            rows = {row.name: row for row in table.rows(thorough=True)}
            assert file.name in rows["gpt-a"].error, file
            assert rows["gpt-b"].error == ""
        file.write_bytes(whole)
    assert table.row(runs / "gpt-a", thorough=True).error == ""


def test_name_and_note_are_stored_and_are_no_damage(runs):
    run = RunDirectory(runs / "gpt-a")
    table.rename(run, "  My *run* " + "x" * 200, "a note")
    row = table.row(run.path)
    assert row.title.startswith("My *run* x")
    assert len(row.title) == table.TITLE_LENGTH
    assert (row.note, row.error) == ("a note", "")


def test_a_deleted_run_is_restored_unchanged(runs):
    before = find_model("gpt-a").digest
    table.delete(RunDirectory(runs / "gpt-a"))
    assert table.rows() == []
    assert table.deleted() == ["gpt-a"]
    table.undelete("gpt-a")
    assert find_model("gpt-a").digest == before
    assert table.row(runs / "gpt-a", thorough=True).error == ""
    for name in ("gpt-a", "../gpt-a", "x"):
        with pytest.raises(ValueError, match="no deleted run"):
            table.undelete(name)


def test_the_command_line_has_every_setting_of_the_run(runs):
    import shlex

    spec = RunSpec.from_dict(RunDirectory(runs / "gpt-a").spec())
    words = shlex.split(command_line(spec))[3:]
    again = spec_from(parser().parse_args(words))
    assert again.recipe_config() == spec.recipe_config()
    assert {**vars(again), "model": 0, "recipe": 0} == {**vars(spec), "model": 0, "recipe": 0}


def test_an_exported_and_imported_run_is_the_same_model(runs):
    run = RunDirectory(runs / "gpt-a")
    packed = archive.pack(run)
    with zipfile.ZipFile(io.BytesIO(packed)) as z:
        csv = z.read("metrics.csv").decode().splitlines()
        assert "held_out_perplexity" in csv[0]
        assert len(csv) == 1 + len(run.metrics())
        assert z.read("command.txt").startswith(b"python -m core.train gpt")
    new = archive.unpack(io.BytesIO(packed))
    assert new.path.parent == runs
    assert new.path != run.path
    entry = find_model(new.path.name)
    assert entry.digest == find_model("gpt-a").digest
    assert load_model(entry).tokenizer is not None
    assert table.row(new.path).error == ""


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members.items():
            z.writestr(name, data)
    return io.BytesIO(out.getvalue())


def members_of(run):
    with zipfile.ZipFile(io.BytesIO(archive.pack(run))) as z:
        return {name: z.read(name) for name in z.namelist()}


def link():
    info = zipfile.ZipInfo("vocab.json")
    info.external_attr = 0o120777 << 16
    return info


def test_the_command_line_packs_and_unpacks(runs, tmp_path, capsys):
    file = tmp_path / "run.zip"
    assert runs_command(["pack", "gpt-a", str(file)]) == 0
    assert runs_command(["unpack", str(file)]) == 0
    taken = RunDirectory(Path(capsys.readouterr().out.split()[-1]))
    assert taken.metrics() == RunDirectory(runs / "gpt-a").metrics()
    file.write_bytes(b"no zip")
    assert runs_command(["unpack", str(file)]) == 1
    assert runs_command(["pack", "../gpt-a", str(file)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert "not a usable zip" in said[0]
    assert "There is no run '../gpt-a'" in said[1]


def test_a_run_whose_folder_was_zipped_again_is_taken_too(runs):
    members = members_of(RunDirectory(runs / "gpt-a"))
    folder = {"gpt-a/": b"", "gpt-a/.DS_Store": b"x", "__MACOSX/gpt-a/._spec.json": b"x"}
    again = folder | {f"gpt-a/{name}": data for name, data in members.items()}
    for content in (again, members | {"__MACOSX/._spec.json": b"x", "checkpoints/": b""}):
        taken = archive.unpack(zipped(content))
        assert taken.metrics() == RunDirectory(runs / "gpt-a").metrics()
        assert not list(taken.path.rglob("*MACOSX*"))
    with pytest.raises(ValueError, match="not a file of a run"):
        archive.unpack(zipped(again | {"gpt-b/spec.json": b"{}"}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"../evil.txt": b"x"}, "not a file of a run"),
        ({"/etc/passwd": b"x"}, "not a file of a run"),
        ({"checkpoints/../../x.json": b"x"}, "not a file of a run"),
        ({"run.py": b"import os"}, "not a file of a run"),
        ({"checkpoints/model.pt": b"x"}, "not a file of a run"),
        ({"log.txt": b"\0" * 50_000_000}, "refused"),
        ({"spec.json": b"{"}, "spec.json"),
        ({"spec.json": b'{"kind": "gpt"}'}, "spec.json in the zip is damaged"),
        ({"spec.json": b'{"kind": ["gpt"], "architecture": {}}'}, "spec.json|no"),
    ],
)
def test_a_zip_without_a_run_is_refused_and_leaves_nothing(runs, change, said):
    members = members_of(RunDirectory(runs / "gpt-a")) | change
    before = sorted(runs.rglob("*"))
    with pytest.raises(ValueError, match=said):
        archive.unpack(zipped(members))
    assert sorted(runs.rglob("*")) == before


def test_links_damaged_weights_and_other_files_are_refused(runs):
    members = members_of(RunDirectory(runs / "gpt-a"))
    weights = next(name for name in members if name.endswith(".safetensors"))
    damaged = bytearray(members[weights])
    damaged[-1] ^= 1
    with pytest.raises(ValueError, match="SHA-256"):
        archive.unpack(zipped(members | {weights: bytes(damaged)}))
    linked = {k: v for k, v in members.items() if k != "vocab.json"} | {link(): b"/etc/passwd"}
    with pytest.raises(ValueError, match="not a file of a run"):
        archive.unpack(zipped(linked))
    for junk in (b"", b"PK\x03\x04" + b"x" * 100, b"hello"):
        with pytest.raises(ValueError, match="zip"):
            archive.unpack(io.BytesIO(junk))
    assert [p.name for p in runs.iterdir() if p.name.startswith(".import")] == []


def test_a_path_in_a_foreign_specification_is_never_followed(runs):
    members = members_of(RunDirectory(runs / "gpt-a"))
    spec = json.loads(members["spec.json"]) | {"data": "/etc", "data_dir": "/etc"}
    new = archive.unpack(zipped(members | {"spec.json": json.dumps(spec).encode()}))
    assert new.spec()["data_dir"] is None
    assert new.spec()["data"] == "not here: etc"


def test_every_number_is_exported_to_tensorboard(runs, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = RunDirectory(runs / "gpt-a")
    assert export(run, tmp_path / "board") > 0
    events = EventAccumulator(str(tmp_path / "board"))
    events.Reload()
    [last] = events.Scalars("epoch/held_out/perplexity")
    assert last.value == pytest.approx(run.metrics()[-1]["held_out"]["perplexity"], rel=1e-5)


def opened(**query):
    app = apps.opened("runs", **query)
    assert not app.exception, [e.value for e in app.exception]
    return app


def test_the_page_lists_searches_and_warns_of_damage(runs):
    another(runs, lr=0.5)
    app = opened()
    assert sorted(app.dataframe[0].value["run"]) == ["gpt-a", "gpt-b"]
    app.text_input(key="search").set_value("lr=0.5 done").run()
    assert list(app.dataframe[0].value["run"]) == ["gpt-b"]
    (runs / "gpt-a" / "spec.json").write_text("{")
    app = opened()
    assert not app.error
    assert "1 run(s) have a damaged file" in app.warning[0].value
    assert len(app.dataframe[0].value) == 2


def ticked(app, *rows):
    app.session_state["table"] = {"selection": {"rows": list(rows), "columns": []}}
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def test_several_runs_are_compared_with_their_differences(runs):
    another(runs, lr=0.5)
    app = ticked(opened(), 0, 1)
    assert any("Different settings" in m.value for m in app.markdown)
    assert set(app.dataframe[1].value.index) == {"lr"}


def test_one_run_is_forked_with_other_settings(runs, monkeypatch):
    monkeypatch.setenv("UNROLLED_ENGINE", "none")  # it waits; nothing is started
    app = ticked(opened(), 0)
    fields = {n.label: n for n in app.number_input}
    fields["Learning rate"].set_value(2e-3)
    fields["Batch size"].set_value(4)
    fields["Random seed"].set_value(3)
    next(b for b in app.button if b.label == "Fork").click().run()
    assert not app.error
    [weights] = runs.glob("*/start/weights.json")
    spec = RunDirectory(weights.parent.parent).spec()
    assert spec["forked_from"]["run"] == "gpt-a"
    assert (spec["recipe"]["lr"], spec["recipe"]["batch_size"], spec["seed"]) == (2e-3, 4, 3)


@pytest.mark.parametrize("see", ["overview", "curves", "gradient", "attention", "text", "log"])
def test_every_view_of_a_run_opens(runs, see):
    app = apps.opened("train", run="gpt-a")
    app.segmented_control(key="see").set_value(see).run()
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    assert len(app.segmented_control(key="see").options) == 6
    if see == "attention":
        [moment] = [s for s in app.select_slider if s.label == "Step"]
        moment.set_value(moment.options[0]).run() if isinstance(moment.options[0], int) else None
        assert not app.error


def test_all_files_can_be_checked_from_the_page(runs):
    app = opened()
    [button] = [b for b in app.button if b.label.startswith("Check every file")]
    assert "All files of 1 runs are intact." in button.click().run().success[0].value
    weights = next((runs / "gpt-a" / "checkpoints").glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    [button] = [b for b in app.button if b.label.startswith("Check every file")]
    assert "safetensors is damaged" in button.click().run().error[0].value.replace("\\", "")

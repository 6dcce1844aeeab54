"""Dialogues: Tiny Shakespeare, a user's own text, the dataset and its padded batches."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, strategies as st
from torch.utils.data import DataLoader

from core.data import DialogueDataset, MissingDataError, collate_fn, load_dialogues, token_cache
from core.data.text.dialogues import own_text, split_dialogues, split_held_out
from core.data.text.shakespeare import SHA256
from core.data.token_cache import encode_lines, tokenizer_of
from core.tokenizer import PAD_ID, WordTokenizer
from tests.data.data_files import REAL_DATA, SHAKESPEARE, needs

LINES = ["FOOL:\nGood morrow.", "KING:\nWhere are the rings, good fool?", "FOOL:\nHere."]


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def tokenizer() -> WordTokenizer:
    return WordTokenizer("\n\n".join(LINES))


@needs(SHAKESPEARE)
def test_tiny_shakespeare_is_7222_dialogues() -> None:
    data = load_dialogues("shakespeare", REAL_DATA)
    assert len(data.train) + len(data.held_out) == 7_222
    assert (len(data.train), len(data.held_out)) == (6_500, 722)
    assert data.checksum == SHA256
    assert data.train[0].startswith("First Citizen:\nBefore we proceed")
    assert data.held_out[-1].endswith("Whiles thou art waking.")
    everything = load_dialogues("shakespeare", SHAKESPEARE, held_out=0)
    assert len(everything.train) == 7_222
    assert everything.held_out == []


def test_missing_shakespeare_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"python -m core\.data get shakespeare"):
        load_dialogues("shakespeare")
    with pytest.raises(FileNotFoundError, match="get shakespeare"):
        load_dialogues("shakespeare", tmp_path)


def test_another_text_is_not_accepted_as_shakespeare(tmp_path: Path) -> None:
    (tmp_path / "tinyshakespeare.txt").write_text("Once upon a time.")
    with pytest.raises(ValueError, match="is not Tiny Shakespeare"):
        load_dialogues("shakespeare", tmp_path)


@given(st.lists(st.text("ab.\n", min_size=1), max_size=12))
def test_no_dialogue_has_a_blank_line_and_none_is_lost(pieces: list[str]) -> None:
    text = "\n\n".join(pieces)
    dialogues = split_dialogues(text)
    assert all(d == d.strip() and d and "\n\n" not in d for d in dialogues)
    assert "".join("".join(dialogues).split()) == "".join(text.split())


@given(st.integers(10, 3_000), st.floats(0, 0.5))
def test_the_last_part_is_held_out_in_order(count: int, share: float) -> None:
    lines = [str(i) for i in range(count)]
    train, held_out = split_held_out(lines, share)
    assert train + held_out == lines
    assert abs(len(held_out) - share * count) <= 1
    assert bool(held_out) == (share > 0)


def test_windows_line_ends_split_alike() -> None:
    assert split_dialogues("a:\r\nb\r\n\r\nc\r\n") == ["a:\nb", "c"]


def own(content: bytes) -> object:
    return own_text(content, "mine.txt")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "mine.txt is empty"),
        (b" \n\n \n", "mine.txt is empty"),
        (b"only one line here\n", "only one text"),
        (b"a\n\nb\n\nc", "only 3 texts"),
        ("caf\u00e9".encode("latin-1") * 20, "not UTF-8"),
        (b"\xff\xfe" + "a\n\nb".encode("utf-16-le"), "not UTF-8"),
        (b"a\n" * 10_000_001, "larger than 20 MB"),
    ],
)
def test_an_unusable_text_is_refused_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        own(content)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message


def test_a_text_without_blank_lines_is_split_at_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("\n".join(f"line {i}" for i in range(20)))
    data = load_dialogues(str(file))
    assert len(data.train) == 18
    assert data.held_out == ["line 18", "line 19"]
    assert "one a line" in data.note


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(MissingDataError, match="shakespeare or grammar or refrain"):
        load_dialogues("hamlet")


def test_a_line_of_5000_tokens_is_cut_and_noted(tokenizer: WordTokenizer) -> None:
    dataset = DialogueDataset(tokenizer, [*LINES, "rings " * 5_000], 200)
    assert len(dataset[3]) == 200
    assert dataset.truncated == 1
    assert dataset.note == "Cut at 200 tokens: 1 of 4 texts."
    assert DialogueDataset(tokenizer, LINES, 200).note == ""


def test_an_item_is_what_encode_gives(tokenizer: WordTokenizer) -> None:
    dataset = DialogueDataset(tokenizer, LINES, 200)
    assert len(dataset) == 3
    for i, line in enumerate(LINES):
        assert torch.equal(dataset[i], tokenizer.encode(line))
        assert dataset.lengths[i] == len(dataset[i])


def test_a_batch_is_padded_on_the_right_and_masked(tokenizer: WordTokenizer) -> None:
    dataset = DialogueDataset(tokenizer, LINES, 6)
    batch = next(iter(DataLoader(dataset, batch_size=3, collate_fn=collate_fn)))
    assert set(batch) == {"input_ids", "input_mask"}
    assert batch["input_ids"].shape == batch["input_mask"].shape == (3, 6)
    assert batch["input_mask"].sum(1).tolist() == [len(dataset[i]) for i in range(3)]
    assert ((batch["input_ids"] == PAD_ID) == (batch["input_mask"] == 0)).all()
    assert (batch["input_mask"].diff(dim=1) <= 0).all()


def test_bad_sizes_are_refused(tokenizer: WordTokenizer) -> None:
    with pytest.raises(ValueError, match="max_N is 1"):
        DialogueDataset(tokenizer, LINES, 1)
    with pytest.raises(ValueError, match="empty"):
        collate_fn([])
    with pytest.raises(ValueError, match=r"share must be from 0 to 0.5"):
        split_held_out(LINES, 0.9)


def test_a_large_corpus_is_encoded_once(
    tokenizer: WordTokenizer, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "MIN_LINES", 20)
    lines = [f"{LINES[i % 3]} {'rings ' * (i % 7)}" for i in range(20)]
    first = encode_lines(tokenizer, lines)
    assert [ids.tolist() for ids in first] == [tokenizer.ids(line) for line in lines]
    kept = list((data_folder / "encoded").iterdir())
    assert [p.suffix for p in kept] == [".npz"]
    monkeypatch.setattr(WordTokenizer, "ids", lambda *_: pytest.fail("encoded again"))
    again = encode_lines(tokenizer, lines)
    assert [ids.tolist() for ids in again] == [ids.tolist() for ids in first]
    monkeypatch.undo()
    monkeypatch.setattr(token_cache, "MIN_LINES", 20)
    kept[0].write_bytes(kept[0].read_bytes()[:100])  # damaged: encoded again, not trusted
    monkeypatch.setenv("UNROLLED_DATA", str(data_folder))
    assert encode_lines(tokenizer, lines)[1].tolist() == first[1].tolist()


def test_the_vocabulary_of_a_large_corpus_is_cached(
    tokenizer: WordTokenizer, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tokenizer_of(LINES).vocab == tokenizer.vocab
    assert not (data_folder / "encoded").exists()  # too few to be worth a file
    monkeypatch.setattr(token_cache, "MIN_LINES", len(LINES))
    assert tokenizer_of(LINES).vocab == tokenizer.vocab
    [kept] = (data_folder / "encoded").iterdir()
    monkeypatch.setattr("core.tokenizer.split_words", lambda _: pytest.fail("split again"))
    assert tokenizer_of(LINES).vocab == tokenizer.vocab
    monkeypatch.undo()
    monkeypatch.setenv("UNROLLED_DATA", str(data_folder))
    monkeypatch.setattr(token_cache, "MIN_LINES", len(LINES))
    damaged = bytearray(kept.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    kept.write_bytes(damaged)
    assert tokenizer_of(LINES).vocab == tokenizer.vocab
    assert tokenizer_of([*LINES, "fie"]).vocab != tokenizer.vocab


def test_a_changed_line_or_word_is_another_corpus(
    tokenizer: WordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "MIN_LINES", 20)
    lines = [LINES[0]] * 20
    changed = [*lines[:-1], LINES[1]]
    other = WordTokenizer("Good fool")
    assert encode_lines(tokenizer, lines)[-1].tolist() == tokenizer.ids(LINES[0])
    assert encode_lines(tokenizer, changed)[-1].tolist() == tokenizer.ids(LINES[1])
    assert encode_lines(other, lines)[-1].tolist() == other.ids(LINES[0])

"""python -m core.evaluate NAME --data DATA: the test measures of a model as one JSON object.

NAME is a shipped model, a run's id, or the path of a run directory.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.models.zoo import LoadedModel, ModelEntry, entry_of, find_model
from core.system.command import exit_status


def evaluate(entry: ModelEntry, data: str, data_dir: str | None = None) -> dict[str, Any]:
    """The measures of a model on the test set of the named data.

    Images: `accuracy` (0 to 1) and `loss` (nats). Text: `perplexity` and `loss` (nats) over the
    targets in the model's vocabulary, `tokens` their number, `unknown` the share of other targets;
    and for 64 texts of 60 words sampled with nucleus p = 0.9 and seed 0, as for human test texts of
    the same length, `rep4`, `distinct2` and `copied8` (see core/decoding/text_metrics.py).
    Errors: ValueError when model and data do not fit, MissingDataError when the data is missing.
    """
    import torch

    from core.models.zoo import load_model

    loaded = load_model(entry)
    with torch.inference_mode():
        measure = _text if loaded.tokenizer else _images
        return {"model": entry.name, "data": data, **measure(loaded, data, data_dir)}


def _images(loaded: LoadedModel, data: str, data_dir: str | None) -> dict[str, float]:
    import torch

    from core.data import load_images
    from core.training.tasks.images import Images, evaluate_images

    images = load_images(data, data_dir)
    if list(images.classes) != loaded.extra["classes"]:
        raise ValueError(
            f"{loaded.entry.name} has other classes than {data}; choose the data it was trained on."
        )
    mean, std = torch.tensor(loaded.extra["mean"]), torch.tensor(loaded.extra["std"])
    pixels, labels = torch.from_numpy(images.test_images), torch.from_numpy(images.test_labels)
    return evaluate_images(loaded.model, Images(pixels, labels, mean, std))


def _text(loaded: LoadedModel, data: str, data_dir: str | None) -> dict[str, Any]:
    from core.data import DialogueDataset, load_dialogues
    from core.decoding.engine import DecodingEngine
    from core.decoding.quality_sweep import human_quality, read_corpus, sample_quality
    from core.decoding.strategies import Nucleus
    from core.gpt import DialogueGPT
    from core.training.tasks.dialogues import Dialogues, evaluate_dialogues

    model, tokenizer = loaded.model, loaded.tokenizer
    assert isinstance(model, DialogueGPT)
    assert tokenizer is not None
    lines = load_dialogues(data, data_dir).held_out
    dataset = DialogueDataset(tokenizer, lines, model.max_N)
    examples = [dataset[i] for i in range(len(dataset))]
    corpus = read_corpus(tokenizer, data, data_dir)
    engine = DecodingEngine.of(model)
    drawn = sample_quality(engine, Nucleus(p=0.9), corpus.training, seed=0)
    human = human_quality(model, corpus)
    return {
        **evaluate_dialogues(model, Dialogues.from_encoded(examples, model.max_N)),
        **{"rep4": drawn.rep4, "distinct2": drawn.distinct2, "copied8": drawn.copied},
        "human": {"rep4": human.rep4, "distinct2": human.distinct2, "copied8": human.copied},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    top = argparse.ArgumentParser(prog="python -m core.evaluate", description=__doc__)
    top.add_argument("name", metavar="NAME", help="a shipped model, a run's id or a run directory")
    top.add_argument(
        "--data", required=True, help="cifar10, shapes, shakespeare, grammar, refrain or a path"
    )
    top.add_argument("--data-dir", help="where the source files of the data are; only read")
    top.add_argument("--threads", type=int, default=0, help="CPU threads, 0 for torch's choice")
    options = top.parse_args(arguments)

    def work() -> None:
        folder = Path(options.name)
        entry = entry_of(folder) if folder.is_dir() else find_model(options.name)
        from core.system.device import use_threads  # brings torch in

        use_threads(options.threads)
        print(json.dumps(evaluate(entry, options.data, options.data_dir)))

    return exit_status(work)

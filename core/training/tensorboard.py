"""A run's metrics as TensorBoard event files, written by TensorBoard's own writer."""

from importlib.util import find_spec
from pathlib import Path

from core.run_files.directory import RunDirectory


def available() -> bool:
    """Whether `tensorboard` is installed, which Unrolled does not require."""
    return find_spec("tensorboard") is not None


def export(run: RunDirectory, folder: Path) -> int:
    """Write every number of metrics.jsonl below `folder`; returns their count.

    Errors: ValueError when tensorboard is not installed.
    """
    if not available():
        raise ValueError("TensorBoard is not installed: pip install tensorboard.")
    from torch.utils.tensorboard import SummaryWriter

    written = 0
    with SummaryWriter(str(folder)) as writer:
        for record in run.records():
            step = record["step"]
            for name, value in record.items():
                values = value if isinstance(value, dict) else {"": value}
                for key, number in values.items():
                    if isinstance(number, int | float) and name != "step":
                        tag = f"{record['kind']}/{name}" + (f"/{key}" if key else "")
                        writer.add_scalar(tag, number, step)
                        written += 1
            if record.get("text"):
                writer.add_text("epoch/text", record["text"], step)
    return written

"""python -m core.training.timing_trial: train for a few steps, forecast size, memory and time.

Reads a run's specification (JSON) from standard input, trains for about three seconds, and prints
a `Trial` as JSON. It is a separate process, so that its peak memory is the training's.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

SECONDS, MAX_STEPS, WARM_UP = 3.0, 60, 2
FORWARD_SHARE = 1 / 3  # of a training step: the backward pass takes twice the forward pass


@dataclass(frozen=True)
class Trial:
    """parameters: how many are learned; memory: peak bytes; seconds: the whole training.

    Extrapolated from `steps` steps, with the machine as busy as it was then.
    """

    parameters: int
    memory: int
    seconds: float
    steps: int


def run_trial(values: dict[str, Any]) -> Trial:
    """Train for a few seconds. Errors: as `prepare`, ValueError or FileNotFoundError."""
    import torch

    from core.config.run_spec import RunSpec
    from core.models.registry import parameter_count
    from core.system.device import pick_device, use_threads
    from core.training.loop import start, train
    from core.training.precision import faster_precision
    from core.training.prepare import prepare
    from core.training.records import StepRecord

    spec = RunSpec.from_dict(values)
    device = pick_device(spec.device)
    use_threads(spec.threads)
    if spec.recipe_config().precision == "auto":
        recipe = {**spec.recipe, "precision": faster_precision(device)}
        spec = RunSpec.from_dict({**values, "recipe": recipe})
    prepared, recipe_config = prepare(spec, device), spec.recipe_config()
    state = start(prepared.model, recipe_config, prepared.vocab)
    steps_per_epoch = len(prepared.task.batches(0, torch.Generator()))
    times: list[float] = []
    began = time.perf_counter()
    for record in train(state, prepared.task, recipe_config, spec.seed, record_every=1):
        if not isinstance(record, StepRecord) or len(times) >= MAX_STEPS:
            break
        times.append(record.seconds)
        if time.perf_counter() - began > SECONDS and len(times) > WARM_UP:
            break
    first = times[min(WARM_UP, len(times)) - 1] if len(times) > WARM_UP else 0.0
    per_step = (times[-1] - first) / max(1, len(times) - WARM_UP if first else len(times))
    epoch = per_step * steps_per_epoch
    held_out, trained = (_size(part) for part in (prepared.task.held_out, prepared.task.train))  # type: ignore[attr-defined]
    epoch += epoch * FORWARD_SHARE * held_out / max(1, trained)
    seconds = epoch * recipe_config.epochs
    return Trial(parameter_count(prepared.model), _peak(device), seconds, len(times))


def _size(examples: Any) -> int:
    """The number of images or dialogues, 0 for None."""
    if examples is None:
        return 0
    return len(examples.labels if hasattr(examples, "labels") else examples.lengths)


def _peak(device: Any) -> int:
    import psutil
    import torch

    about = psutil.Process().memory_info()
    if sys.platform == "win32":
        peak = getattr(about, "peak_wset", about.rss)
    else:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
    return int(peak) + (torch.cuda.max_memory_allocated() if device.type == "cuda" else 0)


def main() -> int:
    try:
        print(json.dumps(asdict(run_trial(json.load(sys.stdin)))))
    except (ValueError, OSError) as error:
        print(str(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The command line that does a run again."""

import shlex

from core.config.run_spec import RunSpec, model_fields


def command_line(spec: RunSpec) -> str:
    """Every setting spelled out, so that a later change of a default changes nothing."""
    words = ["python", "-m", "core.train", spec.kind, "--architecture", spec.architecture]
    own = ("data", "data_dir", "validation_share", "share", "seed", "device", "threads")
    values = {name: getattr(spec, name) for name in (*own, "checkpoint_every")}
    values |= {**model_fields(spec.architecture), **spec.model}
    values |= vars(spec.recipe_config())
    for name, value in values.items():
        if value is not None:
            words += [f"--{name.replace('_', '-').lower()}", str(value)]
    return shlex.join(words)

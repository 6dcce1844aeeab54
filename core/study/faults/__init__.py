"""Faults in eight lines of code: each as a small function that really has it, and its repair.

    wrong, right = FAULTS["no_scale"].run()

A question names a fault (`fault = "no_scale"`); its lines of code are text that is only shown. What
runs are the two functions here, in NumPy, on a fixed small example. The repairs agree with the
course's own classes.
"""

from core.study.faults.attention import ATTENTION
from core.study.faults.fault import Fault, Outcome
from core.study.faults.generating import GENERATING
from core.study.faults.learning import LEARNING

__all__ = ["FAULTS", "Fault", "Outcome"]

FAULTS: dict[str, Fault] = {**ATTENTION, **GENERATING, **LEARNING}

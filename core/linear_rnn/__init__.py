"""The linear RNN: unrolled by algebra, measured through its matrix, trained on a latch task.

    from core.linear_rnn import parse_answer, same_expression, unroll, unroll_steps

Imports core.attention, core.transformer and core.system; names are imported when first used.
"""

from typing import TYPE_CHECKING

from core.system.lazy_names import lazy_names

if TYPE_CHECKING:
    from core.linear_rnn.algebra import same_expression as same_expression
    from core.linear_rnn.answer import parse_answer as parse_answer
    from core.linear_rnn.unrolling import (
        SubstitutionStep as SubstitutionStep,
        general_sum as general_sum,
        unroll as unroll,
        unroll_steps as unroll_steps,
    )

__getattr__ = lazy_names(
    __name__,
    {
        "SubstitutionStep": "unrolling",
        "general_sum": "unrolling",
        "parse_answer": "answer",
        "same_expression": "algebra",
        "unroll": "unrolling",
        "unroll_steps": "unrolling",
    },
)

"""Grading of answers: algebra, numbers with a tolerance, choices, orders and essays.

    from core.study.grading import grade_expression

Imports core.linear_rnn, whose parser reads the algebra; nothing that was typed is evaluated.
"""

from typing import TYPE_CHECKING

from core.system.lazy_names import lazy_names

if TYPE_CHECKING:
    from core.study.grading.algebra import grade_expression as grade_expression

__getattr__ = lazy_names(__name__, {"grade_expression": "algebra"})

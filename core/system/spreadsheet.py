"""Cells of a CSV file that a spreadsheet may open.

A cell that begins with =, +, - or @, full-width or not, or with white space before one of them, is
run as a formula there (OWASP, "CSV injection"). An apostrophe in front keeps it text, and is not
shown. A bare carriage return, which the csv module does not quote, would begin another cell.
"""

FORMULA = tuple("=+-@＝＋－＠")


def cell(value: object) -> object:
    """The value for a CSV file; only text that a spreadsheet would run as a formula is changed.

    >>> cell("=1+1"), cell(" @SUM(A1)"), cell("text"), cell(-2.5)
    ("'=1+1", "' @SUM(A1)", 'text', -2.5)
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text

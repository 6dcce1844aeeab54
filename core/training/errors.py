"""The error of a failed run as one sentence that says what to do."""

import errno
from pathlib import Path

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


def sentence(error: BaseException, batch_size: int | None = None) -> str:
    """The message of a failed run; batch_size is named where memory ran out."""
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return "The disk is full: free some space, then start or resume the run."
    if isinstance(error, OSError) and error.errno in NOT_WRITABLE:
        where = Path(str(error.filename)).name if error.filename else "the runs folder"
        return f"{where} cannot be written: give write permission or choose another folder."
    if isinstance(error, MemoryError) or any(text in str(error).lower() for text in OUT_OF_MEMORY):
        tried = f" with a batch size of {batch_size}" if batch_size else ""
        return f"Memory ran out{tried}: fork the run with half the batch size or a smaller model."
    if isinstance(error, OSError) and error.strerror and error.filename:  # no path of this disk
        return f"{Path(str(error.filename)).name} cannot be used: {error.strerror}."
    if isinstance(error, ValueError | OSError):
        return str(error)
    return f"It stopped with an error ({type(error).__name__}: {error}); see its log."

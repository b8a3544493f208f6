"""A lock that one process holds; the system lets go of it when the process ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NAME: Final = "listen.lock"  # of the file that a listener holds in its folder of jobs


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Hold the lock as long as the block runs; False if another process has it.

    Raises:
        OSError: the file can't be made.
    """
    with path.open("ab") as file:
        held = _take(file.fileno())
        try:
            yield held
        finally:
            if held:
                _let_go(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _take(number: int) -> bool:
        os.lseek(number, 0, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _let_go(number: int) -> None:
        os.lseek(number, 0, os.SEEK_SET)
        msvcrt.locking(number, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(number: int) -> bool:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _let_go(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_UN)

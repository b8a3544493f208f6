"""Work that does not depend on one another, done at the same time.

Most steps are one polars expression after the other, each on one core. Polars works outside Python's lock, so threads
use the other cores without a copy of any table. What comes back is the same as one after the other.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def both(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """What two functions return, run at the same time.

    Raises whatever the first of them to be asked raises, once both have ended.
    """
    with ThreadPoolExecutor(max_workers=1) as other:
        later = other.submit(second)
        try:
            mine = first()
        finally:
            failed = later.exception()
        if failed is not None:
            raise failed
        return mine, later.result()

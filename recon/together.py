"""Work that does not depend on one another, done at the same time.

Most work is one polars expression after the other, each on one core. Polars works outside Python's lock, so threads
use the other cores without a copy of any table. What comes back is the same as one after the other.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess
from threading import Lock, Thread
from typing import Any, TypeVar

import polars as pl

CHUNK = 8  # parts that a process takes at a time

A = TypeVar("A")
B = TypeVar("B")


class Once:
    """Values by name, each made by whoever asks for it first; others wait for it."""

    def __init__(self) -> None:
        self._made: dict[str, Future[Any]] = {}
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[Once], tuple[()]]:
        """In another process whatever is needed is made again."""
        return Once, ()

    def __call__(self, name: str, make: Callable[[], A]) -> A:
        """The value of this name. Raises what `make` raises, each time."""
        with self._lock:
            mine = name not in self._made
            value: Future[A] = self._made.setdefault(name, Future())
        if mine:
            try:
                value.set_result(make())
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it too
                value.set_exception(error)
        return value.result()


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


def each(work: Callable[[A], B], parts: Iterable[A], workers: int) -> Iterator[B]:
    """What `work` makes of each part, in their order, so many at a time; each as soon as it is there.

    Raises what the first part that fails raises; parts that nobody has begun are left.
    """
    if workers == 1:
        yield from map(work, parts)
        return
    ahead: deque[Future[B]] = deque()
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        for part in parts:
            ahead.append(pool.submit(work, part))
            if len(ahead) > workers:  # parts may be large: no more of them wait than are worked on
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def each_apart(work: Callable[[A], B], parts: Sequence[A], workers: int) -> Iterator[B]:
    """As `each`, in processes of their own: for work that Python itself does, and that holds its lock.

    `work`, the parts and what it makes of them are copied from process to process, so they must be able to. Starting
    the processes takes a second or two.
    """
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_left_alone)
    try:
        yield from pool.map(work, parts, chunksize=CHUNK)
    finally:
        pool.shutdown(cancel_futures=True)


def _left_alone() -> None:
    """Whoever stops the job stops the process that has it, which stops the others; killed, it takes them with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """A killed process can't end its pool, which would wait for work for ever."""
    parent.join()
    os._exit(1)


def parts(rows: pl.DataFrame, rows_max: int, workers: int, rows_min: int) -> list[pl.DataFrame]:
    """The rows in consecutive parts of at most `rows_max`: as many for each worker, unless they get too small."""
    count = max(1, -(-rows.height // rows_max), min(workers, rows.height // rows_min))
    even = -(-count // workers) * workers
    if count > workers and rows.height // even >= rows_min:
        count = even  # or the last part is worked on alone
    size = max(1, -(-rows.height // count))
    return [rows.slice(at, size) for at in range(0, max(rows.height, 1), size)]

"""A job's heavy steps on a Spark cluster; the only door to PySpark, which is loaded when a job asks for it.

The engine hands out its work as one function and many parts (`recon.match.settle`). The function, which holds the
ledger, is broadcast: it goes to each machine once. Each part is one Spark job of one task, so that Spark decides
where it runs, does it again where a machine is lost, and keeps on disk what memory can't hold.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, Final

from recon import together
from recon.flow import spread
from recon.match import Distribute
from recon.problems import EXIT_JOB, Problem, ReconError

GROUP: Final = "recon"
AHEAD: Final = 2  # parts handed out for each that is worked on, so that no processor waits for the driver
# What the same answer hangs on: the same code, and the same libraries below it.
SAME: Final = ("recon", "polars", "numpy", "scipy", "rapidfuzz")
INSTALL: Final = 'install it with: pip install "recon[spark]"'
NO_FILE: Final = ("Input path does not exist", "matches 0 files")  # as Hadoop says it
# As PySpark and Java say it.
NO_PYTHON: Final = ("No module named", "PYTHON_VERSION_MISMATCH", "Cannot run program")
START: Final = (
    "check the address; what Spark says of it is above. It needs Java 17 or later, and the cluster to be up"
)
JAVA: Final = "install Java 17 or later, and let JAVA_HOME name its folder"


class Cluster:
    """A Spark application of one job, started when it is first needed.

    Args:
        master: as Spark names it: `local[4]`, `local-cluster[2,1,1024]`, `spark://host:7077`, `yarn`, `k8s://...`.

    Raises:
        ReconError: `cluster-missing`, EXIT_JOB, if PySpark or Java is not installed.
    """

    def __init__(self, master: str) -> None:
        if importlib.util.find_spec("pyspark") is None:
            raise _error("cluster-missing", "PySpark is not installed", INSTALL)
        if not _java():
            raise _error("cluster-missing", "Spark needs Java, and there is none", JAVA)
        self._master = master

    @cached_property
    def context(self) -> Any:
        """The running application: a SparkContext.

        Raises:
            ReconError: EXIT_JOB, `cluster-unreachable`, or `cluster-failed` where a machine lacks the right Python.
        """
        from pyspark import SparkConf, SparkContext  # noqa: PLC0415 - only a job that asks for it

        if self._master.startswith("local"):
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        conf = SparkConf().setMaster(self._master).setAppName(GROUP)
        conf.set("spark.ui.showConsoleProgress", "false")  # recon shows its own
        # A task has one processor; threads of several polars would only get into one another's way.
        conf.set("spark.executorEnv.POLARS_MAX_THREADS", "1")
        started = None
        try:
            with warnings.catch_warnings(action="ignore", category=FutureWarning):  # on pandas, not used here
                started = SparkContext(conf=conf)
            started.parallelize([0], 1).count()  # Spark tells only whoever asks that no master has answered
        except Exception as error:
            if started:
                started.stop()
            if not _of_spark(error):
                raise
            what = f"the cluster {self._master} does not answer, or is none"
            raise _lost(error) or _error("cluster-unreachable", what, START) from error
        return started

    @property
    def slots(self) -> int:
        """How many parts the cluster works on at the same time, as far as it has said yet."""
        return int(self.context.defaultParallelism)

    def files(self, name: str) -> Iterator[tuple[str, bytes]]:
        """The files of a name with a scheme (a file, a folder, a glob): each's own name, and what is in it.

        Raises:
            ReconError: `file-unreadable`, if Spark can't read it.
        """
        try:
            files = self.context.binaryFiles(name)
            files.getNumPartitions()  # a name that stands for no file is found here, before Spark makes much of it
            yield from files.toLocalIterator()
        except Exception as error:
            if not _of_spark(error):
                raise
            if any(words in str(error) for words in NO_FILE):
                return
            hint = "give Spark the storage's library and the right to read it (docs/cluster.md)"
            raise ReconError(Problem("file-unreadable", name, "Spark can't read it", hint)) from error

    def distribute(self, work: Callable[[Any], Any], parts: Iterable[Any], workers: int) -> Iterator[Any]:
        """What `work` makes of each part, in their order; some parts ahead of what is taken, so that few are held.

        Raises:
            ReconError: `cluster-failed`, EXIT_JOB.
            RuntimeError: the work broke off on a machine, with the words of its traceback.
        """
        shared = self.context.broadcast(work)
        ahead: deque[Future[Any]] = deque()
        pool = ThreadPoolExecutor(workers * AHEAD)
        try:
            for number, part in enumerate(parts):
                # Written to the driver's disk here, from where a machine takes it: of any size, and not held.
                carried = self.context.broadcast(part)
                ahead.append(pool.submit(self._one, number, shared, carried))
                if len(ahead) >= workers * AHEAD:
                    yield _come_of(ahead.popleft())
            while ahead:
                yield _come_of(ahead.popleft())
        finally:
            if ahead:
                with suppress(Exception):  # where Spark is gone, what is told is why, and not that it is
                    self.context.cancelJobGroup(GROUP)
            pool.shutdown(cancel_futures=True)
            with suppress(Exception):
                shared.destroy()

    def _one(self, number: int, shared: Any, carried: Any) -> tuple[str, str, Any]:
        context = self.context
        context.setJobGroup(GROUP, f"part {number + 1}")
        try:
            task = partial(_there, shared, carried, versions())
            made: list[tuple[str, str, Any]] = context.parallelize([number], 1).map(task).collect()
        finally:
            with suppress(Exception):
                carried.destroy()
        return made[0]

    def close(self) -> None:
        """End the application, if it was started."""
        if "context" in self.__dict__:
            with suppress(Exception):
                self.context.stop()


@contextmanager
def opened(master: str) -> Iterator[Cluster | None]:
    """The cluster of that name for the length of a job; none where no name is given.

    Raises:
        ReconError: `cluster-missing`, EXIT_JOB.
    """
    if not master:
        yield None
        return
    cluster = Cluster(master)
    try:
        yield cluster
    finally:
        cluster.close()


def shares(cluster: Cluster | None, lines: int, asked: int, limit: int) -> tuple[int, int, Distribute]:
    """How `settle` spreads its work: parts at the same time, lines at the same time, and by whom.

    Args:
        cluster: where it is to be done; none = here.
        lines: how many bank lines there are.
        asked: parts at the same time; 0 = one for each processor, there or here.
        limit: memory in bytes to stay within here; 0 = as much as it takes.
    """
    if cluster is None:
        here = spread.workers(asked)
        return here, spread.lines_at_once(limit, here), together.each
    workers = asked or cluster.slots
    return workers, spread.lines_apart(lines, workers), cluster.distribute


@cache
def versions() -> str:
    """What the same answer hangs on, as it is installed here."""
    python = ".".join(platform.python_version_tuple()[:2])
    return ", ".join([f"Python {python}", *(f"{name} {importlib.metadata.version(name)}" for name in SAME)])


def _there(shared: Any, carried: Any, wanted: str, _number: int) -> tuple[str, str, Any]:
    """On a machine of the cluster: other versions, or how the work broke off, or what it made of the part."""
    if versions() != wanted:
        return versions(), "", None
    try:
        return "", "", shared.value(carried.value)
    except MemoryError:
        raise  # Spark tries again, perhaps where there is more
    except Exception:  # noqa: BLE001 - the same part would break off again; the driver raises it
        return "", traceback.format_exc(), None


def _come_of(future: Future[Any]) -> Any:
    """What a part came to.

    Raises:
        ReconError: `cluster-failed`, EXIT_JOB.
        RuntimeError: the work itself broke off.
    """
    try:
        other, broken, made = future.result()
    except Exception as error:
        if not _of_spark(error):
            raise
        what = "Spark gave up a part of the work after several attempts"
        hint = "see the logs of its executors; often they need more memory (spark.executor.memoryOverhead)"
        raise _lost(error) or _error("cluster-failed", what, hint) from error
    if other:
        what = f"a machine of the cluster has {other}; here it is {versions()}"
        raise _error("cluster-failed", what, "install the same versions on all machines (docs/cluster.md)")
    if broken:
        raise RuntimeError(broken)
    return made


def _lost(error: Exception) -> ReconError | None:
    """Said where Python on a machine can't do the work; none where it is something else."""
    if not any(words in str(error) for words in NO_PYTHON):
        return None
    what = "Python on a machine of the cluster lacks recon, or is another version"
    return _error("cluster-failed", what, "install recon there, and let PYSPARK_PYTHON name that Python")


def _error(code: str, what: str, hint: str) -> ReconError:
    return ReconError(Problem(code, "--cluster", what, hint), EXIT_JOB)


def _of_spark(error: Exception) -> bool:
    """Whether it comes from Spark or from the bridge to it."""
    return type(error).__module__.partition(".")[0] in {"pyspark", "py4j"}


def _java() -> str | None:
    """The Java that Spark would start."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin") if home else None)

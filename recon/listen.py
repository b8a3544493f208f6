"""The waiting process: jobs that a workbook leaves as files, done as if its button had started Python itself.

For companies that forbid Excel to start programs, and for Excel on a Mac. It knows no workbook: each job is a process
of its own, the very one that VBA starts elsewhere (`python -m recon.ribbon WHAT --wb=NAME --from_xl=1 --hwnd=N`).
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recon.desk import jobs, lock
from recon.desk.jobs import Job, RefusedError
from recon.problems import EXIT_DONE, EXIT_JOB, Problem, ReconError

STALE_SECONDS: Final = 600.0  # a job this much older than the last look was meant for another day
PAUSE_SECONDS: Final = 0.2
TAKEN, REFUSED, STALE = ".taken", ".refused", ".stale"
_KEPT_SECONDS: Final = 7 * 86_400.0  # how long refused and stale jobs are there to look at
_SAID_LINES: Final = 8
_SAID_MAX: Final = 20_000
_ASK: Final = "from recon import ribbon; print(*ribbon.COMMANDS)"
_ASK_SECONDS: Final = 120.0

# A child of its own group gets no Ctrl+C of the terminal: what it writes into a workbook is not cut off midway.
_OWN_GROUP: Final = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
_OWN_SESSION: Final = sys.platform != "win32"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Done:
    """How a job ended: its exit code, and what it said on the error stream, fit for a terminal."""

    code: int
    said: str = ""


def listen(folder: Path, say: Say, *, once: bool = False) -> int:
    """Wait for jobs and do them one after the other, until Ctrl+C; with `once`, those that are there.

    Returns the exit code: EXIT_JOB if, with `once`, a job was refused or failed.

    Raises:
        ReconError: EXIT_JOB, if another listener waits on the folder, or the folder can't be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock.alone(folder / lock.NAME) as mine:
            if not mine:
                what, hint = (
                    "another listener waits for jobs in this folder",
                    "one is enough: leave it running",
                )
                raise ReconError(Problem("listener-twice", str(folder), what, hint), EXIT_JOB)
            return _wait(Listener(folder, buttons(), say), once=once)
    except OSError as error:
        what = f"the folder of jobs can't be used: {error.strerror or type(error).__name__}"
        hint = "name another: recon excel listen FOLDER"
        raise ReconError(Problem("out-unwritable", str(folder), what, hint), EXIT_JOB) from error


def buttons() -> frozenset[str]:
    """The words that a job may ask for. Asked of a child, so that a process that only waits stays small.

    Raises:
        ReconError: EXIT_JOB, if this Python can't do a button's work at all.
    """
    command = [sys.executable, "-P", "-c", _ASK]
    try:
        ran = subprocess.run(  # noqa: S603 - the command is written here
            command, capture_output=True, encoding="utf-8", timeout=_ASK_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        what = "this Python can't work on an open workbook"
        hint = "`recon excel doctor` says what is missing"
        raise ReconError(Problem("setup-refused", sys.executable, what, hint), EXIT_JOB) from error
    return frozenset(ran.stdout.split())


def _wait(listener: Listener, *, once: bool) -> int:
    try:
        listener.tidy()
        listener.say(f"waiting for jobs in {listener.folder}; Ctrl+C ends it")
        while not listener.stopping:
            if not listener.step():
                if once:
                    break
                time.sleep(PAUSE_SECONDS)
    except KeyboardInterrupt:
        pass
    if once:
        return EXIT_JOB if listener.failed else EXIT_DONE
    listener.say("ended")
    return EXIT_DONE


class Listener:
    """Does the jobs of one folder, the oldest first. A job is taken by renaming it, so nobody takes it twice."""

    def __init__(
        self, folder: Path, commands: Collection[str], say: Say, run: Callable[[Job], Done] | None = None
    ) -> None:
        self.folder = folder
        self.say = say
        self.failed = False
        self.stopping = False
        self._commands = commands
        self._run = run or self._child
        self._known: set[str] = set()  # jobs that were not stale when they were first seen, and wait
        self._left: set[str] = set()  # stale ones that can't be set aside
        self._looked = time.time()

    def tidy(self) -> None:
        """What an earlier listener left: jobs in the midst of which it was cut off, and old ones set aside."""
        for path in sorted(self.folder.glob(f"recon-*{TAKEN}")):
            self._tell(
                "job-stale", path, "the listener was cut off in the midst of this job", "press it again"
            )
            self._aside(path, STALE)
        for suffix in (REFUSED, STALE):
            for path in self.folder.glob(f"recon-*{suffix}"):
                if (_time(path) or self._looked) < self._looked - _KEPT_SECONDS:
                    path.unlink(missing_ok=True)

    def step(self) -> bool:
        """Do the oldest job that is there; False if there is none."""
        now = time.time()
        found = sorted((written, path) for path in self.folder.glob(jobs.PATTERN) if (written := _time(path)))
        self._known &= {path.name for _, path in found}
        fresh = []
        for written, path in found:
            if path.name in self._left:
                continue
            if path.name not in self._known and written < self._looked - STALE_SECONDS:
                self._stale(path, now - written)
            else:
                self._known.add(path.name)
                fresh.append(path)
        self._looked = now
        return any(self._take(path) for path in fresh)

    def _stale(self, path: Path, age: float) -> None:
        what = f"the job is {age / 60:,.0f} minutes old and was not done"
        self._tell("job-stale", path, what, "press the button again if it is still wanted")
        self._aside(path, STALE)

    def _take(self, path: Path) -> bool:
        """Do one job; False if it isn't ours to take."""
        taken = path.with_suffix(TAKEN)
        try:
            path.rename(taken)
        except OSError:  # somebody else has it, or whoever writes it holds it still
            return False
        try:
            job = jobs.parse(_content(taken), self._commands)
        except RefusedError as error:
            self.failed = True
            self._tell("job-refused", path, f"this is no job that can be done: {error}", "it was set aside")
            self._aside(taken, REFUSED)
            return True
        start = time.monotonic()
        done = self._run(job)
        taken.unlink(missing_ok=True)
        self.failed |= done.code != EXIT_DONE
        end = "done" if done.code == EXIT_DONE else f"not done, exit code {done.code}"
        self.say(f"{_clock()} {job.what} in {_plain(job.book)}: {end}, {time.monotonic() - start:.1f} s")
        if done.said:
            self.say(done.said)
        return True

    def _child(self, job: Job) -> Done:
        """A button's work in a process of its own; Ctrl+C lets it come to its end, a second one does not."""
        command = [sys.executable, "-P", "-m", "recon.ribbon", job.what]
        command += [f"--wb={job.book}", "--from_xl=1", f"--hwnd={job.window}"]
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(  # noqa: S603 - one of our own words; the name is one argument, no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    creationflags=_OWN_GROUP,
                    start_new_session=_OWN_SESSION,
                )
            except OSError as error:
                return Done(EXIT_JOB, f"    Python could not be started: {error.strerror or error}")
            try:
                process.wait()
            except KeyboardInterrupt:
                self.stopping = True
                self.say("a job is being done; the listener ends after it. Ctrl+C again cuts it off")
                try:
                    process.wait()
                except KeyboardInterrupt:
                    process.terminate()
                    process.wait()
            said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID_MAX))
            return Done(process.returncode, _for_terminal(said.read()))

    def _tell(self, code: str, path: Path, what: str, hint: str) -> None:
        self.say(str(Problem(code, _plain(path.name), what, hint)))

    def _aside(self, path: Path, suffix: str) -> None:
        try:
            path.replace(path.with_suffix(suffix))
        except OSError:  # gone meanwhile, or held
            self._left.add(path.name)


def _time(path: Path) -> float | None:
    """When a file was written; None if it is gone."""
    try:
        return path.lstat().st_mtime
    except OSError:
        return None


def _content(path: Path) -> bytes:
    """A job's bytes.

    Raises:
        RefusedError: it is no plain file, is somebody else's, or can't be read.
    """
    try:
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode):
            raise RefusedError("it is no plain file")
        if sys.platform != "win32" and info.st_uid != os.getuid():
            raise RefusedError("another user wrote it")
        with path.open("rb") as file:
            return file.read(jobs.SIZE_MAX + 1)
    except OSError as error:
        raise RefusedError("it can't be read") from error


def _for_terminal(said: bytes) -> str:
    """What a child said, indented; of a traceback only that there was one, since its words may hold data."""
    text = said.decode("utf-8", "replace")
    if "Traceback (most recent call last)" in text:
        kind = text.strip().splitlines()[-1].partition(":")[0]
        return f"    recon has broken off with an error of its own ({_plain(kind)[:80]})"
    lines = [_plain(line) for line in text.splitlines() if line.strip()]
    return "\n".join(f"    {line[:300]}" for line in lines[:_SAID_LINES])


def _plain(text: str) -> str:
    """Text without what would steer a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _clock() -> str:
    return time.strftime("%H:%M:%S")

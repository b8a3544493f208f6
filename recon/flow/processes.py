"""A command in a process of its own, with how long it took and how much memory it and its children held at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

EVERY: Final = 0.05  # seconds between two looks at the memory
TAIL: Final = 2_000  # characters of what a command that failed said last
PROC: Final = Path("/proc")
KIB: Final = 1024


@dataclass(frozen=True)
class Measured:
    """What came of a command.

    Attributes:
        code: its exit code; none = it was stopped because it took too long.
        seconds: from start to end.
        busy: seconds that processors worked for it and its children, which other work on the machine hardly changes;
            none where the system doesn't tell.
        peak_bytes: the most that it and its children held at once (resident; pages that two share count twice);
            none where the system doesn't tell.
        said: the end of what it wrote to standard error.
        output: what it wrote to standard output.
    """

    code: int | None
    seconds: float
    busy: float | None
    peak_bytes: int | None
    said: str
    output: str


def measured(command: Sequence[str], seconds_max: float, env: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end, or for so many seconds, and watch it."""
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as output:
        began, worked = time.perf_counter(), _worked()
        process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
            list(command), stdout=output, stderr=errors, stdin=subprocess.DEVNULL, env=env
        )
        peak = 0
        code: int | None = None
        while True:
            try:
                code = process.wait(EVERY)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, _held(process.pid))
            if time.perf_counter() - began > seconds_max:
                process.kill()
                process.wait()
                break
        seconds, busy = time.perf_counter() - began, _worked() - worked
        errors.seek(0)
        output.seek(0)
        said = errors.read().decode("utf-8", "replace")[-TAIL:]
        return Measured(
            code, seconds, busy or None, peak or None, said, output.read().decode("utf-8", "replace")
        )


def _worked() -> float:
    """Processor seconds of all our children that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def recon_command() -> list[str]:
    """This very recon as a command."""
    return [sys.executable, "-c", "from recon.cli import main; main()"]


def _held(root: int) -> int:
    """Bytes that a process and its descendants hold now, or that one of them held at its highest; 0 = not known."""
    held = [_memory(pid) for pid in _family(root)]
    return max([sum(now for now, _highest in held), *(highest for _now, highest in held)], default=0)


def _family(root: int) -> Iterator[int]:
    yield root
    try:
        texts = [path.read_text("utf-8") for path in (PROC / str(root) / "task").glob("*/children")]
    except OSError:
        return  # it has ended
    for pid in " ".join(texts).split():
        yield from _family(int(pid))


def _memory(pid: int) -> tuple[int, int]:
    """Resident bytes of a process, now and at its highest."""
    try:
        text = (PROC / str(pid) / "status").read_text("utf-8")
    except OSError:
        return 0, 0
    found = dict(line.split(":", 1) for line in text.splitlines() if line.startswith(("VmRSS:", "VmHWM:")))
    now, highest = (int(found.get(name, "0").split()[0]) * KIB for name in ("VmRSS", "VmHWM"))
    return now, highest

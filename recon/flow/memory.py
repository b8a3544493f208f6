"""How much memory this process took at most, and sizes as people write them (`4GB`)."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any, Final

from recon.problems import Problem, ReconError

_SIZE: Final = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\s*$", re.IGNORECASE)
_POWERS: Final = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_LEAST: Final = 256 << 20  # below that the libraries alone don't fit
_KIB: Final = 1024
_STATUS: Final = Path("/proc/self/status")
_HELD: Final = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


def size(text: str) -> int:
    """Bytes of `4GB`, `4 GiB`, `500M`; all of them powers of 1024.

    Raises:
        ReconError: memory-size, if it is no size, or too little for anything.
    """
    found = _SIZE.match(text)
    made = int(float(found[1]) * _KIB ** _POWERS[found[2].upper()]) if found else 0
    if made < _LEAST:
        what = f"`{text}` is no size of memory, or less than 256 MB"
        raise ReconError(Problem("memory-size", "--memory", what, "write it as 4GB or 800MB"))
    return made


def peak_mb() -> int | None:
    """The most that this process ever held at once, in MB of 1024 KiB; None where the system does not tell."""
    held = _peak_windows() if sys.platform == "win32" else _peak_posix()
    return None if held is None else held // (_KIB * _KIB)


def _peak_posix() -> int | None:
    own = _peak_linux()
    if own is not None:
        return own
    try:
        resource: Any = importlib.import_module("resource")
    except ImportError:
        return None
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peak if sys.platform == "darwin" else peak * _KIB  # macOS counts bytes, all others KiB


def _peak_linux() -> int | None:
    """Linux counts into a process's `ru_maxrss` what whoever started it held; the kernel's own table does not."""
    try:
        found = _HELD.search(_STATUS.read_text(encoding="ascii", errors="replace"))
    except OSError:
        return None
    return int(found[1]) * _KIB if found else None


def _peak_windows() -> int | None:
    """Windows tells it to whoever asks in C."""
    ctypes: Any = importlib.import_module("ctypes")
    names = ("PeakWorkingSetSize", "WorkingSetSize", "a", "b", "c", "d", "PagefileUsage", "PeakPagefileUsage")
    fields = [("cb", ctypes.c_ulong), ("PageFaultCount", ctypes.c_ulong)]
    fields += [(name, ctypes.c_size_t) for name in names]
    counters = type("Counters", (ctypes.Structure,), {"_fields_": fields})()
    counters.cb = ctypes.sizeof(counters)
    try:
        kernel = ctypes.windll.kernel32
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        process = ctypes.c_void_p(kernel.GetCurrentProcess())
        told = kernel.K32GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb)
    except (AttributeError, OSError):
        return None
    return int(counters.PeakWorkingSetSize) if told else None

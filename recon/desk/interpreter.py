"""The Python that a workbook names, tried; the libraries of this one; where a workbook is from and lies."""

from __future__ import annotations

import ntpath
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from recon.desk.places import MAC, WINDOWS

SECONDS: Final = 30.0
_PYTHON: Final = re.compile(r"python[w\d.]*(\.exe)?", re.IGNORECASE)
# It says what is wrong by its exit code: a Python without a window has no output.
_ASK: Final = """
import sys
try:
    import recon
except ImportError:
    sys.exit(71)
if recon.__version__ != sys.argv[1]:
    sys.exit(72)
from importlib.util import find_spec
sys.exit(73 if any(find_spec(name) is None for name in sys.argv[2:]) else 0)
"""
_OUTCOMES: Final = {0: "", 71: "recon", 72: "version", 73: "libraries"}
_ONEDRIVES: Final = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
_ZONE: Final = re.compile(r"ZoneId\s*=\s*(\d)", re.IGNORECASE)


def needed(system: str = sys.platform) -> tuple[str, ...]:
    """The libraries that reach Excel."""
    return ("xlwings", *{WINDOWS: ("win32com", "pythoncom"), MAC: ("appscript", "psutil")}.get(system, ()))


def missing(system: str = sys.platform) -> list[str]:
    """Those that this Python can't load."""
    return [name for name in needed(system) if find_spec(name) is None]


def tried(python: str, version: str, *, foreign: bool = False) -> str:
    """Run the Python that a workbook names; "" if it can do the work, else a word for what is wrong.

    A workbook may be anybody's, so what it names is run only if it is a file of this computer that is called as
    Python is, and never for a workbook that came from elsewhere (`foreign`).
    """
    refused = _untried(python, foreign=foreign)
    if refused:
        return refused
    try:
        ran = subprocess.run(  # noqa: S603 - checked above; a list, so no shell
            [python, "-P", "-c", _ASK, version, *needed()], capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "slow"
    except OSError:
        return "fails"
    return _OUTCOMES.get(ran.returncode, "fails")


def _untried(python: str, *, foreign: bool) -> str:
    """Why it is not even run; "" if it is."""
    if not python:
        return "none"
    path = Path(python)
    if python.startswith(("\\\\", "//")) or not path.is_absolute() or not _PYTHON.fullmatch(path.name):
        return "unsafe"
    if not path.is_file():
        return "missing"
    return "foreign" if foreign and not _same(path) else ""


def _same(path: Path) -> bool:
    return path.parent.resolve() == Path(sys.executable).parent.resolve()


def zone(book: Path, system: str = sys.platform) -> int | None:
    """The zone that Windows noted a file to come from; None if it noted none."""
    if system != WINDOWS:
        return None
    try:
        noted = Path(f"{book}:Zone.Identifier").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = _ZONE.search(noted)
    return int(found[1]) if found else None


def cloud_folder(folder: Path, environ: Mapping[str, str], system: str = sys.platform) -> str:
    """The folder of OneDrive or SharePoint that a folder lies in; "" if it lies in none."""
    if system == MAC:
        parts = folder.parts
        above = parts.index("CloudStorage") if "CloudStorage" in parts else len(parts)
        return parts[above + 1] if len(parts) > above + 1 and parts[above + 1].startswith("OneDrive") else ""
    if system != WINDOWS:
        return ""
    plain = ntpath.normcase(str(folder))
    for name in _ONEDRIVES:
        root = environ.get(name, "").rstrip("\\")
        if root and (plain + "\\").startswith(ntpath.normcase(root) + "\\"):
            return root
    return ""


def on_network(folder: Path) -> bool:
    """Whether a folder is on another computer: a share, or a drive that stands for one."""
    if str(folder).startswith(("\\\\", "//")):
        return True
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - only there

        remote = 4
        return bool(ctypes.windll.kernel32.GetDriveTypeW(f"{folder.drive}\\") == remote)
    return False

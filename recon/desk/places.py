"""Where recon keeps what belongs to a person and not to a workbook: jobs that wait, and what was set up."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

WINDOWS: Final = "win32"
MAC: Final = "darwin"
_OFFICE_OF_MAC: Final = Path("Library", "Group Containers", "UBF8T346G9.Office")


def jobs_folder(
    system: str = sys.platform, environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> Path:
    """Where the workbook leaves its jobs for `recon excel listen`; each person has one.

    Excel for Mac runs in a sandbox, and the folder that Office's programs share is the one that it may write into
    without asking.
    """
    home = home or Path.home()
    if system == MAC:
        return home / _OFFICE_OF_MAC / "recon-jobs"
    return _own(system, environ, home) / "jobs"


def notes_file(
    system: str = sys.platform, environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> Path:
    """What `recon excel install` has written, for `--undo`."""
    return _own(system, environ, home or Path.home()) / "install.json"


def profiles_folder(
    system: str = sys.platform, environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> Path:
    """Where a person's own column profiles lie; RECON_PROFILES names another folder, as one that a team shares."""
    named = environ.get("RECON_PROFILES")
    if named:
        return Path(named)
    home = home or Path.home()
    if system in (WINDOWS, MAC):
        return _own(system, environ, home) / "profiles"
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "recon" / "profiles"


def books_folder(home: Path | None = None) -> Path:
    """A folder for workbooks, where none is named: on this computer, and not one that OneDrive takes over."""
    return (home or Path.home()) / "recon"


def _own(system: str, environ: Mapping[str, str], home: Path) -> Path:
    if system == WINDOWS:
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "recon"
    if system == MAC:
        return home / "Library" / "Application Support" / "recon"
    return Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "recon"

"""Folders whose workbooks Excel trusts: which hold a workbook, and adding one, with its way back.

Only below HKEY_CURRENT_USER, and only a folder: what runs without a question is what lies there, and no setting for
macros is touched.
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Mapping
from typing import Final

from recon.desk.office import LOCATIONS, Location, Office
from recon.desk.registry import USER, Registry, Value
from recon.problems import EXIT_JOB, Problem, ReconError

DESCRIPTION: Final = "Workbooks of recon (recon excel install)"
_UNSAFE: Final = ("USERPROFILE", "PUBLIC", "TEMP", "TMP", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "ONEDRIVE")
_UNSAFE_BELOW_HOME: Final = ("Downloads", "Desktop", "Documents")
_NUMBERED: Final = re.compile(r"location(\d+)", re.IGNORECASE)


def trusting(office: Office, folder: str) -> Location | None:
    """The location that makes Excel trust the workbooks of a folder, if one does."""
    if office.locations_off.is_(1):
        return None
    wanted = _plain(folder)
    for location in office.locations:
        if office.user_locations.is_(0) and not location.by_policy:
            continue
        trusted = _plain(location.path)
        if wanted == trusted or (location.with_folders and wanted.startswith(trusted.rstrip("\\") + "\\")):
            return location
    return None


def add(
    registry: Registry, office: Office, folder: str, *, network: bool, environ: Mapping[str, str]
) -> str | None:
    """Make Excel trust a folder, by the key that is returned; None if it does already.

    Raises:
        ReconError: setup-refused, if a policy forbids it, or the folder is one where anything may come to lie.
    """
    _check(office, folder, network=network, environ=environ)
    if trusting(office, folder):
        return None
    taken = [int(found[1]) for name in registry.keys(USER, LOCATIONS) if (found := _NUMBERED.fullmatch(name))]
    key = rf"{LOCATIONS}\Location{max(taken, default=-1) + 1}"
    try:
        registry.write(key, values(folder))
    except OSError as error:
        raise _refused(folder, "Excel's trusted locations can't be written", _ASK) from error
    return key


def values(folder: str) -> dict[str, Value]:
    """What a location of ours holds."""
    return {
        "Path": ntpath.normpath(folder).rstrip("\\") + "\\",
        "Description": DESCRIPTION,
        "AllowSubfolders": 0,
    }


def remove(registry: Registry, key: str, folder: str) -> bool:
    """Take a location of ours away; False if it is gone, or somebody has changed it since."""
    if not key.lower().startswith(LOCATIONS.lower() + "\\"):
        return False
    written = values(folder)
    if any(registry.value(USER, key, name) != value for name, value in written.items()):
        return False
    try:
        registry.remove(key)
    except OSError:
        return False
    return True


_ASK: Final = "ask your IT department to add the folder to Excel's trusted locations"


def _check(office: Office, folder: str, *, network: bool, environ: Mapping[str, str]) -> None:
    if office.locations_off.is_(1):
        whose = "a policy has" if office.locations_off.by_policy else "your Trust Center has"
        raise _refused(folder, f"{whose} switched off all trusted locations", _ASK)
    if office.user_locations.is_(0):
        raise _refused(folder, "a policy allows no trusted locations but its own", _ASK)
    if (network or folder.startswith(("\\\\", "//"))) and not office.network_allowed.is_(1):
        hint = "keep the workbooks in a folder of this computer"
        raise _refused(folder, "the folder is on the network, and Excel trusts no network folders here", hint)
    if _is_unsafe(folder, environ):
        hint = "make a folder for these workbooks alone, and name it"
        raise _refused(folder, "anything may come to lie in this folder, so it shall not be trusted", hint)


def _is_unsafe(folder: str, environ: Mapping[str, str]) -> bool:
    """Whether a folder is a drive, a person's whole home, or one that downloads and mails are saved into."""
    plain = _plain(folder)
    if ntpath.dirname(plain) == plain:
        return True
    home = environ.get("USERPROFILE", "")
    unsafe = [environ[name] for name in _UNSAFE if environ.get(name)]
    unsafe += [ntpath.join(home, name) for name in _UNSAFE_BELOW_HOME] if home else []
    return plain in {_plain(one) for one in unsafe}


def _plain(path: str) -> str:
    """A path to be compared: no end, no upper and lower case."""
    plain = ntpath.normcase(ntpath.normpath(path))
    return plain if ntpath.dirname(plain) == plain else plain.rstrip("\\")


def _refused(folder: str, what: str, hint: str) -> ReconError:
    return ReconError(Problem("setup-refused", folder, what, hint), EXIT_JOB)

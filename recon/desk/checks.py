"""What `recon excel doctor` looks at, each as a value: what is found, whether that is well, what to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from recon.desk.office import ASR_CHILD_PROCESSES, Location, Office

_ASK: Final = "ask your IT department, or use the command line: it does all that the buttons do"
_ALL_RUN, _ASKED, _SIGNED_ONLY, _NONE_RUN = 1, 2, 3, 4
_BLOCK, _AUDIT, _WARN = "1", "2", "6"
ZONE_INTERNET: Final = 3  # and 4, a restricted site: files of these zones carry the mark of the web


class State(StrEnum):
    """Whether it is well."""

    WELL = "ok"
    NOTE = "note"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    found: str
    do: str = ""


def skipped(name: str, why: str) -> Check:
    """Something that can't be looked at here."""
    return Check(name, State.SKIPPED, why)


def excel(office: Office) -> Check:
    """Is Excel there?"""
    if not office.program:
        do = "install Excel, or use the command line with the workbook closed"
        return Check("Excel", State.WRONG, "not found in the registry", do)
    bits = f", {office.bits}" if office.bits else ""
    version = f" {office.version}" if office.version else ""
    return Check("Excel", State.WELL, f"Excel{version}{bits}: {office.program}")


def macros(office: Office, trusted: Location | None) -> Check:
    """May macros run?"""
    name = "Macros"
    whose = "a policy" if office.macros.by_policy else "your Trust Center"
    if office.vba_off.is_(1):
        return Check(name, State.WRONG, "VBA is switched off in all of Office", _ASK)
    if trusted is not None:
        return Check(name, State.WELL, "run without a question in the workbook's folder, since it is trusted")
    if office.macros.is_(_ALL_RUN):
        do = (
            "recon doesn't need that: set Macro Settings to `Disable with notification`, and trust one folder"
        )
        return Check(name, State.NOTE, f"{whose} lets all macros run, without a question", do)
    if office.macros.is_(_SIGNED_ONLY):
        do = "recon's are not signed: keep the workbook in a trusted folder (`recon excel install`)"
        return Check(name, State.WRONG, f"{whose} lets only signed macros run", do)
    if office.macros.is_(_NONE_RUN):
        do = "keep the workbook in a trusted folder (`recon excel install`)"
        return Check(name, State.WRONG, f"{whose} stops macros without a word", do)
    do = "press Enable Content in the yellow bar, or keep the workbook in a trusted folder (`recon excel install`)"
    return Check(name, State.NOTE, "Excel asks before macros run", do)


def trusted_folder(office: Office, folder: str, trusted: Location | None) -> Check:
    """Does Excel trust the workbook's folder?"""
    name = "Trusted folder"
    if office.locations_off.is_(1):
        whose = "a policy" if office.locations_off.by_policy else "your Trust Center"
        return Check(name, State.NOTE, f"{whose} has switched off trusted folders", _ASK)
    if trusted is not None:
        whose = "by a policy" if trusted.by_policy else "by your Trust Center"
        return Check(name, State.WELL, f"{trusted.path} is trusted {whose}")
    if office.user_locations.is_(0):
        return Check(name, State.NOTE, "a policy allows no trusted folders but its own", _ASK)
    if not folder:
        count = len(office.locations)
        many = "1 folder is trusted" if count == 1 else f"{count} folders are trusted"
        return Check(name, State.NOTE, many, "name a workbook to see whether its folder is among them")
    do = "`recon excel install --book BOOK` makes Excel trust it"
    return Check(name, State.NOTE, f"{folder} is not trusted", do)


def mark(zone: int | None, office: Office, trusted: Location | None) -> Check:
    """Does the workbook carry the mark of the web?"""
    name = "Mark of the web"
    strict = office.internet.is_(1)
    if zone is None or zone < ZONE_INTERNET:
        more = "; a policy blocks macros of files that do" if strict else ""
        return Check(name, State.WELL, f"the workbook carries none{more}")
    found = f"the workbook came from the internet or a mail (zone {zone})"
    if trusted is not None:
        return Check(name, State.NOTE, f"{found}; in a trusted folder that doesn't matter")
    do = (
        "better make a workbook on this computer: `recon excel new`. "
        "If you know where it is from: close it, right-click it, Properties, Unblock"
    )
    return Check(name, State.WRONG, f"{found}, so its macros are blocked", do)


def child_processes(office: Office, *, by_jobs: bool, listening: bool) -> Check:
    """May Excel start Python?"""
    name = "Starting Python"
    rule = str(office.child_processes.value)
    if by_jobs and not listening:
        do = "start `recon excel listen`, and leave it running"
        return Check(name, State.WRONG, "the workbook leaves jobs for a listener, and none is running", do)
    if by_jobs:
        return Check(name, State.WELL, "the workbook leaves jobs, and a listener is running")
    if rule in (_BLOCK, _WARN):
        found = f"a policy forbids Excel to start programs (Defender rule {ASR_CHILD_PROCESSES})"
        do = "`recon excel install --book BOOK --listener`, and leave `recon excel listen` running"
        return Check(name, State.WRONG, found, do)
    if rule == _AUDIT:
        found = f"a policy watches what Excel starts, and may forbid it one day (rule {ASR_CHILD_PROCESSES})"
        return Check(name, State.NOTE, found, "if the buttons stop one day, use `recon excel listen`")
    return Check(name, State.WELL, "the registry names no rule that forbids it")


def listener(folder: str, problem: str, *, listening: bool) -> Check:
    """Can jobs be left, and does somebody wait for them?"""
    name = "Jobs"
    if problem:
        return Check(name, State.NOTE, f"{folder}: {problem}", "only `recon excel listen` needs it")
    waits = "a listener is running" if listening else "no listener is running"
    return Check(name, State.WELL, f"{folder}: {waits}")


def libraries(missing: Sequence[str]) -> Check:
    """Are the libraries there that reach Excel?"""
    name = "Libraries"
    if missing:
        do = "install recon again with pip; on Windows and Mac it brings them"
        return Check(name, State.WRONG, f"missing in this Python: {', '.join(missing)}", do)
    return Check(name, State.WELL, "xlwings and what it needs can be loaded")


def cloud(folder: str, cloud_folder: str, *, has_store: bool) -> Check:
    """Does the workbook lie where Excel knows it by a web address?"""
    name = "Place"
    if not cloud_folder:
        return Check(name, State.WELL, folder)
    found = f"the workbook lies in OneDrive or SharePoint ({cloud_folder})"
    if has_store:
        return Check(name, State.NOTE, f"{found}; its store is named by the cell recon_store")
    do = "keep it in a folder of this computer while you work, or name a cell recon_store and write its store there"
    return Check(name, State.WRONG, f"{found}, and Excel may know no folder of it", do)


def interpreter(python: str, outcome: str, version: str) -> Check:
    """Does the Python that the workbook names do the work? `outcome` is that of desk.interpreter."""
    name = "Python"
    new = "`recon excel install --book BOOK` writes this Python into it"
    known = {
        "": (State.WELL, f"{python}, recon {version}", ""),
        "none": (State.WRONG, "the workbook names none", new),
        "missing": (State.WRONG, f"{python} does not exist", new),
        "unsafe": (State.WRONG, f"{python} was not tried: it is no Python on this computer", new),
        "foreign": (State.NOTE, f"{python} was not tried, since the workbook came from elsewhere", new),
        "slow": (State.WRONG, f"{python} does not answer", new),
        "fails": (State.WRONG, f"{python} can't be run", new),
        "recon": (State.WRONG, f"{python} has no recon", new),
        "version": (State.WRONG, f"{python} has another version of recon than {version}", new),
        "libraries": (State.WRONG, f"{python} lacks xlwings, or what it needs", "install recon there again"),
    }
    return Check(name, *known[outcome])


def project(changed: Sequence[str], *, there: bool) -> Check:
    """Are the workbook's macros those of this version?"""
    name = "Macros inside"
    do = (
        "make a new workbook with `recon excel new`; put the old one's store beside it under the new name "
        "(NAME.recon.db), then press Refresh"
    )
    if not there:
        return Check(name, State.WRONG, "the workbook has no macros", f"its name must end in .xlsm: {do}")
    if changed:
        return Check(name, State.WRONG, f"other than in this version: {', '.join(changed)}", do)
    return Check(name, State.WELL, "those of this version")

"""May this workbook be opened and replaced? Each reason why not has its own message."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from recon.problems import EXIT_JOB, Problem, ReconError
from recon.workbook import grid

_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def refuse(code: str, path: Path, what: str, hint: str) -> ReconError:
    """The error that says why a workbook can't be used; nothing was written."""
    return ReconError(Problem(code, path.name, what, hint), EXIT_JOB)


def load(path: Path) -> bytes:
    """The workbook's bytes, if they can be a workbook of ours.

    Raises:
        ReconError: it is missing, open, encrypted, of the old kind, or no workbook at all.
    """
    check_closed(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise refuse(
            "book-open", path, "the workbook can't be read", "Close it wherever it is open."
        ) from error
    if data.startswith(_COMPOUND):
        if _ENCRYPTED in data:
            raise refuse(
                "book-protected",
                path,
                "the workbook is encrypted with a password",
                "Take the password off in Excel: File, Info, Protect Workbook, Encrypt with Password.",
            )
        raise refuse(
            "book-broken",
            path,
            "the workbook is of the old kind (.xls)",
            "Save it in Excel as .xlsm or .xlsx.",
        )
    if not data.startswith(b"PK"):
        raise refuse("book-broken", path, "the file is no workbook", "Name an .xlsm or .xlsx file.")
    return data


def check_closed(path: Path) -> None:
    """Assert that no program has the workbook open.

    Excel leaves `~$NAME` beside an open workbook and LibreOffice `.~lock.NAME#`; on Windows an open workbook can't
    be opened for writing either.

    Raises:
        ReconError: it is missing, or open; and by what that is known.
    """
    if not path.is_file():
        raise refuse(
            "file-missing", path, "there is no such workbook", "Check the name, or run: recon excel new"
        )
    close = "Save and close it, then try again."
    # Excel cuts nothing off the name; very old versions did, hence the second form.
    for owner in (f"~${path.name}", f"~${path.name[2:]}"):
        if path.with_name(owner).exists():
            raise refuse(
                "book-open",
                path,
                f"the workbook is open in Excel ({owner} is beside it)",
                f"{close} If it is not open, Excel was cut off: delete {owner}.",
            )
    lock = f".~lock.{path.name}#"
    if path.with_name(lock).exists():
        raise refuse(
            "book-open",
            path,
            f"the workbook is open in LibreOffice ({lock} is beside it)",
            f"{close} If it is not open, delete {lock}.",
        )
    if _writable(path):
        try:
            with path.open("r+b"):
                pass
        except PermissionError as error:
            raise refuse("book-open", path, "another program has the workbook open", close) from error


def check_writable(path: Path) -> None:
    """Assert that the file and its folder can be written.

    Raises:
        ReconError: the file is marked read-only, or the folder takes no files.
    """
    if not _writable(path):
        raise refuse(
            "book-protected",
            path,
            "the workbook is marked read-only",
            "Take the mark off (Properties, Read-only), or name another workbook.",
        )
    if not os.access(path.parent, os.W_OK):
        raise refuse(
            "book-protected",
            path,
            "the workbook's folder can't be written",
            "Copy the workbook into a folder of yours.",
        )


def _writable(path: Path) -> bool:
    """Whether anybody may write the file. Asked of its mode: an administrator may write anything."""
    return bool(path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def too_long(sheet: str, rows: int) -> ReconError:
    """The error of a table that no sheet has room for."""
    what = f"{rows:,} rows don't fit on a sheet of Excel, which has {grid.ROWS_MAX:,} with the heading"
    hint = "Lower `limits.rows_shown` in the rules; a table that was moved down needs its place at the sheet's top. "
    return ReconError(
        Problem("book-protected", sheet, what, f"{hint}The workbook stays as it was."), EXIT_JOB
    )


def occupied(sheet: str, cell: str) -> ReconError:
    """The error of a table that would grow over what somebody has put there."""
    hint = "Move what stands there to another sheet, and try again. Nothing was written."
    what = "the table has to grow over cells that are not ours"
    return ReconError(Problem("book-protected", f"{sheet}!{cell}", what, hint), EXIT_JOB)

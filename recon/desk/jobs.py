"""A job that a workbook left as a file, since its Excel may start no program: what it asks for, or why it is refused.

A file `recon-*.job` holds lines of ASCII, as VBA writes them whatever the computer's language:

    run                     which button
    106 117 108 8364 46     the workbook's name, each UTF-16 unit as AscW gives it (above 32767 it is negative)
    1312340                 Excel's window, 0 where it has none
    2026-11-22 08:15        when; may be empty or missing, the file's own time counts
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

PATTERN: Final = "recon-*.job"
SIZE_MAX: Final = 16_384  # bytes; a job has a few hundred
NAME_MAX: Final = 255  # UTF-16 units; no file system that Excel writes to takes more
_LINES: Final = (3, 4)
_UNIT: Final = re.compile(r"-?\d{1,5}")
_WINDOW: Final = re.compile(r"-?\d{1,19}")
_UNITS: Final = 65_536
_LOWEST: Final = -32_768


class RefusedError(Exception):
    """A file that is no job, or asks for what there is not; says why, without a word of what is in it."""


@dataclass(frozen=True)
class Job:
    """A button that was pressed: which, in which open workbook, in which of Excel's windows."""

    what: str
    book: str
    window: int


def parse(data: bytes, commands: Collection[str]) -> Job:
    """The job that a file's bytes tell of; `commands` are the buttons that there are.

    Raises:
        RefusedError: it is malformed, or asks for something else.
    """
    if len(data) > SIZE_MAX:
        raise RefusedError("it is longer than a job can be")
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise RefusedError("it holds more than plain letters and digits") from error
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) not in _LINES:
        raise RefusedError(f"it has {len(lines)} lines instead of 3 or 4")
    what, name, window = (line.strip() for line in lines[:3])
    if what not in commands:
        raise RefusedError("it asks for no button that there is")
    if not _WINDOW.fullmatch(window):
        raise RefusedError("its third line is no window")
    return Job(what, _name(name), int(window))


def _name(codes: str) -> str:
    """A workbook's name out of its character codes."""
    units = codes.split()
    if not 1 <= len(units) <= NAME_MAX:
        raise RefusedError("its second line is no name of a workbook")
    if not all(_UNIT.fullmatch(unit) and _LOWEST <= int(unit) < _UNITS for unit in units):
        raise RefusedError("its second line holds something else than character codes")
    try:
        name = b"".join(struct.pack("<H", int(unit) % _UNITS) for unit in units).decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise RefusedError("its second line holds half of a character") from error
    if any(unicodedata.category(sign) == "Cc" or sign in "/\\" for sign in name):
        raise RefusedError("its second line is a path or holds control characters, no name of a workbook")
    return name

"""What `recon excel install` has written, so that `--undo` takes back exactly that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from recon.problems import EXIT_JOB, Problem, ReconError

LOCATION: Final = "location"  # where: the registry key; new: the folder
CELL: Final = "cell"  # where: the workbook; name: the cell
FOLDER: Final = "folder"  # where: the folder


@dataclass(frozen=True)
class Note:
    """One thing that was written: its kind, where it is, and what stood there before."""

    kind: str
    where: str
    name: str = ""
    old: str = ""
    new: str = ""


def load(path: Path) -> list[Note]:
    """The notes, oldest first; none if there is no file.

    Raises:
        ReconError: setup-refused, if the file can't be read or is none of ours.
    """
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [Note(**one) for one in found]
    except (OSError, ValueError, TypeError) as error:
        what = "the notes of what was set up can't be read"
        hint = "move the file away; what stands in Excel's Trust Center can be taken back there by hand"
        raise ReconError(Problem("setup-refused", str(path), what, hint), EXIT_JOB) from error


def save(path: Path, notes: Sequence[Note]) -> None:
    """Keep the notes; without any, the file goes.

    Raises:
        ReconError: setup-refused, if the file can't be written.
    """
    try:
        if not notes:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_suffix(".tmp")
        text = json.dumps([asdict(note) for note in notes], indent=2, ensure_ascii=False)
        beside.write_text(text + "\n", encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        what = f"what was set up can't be noted: {error.strerror or type(error).__name__}"
        hint = "look after the rights of that folder"
        raise ReconError(Problem("setup-refused", str(path), what, hint), EXIT_JOB) from error

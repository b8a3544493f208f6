"""Tables out: the files of `recon run --out`, written beside and swapped in, all or none."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from recon.problems import EXIT_JOB, Problem, ReconError


def check_folder(folder: Path) -> None:
    """Make the folder, and see that it can be written, before any work is done.

    Raises:
        ReconError: EXIT_JOB, out-unwritable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        what = f"the output folder can't be written: {error.strerror or error}"
        raise ReconError(
            Problem("out-unwritable", folder.as_posix(), what, "choose another with --out"), EXIT_JOB
        ) from error


def csv(frame: pl.DataFrame) -> str:
    """A table as CSV text: UTF-8, a header, LF, empty for nothing."""
    return frame.write_csv(line_terminator="\n", null_value="")


def write(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write files under their names: each beside first, then all are swapped in.

    Raises:
        ReconError: EXIT_JOB, out-unwritable; the old files are still there.
    """
    beside: list[tuple[Path, Path]] = []
    try:
        for name, text in texts.items():
            target = folder / name
            handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
            beside.append((Path(temporary), target))
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        for made, target in beside:
            _as_usual(made)
            made.replace(target)
    except OSError as error:
        what = f"the file can't be written: {error.strerror or error}"
        hint = "close it if it is open in another program, or choose another folder with --out"
        raise ReconError(Problem("out-unwritable", folder.as_posix(), what, hint), EXIT_JOB) from error
    finally:
        for made, _target in beside:
            made.unlink(missing_ok=True)
    return [target for _temporary, target in beside]


def _as_usual(path: Path) -> None:
    """The rights that a new file has; temporary files are made for their owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def as_json(summary: Mapping[str, Any]) -> str:
    """A summary as JSON text."""
    return json.dumps(summary, indent=2, ensure_ascii=False, sort_keys=False) + "\n"

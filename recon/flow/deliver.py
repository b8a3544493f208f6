"""Tables out: the files of `recon run --out`, written beside and swapped in, all or none."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import polars as pl

from recon.problems import EXIT_JOB, Problem, ReconError

CLOSE_IT = "close it if it is open in another program, or choose another folder with --out"


@contextmanager
def ready(folder: Path | None, names: Iterable[str] = ()) -> Iterator[None]:
    """Make the folder and see that files can be written into it, before any work is done in the block.

    A block that is left by an error leaves no folder that was made for it.

    Args:
        folder: where the files go; none = nothing is to be written.
        names: files that will be replaced, which another program may hold open.

    Raises:
        ReconError: EXIT_JOB, out-unwritable.
    """
    fresh = [place for place in (folder, *folder.absolute().parents) if not place.exists()] if folder else []
    try:
        if folder:
            _check(folder, names)
        yield
    except BaseException:
        for place in fresh:
            with suppress(OSError):  # not made, or something is in it
                place.rmdir()
        raise


def _check(folder: Path, names: Iterable[str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        what = f"the output folder can't be written: {error.strerror or error}"
        raise _unwritable(folder, what, "choose another with --out") from error
    for path in (folder / name for name in names):
        try:
            if path.exists():
                path.open("r+b").close()
        except OSError as error:
            raise _unwritable(
                path, f"the file can't be replaced: {error.strerror or error}", CLOSE_IT
            ) from error


def _unwritable(path: Path, what: str, hint: str) -> ReconError:
    return ReconError(Problem("out-unwritable", path.as_posix(), what, hint), EXIT_JOB)


def csv(frame: pl.DataFrame) -> str:
    """A table as CSV text: UTF-8, a header, LF, empty for nothing."""
    return _nulled(frame).write_csv(line_terminator="\n", null_value="")


def parquet(frame: pl.DataFrame) -> bytes:
    """The same table as Parquet: the same columns, money as decimal text."""
    file = io.BytesIO()
    _nulled(frame).write_parquet(file)
    return file.getvalue()


def _nulled(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with nothing where a text is empty, so that no text is written as two quotes."""
    return frame.with_columns(pl.col(pl.String).replace("", None))


def write(folder: Path, contents: Mapping[str, str | bytes | pl.DataFrame]) -> list[Path]:
    """Write files under their names: each beside first, then all are swapped in, or none is.

    Args:
        folder: where they go.
        contents: what each holds; a table becomes CSV as `csv` makes it, without being text in memory first.

    Raises:
        ReconError: EXIT_JOB, out-unwritable; the old files are still there.
    """
    beside: list[tuple[Path, Path]] = []
    try:
        for name, content in contents.items():
            target = folder / name
            handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
            beside.append((Path(temporary), target))
            with os.fdopen(handle, "wb") as file:
                if isinstance(content, pl.DataFrame):
                    _nulled(content).write_csv(file, line_terminator="\n", null_value="")
                else:
                    file.write(content.encode() if isinstance(content, str) else content)
        for made, _target in beside:
            _as_usual(made)
        _swap(beside)
    except OSError as error:
        what = f"the file can't be written: {error.strerror or error}"
        raise _unwritable(folder, what, CLOSE_IT) from error
    finally:
        for made, _target in beside:
            made.unlink(missing_ok=True)
    return [target for _temporary, target in beside]


def _swap(beside: list[tuple[Path, Path]]) -> None:
    """Put each new file in its place; if one can't be, those before it are put back as they were."""
    done: list[tuple[Path, Path | None]] = []
    try:
        for made, target in beside:
            old = made.with_name(f"{made.name}.old") if target.exists() else None
            if old:
                shutil.copy2(target, old)  # a copy, so that a killed process leaves no gap
            done.append((target, old))
            made.replace(target)
    except OSError:
        for target, old in reversed(done):
            if old:
                old.replace(target)
            elif target.is_file():
                target.unlink()
        raise
    for _target, old in done:
        if old:
            old.unlink()


def _as_usual(path: Path) -> None:
    """The rights that a new file has; temporary files are made for their owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod(0o666 & ~mask)


def as_json(summary: Mapping[str, Any]) -> str:
    """A summary as JSON text."""
    return json.dumps(summary, indent=2, ensure_ascii=False, sort_keys=False) + "\n"

"""The workbook on disk replaced in one step, and what it was kept beside it: three generations of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

GENERATIONS: Final = 3


def backup(path: Path, data: bytes) -> None:
    """Keep a workbook's bytes as NAME.backup.xlsm; the earlier ones become NAME.backup-2.xlsm and -3.

    Nothing is done if the newest backup is these very bytes.
    """
    names = [_generation(path, number) for number in range(1, GENERATIONS + 1)]
    if names[0].exists() and names[0].read_bytes() == data:
        return
    for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
        if newer.exists():
            newer.replace(older)
    replace(names[0], data, like=path)


def replace(path: Path, data: bytes, like: Path | None = None) -> None:
    """Replace a file in one step, its mode kept (or that of another file); the bytes are on the disk before."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".tmp", dir=path.parent)
    beside = Path(name)
    model = path if path.exists() else like
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        if model is not None:
            shutil.copymode(model, beside)
        else:
            beside.chmod(0o644)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _generation(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.backup{'' if number == 1 else f'-{number}'}{path.suffix}")

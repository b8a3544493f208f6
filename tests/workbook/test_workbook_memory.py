"""A large table into an existing workbook in bounded memory, the first time and over a full table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import write_speed

from recon.workbook.file import new_book, open_book

LIMIT = 500  # MB, of the whole process


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak in this way")
def test_a_large_table_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    new_book(path)
    for job in ("ours, first write", "ours, rewrite"):
        _, peak = write_speed.measured(job, path, write_speed.ROWS)
        assert peak < LIMIT, job
    assert open_book(path).read(write_speed.SHEET.name).height == write_speed.ROWS

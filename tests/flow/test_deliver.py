"""Files out: the same bytes whether a table was text before or not, and all of them or none."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from recon.flow import deliver
from recon.problems import EXIT_JOB, ReconError

TABLE = pl.DataFrame(
    {"line_id": ["L1", "", 'a "quoted", one'], "amount": ["1.00", None, "-2.50"], "position": [1, None, 3]}
)


def test_a_table_is_written_as_its_text_would_be(tmp_path: Path) -> None:
    deliver.write(tmp_path, {"table.csv": TABLE, "text.csv": deliver.csv(TABLE), "none.csv": TABLE.clear()})
    written = (tmp_path / "table.csv").read_bytes()
    assert written == (tmp_path / "text.csv").read_bytes()
    assert written.decode("utf-8").splitlines() == [
        "line_id,amount,position",
        "L1,1.00,1",
        ",,",
        '"a ""quoted"", one",-2.50,3',
    ]
    assert (tmp_path / "none.csv").read_bytes() == b"line_id,amount,position\n"


def test_no_file_is_replaced_if_one_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver.write(tmp_path, {"a.csv": "old", "b.csv": "old"})

    def full(_frame: pl.DataFrame, *_where: object, **_how: object) -> None:
        raise OSError("No space left on device (os error 28)")  # as polars says it

    monkeypatch.setattr(pl.DataFrame, "write_csv", full)
    with pytest.raises(ReconError, match="No space left on device") as caught:
        deliver.write(tmp_path, {"a.csv": "new", "b.csv": TABLE})
    assert caught.value.exit_code == EXIT_JOB
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {
        "a.csv": "old",
        "b.csv": "old",
    }

"""Files that are read in blocks and batches: whatever their size, the reading is the same."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import ingest
from recon.ingest import decoding, mt940_columns, ofx
from recon.ingest.advices import Advices
from recon.ingest.decoding import Blocks
from recon.ingest.mt940_columns import Entries

HERE = Path(__file__).parent
SAMPLES = [
    *("mt940/german.sta", "mt940/dutch.940", "mt940/interim.942", "mt940/oddities.txt"),
    *("bai2/statement.bai", "bai2/oddities.txt"),
]


@pytest.mark.parametrize("size", [1, 7, 64, 300])
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("breaks", [b"\n", b"\r\n", b"\r"])
def test_blocks_of_any_size_make_the_same_reading(
    name: str, size: int, breaks: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes((HERE / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", breaks))
    whole = ingest.read(path)
    monkeypatch.setattr(Blocks, "size", size)
    parted = ingest.read(path)
    assert parted.table.equals(whole.table)
    assert parted.statements == whole.statements
    assert parted.problems == whole.problems


class Held:
    """Bytes that can be opened."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def open(self) -> BinaryIO:
        return io.BytesIO(self._data)


PIECES = [
    b"a",
    b"\n",
    b"\r",
    b"\r\n",
    b"\xc3\xa9",
    b"\xe9",
    b"\x81",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xe2\x82",
    b"b\x00",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join), st.integers(1, 9))
def test_blocks_are_the_text_that_decode_gives(data: bytes, size: int) -> None:
    class Small(Blocks):
        pass

    Small.size = size
    blocks = Small(Held(data))
    parts = list(blocks)
    text = decoding.decode(data)
    assert ("".join(parts), blocks.lost) == (text.text, text.lost)
    assert all(part.endswith(("\n", "\r")) for part in parts[:-1])


@pytest.mark.parametrize("folder", ["camt", "mt940", "x12", "edifact", "remt"])
def test_batches_of_any_size_make_the_same_table(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in sorted((HERE / folder).iterdir()):
        if path.name.endswith((".table.csv", ".said.txt")):
            continue
        whole = ingest.read(path)
        with monkeypatch.context() as patched:
            for name in ("bank.BATCH", "mt940._TOGETHER", "advices._BATCH"):
                patched.setattr(f"recon.ingest.{name}", 1)
            parted = ingest.read(path)
        assert parted.table.equals(whole.table)
        assert parted.problems == whole.problems


def test_no_advice_is_an_empty_table(tmp_path: Path) -> None:
    assert len(Advices()) == 0
    path = tmp_path / "none.edi"
    path.write_text(
        "UNB+UNOC:3+A+B+260105:1200+1'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+1'REMADV", encoding="ascii"
    )
    reading = ingest.read(path)
    assert reading.table.is_empty()
    assert "row-text" in {problem.code for problem in reading.problems}


@pytest.mark.parametrize("on_one_line", [False, True])
@pytest.mark.parametrize("name", sorted(path.name for path in (HERE / "ofx").glob("*.[oq]fx")))
def test_how_many_transactions_go_together_makes_no_difference(
    name: str, on_one_line: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (HERE / "ofx" / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data.replace(b"\r", b"").replace(b"\n", b" ") if on_one_line else data)
    whole = ingest.read(path)
    monkeypatch.setattr(ofx, "_TOGETHER", 2)
    parted = ingest.read(path)
    assert parted.table.equals(whole.table)
    assert (parted.statements, parted.problems) == (whole.statements, whole.problems)


def test_a_number_on_two_transactions_is_seen_however_far_they_are_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ofx, "_TOGETHER", 2)
    entries = "".join(
        f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260105<TRNAMT>{amount}<FITID>{number}</STMTTRN>\n"
        for number, amount in (("1", "5.00"), ("2", "6.00"), ("3", "7.00"), ("1", "8.00"))
    )
    path = tmp_path / "a.ofx"
    path.write_text(f"<OFX><STMTRS><CURDEF>GBP<BANKTRANLIST>{entries}</BANKTRANLIST></STMTRS></OFX>")
    reading = ingest.read(path)
    assert [problem.code for problem in reading.problems] == ["id-twice"]
    assert reading.table["line_id"].n_unique() == 4


def test_entries_in_other_dialects_come_in_their_order() -> None:
    texts = ["166?00X?20A?32N", "/EREF/R/NAME/B/", "plain", "166?00X?20C?32N"]
    some = Entries([0] * 4, ["260105C1,00NTRFR"] * 4, texts, [1, 3, 5, 7])
    lines, left = mt940_columns.read(some)
    assert (lines["position"].to_list(), left) == ([1, 3, 5, 7], [])

"""EDIFACT REMADV: one oddity each."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import Change, changed, money_is_money, mutated, read_or_refused

from recon import ingest
from recon.ingest import edifact_segments
from recon.model import Reading
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
HERE = Path(__file__).parent / "edifact"
COLUMNS = ["doc_no", "gross_amount", "deduction_amount", "deduction_type", "paid_amount"]


def read(write: Write, body: str, una: str = "", version: str = "D:96A:UN") -> Reading:
    """A message with these segments, its counts right."""
    count = body.replace("?'", "").count("'") + 2
    text = f"{una}UNB+UNOC:3+A+B+260303:1000+77'UNH+1+REMADV:{version}'{body}UNT+{count}+1'UNZ+1+77'"
    return ingest.read(write("r.edi", text), currency_default="GBP")


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


@pytest.mark.parametrize(
    ("body", "rows", "said"),
    [
        ("DOC+380+I-1'MOA+12:10'UNS+S'MOA+12:10'", [("I-1", "", "", "", "10.00")], []),
        ("DOC+380+I-1'MOA+9:12'MOA+12:10'AJT+3'MOA+165:2'UNS+S'MOA+12:10'",
         [("I-1", "12.00", "2.00", "3", "10.00")], []),
        ("DOC+380+I-1'MOA+9:12'MOA+52:2'UNS+S'MOA+9:10'", [("I-1", "12.00", "2.00", "DISC", "10.00")], []),
        ("DOC+380+I-1'MOA+12:10,50'UNS+S'MOA+12:10,50'", [("I-1", "", "", "", "10.50")], []),
        ("DOC+380+I-1'MOA+12:10'DOC+381+C-1'MOA+12:4'UNS+S'MOA+12:6'",
         [("I-1", "", "", "", "10.00"), ("C-1", "", "", "", "-4.00")], []),
        ("DOC+380+I-1'MOA+12:10'DOC+381+C-1'MOA+12:-4'UNS+S'MOA+12:6'",
         [("I-1", "", "", "", "10.00"), ("C-1", "", "", "", "-4.00")], []),
        ("DOC+380+I-1'MOA+12:10'DLI+1+1'MOA+12:3'MOA+9:1'UNS+S'MOA+12:10'", [("I-1", "", "", "", "10.00")], []),
        ("DOC+380+I-1'MOA+12:10'UNS+S'MOA+12:11'", [("I-1", "", "", "", "10.00")], ["remittance-foots-not"]),
        ("DOC+380+I-1'UNS+S'", [("I-1", "", "", "", "")], ["value-missing"]),
        ("DOC+380+I-1'MOA+12:x'DOC+380+I-2'MOA+12:1'UNS+S'MOA+12:1'",
         [("I-2", "", "", "", "1.00")], ["value-amount"]),
    ],
)  # fmt: skip
def test_documents(write: Write, body: str, rows: list[tuple[str, ...]], said: list[str]) -> None:
    reading = read(write, body)
    assert (reading.format, reading.kind) == ("remadv", "remittance")
    assert reading.table.select(COLUMNS).rows() == rows
    assert codes(reading) == said


def test_the_head_of_a_message(write: Write) -> None:
    body = (
        "BGM+481+RA-1+9'DTM+137:20260301:102'DTM+138:202603051200:203'RFF+ACC:1'RFF+PQ:PAY-7'NAD+PE+1++US'"
        "NAD+PR+55::9++THE PAYER:AND SONS'CUX+2:EUR:11'DOC+380+I-1'MOA+12:10'"
        "DTM+171:20260201:102'RFF+ON:PO-1'UNS+S'MOA+12:10'"
    )
    row = read(write, body, version="D:01B:UN:EAN008").table.row(0, named=True)
    assert (row["remittance_id"], row["payment_reference"], row["payment_amount"]) == (
        "RA-1",
        "PAY-7",
        "10.00",
    )
    assert (row["payer"], str(row["payment_date"]), row["currency"]) == (
        "THE PAYER AND SONS",
        "2026-03-05",
        "EUR",
    )
    assert (row["extra:doc_date"], row["extra:references"], row["extra:doc_kind"]) == (
        "20260201",
        "ON PO-1",
        "380",
    )


def test_the_currency_of_the_amounts_or_of_the_rules(write: Write) -> None:
    assert read(write, "DOC+380+I'MOA+12:10:CHF'").table["currency"].to_list() == ["CHF"]
    assert read(write, "DOC+380+I'MOA+12:10'").table["currency"].to_list() == ["GBP"]


def test_released_characters(write: Write) -> None:
    reading = read(write, "BGM+481+A?+B??C?:D?'E?X+9'DOC+380+I?'1'MOA+12:10'")
    row = reading.table.row(0, named=True)
    assert (row["remittance_id"], row["doc_no"], codes(reading)) == ("A+B?C:D'EX", "I'1", [])


def test_another_service_string(write: Write) -> None:
    text = (
        "UNA|#,! ~\nUNB#UNOC|3#A#B~\nUNH#1#REMADV|D|96A|UN~\nBGM#481#A!#1+:'#9~\nDOC#380#I-1~\nMOA#12|10,5~\n"
    )
    text += "UNT#5#1~\nUNZ#1#~\n"
    reading = ingest.read(write("r.edi", b"\xef\xbb\xbf" + text.encode()))
    row = reading.table.row(0, named=True)
    assert (row["remittance_id"], row["paid_amount"], row["position"]) == ("A#1+:'", "10.50", 5)
    assert codes(reading) == []


def test_breaks_within_segments(write: Write) -> None:
    text = (
        "UNB+UNOC:3+A+B+1+77'UNH+1+REMADV:D:96A:UN'DOC+380+INV-\r\n1001'MOA+12:1\r\n0'UNT+4+1'UNZ+1+77'\r\n"
    )
    reading = ingest.read(write("r.edi", text))
    assert reading.table.select("doc_no", "paid_amount", "position").rows() == [("INV-1001", "10.00", 1)]
    assert codes(reading) == []


def test_level_b_has_control_characters(write: Write) -> None:
    text = "UNB+UNOB:1+A+B+1+77'UNH+1+REMADV:D:96A:UN'DOC+380+INV?1'MOA+12:10'UNT+4+1'UNZ+1+77'"
    control = text.translate(str.maketrans("+:'", "\x1d\x1f\x1c"))
    reading = ingest.read(write("r.edi", control))
    assert (reading.table["doc_no"].to_list(), codes(reading)) == (["INV?1"], [])


def test_counts_of_the_envelopes(write: Write) -> None:
    text = "UNB+UNOC:3+A+B+1+77'UNH+1+REMADV:D:96A:UN'DOC+380+I'MOA+12:10'UNT+9+1'UNZ+2+77'"
    reading = ingest.read(write("r.edi", text))
    assert [problem.what for problem in reading.problems] == [
        "UNT counts 9 segments, there are 4",
        "UNZ counts 2 messages, there are 1",
    ]
    cut = ingest.read(write("c.edi", text[: text.index("UNT")]))
    assert (cut.table.height, codes(cut)) == (1, ["file-cut"])


def test_other_messages(write: Write) -> None:
    reading = read(write, "DOC+380+I'MOA+12:10'UNT+4+1'UNH+2+ORDERS:D:96A:UN'BGM+220'")
    assert reading.table.height == 1
    assert "row-text" in codes(reading)
    with pytest.raises(ReconError):
        ingest.read(write("x.edi", "UNB+UNOC:3+A+B'UNH+1+ORDERS:D:96A:UN'UNT+2+1'"))


@pytest.mark.parametrize(
    "attack", ["+" * 3_000_000, "?" * 3_000_001, "'" * 3_000_000, "MOA+12:1" * 300_000, "DOC+380+X'" * 50_000]
)
def test_attacks_end_soon(write: Write, attack: str) -> None:
    began = time.monotonic()
    read(write, f"BGM+481+A'{attack}'DOC+380+I'MOA+12:10'")
    assert time.monotonic() - began < 20


@given(st.text(alphabet="+:'?U N\n.A", max_size=60))
def test_parting_keeps_what_is_released(text: str) -> None:
    released = "".join(f"?{one}" if one in "+:'?" else one for one in text)
    found = list(edifact_segments.segments(f"BGM+{released}+9'"))
    assert found[0].elements[0] == (text.replace("\n", ""),)


SEEDS = [(HERE / "remadv.edi").read_bytes()]
PIECES = [
    b"",
    b"+",
    b":",
    b"'",
    b"?",
    b"\n",
    b"UNA",
    b"UNH+",
    b"DOC+",
    b"MOA+12:",
    b"-",
    b"\xff",
    b"\x00",
    b"9" * 19,
    b",",
]


@mutated(SEEDS, PIECES, 0, 1000)
def test_no_mutation_breaks_the_reading(write: Write, data: bytes, changes: list[Change]) -> None:
    reading = read_or_refused(write("m.edi", changed(data, changes)))
    if reading is not None:
        money_is_money(reading)


def test_a_library_finds_the_same_segments() -> None:
    parser = pytest.importorskip("pydifact.parser")
    text = (HERE / "remadv.edi").read_text(encoding="utf-8")
    theirs = [segment.tag for segment in parser.Parser().parse(text) if segment.tag != "UNA"]
    assert [segment.name for segment in edifact_segments.segments(text)] == theirs

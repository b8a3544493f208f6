"""X12 820 and 835: one oddity each."""

from __future__ import annotations

import csv
import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import Change, changed, money_is_money, mutated, read_or_refused

from recon import ingest
from recon.ingest import x12_segments
from recon.model import Reading
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
HERE = Path(__file__).parent / "x12"
CORPUS = os.environ.get("RECON_CORPUS", "")
ISA = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260303*1000*U*00401*000000001*0*P*>~"
COLUMNS = ["doc_no", "gross_amount", "deduction_amount", "deduction_type", "paid_amount"]


def read(write: Write, body: str, kind: str = "820") -> Reading:
    """A set with these segments, its counts right."""
    count = body.count("~") + 2
    text = f"{ISA}GS*RA*A*B*20260303*1000*1*X*004010~ST*{kind}*0001~{body}SE*{count}*0001~GE*1*1~IEA*1*000000001~"
    return ingest.read(write("r.edi", text))


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


@pytest.mark.parametrize(
    ("body", "rows", "said"),
    [
        ("BPR*C*10*C~RMR*IV*I-1**10~", [("I-1", "", "", "", "10.00")], []),
        ("BPR*C*10*C~RMR*IV*I-1**10*12*2~", [("I-1", "12.00", "2.00", "DISC", "10.00")], []),
        ("BPR*C*10*C~RMR*IV*I-1**10**2~", [("I-1", "12.00", "2.00", "DISC", "10.00")], []),
        ("BPR*C*10*C~RMR*IV*I-1**10*12**52*-2~", [("I-1", "12.00", "2.00", "52", "10.00")], []),
        # Adjustments that only add up with the lines are taken off them ...
        ("BPR*C*9*C~RMR*IV*I-1**10~ADX*-1*01~", [("I-1", "10.00", "1.00", "01", "9.00")], []),
        # ... others are in them already.
        ("BPR*C*9*C~RMR*IV*I-1**9~ADX*-1*01~", [("I-1", "10.00", "1.00", "01", "9.00")], []),
        ("BPR*C*9*C~ENT*1~ADX*-1*01~RMR*IV*I-1**10~", [("I-1", "", "", "", "10.00")], ["remittance-adjusted"]),
        ("BPR*C*9*C~RMR*IV*I-1**10~", [("I-1", "", "", "", "10.00")], ["remittance-foots-not"]),
        ("BPR*C*10*C~RMR*IV*I-1~", [("I-1", "", "", "", "")], ["remittance-foots-not", "value-missing"]),
        ("BPR*C*5*C~RMR*CM*C-1**-5~RMR*IV*I-1**10~",
         [("C-1", "", "", "", "-5.00"), ("I-1", "", "", "", "10.00")], []),
        ("BPR*C*10*C~RMR*IV*I-1**1,5~RMR*IV*I-2**10~", [("I-2", "", "", "", "10.00")], ["value-amount"]),
        ("BPR*C*10*C~RMR*IV*I-1**1.1234567~RMR*IV*I-2**10~", [("I-2", "", "", "", "10.00")], ["value-amount"]),
        ("BPR*C*10*C~RMR*IV*I-1**9999999999999~RMR*IV*I-2**10~", [("I-2", "", "", "", "10.00")], ["value-amount"]),
    ],
)  # fmt: skip
def test_an_820(write: Write, body: str, rows: list[tuple[str, ...]], said: list[str]) -> None:
    reading = read(write, body)
    assert reading.format == "x12.820"
    assert reading.table.select(COLUMNS).rows() == rows
    assert sorted(codes(reading)) == said


def test_an_835(write: Write) -> None:
    body = "BPR*I*95*C*CHK************20260307~TRN*1*CHK-9~N1*PR*INSURER~LX*1~"
    body += "CLP*C-1*1*120*100*15*12*P-1~CAS*CO*45*5**253*0~"
    reading = read(
        write,
        f"{body}CAS*PR*1*15~NM1*QC*1*NOBODY~SVC*HC>1*120*100~CAS*CO*45*5~PLB*1*20261231*WO>1*5~",
        kind="835",
    )
    row = reading.table.row(0, named=True)
    assert [row[name] for name in COLUMNS] == ["C-1", "120.00", "20.00", "CO-45; CO-253; PR-1", "100.00"]
    assert [row[f"extra:{name}"] for name in ("claim_status", "patient_part", "payer_claim")] == [
        "1",
        "15",
        "P-1",
    ]
    assert (row["remittance_id"], row["payer"], str(row["payment_date"])) == (
        "CHK-9",
        "INSURER",
        "2026-03-07",
    )
    assert codes(reading) == ["remittance-adjusted"]
    assert "NOBODY" not in str(reading.table.rows())


def test_an_old_820_has_rmt(write: Write) -> None:
    body = "BPS*PBC*18.06*I********77*960223~DTM*195*960310~RMT*IV*900*8.13*8.13~"
    body += "RMT*IX*PART*1*2~REF*QI*1~RMT*IV*901*9.93~"
    reading = read(write, body)
    assert reading.table.select("doc_no", "paid_amount").rows() == [("900", "8.13"), ("901", "9.93")]
    assert (str(reading.table["payment_date"][0]), codes(reading)) == ("1996-02-23", [])


def test_the_head_of_a_payment(write: Write) -> None:
    head = "BPR*C*10*C*ACH************20260305~TRN*1*TR-1~CUR*PR*EUR~N1*PE*US~N1*RM*SENDER~N1*PR*THE PAYER~"
    row = read(
        write, f"{head}ENT*1~N1*PR*SOMEBODY ELSE~RMR*IV*I-1**10~REF*PO*7~REF*BM*8~DTM*003*20260201~"
    ).table.row(0, named=True)
    assert (row["remittance_id"], row["payment_reference"], row["payment_amount"]) == (
        "TR-1",
        "TR-1",
        "10.00",
    )
    assert (row["currency"], row["payer"], row["extra:references"]) == ("EUR", "THE PAYER", "PO 7; BM 8")


def test_two_payments_of_one_number_stay_two_advices(write: Write) -> None:
    one = "ST*820*000{0}~BPR*C*10*C~TRN*1*T~RMR*IV*I-{0}**10~SE*5*000{0}~"
    text = f"{ISA}GS*RA*A*B*1*1*1*X*004010~{one.format(1)}{one.format(2)}GE*2*1~IEA*1*1~"
    reading = ingest.read(write("r.edi", text))
    assert reading.table["remittance_id"].to_list() == ["T 1-0001", "T 1-0002"]
    assert codes(reading) == []


def test_counts_of_the_envelopes(write: Write) -> None:
    text = f"{ISA}GS*RA*A*B*1*1*1*X*004010~ST*820*1~BPR*C*10*C~RMR*IV*I**10~SE*9*1~GE*2*1~IEA*x*1~"
    reading = ingest.read(write("r.edi", text))
    assert [problem.what for problem in reading.problems] == [
        "SE counts 9 segments, there are 4",
        "GE counts 2 transaction sets, there are 1",
        "IEA counts ? groups, there are 1",
    ]
    assert {problem.code for problem in reading.problems} == {"trailer-differs"}
    cut = ingest.read(write("c.edi", text[: text.index("SE*")]))
    assert (cut.table.height, codes(cut)) == (1, ["file-cut"])


@pytest.mark.parametrize("end", ["~", "~\r\n", "\n", "\r\n", "'", "\x1c", "~ \n"])
@pytest.mark.parametrize("element", ["*", "|", "\x1d"])
def test_separators_are_the_files_own(write: Write, end: str, element: str) -> None:
    text = f"{ISA}GS*RA*A*B*1*1*1*X*004010~ST*820*1~BPR*C*10*C~RMR*IV*I-1**10~SE*4*1~GE*1*1~IEA*1*1~"
    data = ("\ufeff" + text.replace("*", element).replace("~", end)).encode()
    reading = ingest.read(write("r.edi", data))
    assert (reading.table["doc_no"].to_list(), codes(reading)) == (["I-1"], [])


def test_other_sets_and_other_interchanges(write: Write) -> None:
    reading = read(write, "BPR*C*10*C~RMR*IV*I**10~SE*4*1~ST*850*2~BEG*00*1~")
    assert reading.table.height == 1
    assert "row-text" in codes(reading)
    for text in (f"{ISA}GS*PO*A*B~ST*850*1~SE*2*1~", "ISA*00*~ST*820*1~"):
        with pytest.raises(ReconError):
            ingest.read(write("x.edi", text))


@pytest.mark.parametrize(
    "attack",
    [
        "*" * 3_000_000,
        "RMR*IV*X**1" * 200_000,
        "~" * 3_000_000,
        "ISA*" * 200_000,
        "RMR*IV*X**1~" + "REF*PO*1~" * 200_000,
    ],
)
def test_attacks_end_soon(write: Write, attack: str) -> None:
    began = time.process_time()
    with suppress(ReconError):
        read(write, f"BPR*C*10*C~{attack}~RMR*IV*I-1**10~")
    assert time.process_time() - began < 20


@given(st.text(alphabet="ISA*~>|\n 1", max_size=80))
def test_no_text_breaks_the_parting(text: str) -> None:
    try:
        found = list(x12_segments.segments("ISA" + text))
    except x12_segments.Unreadable:
        return
    assert all(segment.position >= 1 for segment in found)


SEEDS = [(HERE / name).read_bytes() for name in ("remittances.edi", "oddities.txt")]
PIECES = [
    b"",
    b"*",
    b"~",
    b"\n",
    b"ISA*",
    b"ST*820*",
    b"SE*",
    b"RMR*",
    b"ADX*",
    b"-",
    b"\xff",
    b"\x00",
    b"9" * 19,
    b">",
]


@mutated(SEEDS, PIECES, 100, 2000)
def test_no_mutation_breaks_the_reading(write: Write, data: bytes, changes: list[Change]) -> None:
    reading = read_or_refused(write("m.edi", changed(data, changes)))
    if reading is not None:
        money_is_money(reading)


def _corpus() -> list[Path]:
    if not CORPUS:
        return []
    with (Path(CORPUS) / "INDEX.tsv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["format"].startswith("x12:")]
    return [Path(CORPUS) / row["repo"].replace("/", "+") / row["path"] for row in rows]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="RECON_CORPUS is not set")
@pytest.mark.parametrize("path", _corpus(), ids=lambda path: path.stem)
def test_a_library_finds_the_same_lines(path: Path) -> None:
    pyx12 = pytest.importorskip("pyx12.x12file")
    reading = ingest.read(path)
    try:
        found = [(segment.get_seg_id(), segment) for segment in pyx12.X12Reader(str(path))]
    except Exception:  # noqa: BLE001 - what the library can't read (two files) it says in many ways
        return
    names = Counter(name for name, _ in found)
    if not names["RMR"] + names["CLP"]:
        assert reading.table.height == sum(
            segment.get_value("RMT01") == "IV" for name, segment in found if name == "RMT"
        )
        return
    assert reading.table.height == names["RMR"] + names["CLP"]
    paid = [segment.get_value(f"{name}04") for name, segment in found if name in ("RMR", "CLP")]
    assert sum(map(Decimal, reading.table["paid_amount"]), Decimal(0)) == sum(map(Decimal, paid), Decimal(0))

"""OFX and QFX: one oddity each, as banks really write them."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import Change, changed, mutated, read_or_refused, statements_add_up

from recon import ingest
from recon.ingest import ofx, ofx_entries, ofx_text
from recon.model import Reading
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
HERE = Path(__file__).parent / "ofx"
CORPUS = os.environ.get("RECON_CORPUS", "")
HEAD = (
    "OFXHEADER:100\nDATA:OFXSGML\nENCODING:USASCII\nCHARSET:1252\n\n<OFX>\n<STMTRS>\n<CURDEF>GBP\n"
    "<BANKACCTFROM><ACCTID>123</BANKACCTFROM>\n<BANKTRANLIST><DTSTART>20260301<DTEND>20260331\n"
)
TAIL = "</BANKTRANLIST></STMTRS></OFX>\n"
PLAIN = "<TRNTYPE>CREDIT<DTPOSTED>20260303<TRNAMT>5.00<FITID>1"


def read(write: Write, entries: str, head: str = HEAD, tail: str = TAIL) -> Reading:
    return ingest.read(write("b.ofx", head + entries + tail), currency_default="GBP")


def one(write: Write, values: str) -> tuple[dict[str, object], list[str]]:
    reading = read(write, f"<STMTTRN>{values}</STMTTRN>\n")
    return reading.table.row(0, named=True), [problem.code for problem in reading.problems]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("5", "5.00"),
        ("+1.00", "1.00"),
        (" -1,50", "-1.50"),
        ("+1 006,60", "1006.60"),
        ("-2000,00", "-2000.00"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1,234,567", "1234567.00"),
        ("-0.00", "0.00"),
        (".5", "0.50"),
        ("1.2340", "1.234"),
    ],
)
def test_amounts(write: Write, written: str, amount: str) -> None:
    row, codes = one(write, f"<TRNTYPE>OTHER<DTPOSTED>20260303<TRNAMT>{written}")
    assert (row["amount"], codes) == (amount, [])


@pytest.mark.parametrize(
    ("written", "code"),
    [("12..3", "value-amount"), ("1,234", "value-amount"), ("", "value-amount"), ("NaN", "value-amount"),
     ("1e3", "value-amount"), ("0.1234567", "value-scale"), ("9999999999999.00", "value-amount")],
)  # fmt: skip
def test_amounts_that_are_none_are_problems_and_the_next_is_read(
    write: Write, written: str, code: str
) -> None:
    wrong = f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>20260303\n<TRNAMT>{written}\n</STMTTRN>\n"
    reading = read(write, f"{wrong}<STMTTRN>{PLAIN}</STMTTRN>")
    assert reading.table["amount"].to_list() == ["5.00"]
    assert [problem.code for problem in reading.problems] == [code]
    assert reading.problems[0].where.endswith("b.ofx:11")


@pytest.mark.parametrize(
    ("posted", "day", "said"),
    [
        ("20260303", date(2026, 3, 3), []),
        ("20260303235959.123[-5:EST]", date(2026, 3, 3), []),
        ("2026-03-03T10:00", date(2026, 3, 3), []),
        ("00000000", date(2026, 3, 31), ["value-date"]),
        ("030326", date(2026, 3, 31), ["value-date"]),
        ("20260230", date(2026, 3, 31), ["value-date"]),
        ("00260303", date(2026, 3, 31), ["value-date"]),
    ],
)
def test_days(write: Write, posted: str, day: date, said: list[str]) -> None:
    row, codes = one(write, f"<TRNTYPE>OTHER<DTPOSTED>{posted}<TRNAMT>1")
    assert (row["booking_date"], codes) == (day, said)


def test_a_transaction_with_all_that_it_may_have(write: Write) -> None:
    row, codes = one(
        write,
        "\n<TRNTYPE>Xfer\n<DTPOSTED>20260303\n<DTAVAIL>20260304\n<TRNAMT>5.00\n<FITID>F1\n<CHKNUM>77\n"
        "<PAYEE><NAME>A &amp; B &lt;c&gt; &#163; &amp;lt;</PAYEE>\n<MEMO>one < two\n  lines\n"
        "<CCACCTTO><ACCTID>99</CCACCTTO>",
    )
    assert codes == []
    assert (row["type"], row["value_date"], row["reference"]) == ("XFER", date(2026, 3, 4), "77")
    assert (row["counterparty"], row["counterparty_account"]) == ("A & B <c> £ &lt;", "99")
    assert (row["narrative"], row["extra:bank_reference"]) == ("one < two lines", "F1")
    assert (row["account"], row["currency"], row["position"]) == ("123", "GBP", 11)


def test_every_tag_there_is(write: Write) -> None:
    values = "<DTUSER>20260301<DTAVAIL>20260304<CHECKNUM>7<REFNUM>R<NAME>A<EXTDNAME>A LONG NAME<MEMO>M"
    values += "<BANKACCTTO><ACCTID>9</BANKACCTTO><CURRENCY><CURSYM>USD</CURRENCY>"
    reading = read(
        write, f"<STMTTRN>{PLAIN}{values}</STMTTRN><STMTTRN>{PLAIN}<CORRECTACTION>DELETE</STMTTRN>"
    )
    row = reading.table.row(0, named=True)
    assert (row["counterparty"], row["reference"], row["narrative"]) == ("A LONG NAME", "R", "M 7")
    assert (row["currency"], row["counterparty_account"]) == ("USD", "9")


def test_tags_without_ends_lower_case_and_namespaces(write: Write) -> None:
    whole = f"{HEAD}<STMTTRN>{PLAIN}<NAME>A</STMTTRN><STMTTRN>{PLAIN}2<NAME>B</STMTTRN>{TAIL}"
    texts = [
        f"{HEAD}<STMTTRN>{PLAIN}<NAME>A\n<STMTTRN>{PLAIN}2<NAME>B\n{TAIL}",
        whole.lower(),
        whole.replace("<", "<o:").replace("<o:/", "</o:"),
        f"{HEAD}<STMTTRN >{PLAIN}<NAME>A</STMTTRN ><Stmttrn>{PLAIN}2<NAME>B</Stmttrn>{TAIL}",
    ]
    for text in texts:
        reading = ingest.read(write("b.ofx", text))
        assert [name.upper() for name in reading.table["counterparty"]] == ["A", "B"]
        assert reading.problems == ()
        assert len(reading.statements) == 1


def test_statements_accounts_and_balances(write: Write) -> None:
    second = (
        "</BANKTRANLIST><LEDGERBAL><BALAMT>-7.50<DTASOF>20260331</LEDGERBAL><AVAILBAL><BALAMT>1</AVAILBAL></STMTRS>"
        f"<CCSTMTRS><CURDEF>EUR<CCACCTFROM><ACCTID>C9</CCACCTFROM><BANKTRANLIST><STMTTRN>{PLAIN}</STMTTRN>"
    )
    reading = read(write, f"<STMTTRN>{PLAIN}</STMTTRN>{second}")
    assert [
        (part.account, part.currency, part.closing, part.total, part.foots) for part in reading.statements
    ] == [
        ("123", "GBP", "-7.50", "5.00", None),
        ("C9", "EUR", "", "5.00", None),
    ]
    assert reading.table["line_id"].n_unique() == 2


@pytest.mark.parametrize("together", [1, 90, 400])
def test_blocks_of_any_size_give_the_same(
    write: Write, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    """Two statements, one of SGML without end tags, text between transactions, the day of one behind them all."""
    other = HEAD.partition("<OFX>")[2].replace("123", "456").replace("GBP", "EUR")
    bare = "".join(f"<STMTTRN>\n<TRNTYPE>CREDIT\n<TRNAMT>{n}.00\n<FITID>B{n}\n" for n in range(1, 6))
    behind = "</BANKTRANLIST><LEDGERBAL><BALAMT>9.00<DTASOF>20260315</LEDGERBAL></STMTRS>\n"
    entries = "".join(f"<STMTTRN>{PLAIN}{n}</STMTTRN>\n<X>\n" for n in range(5))
    path = write("b.ofx", f"{HEAD}{entries}{behind}{other}{bare}{behind}</OFX>\n")
    whole = ingest.read(path, currency_default="GBP")
    monkeypatch.setattr(ofx, "_TOGETHER", together)
    parts = ingest.read(path, currency_default="GBP")
    assert whole.table.height == 10
    assert whole.table["account"].to_list() == ["123"] * 5 + ["456"] * 5
    assert whole.table["booking_date"].to_list()[5:] == [date(2026, 3, 15)] * 5
    assert parts.table.equals(whole.table)
    assert (parts.statements, parts.problems) == (whole.statements, whole.problems)


def test_a_number_of_the_bank_is_the_identity_if_it_is_one(write: Write) -> None:
    same = f"<STMTTRN>{PLAIN}<NAME>A</STMTTRN>"
    twice = read(write, same + same)
    assert (
        twice.table["line_id"].n_unique() == 1
    )  # one thing that came twice: the engine calls the second duplicate
    bare = same.replace("<FITID>1", "<FITID>")
    assert read(write, bare + bare).table["line_id"].n_unique() == 2
    # A number on different transactions is none: equal ones are two again, and it is said.
    other = f"<STMTTRN>{PLAIN}<NAME>B</STMTTRN>"
    mixed = read(write, same + same + other)
    assert mixed.table["line_id"].n_unique() == 3
    assert [problem.code for problem in mixed.problems] == ["id-twice"]
    # The same file again, longer: the ids stay.
    assert set(twice.table["line_id"]) <= set(
        read(write, same + other.replace("ID>1", "ID>2")).table["line_id"]
    )


def test_a_statement_twice_counts_once(write: Write) -> None:
    again = "</BANKTRANLIST></STMTRS>" + HEAD[HEAD.index("<STMTRS>") :]
    bare = f"<STMTTRN>{PLAIN[:-8]}<NAME>A</STMTTRN>"
    reading = read(write, bare + again + bare)
    assert reading.table["line_id"].n_unique() == 1
    assert [problem.code for problem in reading.problems] == ["statement-twice"]


def test_corrections_pending_investments_and_transfers_are_said(write: Write) -> None:
    body = (
        f"<STMTTRN>{PLAIN}<CORRECTACTION>DELETE</STMTTRN><STMTTRNP><TRNAMT>1</STMTTRNP>"
        "<INVTRAN><FITID>1</INVTRAN><XFERINFO></XFERINFO>"
    )
    reading = read(write, body)
    assert reading.table.height == 0
    assert sorted(problem.code for problem in reading.problems) == [
        "entry-unbooked",
        "entry-unread",
        "row-text",
        "row-text",
    ]


def test_a_file_without_a_statement_says_so(write: Write) -> None:
    with pytest.raises(ReconError, match="no statement in it"):
        ingest.read(write("b.ofx", "OFXHEADER:100\n\n<OFX><SIGNONMSGSRSV1></SIGNONMSGSRSV1></OFX>\n"))


def test_money_out_with_a_plus_is_said(write: Write) -> None:
    row, codes = one(write, "<TRNTYPE>debit<DTPOSTED>20260303<TRNAMT>5")
    assert (row["amount"], codes) == ("5.00", ["value-sign"])


@pytest.mark.parametrize("end", ["CRE", "CREDIT<DTPOSTED>20260303<TRNAMT>5521", PLAIN])
def test_a_cut_file_is_said_and_its_last_entry_left_out(write: Write, end: str) -> None:
    """`5521` may be all that is left of 5,521.80."""
    reading = read(write, f"<STMTTRN>{PLAIN}</STMTTRN>\n<STMTTRN><TRNTYPE>{end}", tail="")
    assert reading.table["amount"].to_list() == ["5.00"]
    said = [(problem.code, problem.where.rpartition(":")[2]) for problem in reading.problems]
    assert said[1:] == [("statement-foots-not", "7"), ("entry-unread", "12")]
    assert reading.problems[0].code == "file-cut"
    assert [one.foots for one in reading.statements] == [False]


@pytest.mark.parametrize(
    ("end", "foots"),
    [
        ("", [None, False]),
        ("</BANKTRANLIST>", [None, False]),
        ("</BANKTRANLIST><LEDGERBAL><BALAMT>55", [None, False]),
        ("</BANKTRANLIST></CCSTMTRS></OFX", [None, None]),
        ("</BANKTRANLIST></CCSTMTRS></OFX>", [None, None]),
    ],
)
def test_only_the_statement_in_which_the_file_ends_is_broken(
    write: Write, end: str, foots: list[bool | None]
) -> None:
    one = f"<STMTTRN>{PLAIN}</STMTTRN>"
    second = f"</BANKTRANLIST></STMTRS><CCSTMTRS><BANKTRANLIST>{one}{end}"
    assert [statement.foots for statement in read(write, one + second, tail="").statements] == foots


@pytest.mark.parametrize(
    ("head", "codec", "read_as"),
    [
        ("CHARSET:1252", "cp1252", "caf\u00e9 \u2019"),
        ("CHARSET:8859-2", "iso8859-2", "caf\u00e9 \u0159"),
        ("CHARSET:NONE\nENCODING:USASCII", "cp1252", "caf\u00e9"),
        ("ENCODING:UNICODE", "utf-16", "caf\u00e9 \u0159"),
        ("ENCODING:UNICODE", "utf-16-le", "caf\u00e9 \u0159"),
        ("ENCODING:UNICODE", "utf-16-be", "caf\u00e9 \u0159"),
        ('<?xml version="1.0" encoding="utf-16"?>', "ascii", "cafe"),
        ('<?xml version="1.0" encoding="iso-8859-2"?>', "iso8859-2", "\u0159"),
        ("CHARSET:zlib_codec", "cp1252", "caf\u00e9"),
    ],
)
def test_encodings(write: Write, head: str, codec: str, read_as: str) -> None:
    text = (
        f"OFXHEADER:100\n{head}\n{HEAD[HEAD.index('<OFX>') :]}<STMTTRN>{PLAIN}<NAME>{read_as}</STMTTRN>{TAIL}"
    )
    reading = ingest.read(write("b.ofx", text.encode(codec)))
    assert reading.table["counterparty"].to_list() == [read_as]


@pytest.mark.parametrize(
    "declared", ["<!DOCTYPE x>", '<!doctype OFX [<!ENTITY a "b">]>', "<!ENTITY a SYSTEM 'x'>"]
)
def test_a_document_type_is_refused(write: Write, declared: str) -> None:
    with pytest.raises(ReconError) as refused:
        ingest.read(write("b.ofx", f'<?xml version="1.0"?>{declared}{HEAD[HEAD.index("<OFX>") :]}{TAIL}'))
    assert [problem.code for problem in refused.value.problems] == ["xml-unsafe"]


def test_cdata_and_comments_are_text(write: Write) -> None:
    row, codes = one(
        write, f"{PLAIN}<NAME><![CDATA[</STMTTRN><STMTTRN> & <!DOCTYPE x>]]></NAME><!-- <MEMO>x -->"
    )
    assert (row["counterparty"], row["narrative"]) == ("</STMTTRN><STMTTRN> & <!DOCTYPE x>", "")
    assert codes == []


@pytest.mark.parametrize(
    "attack", ["<!--" * 200_000, "<![CDATA[" * 100_000, "&#" * 400_000, "<" * 800_000, "<STMTTRN>" * 60_000]
)
def test_attacks_end_soon(write: Write, attack: str) -> None:
    began = time.monotonic()
    read(write, f"<STMTTRN>{PLAIN}<NAME>{attack}</STMTTRN>")
    assert time.monotonic() - began < 20


@given(st.text(alphabet="&#x0123456789amplt;D8F", max_size=40))
def test_entities_give_text_that_can_be_written(text: str) -> None:
    ofx_text.plain(text).encode()


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=2))
def test_amounts_round_trip(amount: Decimal) -> None:
    texts = pl.Series([f"{amount:f}", f"{amount:f}".replace(".", ",")])
    assert [Decimal(text or "NaN") for text in ofx_entries.amount(texts)] == [amount, amount]


SEEDS = [(HERE / name).read_bytes() for name in ("statement.ofx", "oddities.qfx")]
PIECES = [b"", b"<", b">", b"</", b"<STMTTRN>", b"</STMTTRN>", b"<STMTRS>", b"<TRNAMT>", b"&", b"&#1114112;", b"\xff",
          b"\x00", b"9" * 19, b"-", b"\n", b"<![CDATA[", b"<!--", b","]  # fmt: skip


@mutated(SEEDS, PIECES, 0, 3000)
def test_no_mutation_breaks_the_reading(write: Write, data: bytes, changes: list[Change]) -> None:
    reading = read_or_refused(write("m.ofx", changed(data, changes)))
    if reading is not None:
        statements_add_up(reading)


def _corpus() -> list[tuple[Path, int]]:
    if not CORPUS:
        return []
    with (Path(CORPUS) / "INDEX.tsv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["format"] == "ofx"]
    return [
        (Path(CORPUS) / row["repo"].replace("/", "+") / row["path"], int(row["entries"] or 0)) for row in rows
    ]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="RECON_CORPUS is not set")
@pytest.mark.parametrize(("path", "entries"), _corpus())
def test_the_corpus_is_whole(path: Path, entries: int) -> None:
    reading = ingest.read(path, currency_default="USD")
    assert reading.format == "ofx"
    assert reading.table.height == entries
    if not entries:  # transfers are no lines; that is said
        assert [problem.code for problem in reading.problems] == ["row-text"]

"""Delimited text: encodings, quotes, hostile cells, and the two ways in that must agree."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon import ingest
from recon.ingest import delimited, delimited_fast, grid
from recon.ingest.grid import CELL_MAX
from recon.problems import LOST, ReconError
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
HEAD = "booking_date,amount,narrative\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ((HEAD + "2026-03-03,1.00,Café\n").encode("utf-8-sig"), "Café"),
        ((HEAD + "2026-03-03,1.00,Café\n").encode("utf-16"), "Café"),
        ((HEAD + "2026-03-03,1.00,Café\n").encode("cp1252"), "Café"),
        ((HEAD.replace(",", ";") + "2026-03-03;1.00;a,b\n").encode(), "a,b"),
        ((HEAD.replace(",", "\t") + "2026-03-03\t1.00\ta,b\n").encode(), "a,b"),
        ((HEAD.replace("\n", "\r\n") + "2026-03-03,1.00,x\r\n").encode(), "x"),
        ((HEAD.replace("\n", "\r") + "2026-03-03,1.00,x\r").encode(), "x"),
        ((HEAD + '2026-03-03,1.00,"two\nlines, ""quoted"""\n').encode(), 'two lines, "quoted"'),
        ((HEAD + "2026-03-03,1.00,a\u00a0b\u200bc\n").encode(), "a bc"),
        (("Our bank\n\n" + HEAD.upper().replace("_", "_ ") + "2026-03-03,1.00,x\n").encode(), "x"),
    ],
)
def test_ways_of_writing_the_same(write: Write, content: bytes, name: str) -> None:
    reading = ingest.read(write("b.csv", content))
    assert reading.table["narrative"].to_list() == [name]
    assert reading.table["amount"].to_list() == ["1.00"]


def test_characters_in_no_encoding_are_said(write: Write) -> None:
    reading = ingest.read(write("b.csv", HEAD.encode() + b"2026-03-03,1.00,caf\xe9\x81\n"))
    assert [problem.code for problem in reading.problems] == ["encoding"]


@pytest.mark.parametrize(
    "text", ["=HYPERLINK(0)", "+44 20 7946", "@SUM(A1)", "-1+1", "{=1}", "<!ENTITY x>", "(a+)+$"]
)
def test_text_is_text(write: Write, text: str) -> None:
    assert ingest.read(write("b.csv", f"{HEAD}2026-03-03,1.00,{text}\n")).table["narrative"].to_list() == [
        text
    ]


def test_a_large_cell_is_cut_and_said(write: Write) -> None:
    reading = ingest.read(write("b.csv", f"{HEAD}2026-03-03,1.00,{'x' * 10_000_000}\n2026-03-03,2.00,y\n"))
    assert reading.table["narrative"].str.len_chars().to_list() == [CELL_MAX, 1]
    assert [problem.code for problem in reading.problems] == ["value-long"]


def test_nul_bytes_are_refused(write: Write) -> None:
    late = HEAD.encode() + b"2026-03-03,1.00,x\n" * 10_000 + b"2026-03-03,1.00,\x00\n"
    with pytest.raises(ReconError) as caught:
        ingest.read(write("b.csv", late))
    assert caught.value.problems[0].code == "file-unreadable"


def test_an_open_quote_swallows_no_rows(write: Write) -> None:
    rows = '2026-03-03,1.00,"open\n' + "2026-03-03,2.00,x\n" * 5
    reading = ingest.read(write("b.csv", HEAD + rows))
    assert reading.table.height == 6
    assert [problem.code for problem in reading.problems] == ["row-short"]


def test_second_columns_of_a_name_are_kept_and_said(write: Write) -> None:
    reading = ingest.read(write("b.csv", "booking_date,amount,narrative,amount\n2026-03-03,1.00,x,7\n"))
    assert reading.table["amount"].to_list() == ["1.00"]
    assert reading.table["extra:amount (2)"].to_list() == ["7"]
    assert [problem.code for problem in reading.problems] == ["column-twice"]


def test_repeated_headings_and_totals_are_left_out_and_said(write: Write) -> None:
    text = HEAD + "2026-03-03,1.00,x\n" + HEAD + "2026-03-04,2.00,y\n,,Total of all\n"
    reading = ingest.read(write("b.csv", text))
    assert reading.table.height == 2
    assert [(problem.code, problem.where[-1]) for problem in reading.problems] == [
        ("row-text", "3"),
        ("row-text", "5"),
    ]


def test_what_recon_wrote_is_read_back(write: Write) -> None:
    text = "line_id,booking_date,amount,narrative,extra:branch\nB1,2026-03-03,1.00,x,north\n"
    table = ingest.read(write("b.csv", text)).table
    assert table["extra:branch"].to_list() == ["north"]
    assert table["line_id"].to_list() == ["B1"]


def test_problems_do_not_flood(write: Write) -> None:
    reading = ingest.read(write("b.csv", HEAD + "2026-03-03,x,x\n" * 3_000))
    assert len(reading.problems) == 1_001
    assert "2,000 more" in reading.problems[-1].what


def test_problems_never_show_text_of_the_file(write: Write) -> None:
    name = "MRSSECRET"
    rows = [
        f"{name},1.00,x",
        f"2026-03-03,{name},x",
        f"2026-03-03,,{name}",
        f"2026-03-03,1.00,{name},{name}",
        f"{name},,",
    ]
    reading = ingest.read(write("b.csv", HEAD + "\n".join(rows) + "\n"))
    assert len(reading.problems) == 5
    assert not any(name in str(problem) for problem in reading.problems)


def _fast(text: str) -> pl.DataFrame | None:
    """What the fast way makes of text behind its first line."""
    found = delimited_fast.fast(text.encode(), ",", 1)
    return None if found is None else found[0]


cells = st.text(
    st.one_of(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), st.sampled_from('",')), max_size=8
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8))
def test_the_fast_way_reads_what_the_careful_way_reads(rows: list[tuple[str, str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["a", "b", "c"])
    writer.writerows(("x" + first, *rest) for first, *rest in rows)
    fast = _fast(text.getvalue())
    assert fast is not None
    slow = list(delimited._careful(text.getvalue(), ",", lambda _line: None))[1:]
    assert [tuple(cell or "" for cell in row) for row in fast.select("c0", "c1", "c2").iter_rows()] == [
        tuple(row) for _, row in slow
    ]
    assert fast["position"].to_list() == [line for line, _ in slow]


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('a",\n '), max_size=24))
def test_the_fast_way_leaves_what_it_is_not_sure_of(body: str) -> None:
    """Any text of quotes, commas and line breaks: the fast way reads it as the csv module does, or not at all."""
    fast = _fast("h,i\n" + body)
    slow = list(delimited._careful("h,i\n" + body, ",", lambda _line: None))[1:]
    if fast is not None:
        rows = [(line, cells) for line, _count, *cells in fast.iter_rows()]
        assert _filled(rows) == _filled(slow)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.sampled_from('a1 \t"\u00a0\x1f'), max_size=3), min_size=2, max_size=2), max_size=4
    )
)
def test_the_fast_way_cleans_as_the_careful_one_does(rows: list[list[str]]) -> None:
    for mark in (",", "\t"):
        body = "\n".join(mark.join(cells) for cells in rows)
        made = delimited_fast.rows(f"h{mark}i\n{body}".encode(), mark, 1)
        if made is not None:
            careful = [
                row for row in delimited._careful(f"h{mark}i\n{body}", mark, lambda _line: None) if row[0] > 1
            ]
            assert made.equals(grid.cleaned(grid.frame(careful)))


def _filled(rows: Iterable[tuple[int, Sequence[str | None]]]) -> list[tuple[int, list[str]]]:
    """Rows that hold something, as they are cleaned afterwards."""
    plain = [(line, [(cell or "").strip() for cell in cells]) for line, cells in rows]
    return [(line, cells) for line, cells in plain if any(cells)]


@pytest.mark.parametrize(
    "body",
    [
        "a,b,c\na\n",
        "a,b\n\nc,d\n",
        "",
        'a,"b\nc"\n',
        'a,b"c"d\n',
        'a, "b"\n',
        '"a,b\nc",d\n',
        'a,"\n',
    ],
)
def test_the_fast_way_leaves_the_rest(body: str) -> None:
    assert _fast("h,i\n" + body) is None


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        ('a,"b"\n', ("a", "b")),
        ('"a,c",b', ("a,c", "b")),
        ('"say ""a""",""\n', ('say "a"', "")),
        ('"""",""""""\n', ('"', '""')),
    ],
)
def test_the_fast_way_takes_quotes_that_are_as_they_should_be(body: str, cells: tuple[str, str]) -> None:
    fast = _fast("h,i\n" + body)
    assert fast is not None
    assert fast.select(pl.col("c0", "c1").fill_null("")).row(0) == cells


def test_a_profile_names_an_encoding(write: Write, profiles: list[Profile]) -> None:
    named = next(profile for profile in profiles if profile.name == "starling").model_copy(
        update={"encoding": "cp852"}
    )
    text = (
        "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP)\n15/03/2026,M\u00fcller,x,y,1.00,1.00\n"
    )
    reading = ingest.read(write("b.csv", text.encode("cp852")), [named])
    assert reading.table["counterparty"].to_list() == ["M\u00fcller"]


@pytest.mark.parametrize("head", ["x^,i", "x\x01,i", "title\n\nh,i"])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_the_fast_way_reads_behind_any_heading_and_before_any_end(head: str, end: str) -> None:
    found = delimited_fast.fast(f"{head}\nx^,1\n,2\n3,4{end}".encode(), ",", head.count("\n") + 1)
    assert found is not None
    assert found[0].select("c0", "c1").rows() == [("x^", "1"), ("", "2"), ("3", "4")]
    assert found[0]["position"][0] == head.count("\n") + 2


_WHOSE = "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description"
EXPORT = f"{_WHOSE},Debit Amount,Credit Amount"


def _export(write: Write, profiles: list[Profile], *rows: str) -> pl.DataFrame:
    """What is read of a bank's export with these rows."""
    path = write("lloyds.csv", "\n".join([EXPORT, *rows, ""]))
    return ingest.read(path, profiles).table.select("account", "type", "amount", "narrative")


def test_what_every_row_of_an_export_says_is_read_as_where_they_differ(
    write: Write, profiles: list[Profile]
) -> None:
    one, other = "05/01/2026,DD,'30-91-74,12345678,A  B,5.00,", "06/01/2026,BGC,'30-91-74,12345678,C,,0.50"
    lone = "07/01/2026,BGC,,87654321,Total of D,,1.00"
    even, mixed = _export(write, profiles, one, other), _export(write, profiles, one, other, lone)
    assert mixed.head(2).equals(even)
    assert even.rows() == [
        ("30-91-74 12345678", "DD", "-5.00", "A B"),
        ("30-91-74 12345678", "BGC", "0.50", "C"),
    ]
    assert mixed.row(2) == ("87654321", "BGC", "1.00", "Total of D")


def test_a_nought_on_the_other_side_is_no_money(write: Write, profiles: list[Profile]) -> None:
    rows = ("05/01/2026,DD,1,2,A,5.00,0.00", "06/01/2026,DD,1,2,B,0.00,7.00", "06/01/2026,DD,1,2,C,3.00,7.00")
    assert _export(write, profiles, *rows)["amount"].to_list() == ["-5.00", "7.00"]


def test_a_total_below_days_is_left_out(write: Write, profiles: list[Profile]) -> None:
    rows = ("05/01/2026,DD,1,2,A,5.00,", "Total,,,,,5.00,")
    assert _export(write, profiles, *rows).height == 1


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ("End of report\n", "row-text"),
        ("Printed on 06/01/2026 page 1 of 1", "row-text"),  # no line break ends it
        ("Confidential\n", "row-text"),
        ("Confidential", "file-cut"),  # it may be the beginning of anything
        ("06 Jan", "file-cut"),
        ("06 Ja,,,,,,\n", "value-date"),
        ("Closing balance 06/01/2026,,,,,5.00,\n", "value-date"),  # it has an amount
        ("soon,DD,1,2,A,5.00,\n", "value-date"),
    ],
)
def test_a_footer_is_no_row_and_what_may_be_one_is_told_as_lost(
    write: Write, profiles: list[Profile], last: str, code: str
) -> None:
    rows = "05/01/2026,DD,'30-91-74,12345678,A,5.00,\n06/01/2026,DD,'30-91-74,12345678,B,7.00,\n"
    reading = ingest.read(write("lloyds.csv", f"{EXPORT}\n{rows}{last}"), profiles)
    assert reading.table["amount"].to_list() == ["-5.00", "-7.00"]
    assert code in [problem.code for problem in reading.problems]
    assert (code in LOST) == any(problem.code in LOST for problem in reading.problems)


def test_an_amount_is_in_the_currency_that_stands_beside_it(write: Write) -> None:
    rows = (
        "L1,2026-03-30,EUR 17.00,,A",
        "L2,2026-03-30,17.00 EUR,EUR,B",
        "L3,2026-03-30,€17.00,GBP,C",
        "L4,2026-03-30,£17.00,GBP,D",
        "L5,2026-03-30,$17.00,CAD,E",
        "L6,2026-03-30,$17.00,,F",
        "L7,2026-03-30,17.00,GBP,G",
    )
    heading = "line_id,booking_date,amount,currency,narrative"
    reading = ingest.read(write("bank.csv", "\n".join([heading, *rows, ""])))
    assert reading.table.select("line_id", "amount", "currency").rows() == [
        ("L1", "17.00", "EUR"),
        ("L2", "17.00", "EUR"),
        ("L4", "17.00", "GBP"),
        ("L5", "17.00", "CAD"),
        ("L6", "17.00", ""),  # of which dollars, the rules say
        ("L7", "17.00", "GBP"),
    ]
    [problem] = reading.problems
    assert (problem.code, problem.where.rpartition(":")[2]) == ("value-amount", "4")


def test_a_bank_of_pounds_books_no_euro_as_pounds(write: Write, profiles: list[Profile]) -> None:
    rows = ("05/01/2026,DD,1,2,A,5.00,", "05/01/2026,BGC,1,2,B,,EUR 17.00")
    assert _export(write, profiles, *rows)["amount"].to_list() == ["-5.00"]

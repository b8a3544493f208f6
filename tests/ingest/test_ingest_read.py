"""The door: which file is whose, and what is said of those that are nobody's."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from recon import ingest
from recon.model import Kind
from recon.problems import Problem, ReconError
from recon.rules import parse_profile
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
BANK = "booking_date,amount,narrative\n2026-03-03,1.00,x\n"


def refused(path: Path, profiles: list[Profile] | None = None, **named: object) -> Problem:
    with pytest.raises(ReconError) as caught:
        ingest.read(path, profiles or [], **named)  # type: ignore[arg-type]
    assert path.name in str(caught.value) or named.get("profile")
    return caught.value.problems[0]


def profile(name: str, header: str, kind: str = "bank") -> Profile:
    amount = "amount: {signed: Amount}\n" if kind == "bank" else ""
    return parse_profile(
        f"name: {name}\ntitle: t\nkind: {kind}\nheader: [{header}]\ncolumns: {{currency: Ccy}}\n{amount}",
        "t.yaml",
    )


def zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("bank/a.csv", BANK)
        archive.writestr("a.PDF", "x")
    return made.getvalue()


def test_a_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.csv").code == "file-missing"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "file-unreadable"


@pytest.mark.parametrize("content", [b"", b"  \r\n\r\n", b"\xef\xbb\xbf", b"\x00\x00"])
def test_an_empty_file(write: Write, content: bytes) -> None:
    assert refused(write("e.csv", content)).code == "file-empty"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04nothing", "zip"),
        (zipped(), "a zip archive of 2 files (.csv, .pdf)"),
        (b"\x1f\x8bx", "gzip"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
        (b"\x01\x02\x00\x03binary", "binary"),
        (b"OFXHEADER:100\nDATA:OFXSGML\n", "OFX"),
        (b"<html><table></table></html>", "HTML"),
        (b"a text\nof two lines\n", "without columns"),
        (b"one;two;three\n1;2;3\n", "semicolons"),
    ],
)
def test_a_file_that_nobody_knows_says_what_it_looks_like(write: Write, content: bytes, words: str) -> None:
    problem = refused(write("bank.csv", content))
    assert problem.code == "file-unknown"
    assert words in problem.what
    assert problem.hint
    assert ("recon profile" in problem.hint) == (words == "semicolons")  # which needs columns


def test_content_decides_and_not_the_extension(write: Write) -> None:
    assert ingest.read(write("camt.xml", BANK)).format == "csv"


def test_a_misspelt_column_is_named_with_the_one_that_is_like_it(write: Write) -> None:
    problem = refused(
        write("b.csv", BANK.replace("amount", "amout").replace("narrative", "narrative,currency"))
    )
    assert problem.code == "column-missing"
    assert "`amount`" in problem.what
    assert "did you mean `amount` by `amout`?" in problem.hint


def test_the_place_tells_what_a_poor_heading_should_be(write: Write) -> None:
    problem = refused(write("b.csv", "booking_date,betrag\n2026-03-03,1\n"), kind=Kind.BANK)
    assert problem.code == "column-missing"


def test_two_profiles_that_fit_are_a_tie_that_a_name_settles(write: Write) -> None:
    both = [profile("one", "Date, Amount"), profile("two", "Amount, Text")]
    path = write("b.csv", "Date,Amount,Text\n03/03/2026,1.00,x\n")
    problem = refused(path, both)
    assert problem.code == "file-ambiguous"
    assert "one, two" in problem.what
    named = profile("one", "Date, Amount").model_copy(update={"columns": {"booking_date": "Date"}})
    assert ingest.read(path, [named, both[1]], profile="one").profile == "one"


def test_the_profile_that_says_more_wins(write: Write) -> None:
    less, more = profile("less", "Date, Amount"), profile("more", "Date, Amount, Text")
    more = more.model_copy(update={"columns": {"booking_date": "Date"}})
    assert (
        ingest.read(write("b.csv", "Date,Amount,Text\n03/03/2026,1.00,x\n"), [less, more]).profile == "more"
    )


def test_a_column_that_must_not_be_there_tells_two_layouts_apart(write: Write) -> None:
    old = profile("old", "Date, Amount").model_copy(
        update={"header_absent": ("Text",), "columns": {"booking_date": "Date"}}
    )
    new = profile("new", "Date, Amount").model_copy(update={"columns": {"booking_date": "Date"}})
    assert ingest.read(write("a.csv", "Date,Amount,Text\n03/03/2026,1.00,x\n"), [old, new]).profile == "new"


def test_a_profile_that_does_not_exist_is_answered_with_the_near_ones(
    write: Write, profiles: list[Profile]
) -> None:
    problem = refused(write("b.csv", BANK), profiles, profile="loyds")
    assert problem.code == "profile-unknown"
    assert "lloyds" in problem.hint


def test_a_profile_that_was_named_and_does_not_fit_says_what_it_needs(
    write: Write, profiles: list[Profile]
) -> None:
    problem = refused(write("b.csv", BANK), profiles, profile="lloyds")
    assert problem.code == "column-missing"
    assert "Transaction Date" in problem.hint


def test_a_file_in_the_wrong_place(write: Write) -> None:
    problem = refused(write("b.csv", BANK), kind=Kind.ITEMS)
    assert problem.code == "file-kind"
    assert "bank" in problem.what


def test_aliases_and_closed_items_come_with_customers(write: Write) -> None:
    path = write("aliases.csv", "alias,customer_id\nACME,C1\n")
    assert ingest.read(path, kind=Kind.CUSTOMERS).kind is Kind.ALIASES
    path = write("closed_items.csv", "item_id,customer_id,open_amount\nI1,C1,0.00\n")
    assert ingest.read(path, kind=Kind.CUSTOMERS).kind is Kind.CLOSED
    assert refused(path, kind=Kind.ITEMS).code == "file-kind"


def test_a_default_currency_fills_what_is_empty(write: Write) -> None:
    path = write("b.csv", "booking_date,amount,narrative,currency\n2026-03-03,1,x,\n2026-03-03,1,y,eur\n")
    assert ingest.read(path, currency_default="GBP").table["currency"].to_list() == ["GBP", "EUR"]


def test_a_heading_without_rows_is_said(write: Write) -> None:
    reading = ingest.read(write("b.csv", BANK.splitlines()[0] + "\n"))
    assert reading.table.height == 0
    assert [problem.code for problem in reading.problems] == ["file-empty"]


def test_expand(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden", "~$a.xlsx"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "inner").mkdir()
    assert [path.name for path in ingest.expand([str(tmp_path)])] == ["a.csv", "b.csv"]
    assert [path.name for path in ingest.expand([str(tmp_path / "*.csv"), str(tmp_path / "a.csv")])] == [
        "a.csv",
        "b.csv",
    ]
    with pytest.raises(ReconError) as caught:
        ingest.expand([str(tmp_path / "no.csv"), str(tmp_path / "*.xml")])
    assert [problem.code for problem in caught.value.problems] == ["file-missing", "file-missing"]


def test_profiles_of_a_folder_with_all_their_problems_at_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\nnonsense: 1\n", encoding="utf-8")
    with pytest.raises(ReconError) as caught:
        ingest.load_profiles(tmp_path)
    assert {Path(problem.where.rpartition(":")[0]).name for problem in caught.value.problems} == {
        "one.yaml",
        "two.yaml",
    }

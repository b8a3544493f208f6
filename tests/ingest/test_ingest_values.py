"""Amounts, dates and the control chain: what is read, and what is refused rather than guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon.ingest import amounts, dates
from recon.ingest.chain import Chain


def plain(text: str, decimal: str = ".", *, strict: bool = False) -> str | None:
    value: str | None = amounts.plain(pl.Series([text]), decimal, strict=strict).item()
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4200.00", "4200.00"),
        ("4,200.00", "4200.00"),
        ("1,20,000.00", "120000.00"),
        ("12,34,567", "1234567"),
        ("1,234,567.89", "1234567.89"),
        ("4,200.00-", "-4200.00"),
        ("(4,200.00)", "-4200.00"),
        ("4200.00 Dr", "-4200.00"),
        ("4200.00 CR.", "4200.00"),
        ("4200.00DR", "-4200.00"),
        ("Rs.100", "100"),
        ("Rs. 1,00,000.50", "100000.50"),
        ("£ 35.50", "35.50"),
        ("-£35.50", "-35.50"),
        ("35.50 GBP", "35.50"),
        ("1'234.50", "1234.50"),
        ("\N{MINUS SIGN}5.00", "-5.00"),
        ("+5", "5"),
        (".54", "0.54"),
        ("-.54", "-0.54"),
        ("5.", "5"),
        ("000000000001147.95", "1147.95"),
        ("-0.00", "0.00"),
        ("", ""),
        ("abc", None),
        ("1,5", None),
        ("1,23,4", None),
        ("1.2.3", None),
        ("--5", None),
        ("(-5)", None),
        ("-5 Dr", None),
        ("1e5", None),
        ("NaN", None),
        ("1234567890123", None),
        ("=1+1", None),
        ("5 6x", None),
    ],
)
def test_amounts(text: str, expected: str | None) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("1.234,56", "1234.56"), ("1234,5", "1234.5"), ("1.234", "1234"), ("1,2,3", None)]
)
def test_amounts_with_a_decimal_comma(text: str, expected: str | None) -> None:
    assert plain(text, ",") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234.50", "1234.50"),
        ("1,234", None),
        ("1.234", "1.234"),
        ("x", None),
        ("100,000", None),
        ("1,00,000", "100000"),
        ("-1,234,567", "-1234567"),
        ("12,34,567", "1234567"),
        ("1,23,4567", None),
        ("1,234,56", None),
        ("1,2,345", None),
    ],
)
def test_in_the_standard_file_a_comma_alone_is_not_guessed(text: str, expected: str | None) -> None:
    assert plain(text, strict=True) == expected


WAYS = (
    ("{sign}{size}", "{sign}{size:,}", "{size:,}{sign}", "{sign}£{size:,}", "{sign} {size:,} GBP"),
    ("({size:,})", "({size})", "{size} Dr", "{size:,}DR", "Rs.{size:,} Dr."),
)


@settings(max_examples=25)
@given(st.lists(st.decimals(min_value=-(10**11), max_value=10**11, places=2), min_size=1, max_size=20))
def test_amounts_written_in_any_way_are_read_back(values: list[Decimal]) -> None:
    written, expected = [], []
    for amount in values:
        ways = WAYS[0] + (WAYS[1] if amount < 0 else ())
        written += [way.format(sign="-" if amount < 0 else "", size=abs(amount)) for way in ways]
        expected += [amount] * len(ways)
    found = amounts.plain(pl.Series(written)).to_list()
    assert None not in found
    assert [Decimal(text) for text in found] == expected


@pytest.mark.parametrize(
    ("cells", "formats", "expected"),
    [
        (["03/04/2026", "13/04/2026"], ["%d/%m/%Y"], [date(2026, 4, 3), date(2026, 4, 13)]),
        (["03/04/26"], ["%d/%m/%Y"], [None]),
        (["03/04/26"], ["%d/%m/%y", "%d/%m/%Y"], [date(2026, 4, 3)]),
        (["1 Aug 2022", "21 APR 2024"], ["%d %b %Y"], [date(2022, 8, 1), date(2024, 4, 21)]),
        (["2026-03-03 00:00:00", "2026-03-03T10:00:00Z"], ["%d/%m/%Y"], [date(2026, 3, 3)] * 2),
        (["46084", "46084.5"], ["serial"], [date(2026, 3, 3)] * 2),
        (["46084"], ["%d/%m/%Y"], [None]),
        (["31/02/2026", ""], ["%d/%m/%Y"], [None, None]),
    ],
)
def test_dates(cells: list[str], formats: list[str], expected: list[date | None]) -> None:
    found, two_ways = dates.parse(pl.Series(cells), formats)
    assert found.to_list() == expected
    assert not two_ways.any()


def test_a_date_that_two_formats_read_differently_is_refused_unless_the_first_reads_all() -> None:
    formats = ["%d/%m/%Y", "%m/%d/%Y"]
    found, two_ways = dates.parse(pl.Series(["03/04/2026", "03/13/2026"]), formats)
    assert found.to_list() == [None, date(2026, 3, 13)]
    assert two_ways.to_list() == [True, False]
    found, two_ways = dates.parse(pl.Series(["03/04/2026", "13/03/2026"]), formats)
    assert found.to_list() == [date(2026, 4, 3), date(2026, 3, 13)]
    assert not two_ways.any()


def chain(rows: list[tuple[str, str]], newest_first: str = "") -> Chain:
    frame = pl.DataFrame(
        {
            "amount": [amount for amount, _ in rows],
            "_balance": [balance for _, balance in rows],
            "position": range(1, len(rows) + 1),
            "booking_date": [date(2026, 3, 3)] * len(rows),
        }
    )
    found = Chain.of(frame, newest_first)
    assert found is not None
    return found


def test_a_chain_tells_which_end_is_new() -> None:
    oldest = [("10", "110"), ("-5", "105"), ("1.5", "106.5")]
    for rows in (oldest, oldest[::-1]):
        assert chain(rows).links()
        assert chain(rows).ends() == (Decimal(100), Decimal("106.5"))


def test_lines_shuffled_within_a_day_still_link() -> None:
    assert chain([("-5", "105"), ("10", "110"), ("1.5", "106.5")]).links()


def test_a_missing_line_is_a_gap_with_its_place() -> None:
    broken = chain([("10", "110"), ("1.5", "106.5")])
    assert not broken.links()
    assert list(broken.gaps()) == [(2, Decimal(-5))]


def test_balances_at_the_end_of_the_day_only() -> None:
    sparse = chain([("10", ""), ("-5", "105"), ("1", ""), ("2", "108"), ("7", "")])
    assert sparse.links()
    assert sparse.ends() == (Decimal(100), None)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_lines_never_breaks_a_chain_that_holds(steps: list[int], dice: object) -> None:
    balance, rows = 500, []
    for step in steps:
        balance += step
        rows.append((str(step), str(balance)))
    dice.shuffle(rows)  # type: ignore[attr-defined]
    held = chain(rows)
    assert held.links()
    opening, closing = held.ends()
    assert closing is not None
    assert closing - opening == sum(steps)

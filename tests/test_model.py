"""The ground: money in and out, ids made of what rows are, fingerprints."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import model
from recon.model import ALLOCATIONS, BANK_LINES, EXCEPTIONS, LINES, OPEN_ITEMS, REMITTANCE_LINES

CURRENCIES = {"GBP": 2, "INR": 2, "EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4, "XYZ": 2}

amounts = st.decimals(min_value=-(10**11), max_value=10**11, places=4, allow_nan=False, allow_infinity=False)


def as_text(amount: Decimal, places: int) -> str:
    """An amount cut to so many places, as plain text without an exponent and without `-0`."""
    cut = amount.quantize(Decimal(1).scaleb(-places))
    return f"{cut.copy_abs() if cut == 0 else cut:f}"


def lines(rows: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"currency": pl.String, "amount": pl.String}, orient="row")


money = st.lists(
    st.tuples(st.sampled_from(sorted(CURRENCIES)), amounts, st.integers(0, 4)).map(
        lambda row: (row[0], as_text(row[1], row[2]))
    ),
    min_size=1,
    max_size=20,
)


@given(money)
def test_money_goes_in_and_out_without_losing_a_penny(rows: list[tuple[str, str]]) -> None:
    frame = lines(rows)
    scales = model.scales_of([(BANK_LINES, frame)])
    inner = model.inside(frame, BANK_LINES, scales)
    outer = model.outside(inner, BANK_LINES, scales)
    assert inner["amount_minor"].dtype == pl.Int64
    for (currency, text), minor, back in zip(rows, inner["amount_minor"], outer["amount"], strict=True):
        assert Decimal(minor).scaleb(-scales[currency]) == Decimal(text)
        assert Decimal(back) == Decimal(text)
        assert model.money_text(minor, currency, scales) == back


@given(money)
def test_money_outside_has_at_least_the_currencys_own_decimals(rows: list[tuple[str, str]]) -> None:
    frame = lines(rows)
    scales = model.scales_of([(BANK_LINES, frame)])
    outer = model.outside(model.inside(frame, BANK_LINES, scales), BANK_LINES, scales)
    for currency, text in outer.select("currency", "amount").iter_rows():
        own = CURRENCIES[currency]
        decimals = len(text.partition(".")[2])
        assert decimals >= own
        assert decimals == own or not text.endswith("0")
        assert pl.Series([text]).str.contains(model.MONEY_TEXT).item()


@given(money)
def test_the_scale_is_the_currencys_own_or_as_fine_as_the_data(rows: list[tuple[str, str]]) -> None:
    scales = model.scales_of([(BANK_LINES, lines(rows))])
    for currency in {currency for currency, _ in rows}:
        finest = max(len(text.partition(".")[2].rstrip("0")) for one, text in rows if one == currency)
        assert scales[currency] == max(CURRENCIES[currency], finest)


@pytest.mark.parametrize(
    ("text", "currency", "minor", "back"),
    [
        ("4200.00", "GBP", 420000, "4200.00"),
        ("-0.05", "GBP", -5, "-0.05"),
        ("4200", "GBP", 420000, "4200.00"),
        ("1.5", "GBP", 150, "1.50"),
        ("1.500", "GBP", 150, "1.50"),
        ("0", "JPY", 0, "0"),
        ("1200", "JPY", 1200, "1200"),
        ("1.5", "KWD", 1500, "1.500"),
        ("-0.00", "GBP", 0, "0.00"),
    ],
)
def test_amounts_one_by_one(text: str, currency: str, minor: int, back: str) -> None:
    scales = {currency: model.exponent(currency)}
    inner = model.inside(lines([(currency, text)]), BANK_LINES, scales)
    assert inner["amount_minor"].to_list() == [minor]
    assert model.outside(inner, BANK_LINES, scales)["amount"].to_list() == [back]
    assert model.money_text(minor, currency, scales) == back


def test_empty_money_stays_empty_and_is_not_nought() -> None:
    inner = model.inside(lines([("GBP", ""), ("GBP", "1.00")]), BANK_LINES, {"GBP": 2})
    assert inner["amount_minor"].to_list() == [None, 100]
    assert model.outside(inner, BANK_LINES, {"GBP": 2})["amount"].to_list() == [None, "1.00"]


def test_the_scale_is_one_for_all_tables_of_a_run() -> None:
    bank, items = lines([("GBP", "1.00")]), pl.DataFrame({"currency": ["GBP"], "open_amount": ["1.005"]})
    scales = model.scales_of([(BANK_LINES, bank), (OPEN_ITEMS, items)])
    assert scales == {"GBP": 3}
    assert model.inside(bank, BANK_LINES, scales)["amount_minor"].to_list() == [1000]


def test_missing_columns_are_empty_and_unknown_ones_carried_through() -> None:
    frame = pl.DataFrame({"currency": ["GBP"], "amount": ["1.00"], "extra:Branch": ["12"]})
    inner = model.inside(frame, BANK_LINES, {"GBP": 2})
    assert inner.columns == [*BANK_LINES.inner_schema, "extra:Branch"]
    assert inner["narrative"].to_list() == [""]
    outer = model.outside(inner, BANK_LINES, {"GBP": 2})
    assert outer.columns == [*BANK_LINES.names, "extra:Branch"]


def ids(*days: str) -> list[str]:
    """Ids of rows told by their day and amount, as `3 5.00`."""
    rows = [tuple(row.split(" ", 1)) for row in days]
    frame = pl.DataFrame(rows, schema={"day": pl.String, "text": pl.String}, orient="row")
    return model.row_ids(frame, ["day", "text"], "L").to_list()


def test_the_same_rows_in_an_overlapping_file_get_the_same_ids() -> None:
    first, second = ids("1 A", "2 B", "3 C"), ids("2 B", "3 C", "4 D")
    assert first[1:] == second[:2]
    assert len({*first, *second}) == 4


def test_two_equal_rows_of_one_day_get_two_ids_and_the_same_two_again() -> None:
    first = ids("1 A", "1 A")
    assert len(set(first)) == 2
    assert first == ids("1 A", "1 A")
    assert [one.rsplit("-", 1)[1] for one in first] == ["1", "2"]


def test_other_spacing_and_case_is_no_other_row_but_another_sign_is() -> None:
    assert ids("1 NHS  Sussex ICB") == ids("1 nhs sussex icb")
    assert ids("1 -5.00") != ids("1 5.00")
    assert ids("1 5.00") != ids("1 500")


def test_parts_do_not_run_into_each_other() -> None:
    frame = pl.DataFrame({"a": ["12", "1"], "b": ["3", "23"]})
    assert model.row_ids(frame, ["a", "b"], "L").n_unique() == 2


_CELLS = st.one_of(st.none(), st.text(st.sampled_from('aZ9 .-"\x1e\x1f\n\u00e9\u00df\u0130'), max_size=4))


@given(
    st.lists(
        st.tuples(_CELLS, st.none() | st.dates(), st.none() | st.integers(-9, 9)), min_size=1, max_size=9
    )
)
def test_ids_are_the_digests_of_what_rows_say_however_many_go_together(rows: list[tuple[Any, ...]]) -> None:
    """Stores hold these ids: the text that is digested may never become another one."""
    frame = pl.DataFrame(rows, schema={"t": pl.String, "d": pl.Date, "n": pl.Int64}, orient="row")
    seen: Counter[str] = Counter()
    wanted = []
    for cells in rows:
        text = "\x1f".join("" if cell is None else str(cell) for cell in cells)
        upper = pl.Series([text]).str.to_uppercase().item()
        plain = re.sub(r"[^\w.\-\x1f]|_", "", upper)
        digest = hashlib.sha256(plain.encode()).hexdigest()[:16]
        seen[digest] += 1
        wanted.append(f"L-{digest}-{seen[digest]}")
    with pytest.MonkeyPatch.context() as patch:
        for together in (20_000, 2):
            patch.setattr(model, "_ROWS", together)
            assert model.row_ids(frame, ["t", "d", "n"], "L").to_list() == wanted


@given(st.permutations(["1 A", "1 A", "1 B", "2 A", "3 C"]))
def test_ids_do_not_hang_on_the_order_of_rows(rows: list[str]) -> None:
    assert sorted(ids(*rows)) == sorted(ids("1 A", "1 A", "1 B", "2 A", "3 C"))


def proposal(**changed: str) -> dict[str, str]:
    """Fingerprints of two lines, with one value of the first line's proposal changed."""
    values = {
        "outcome": "auto",
        "amount": "1.00",
        "item_id": "I-1",
        "deduction": "",
        "code": "EX-SHORT",
    } | changed
    scheme = {name: values.get(name, "") for name in ("amount", "deduction", "item_id")}
    both = ["L-1", "L-2"]

    def frame(table: model.Table, own: dict[str, str]) -> pl.DataFrame:
        first = {name: own.get(name) for name in table.names if name not in ("line_id", "confidence")}
        second = dict.fromkeys(first, "same")
        return pl.DataFrame([first, second], schema=dict.fromkeys(first, pl.String)).with_columns(
            pl.Series("line_id", both)
        )

    tables = (
        frame(LINES, {"outcome": values["outcome"], "amount": "1.00", "currency": "GBP"}),
        frame(ALLOCATIONS, scheme),
        frame(EXCEPTIONS, {"code": values["code"]}),
    )
    found = model.fingerprints(*tables)
    shuffled = model.fingerprints(*(table.reverse() for table in tables))
    assert found.sort("line_id").equals(shuffled.sort("line_id"))
    return dict(found.iter_rows())


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": "suggested"},
        {"amount": "2.00"},
        {"item_id": "I-2"},
        {"deduction": "0.10"},
        {"code": "EX-OVER"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_fingerprint_changes_with_what_the_reviewer_sees_and_only_its_own(changed: dict[str, str]) -> None:
    before, after = proposal(), proposal(**changed)
    assert before["L-1"] != after["L-1"]
    assert before["L-2"] == after["L-2"]


def test_every_table_has_each_column_once() -> None:
    for table in (BANK_LINES, OPEN_ITEMS, REMITTANCE_LINES, ALLOCATIONS, EXCEPTIONS, LINES, model.DECISIONS):
        assert len(set(table.names)) == len(table.names)
        assert all(column.what for column in table.columns)
        assert table.empty().columns == list(table.inner_schema)

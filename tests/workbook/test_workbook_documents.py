"""Ids of open items told as the documents that people know."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import model
from recon.workbook import documents, layout, sums
from recon.workbook.documents import SHOWN_MAX


def items(*rows: tuple[str, str, str, str, date | None]) -> pl.DataFrame:
    names = ("item_id", "doc_no", "customer_id", "customer_name")
    schema = dict.fromkeys(names, pl.String) | {"due_date": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


LEDGER = items(
    ("V1", "INV-1", "K1", "Acme Ltd", date(2026, 2, 12)),
    ("V2", "INV-2", "K2", "", None),
    ("V3", "7", "K1", "Acme Ltd", None),
    ("V4", "7", "K3", "Beta", None),
    ("V5", "", "", "", None),
)


def test_an_item_is_its_document_and_says_its_id_where_the_number_is_not_its_own() -> None:
    named = documents.of_items({"open_items": LEDGER})
    assert named["document"].to_list() == ["INV-1", "INV-2", "7 (V3)", "7 (V4)", "V5"]
    assert named["customer"].to_list() == ["K1 Acme Ltd", "K2", "K1 Acme Ltd", "K3 Beta", ""]


def test_a_ledger_without_those_columns_has_its_ids() -> None:
    named = documents.of_items({"open_items": LEDGER.select("item_id")})
    assert named["document"].to_list() == ["V1", "V2", "V3", "V4", "V5"]
    assert named.schema["due"] == pl.Date


def test_proposed_items_say_number_amount_and_due_date_and_where_the_others_are() -> None:
    rows = [("L", "V1", "1000.00"), ("L", "V9", "5.00"), ("L", "", "7.00"), ("L", "V1", "0.00")]
    rows += [("M", "V2", "-1234567.80")] * (SHOWN_MAX + 2)
    allocations = pl.DataFrame(rows, schema=["line_id", "item_id", "amount"], orient="row")
    told = documents.proposed(allocations, documents.of_items({"open_items": LEDGER}))
    assert dict(zip(told["line_id"], told["items"], strict=True)) == {
        "L": "INV-1 1,000.00 (due 12/02/2026)\nV9 5.00",
        "M": "\n".join([*["INV-2 -1,234,567.80"] * SHOWN_MAX, "and 2 more: see Allocations"]),
    }
    assert told["customer"].to_list() == ["K1 Acme Ltd", "K2"]


NAMED = documents.of_items({"open_items": LEDGER})


def test_what_a_sheet_shows_means_one_item() -> None:
    both = items(
        ("1001", "1002", "C1", "", None), ("1002", "1003", "C2", "", None), ("X", "X", "C2", "", None)
    )
    assert documents.of_items({"open_items": both})["document"].to_list() == ["1002 (1001)", "1003", "X"]


def test_alternatives_name_documents_and_keep_amounts_and_order() -> None:
    told = (
        "V1 60.00 + V 2 40.00 less 5.00 TDS | V3 1.00 + on account 2.00 | V1 60.00 + V 2 40.00 less 5.00 TDS"
    )
    rows = pl.DataFrame({"line_id": ["L", "M", "N"], "alternatives": [told, None, "no reading"]})
    named = documents.of_items({"open_items": items(*LEDGER.rows(), ("V 2", "INV 9", "K", "", None))})
    made, names = documents.alternatives(rows, named)
    assert made["alternatives"].to_list() == [
        "INV-1 60.00 + INV 9 40.00 less 5.00 TDS | 7 (V3) 1.00 + on account 2.00",
        None,
        "no reading",
    ]
    assert sorted(names.rows()) == [("L", "V 2"), ("L", "V1"), ("L", "V3"), ("L", "on account")]


def test_numbers_that_are_ids_stay_amounts_and_counts() -> None:
    named = documents.of_items(
        {"open_items": items(("1", "INV-1", "", "", None), ("100", "INV-2", "", "", None))}
    )
    rows = pl.DataFrame({"line_id": ["L"], "alternatives": ["1 60 + 100 40"]})
    assert documents.alternatives(rows, named)[0]["alternatives"].to_list() == ["INV-1 60 + INV-2 40"]
    told = pl.DataFrame({"line_id": ["L"], "detail": ["1 item of 100 JPY, 1 day late"]})
    own = pl.DataFrame({"line_id": ["L", "L"], "item_id": ["1", "100"]})
    assert documents.details(told, own, named)["detail"].to_list() == ["1 item of 100 JPY, 1 day late"]


def test_only_a_lines_own_items_are_told_in_its_detail_and_only_as_whole_words() -> None:
    told = pl.DataFrame(
        {"line_id": ["L", "M", "N"], "detail": ["for V2 of K2, not V10 or AV2; V1", "V2 and V2", None]}
    )
    own = pl.DataFrame({"line_id": ["L", "M", "L"], "item_id": ["V2", "V2", "V2"]})
    assert documents.details(told, own, NAMED)["detail"].to_list() == [
        "for INV-2 of K2, not V10 or AV2; V1",
        "INV-2 and INV-2",
        None,
    ]


@given(st.lists(st.text(alphabet="V1 ;:,|x\n", max_size=12), max_size=6))
def test_details_without_ids_stay_as_they_are(texts: list[str]) -> None:
    ids = [f"L{number}" for number in range(len(texts))]
    told = pl.DataFrame({"line_id": ids, "detail": texts}, schema={"line_id": pl.String, "detail": pl.String})
    own = pl.DataFrame(
        {"line_id": ids, "item_id": ["Z9"] * len(ids)},
        schema=dict.fromkeys(("line_id", "item_id"), pl.String),
    )
    named = documents.of_items({"open_items": items(("Z9", "INV-9", "", "", None))})
    assert documents.details(told, own, named)["detail"].to_list() == texts


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        (
            "MT-REF1 MT-ALIAS; document number INV-1 (+14.0); against it: less (-3.0); prior (-10.0), score 5.0",
            "document number INV-1; against it: less",
        ),
        (
            "held on account of customer K1; the item is paid",
            "held on account of customer K1; the item is paid",
        ),
        ("prior (-10.0), score -1.0", ""),
    ],
)
def test_reasons_on_the_review_sheets_have_no_weights(reasons: str, told: str) -> None:
    assert pl.DataFrame({"r": [reasons]}).select(documents.without_weights(pl.col("r"))).item() == told


@given(st.decimals(min_value=-(10**17), max_value=10**17, places=2))
def test_grouped_amounts_are_those_of_python(amount: object) -> None:
    assert pl.DataFrame({"a": [f"{amount:f}"]}).select(sums.grouped(pl.col("a"))).item() == f"{amount:,f}"


def test_allocations_name_payer_document_customer_and_due_date() -> None:
    bank = pl.DataFrame({"line_id": ["L"], "booking_date": [date(2026, 3, 1)], "counterparty": ["ACME"]})
    missing = [pl.lit(None).alias(name) for name in model.ALLOCATIONS.file_columns]
    allocations = pl.DataFrame({"line_id": ["L", "L"], "item_id": ["V1", ""]})
    allocations = allocations.with_columns(
        [one for one in missing if one.meta.output_name() not in allocations.columns]
    )
    made = layout.sheets({"allocations": allocations, "bank_lines": bank, "open_items": LEDGER}, {})
    first, second = made["Allocations"].rows(named=True)
    assert [first[title] for title in ("Payer", "Document no.", "Customer", "Due date")] == [
        "ACME",
        "INV-1",
        "K1 Acme Ltd",
        date(2026, 2, 12),
    ]
    assert (second["Booking date"], second["Document no."]) == (date(2026, 3, 1), None)

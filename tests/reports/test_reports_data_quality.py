"""The ledger check: each rule finds the row that breaks it, and leaves the one beside it alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from report_cases import inputs, item, rows

from recon.reports import data_quality


def alias(name: str, customer: str, first: str = "", last: str = "") -> dict[str, Any]:
    return {
        "alias": name,
        "customer_id": customer,
        "valid_from": date.fromisoformat(first) if first else None,
        "valid_to": date.fromisoformat(last) if last else None,
    }


def stay(ref: str, first: str, last: str = "", site: str = "OAK") -> dict[str, Any]:
    return {
        "service_user_ref": ref,
        "site": site,
        "admitted": date.fromisoformat(first),
        "discharged": date.fromisoformat(last) if last else None,
    }


C1, C2 = {"customer_id": "C1", "name": "One Ltd"}, {"customer_id": "C2", "name": "Two Ltd"}
GOOD = item("I-9", "C1", "2026-03-01", "2026-03-31", "100.00", amount="100.00")


@pytest.mark.parametrize(
    ("check", "given", "which"),
    [
        ("due_early", {"open_items": [item("I-1", "C1", "2026-01-31", "2026-01-01", "5.00")]}, ["I-1"]),
        ("undated", {"open_items": [item("I-1", "C1", "2026-01-31", "", "5.00")]}, ["I-1"]),
        ("future", {"open_items": [item("I-1", "C1", "2026-04-01", "2026-05-01", "5.00")]}, ["I-1"]),
        (
            "sign",
            {
                "open_items": [
                    item("I-1", "C1", "2026-01-01", "2026-02-01", "-5.00", doc_type="invoice"),
                    item("CN-1", "C1", "2026-01-01", "", "5.00", doc_type="credit_note"),
                    item("CN-2", "C1", "2026-01-01", "", "-5.00"),
                ]
            },
            ["I-1", "CN-1"],
        ),
        (
            "above",
            {"open_items": [item("I-1", "C1", "2026-01-01", "2026-02-01", "5.01", amount="5.00")]},
            ["I-1"],
        ),
        (
            "document",
            {
                "open_items": [
                    item("I-1", "C1", "2026-01-01", "2026-02-01", "5.00"),
                    item("I-2", "C1", "2026-01-01", "2026-02-01", "6.00") | {"doc_no": "I-1"},
                    item("I-3", "C2", "2026-01-01", "2026-02-01", "7.00") | {"doc_no": "I-1"},
                ]
            },
            ["I-1", "I-1"],
        ),
        ("orphan", {"open_items": [item("I-1", "C7", "2026-01-01", "2026-02-01", "5.00")]}, ["I-1"]),
        (
            "order",
            {
                "open_items": [
                    item("I-1", "C1", "2026-01-01", "2026-02-01", "5.00", contract_id="K-1"),
                    item("I-2", "C1", "2026-01-01", "2026-02-01", "5.00", contract_id="K-1", po_no="PO 7"),
                    item("I-3", "C1", "2026-01-01", "2026-02-01", "5.00", contract_id="K-2"),
                ],
                "contracts": [
                    {"contract_id": "K-1", "customer_id": "C1", "po_needed": "yes"},
                    {"contract_id": "K-2", "customer_id": "C1", "po_needed": "no"},
                ],
            },
            ["I-1"],
        ),
        ("vendor", {"customers": [C1 | {"vendor_no": "V1;V2"}, C2 | {"vendor_no": " v2 "}]}, ["V2", "V2"]),
        ("account", {"customers": [C1 | {"accounts": "A1;A1"}, C2 | {"accounts": "A2"}]}, []),
        (
            "alias",
            {
                "aliases": [
                    alias("Acme", "C1", last="2025-12-31"),
                    alias("ACME", "C2", "2025-12-31"),
                    alias("Beta", "C1", last="2025-12-31"),
                    alias("Beta", "C2", "2026-01-01"),
                ]
            },
            ["ACME"],
        ),
        ("alias_orphan", {"aliases": [alias("Acme", "C8"), alias("Beta", "C1")]}, ["Acme"]),
        (
            "body",
            {
                "aliases": [
                    alias("NHS HOUNSLOW CCG", "C1"),
                    alias("NHS EALING CCG", "C1", last="2022-06-30"),
                    alias("ACCG LTD", "C1"),
                ]
            },
            ["NHS HOUNSLOW CCG"],
        ),
        (
            "stay",
            {
                "census": [
                    stay("SU-1", "2026-01-01", "2026-01-31"),
                    stay("SU-1", "2026-01-31", site="ELM"),  # moved on that day
                    stay("SU-2", "2026-01-01"),
                    stay("SU-2", "2026-02-01", site="ELM"),
                ]
            },
            ["SU-2"],
        ),
    ],
)
def test_each_check_finds_its_rows(check: str, given: dict[str, Any], which: list[str]) -> None:
    whole = {"customers": [C1, C2]} | given
    whole["open_items"] = [*given.get("open_items", []), GOOD]
    made = data_quality.make(inputs(**whole))
    broken = [row["reference"] for row in rows(made, "rows") if row["check"] == check]
    assert broken == which
    [told] = [row for row in rows(made) if row["check"] == check]
    assert told["rows"] == len(which)
    assert not [row for row in rows(made, "rows") if row["reference"] == "I-9"]


def test_without_a_customer_file_nobody_is_missing_from_it() -> None:
    made = data_quality.make(inputs(open_items=[GOOD], aliases=[alias("Acme", "C1")]))
    assert rows(made, "rows") == []


def test_a_large_ledger_without_customers_is_checked_like_any_other() -> None:
    """Where a table is worked on in parts, a literal alone is no filter: it has one value for each part."""
    one = inputs(open_items=[item("I-1", "C1", "2026-01-01", "2026-01-31", "5.00")])
    many = one["open_items"].sample(200_000, with_replacement=True)
    found = data_quality.make(replace(one, tables={**one.tables, "open_items": many}))
    assert {row["check"]: row["rows"] for row in rows(found)}["orphan"] == 0

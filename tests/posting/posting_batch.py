"""One batch with every kind of row, as the layouts' tests post it: one company, pounds, items of a Unit4 extract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from recon import model, rules
from recon.model import Table
from recon.posting import Posting, accounts_of, post, site_of
from recon.resources import folder
from recon.rules.layout import Layout

NAMES = ("coda", "quickbooks", "sage", "tally", "unit4", "xero")
BANK = "20-00-00 12345678"
RULES = """
currency: GBP
accounts:
  banks: {"20-00-00 12345678": "1200"}
  receivables: "1100"
  suspense: "2999"
  types: {TDS: "1310", WO: "7910", CHARGE: "7901", DISC: "4009", CIS: "1320"}
tolerances: {default: {account: "7905"}}
posting:
  settings:
    unit4: {voucher_type: SR, client: C1, dim_1: CC10, first_month: "4", year_named: start}
    coda: {cmpcode: C1, doccode: SREC, first_month: "4", year_named: end}
    quickbooks: {on_account: CREDIT, suspense_customer: Suspense}
    xero: {suspense_contact: Suspense}
    tally: {company: Example Homes Ltd}
"""


def layout(name: str) -> Layout:
    """A layout that comes with recon."""
    path = folder("rules") / "postings" / f"{name}.yaml"
    return rules.parse_layout(path.read_text(encoding="utf-8"), f"rules/postings/{name}.yaml")


def frame(table: Table, rows: Sequence[Mapping[str, Any]], **fixed: Any) -> pl.DataFrame:
    """Rows as an outer frame of the table; what a row does not say is `fixed`, or empty."""
    full = [{name: {**fixed, **row}.get(name) for name in table.names} for row in rows]
    return pl.DataFrame(full, schema=table.outer_schema)


def line(line_id: str, amount: str, day: int = 1, **more: Any) -> dict[str, Any]:
    said = {"line_id": line_id, "amount": amount, "currency": "GBP", "booking_date": date(2026, 3, day)}
    return {**said, "account": BANK, "narrative": "MRS EXAMPLE WARD 4", **more}


def taken(line_id: str, item_id: str, amount: str, deduction: str = "0.00", **more: Any) -> dict[str, Any]:
    whose = {"customer_id": "ACME" if item_id else "", "rule": "reference", "accepted_by": "rule"}
    said = {
        "line_id": line_id,
        "item_id": item_id,
        "amount": amount,
        "deduction": deduction,
        "currency": "GBP",
    }
    rest = {"decision": "", "decision_id": "", "deduction_type": "", "approved_by": "", "turn": 1}
    return {**rest, **said, **whose, **more}


ITEMS = [
    {"item_id": "100 1", "doc_no": "INV-100", "doc_type": "invoice", "open_amount": "100.00"},
    {"item_id": "101 1", "doc_no": "INV-101", "doc_type": "invoice", "open_amount": "1000.00"},
    {"item_id": "102 1", "doc_no": "INV-102", "doc_type": "invoice", "open_amount": "500.00"},
    {"item_id": "103 1", "doc_no": "INV-103", "doc_type": "invoice", "open_amount": "80.00"},
    {"item_id": "200 2", "doc_no": "CN-200", "doc_type": "credit_note", "open_amount": "-30.00"},
]
BY_ANN = {"accepted_by": "ann", "decision": "allocate", "decision_id": "D-1", "rule": "allocate"}
LINES = [
    line("L-straight", "100.00", 2, value_date=date(2026, 3, 4)),
    line("L-tax", "899.50", 2),
    line("L-net", "70.00", 3),
    line("L-two", "150.00", 4),
    line("L-over", "55.10", 4),
    line("L-nobody", "9.99", 5),
    line("L-back", "-40.00", 6),
    line("L-off", "95.00", 31),
    line("L-charge", "488.00", 31),
    line("L-moved", "25.00", 31),
    line("L-cents", "80.02", 31),
]
ACCEPTED = [
    taken("L-straight", "100 1", "100.00"),
    taken("L-tax", "101 1", "899.50", "100.00", deduction_type="TDS", rule="tds_194j"),
    taken("L-tax", "101 1", "0.00", "0.50", deduction_type="TOL", rule="tolerance"),
    taken("L-net", "100 1", "100.00"),
    taken("L-net", "200 2", "-30.00"),
    taken("L-two", "100 1", "60.00"),
    taken("L-two", "103 1", "90.00", customer_id="BETA"),
    taken("L-over", "102 1", "50.00"),
    taken("L-over", "", "5.10", customer_id="ACME", rule="over_payment"),
    taken("L-nobody", "", "9.99", rule="on account"),
    taken("L-back", "100 1", "-40.00", **BY_ANN),
    taken("L-off", "100 1", "95.00", **BY_ANN),
    taken("L-off", "100 1", "0.00", "5.00", **{**BY_ANN, "rule": "write off"}, deduction_type="WO"),
    taken("L-charge", "102 1", "488.00", "12.00", deduction_type="CHARGE", rule="charge"),
    taken("L-moved", "100 1", "-25.00", turn=2, **BY_ANN),
    taken("L-moved", "103 1", "25.00", turn=2, **{**BY_ANN, "customer_id": "BETA"}),
    taken("L-cents", "103 1", "80.02", "-0.02", deduction_type="TOL", rule="tolerance", customer_id="BETA"),
]
READ = rules.parse(RULES, "rules.yaml")


def posted(
    name: str | Layout,
    accepted: Sequence[Mapping[str, Any]] = ACCEPTED,
    lines: Sequence[Mapping[str, Any]] = LINES,
    items: Sequence[Mapping[str, Any]] = ITEMS,
    text: str = "",
) -> Posting:
    """The batch in a format; `text` = rules instead of RULES."""
    site = rules.parse(text, "rules.yaml") if text else READ
    chosen = name if isinstance(name, Layout) else None if name == "generic" else layout(name)
    return post(
        chosen.name if chosen else str(name),
        frame(model.ACCEPTED, accepted),
        frame(model.BANK_LINES, lines),
        frame(model.OPEN_ITEMS, items),
        accounts=accounts_of(site, WORDS),
        approved_by="ben",
        layout=chosen,
        site=site_of(site, chosen) if chosen else None,
        words=WORDS,
    )


WORDS = ("receivables", "suspense", "tolerance", "write_off", "discount", "rounding", "bank_charges")

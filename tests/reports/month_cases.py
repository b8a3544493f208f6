"""Three months of a small ledger, coherent to the penny: open items, movements, balances, targets and the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

from report_cases import item, line


def moved(
    day: str, kind: str, customer: str, amount: str, doc: str = "", to: str = "", **more: Any
) -> dict[str, Any]:
    """A movement; an invoice is due 30 days after its day, unless said otherwise."""
    due = more.pop("due", "")
    return {
        "movement_id": f"{kind}-{doc}-{to}-{day}",
        "date": date.fromisoformat(day),
        "type": kind,
        "customer_id": customer,
        "doc_no": doc,
        "applied_to": to,
        "amount": amount,
        "currency": "GBP",
        "due_date": date.fromisoformat(due) if due else None,
        **more,
    }


def balance(day: str, amount: str, **more: str) -> dict[str, Any]:
    """The whole ledger's balance of a day."""
    return {"date": date.fromisoformat(day), "amount": amount, "currency": "GBP", **more}


def target(period: str, amount: str, **more: str) -> dict[str, Any]:
    """What is to be collected in a month."""
    return {"period": period, "amount": amount, "currency": "GBP", **more}


# Before: I-1 1,000.00 and I-2 600.00 were open at the end of 2025.
STORY: dict[str, Any] = {
    "movements": [
        moved("2025-11-10", "invoice", "C1", "1000.00", "I-1", due="2025-12-10"),
        moved("2025-12-05", "invoice", "C2", "600.00", "I-2", due="2026-01-04"),
        moved("2026-01-12", "invoice", "C1", "900.00", "I-3", due="2026-02-11"),
        moved("2026-01-20", "receipt", "C1", "-700.00", "R-1", "I-1"),
        moved("2026-02-09", "invoice", "C2", "800.00", "I-4", due="2026-03-11"),
        moved("2026-02-15", "receipt", "C2", "-400.00", "R-2", "I-2"),
        moved("2026-02-20", "receipt", "C3", "-50.00", "OA-1"),
        moved("2026-03-05", "invoice", "C1", "1200.00", "I-5", due="2026-04-04"),
        moved("2026-03-10", "receipt", "C1", "-900.00", "R-3", "I-3"),
        moved("2026-03-12", "credit_note", "C2", "-100.00", "CN-1", "I-4"),
        moved("2026-03-20", "receipt", "C2", "-200.00", "R-4", "I-2"),
        moved("2026-03-25", "write_off", "C1", "-300.00", "W-1", "I-1"),
    ],
    "balances": [
        balance("2025-11-30", "1000.00"),
        balance("2025-12-31", "1600.00", not_due="600.00"),
        balance("2026-01-31", "1800.00", not_due="900.00"),
        balance("2026-02-28", "2150.00", not_due="800.00"),
    ],
    "open_items": [
        item("I-4", "C2", "2026-02-09", "2026-03-11", "700.00"),
        item("I-5", "C1", "2026-03-05", "2026-04-04", "1200.00"),
        item("OA-1", "C3", "2026-02-20", "", "-50.00", doc_type="on_account"),
    ],
    "customers": [{"customer_id": one, "name": f"Payer {one}"} for one in ("C1", "C2", "C3")],
    "limits": [
        {"customer_id": "C1", "segment": "NHS", "credit_limit": "1000.00", "currency": "GBP"},
        {"customer_id": "C2", "segment": "council", "credit_limit": "5000.00", "currency": "GBP"},
    ],
    "targets": [target("2026-02", "500.00"), target("2026-03", "1000.00")],
    "promises": [
        {
            "promise_id": "P-1", "customer_id": "C2", "amount": "700.00", "currency": "GBP", "status": "",
            "made": date(2026, 3, 1), "promised_date": date(2026, 3, 16),
        }
    ],
    "queries": [
        {"query_id": "Q-1", "customer_id": "C2", "item_id": "I-4", "opened": date(2026, 2, 25), "reason": "rate"},
        {
            "query_id": "Q-2", "customer_id": "C1", "amount": "90.00", "currency": "GBP", "reason": "dates",
            "opened": date(2026, 2, 20), "resolved": date(2026, 3, 3),
        },
    ],
    "loss_history": [
        {"bucket": bucket, "rate": rate}
        for bucket, rate in (
            ("not_due", "1"), ("days_1_30", "2"), ("days_31_60", "5"), ("days_61_90", "10"), ("over_90", "50"),
        )
    ],
    "provisions": [{"type": "opening", "amount": "30.00", "currency": "GBP"}],
    "lines": [
        line("L-1", "900.00", "auto", settled="rule", booking_date=date(2026, 3, 10)),
        line("L-2", "200.00", "suggested", settled="person", booking_date=date(2026, 3, 20)),
        line("L-3", "40.00", "exception", settled="", code="EX-UNID", booking_date=date(2026, 2, 2)),
    ],
}  # fmt: skip

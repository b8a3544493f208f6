"""What a month-end pack of a large ledger costs: `python tests/flow/report_speed.py [ITEMS [FOLDER]]`.

Makes a ledger of as many open items with the months' movements, reads it in a run, then makes all reports into files
and into the workbook, each in a process of its own. Prints a table in Markdown: seconds of processor time, seconds on
the clock, peak of memory. No test: docs/speed.md holds what it says. FOLDER keeps what was made.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from recon import flow
from recon.flow import memory
from recon.workbook.file import new_book

ITEMS = 200_000
CUSTOMERS = 4_000
LINES = 400
AS_OF = date(2026, 3, 31)
DAYS = 365


def tables(items: int) -> dict[str, pl.DataFrame]:
    """The files by their names; the ledger's month comes out, as the balances are made of the movements."""
    at = pl.int_range(items, eager=True, dtype=pl.Int64)
    day = pl.lit(AS_OF) - pl.duration(days=pl.col("at") * 7919 % DAYS)
    customer = pl.lit("C") + (pl.col("at") * 31 % CUSTOMERS).cast(pl.String).str.zfill(5)
    number = pl.lit("INV-") + pl.col("at").cast(pl.String).str.zfill(7)
    whole = 50 + pl.col("at") * 104_729 % 4_000
    ledger = pl.DataFrame({"at": at}).with_columns(
        item_id=number,
        customer_id=customer,
        issue_date=day,
        due_date=day + pl.duration(days=30),
        amount=whole,
    )
    some = pl.col("at") % 50 == 0
    open_items = ledger.select(
        "item_id", "customer_id", "issue_date", "due_date", "amount",
        doc_no="item_id",
        customer_name=pl.lit("Payer number ") + pl.col("customer_id"),
        doc_type=pl.lit("invoice"),
        currency=pl.lit("GBP"),
        open_amount=pl.when(some).then(pl.col("amount") // 2).otherwise("amount"),
        dispute=pl.when(pl.col("at") % 97 == 0).then(pl.lit("yes")).otherwise(pl.lit("")),
        net_amount="amount",
    )  # fmt: skip
    entry = {"currency": pl.lit("GBP"), "type": pl.lit("invoice"), "applied_to": pl.lit("")}
    billed = ledger.select(
        "customer_id",
        "due_date",
        "amount",
        date="issue_date",
        doc_no="item_id",
        movement_id="item_id",
        **entry,
    )
    # What was billed and paid, besides what is open; and what of open items was paid.
    gone = ledger.with_columns(item_id=pl.lit("OLD-") + pl.col("at").cast(pl.String).str.zfill(7))
    old = gone.select(
        "customer_id",
        "due_date",
        "amount",
        date="issue_date",
        doc_no="item_id",
        movement_id="item_id",
        **entry,
    )
    paid_on = pl.min_horizontal(pl.col("due_date") + pl.duration(days=pl.col("at") % 40 - 10), pl.lit(AS_OF))
    receipt = entry | {"type": pl.lit("receipt"), "applied_to": pl.col("item_id")}
    receipts = [
        rows.select(
            "customer_id", due_date=pl.lit(None, dtype=pl.Date), amount=-share, date=paid_on, doc_no=pl.lit(""),
            movement_id=pl.lit("R-") + pl.col("item_id"), **receipt,
        )
        for rows, share in ((gone, pl.col("amount")), (ledger.filter(some), pl.col("amount") - pl.col("amount") // 2))
    ]  # fmt: skip
    moved = pl.concat([one.select(billed.columns) for one in (billed, old, *receipts)])
    ends = [date(2025 + (3 + at) // 12, (3 + at) % 12 + 1, 1) for at in range(13)]
    net = [int(moved.filter(pl.col("date") < end)["amount"].sum()) for end in ends]
    days = [pl.Series([end]).dt.offset_by("-1d").item() for end in ends]
    who = pl.DataFrame({"at": pl.int_range(CUSTOMERS, eager=True)}).select(
        customer_id=pl.lit("C") + pl.col("at").cast(pl.String).str.zfill(5), at="at"
    )
    buckets = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90")
    return {
        "items": open_items,
        "month/movements": moved,
        "month/balances": pl.DataFrame({"date": days, "amount": net, "currency": "GBP"}),
        "month/limits": who.select(
            "customer_id", credit_limit=pl.lit(60_000), currency=pl.lit("GBP"),
            segment=pl.when(pl.col("at") % 3 == 0).then(pl.lit("NHS")).otherwise(pl.lit("council")),
        ),
        "month/targets": pl.DataFrame(
            {"period": ["2026-02", "2026-03"], "amount": [30_000_000, 30_000_000], "currency": "GBP"}
        ),
        "month/loss_history": pl.DataFrame({"bucket": buckets, "rate": [1, 2, 5, 10, 40]}),
        "month/provisions": pl.DataFrame({"type": ["opening"], "amount": [9_000_000], "currency": ["GBP"]}),
        "month/promises": who.filter(pl.col("at") % 9 == 0).select(
            "customer_id", amount=pl.lit(900), currency=pl.lit("GBP"), made=pl.lit(date(2026, 3, 2)),
            promised_date=pl.lit(date(2026, 3, 9)) + pl.duration(days=pl.col("at") % 30),
            promise_id=pl.lit("P-") + pl.col("at").cast(pl.String),
        ),
        "month/queries": ledger.filter(pl.col("at") % 500 == 0).select(
            "customer_id", "item_id", query_id=pl.lit("Q-") + pl.col("at").cast(pl.String),
            opened=pl.lit(date(2026, 1, 5)) + pl.duration(days=pl.col("at") % 80), reason=pl.lit("rate"),
        ),
        "month/contacts": who.select(
            "customer_id", date=pl.lit(date(2026, 1, 5)) + pl.duration(days=pl.col("at") % 80), channel=pl.lit("call")
        ),
        "month/submissions": ledger.filter(pl.col("at") % 4 == 0).select(
            "item_id", "customer_id", doc_no="item_id", created="issue_date", sent="issue_date"
        ),
    }  # fmt: skip


def bank(items: pl.DataFrame) -> pl.DataFrame:
    """Lines that pay some of the items, and some that nobody knows."""
    rows = items.sort("item_id").gather_every(max(1, items.height // LINES)).head(LINES)
    return rows.select(
        line_id=pl.lit("L-") + pl.col("item_id"),
        account=pl.lit("20-00-00 12345678"),
        booking_date=pl.lit(AS_OF),
        amount=pl.col("open_amount"),
        currency=pl.lit("GBP"),
        type=pl.lit("BGC"),
        counterparty="customer_name",
        reference="item_id",
        narrative=pl.lit("THANK YOU"),
    )


def make(folder: Path, items: int) -> None:
    """The files, and a run of them."""
    (folder / "month").mkdir(parents=True, exist_ok=True)
    made = tables(items)
    for name, rows in made.items():
        rows.write_csv(folder / f"{name}.csv")
    bank(made["items"]).write_csv(folder / "bank.csv")
    new_book(folder / "march.xlsm")
    job = flow.Job(
        bank=[str(folder / "bank.csv")], items=[str(folder / "items.csv")], book=folder / "march.xlsm"
    )
    flow.reconcile(job)


def report(folder: Path, into: str) -> None:
    """All reports, into files, sheets, or both."""
    book, out = folder / "march.xlsm", folder / "out"
    flow.report.report(
        [flow.report.ALL],
        "" if "book" in into else "sqlite:///" + (folder / "march.recon.db").as_posix(),
        book if "book" in into else None,
        out if "files" in into else None,
        data=folder / "month",
    )


def main() -> None:
    """Make the ledger, then time each way, in a process of its own."""
    if sys.argv[1:2] and sys.argv[1] in ("files", "book", "book again"):
        start = time.perf_counter()
        report(Path(sys.argv[2]), sys.argv[1])
        used = time.process_time()
        sys.stdout.write(f"{used:.1f} s | {time.perf_counter() - start:.1f} s | {memory.peak_mb()} MB")
        return
    items = int(sys.argv[1]) if sys.argv[1:] else ITEMS
    with tempfile.TemporaryDirectory() as own:
        folder = Path(sys.argv[2]) if sys.argv[2:] else Path(own)
        if not (folder / "march.recon.db").exists():
            make(folder, items)
        sys.stdout.write("| all reports | processor | clock | memory |\n|---|---|---|---|\n")
        for into in ("files", "book", "book again"):
            command = [sys.executable, __file__, into, str(folder)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this very file
            sys.stdout.write(f"| {into} | {done.stdout} |\n")


if __name__ == "__main__":
    main()

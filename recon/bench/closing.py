"""The month-end inputs that belong to a sample job: its ledger's month, and what its people know of the customers.

open items of 31 March less what moved in March -> the balance of 28 February: the roll-forward comes out by itself
general ledger = sub-ledger less one manual journal of 1,850.00: the control account's one difference, explained

Everything is drawn from the job itself, so that each report finds something, and most of it agrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import polars as pl

from recon.bench import closing_care, closing_credit, closing_ledger
from recon.bench.closing_story import Story, table
from recon.bench.generate import Case
from recon.model import (
    BALANCES,
    CENSUS,
    CONTACTS,
    CONTRACTS,
    CUSTOMER_STATEMENT,
    GL,
    GL_ENTRIES,
    LIMITS,
    LOSS_HISTORY,
    MOVEMENTS,
    PLANS,
    PROMISES,
    PROVISIONS,
    QUERIES,
    RISKS,
    SUBMISSIONS,
    TARGETS,
    TAX_STATEMENT,
    UNBILLED,
    Table,
)

FOLDER: Final = "month"


def served(case: Case) -> pl.DataFrame:
    """The open items, with contract and days of service where a contract of the month-end inputs made them."""
    days = closing_care.stays(Story.of(case))
    known = pl.DataFrame(
        [(one.item, one.contract, one.first, one.last - timedelta(days=1)) for one in days if one.item],
        schema={
            "item_id": pl.String,
            "own_contract": pl.String,
            "own_first": pl.Date,
            "own_last": pl.Date,
        },
        orient="row",
    )
    items = case.open_items.join(known, on="item_id", how="left", maintain_order="left")
    return items.with_columns(
        contract_id=pl.coalesce("own_contract", "contract_id"),
        service_from=pl.coalesce("own_first", "service_from"),
        service_to=pl.coalesce("own_last", "service_to"),
    ).select(case.open_items.columns)


def month_end(case: Case) -> Iterator[tuple[Table, pl.DataFrame]]:
    """Each month-end input of a job in outer form: its table and its rows."""
    story = Story.of(case)
    moved = closing_ledger.movements(story)
    care = closing_care.stays(story)
    yield MOVEMENTS, table(MOVEMENTS, moved)
    yield BALANCES, table(BALANCES, closing_ledger.balances(story, moved))
    yield TARGETS, table(TARGETS, closing_ledger.targets(story, moved))
    yield GL, table(GL, closing_ledger.general_ledger(story, moved))
    yield GL_ENTRIES, table(GL_ENTRIES, closing_ledger.entries(story, moved))
    yield CUSTOMER_STATEMENT, table(CUSTOMER_STATEMENT, closing_ledger.statements(story))
    yield LIMITS, table(LIMITS, closing_credit.limits(story))
    yield UNBILLED, table(UNBILLED, closing_care.unbilled(story, care))
    yield LOSS_HISTORY, table(LOSS_HISTORY, closing_credit.losses(story))
    yield PROVISIONS, table(PROVISIONS, closing_credit.provisions(story))
    agreed = closing_care.contracts(story, care)
    clocked = {str(row["customer_id"]) for row in agreed if row["clock"] == "acceptance"}
    yield CONTRACTS, table(CONTRACTS, agreed)
    yield SUBMISSIONS, table(SUBMISSIONS, closing_credit.submissions(story, clocked))
    yield PROMISES, table(PROMISES, closing_credit.promises(story))
    yield PLANS, table(PLANS, closing_credit.plans(story))
    yield QUERIES, table(QUERIES, closing_credit.queries(story))
    yield RISKS, table(RISKS, closing_credit.risks(story))
    yield CONTACTS, table(CONTACTS, closing_credit.contacts(story))
    if story.uk:
        yield CENSUS, table(CENSUS, closing_care.census(care))
    else:
        yield TAX_STATEMENT, table(TAX_STATEMENT, closing_ledger.tax_statement(story, moved))

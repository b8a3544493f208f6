"""What remittance formats have in common: an advice with its lines, the table they make, and whether they foot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import polars as pl

from recon.ingest import columnar, controls
from recon.ingest.bank import reference, unfit
from recon.ingest.grid import CELL_MAX, clean
from recon.ingest.source import Source
from recon.model import EXTRA
from recon.problems import Problem

_NUMBER: Final = re.compile(r"^[+-]?(\d{1,18}(\.\d{0,12})?|\.\d{1,12})-?$", re.ASCII)
_DAY: Final = re.compile(r"^(?:(\d{8})|(\d{6}))(?:\d{4}(?:\d{2})?)?$", re.ASCII)
_LONG: Final = 8


class Line(NamedTuple):
    """A document that an advice pays; None where the advice does not say an amount."""

    position: int
    doc_no: str
    paid: Decimal | None
    gross: Decimal | None = None
    deduction: Decimal | None = None
    deduction_type: str = ""
    extras: tuple[tuple[str, str], ...] = ()


@dataclass
class Advice:
    """One payment and what it pays. `apart` is money in the payment that is of none of its lines."""

    position: int
    own_id: str
    spare_id: str  # of the transaction in its file, where its own is empty or not alone
    currency: str
    payer: str = ""
    paid_on: date | None = None
    payment: str = ""
    amount: Decimal | None = None
    apart: Decimal = Decimal(0)
    lines: list[Line] = field(default_factory=list)


def number(text: str) -> Decimal | None:
    """A number with a point, a minus in front or behind; None if it is none."""
    bare = text.strip()
    if not _NUMBER.match(bare) or (bare[:1] in "+-" and bare.endswith("-")):
        return None
    return -Decimal(bare[:-1]) if bare.endswith("-") else Decimal(bare)


def money(text: str) -> Decimal | None:
    """A number that money can be; None if it is none."""
    found = number(text)
    return None if found is None or unfit(found) else found


def day(text: str) -> date | None:
    """YYYYMMDD or YYMMDD, a time of day behind it or not; None if there is no such day."""
    found = _DAY.match(text.strip())
    if found is None:
        return None
    plain = found[1] or ("20" if found[2] < "70" else "19") + found[2]
    if len(text.strip()) > _LONG and not "1970" <= plain[:4] <= "2199":
        plain = ("20" if text < "70" else "19") + text[:6]  # YYMMDDhhmm
    try:
        made = date(int(plain[:4]), int(plain[4:6]), int(plain[6:8]))
    except ValueError:
        return None
    return made if date(1970, 1, 1) <= made <= date(2199, 12, 31) else None


def joined(before: str, more: str) -> str:
    """Texts of one line with `; ` between; none beyond what a cell holds, which `assemble` cuts off and says."""
    return before if len(before) > CELL_MAX else "; ".join(filter(None, (before, more)))


def kept_back(
    gross: Decimal | None, paid: Decimal | None, stated: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Gross and deduction so that one less the other is what is paid, from whichever of them are there."""
    if paid is None:
        return gross, stated
    if gross is not None:
        return gross, gross - paid
    return (None, None) if not stated else (paid + stated, stated)


def assemble(source: Source, advices: Sequence[Advice]) -> tuple[pl.DataFrame, list[Problem]]:
    """Advices as one table of remittance lines, in their order; and a problem for each that does not foot."""
    ids = Counter(advice.own_id for advice in advices)
    rows = []
    problems = []
    for advice in advices:
        alone = advice.own_id if ids[advice.own_id] == 1 else f"{advice.own_id} {advice.spare_id}".strip()
        rows += [(alone or advice.spare_id, advice, line) for line in advice.lines]
        problems += _footing(source, advice)
    table = _table(rows)
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    table, cut = columnar.cut(table, texts, source)
    return table, problems + cut


def _footing(source: Source, advice: Advice) -> list[Problem]:
    problems = []
    if advice.apart:
        what = f"adjustments of {advice.apart} {advice.currency} are in the payment and of no single document"
        hint = "the lines alone don't add up to what is paid; such an advice never posts alone"
        problems.append(Problem("remittance-adjusted", source.at(advice.position), what.strip(), hint))
    known = [line.paid for line in advice.lines if line.paid is not None]
    total = sum(known, Decimal(0)) + advice.apart
    if advice.amount is not None and advice.lines and total != advice.amount:
        said = f"{advice.amount} {advice.currency}".strip()
        what = f"its {len(advice.lines)} lines and adjustments add up to {total}, {said} is paid"
        hint = "ask the payer; such an advice never posts alone"
        problems.append(Problem("remittance-foots-not", source.at(advice.position), what, hint))
    return problems


def _table(rows: Sequence[tuple[str, Advice, Line]]) -> pl.DataFrame:
    """Lines as an outer table, column by column."""

    def text(value: Decimal | None, currency: str) -> str:
        return "" if value is None else controls.money(value, currency)

    lines = [line for *_, line in rows]
    extras = [dict(line.extras) for line in lines]
    names = sorted({name for extra in extras for name in extra})
    columns: dict[str, list[object]] = {
        "remittance_id": [clean(own) for own, *_ in rows],
        "payer": [clean(advice.payer) for _, advice, _ in rows],
        "payment_date": [advice.paid_on for _, advice, _ in rows],
        "payment_reference": [reference(clean(advice.payment)) for _, advice, _ in rows],
        "payment_amount": [text(advice.amount, advice.currency) for _, advice, _ in rows],
        "currency": [advice.currency for _, advice, _ in rows],
        "doc_no": [clean(line.doc_no) for line in lines],
        "gross_amount": [text(line.gross, advice.currency) for _, advice, line in rows],
        "deduction_amount": [text(line.deduction, advice.currency) for _, advice, line in rows],
        "deduction_type": [clean(line.deduction_type) for line in lines],
        "paid_amount": [text(line.paid, advice.currency) for _, advice, line in rows],
        "position": [line.position for line in lines],
        **{EXTRA + name: [clean(extra.get(name, "")) for extra in extras] for name in names},
    }
    schema = {name: pl.String() for name in columns} | {"payment_date": pl.Date(), "position": pl.Int64()}
    return pl.DataFrame(columns, schema=schema)

"""What remittance formats have in common: an advice with its lines, the table they make, and whether they foot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from operator import attrgetter
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


_BATCH: Final = 4_000


class Advices:
    """The advices of a file: some as they come, those before them as columns, which take a tenth of the memory."""

    def __init__(self) -> None:
        self._ids: list[tuple[str, str]] = []  # own and spare, of each advice
        self._batches: list[pl.DataFrame] = []
        self._open: list[tuple[int, Advice]] = []
        self._waiting = 0
        self._unfooted: list[tuple[int, str, str, str]] = []

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, advice: Advice) -> None:
        """The next advice; nothing of it may change afterwards."""
        self._open.append((len(self._ids), advice))
        self._ids.append((advice.own_id, advice.spare_id))
        self._waiting += len(advice.lines)
        self._unfooted += _footing(advice)
        if self._waiting >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._batches.append(_table(self._open))
        self._open, self._waiting = [], 0

    def table(self, source: Source) -> tuple[pl.DataFrame, list[Problem]]:
        """One table of remittance lines, in their order; and a problem for each advice that does not foot."""
        self._flush()
        times = Counter(own for own, _ in self._ids)
        ids = [
            clean((own if times[own] == 1 else f"{own} {spare}".strip()) or spare) for own, spare in self._ids
        ]
        whole = pl.concat(self._batches, how="diagonal")
        extras = sorted(name for name in whole.columns if name.startswith(EXTRA))
        own_id = columnar.of_heads(whole, "remittance_id", ids)
        whole = whole.select(
            own_id, pl.exclude(columnar.HEAD, *extras), *(pl.col(name).fill_null("") for name in extras)
        )
        texts = [name for name, dtype in whole.schema.items() if dtype == pl.String]
        whole, cut = columnar.cut(whole, texts, source)
        problems = [Problem(code, source.at(at), what, hint) for at, code, what, hint in self._unfooted]
        return whole, problems + cut


def _footing(advice: Advice) -> list[tuple[int, str, str, str]]:
    """What is wrong with an advice as a whole: position, code, what, hint."""
    found = []
    if advice.apart:
        what = f"adjustments of {advice.apart} {advice.currency} are in the payment and of no single document"
        hint = "the lines alone don't add up to what is paid; such an advice never posts alone"
        found.append((advice.position, "remittance-adjusted", what.strip(), hint))
    known = [line.paid for line in advice.lines if line.paid is not None]
    total = sum(known, Decimal(0)) + advice.apart
    if advice.amount is not None and advice.lines and total != advice.amount:
        said = f"{advice.amount} {advice.currency}".strip()
        what = f"its {len(advice.lines)} lines and adjustments add up to {total}, {said} is paid"
        hint = "ask the payer; such an advice never posts alone"
        found.append((advice.position, "remittance-foots-not", what, hint))
    return found


def _table(advices: Sequence[tuple[int, Advice]]) -> pl.DataFrame:
    """Advices as columns, a row for each line; `head` is the number of the advice."""
    rows = [(advice.currency, line) for _, advice in advices for line in advice.lines]

    def of_lines(name: str) -> list[str]:
        values = map(attrgetter(name), (line for _, line in rows))
        return [
            "" if value is None else controls.money(value, currency)
            for value, (currency, _) in zip(values, rows, strict=True)
        ]

    def of_advices(name: str, values: Sequence[object], dtype: pl.DataType | None = None) -> pl.Series:
        return pl.Series(name, values, dtype=dtype or pl.String()).gather(at)

    extras = [dict(line.extras) for _, line in rows]
    names = sorted({name for extra in extras for name in extra})
    at = pl.Series([index for index, (_, one) in enumerate(advices) for _ in one.lines], dtype=pl.Int64)
    amounts = ["" if one.amount is None else controls.money(one.amount, one.currency) for _, one in advices]
    texts: dict[str, list[str]] = {
        "doc_no": [clean(line.doc_no) for _, line in rows],
        "gross_amount": of_lines("gross"),
        "deduction_amount": of_lines("deduction"),
        "deduction_type": [clean(line.deduction_type) for _, line in rows],
        "paid_amount": of_lines("paid"),
    }
    return pl.DataFrame(
        [
            of_advices(columnar.HEAD, [number for number, _ in advices], pl.Int64()),
            of_advices("payer", [clean(one.payer) for _, one in advices]),
            of_advices("payment_date", [one.paid_on for _, one in advices], pl.Date()),
            of_advices("payment_reference", [reference(clean(one.payment)) for _, one in advices]),
            of_advices("payment_amount", amounts),
            of_advices("currency", [one.currency for _, one in advices]),
            *(pl.Series(name, column, dtype=pl.String) for name, column in texts.items()),
            pl.Series("position", [line.position for _, line in rows], dtype=pl.Int64),
            *(
                pl.Series(EXTRA + name, [clean(extra.get(name, "")) for extra in extras], dtype=pl.String)
                for name in names
            ),
        ]
    )

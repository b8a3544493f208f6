"""Month by month: what was open, billed, collected and adjusted, and how long sales stay unpaid.

    closing = opening + billed + credited + collected + adjusted, and the next opening is this closing

As *Daily AR* by days. Where a balance of a month's end is known, it is compared, and the chain goes on from it. What
neither balances nor movements say of a month is left empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from recon.model import BALANCES
from recon.problems import Problem
from recon.reports import daily, dso, ledger, targets
from recon.reports.ledger import Key, Period
from recon.reports.roll_forward import AGREES, DIFFERS, NOT_SAID
from recon.reports.shape import Inputs, once

MONTHS = 13  # that are shown, so that a month stands beside that of the year before
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Flows = tuple[
    int, int, int, int
]  # billed, credited, collected, adjusted; each with the sign that it changes by


@dataclass(frozen=True)
class Month:
    """One month of one currency, in minor units."""

    span: Period
    opening: int | None  # None = not known, as the rest
    flows: Flows | None
    closing: int | None  # what the next month begins with
    said: int | None  # the balance at its end, as the ledger has it
    figures: dso.Figures | None
    target: targets.Month | None

    @property
    def made(self) -> int | None:
        """Opening and all that moved."""
        return None if self.opening is None or self.flows is None else self.opening + sum(self.flows)

    @property
    def collected(self) -> int | None:
        """Receipts, less refunds."""
        return None if self.flows is None else -self.flows[2]

    @property
    def unexplained(self) -> int | None:
        """The ledger's balance less what opening and movements make."""
        return None if self.closing is None or self.made is None else self.closing - self.made

    @property
    def check(self) -> str:
        """Whether the ledger's balance is what opening and movements make."""
        if self.said is None or self.made is None:
            return NOT_SAID
        return AGREES if self.said == self.made else DIFFERS


def this(inputs: Inputs) -> Period:
    """The calendar month of the as-at date, up to it."""
    return Period(inputs.as_of.replace(day=1), inputs.as_of)


def before(month: Period) -> Period:
    """The whole calendar month before one."""
    return Period(month.before.replace(day=1), month.before)


def name(day: date) -> str:
    """A month as it stands below a chart: Mar 26."""
    return f"{_NAMES[day.month - 1]} {day:%y}"


def over(inputs: Inputs) -> bool:
    """Whether the as-at date is the last of its month: a part of a month can't be compared with a whole one."""
    return (inputs.as_of + timedelta(days=1)).day == 1


@once
def trend(inputs: Inputs) -> dict[str, tuple[Month, ...]]:
    """The months of each currency, the oldest first: those that anything is known of, at most `MONTHS`."""
    first = ledger.first_of(inputs.as_of, MONTHS)
    rows = ledger.movements(inputs, first, inputs.as_of)
    moved = daily.moved_by_day(rows)
    days = [day for day in inputs.get("balances", BALANCES)["date"].unique() if day < inputs.as_of]
    said = {
        day: ledger.balances(inputs, day, by_entity=False) for day in days if day >= first - timedelta(days=1)
    }
    said[inputs.as_of] = ledger.closing(inputs, by_entity=False)[0]
    spans = [this(inputs)]
    while spans[-1].first > first:
        spans.append(before(spans[-1]))
    keys = {key for _, key in moved} | {key for one in said.values() for key in one}
    return {key[0]: _months(inputs, key, spans[::-1], moved, said) for key in sorted(keys)}


def _months(
    inputs: Inputs,
    key: Key,
    spans: list[Period],
    moved: Mapping[tuple[date, Key], Flows],
    said: dict[date, dict[Key, int]],
) -> tuple[Month, ...]:
    """The months of one currency from the first of which anything is known."""
    flows: dict[date, Flows] = {}
    for (day, one), parts in moved.items():
        if one == key:
            month = day.replace(day=1)
            so_far = flows.get(month, (0, 0, 0, 0))
            billed, credited, collected, adjusted = (a + b for a, b in zip(so_far, parts, strict=True))
            flows[month] = billed, credited, collected, adjusted
    # A balance alone is where the first month begins.
    known = [span for span in spans if span.first in flows or key in said.get(span.before, {})]
    known = known or [span for span in spans if key in said.get(span.last, {})]
    if not known:
        return ()
    spans = [span for span in spans if span.first >= known[0].first]
    ends = _ends(inputs, key, spans, flows, said)
    given = ledger.covered(inputs)
    made = []
    for at, span in enumerate(spans):
        opening, closing = ends[at], ends[at + 1]
        known_idle = span.first in given and opening is not None and closing is not None
        idle = (0, 0, 0, 0) if known_idle else None
        figures = None if closing is None else dso.at(inputs, span.last, {key: closing}).get(key)
        moves = flows.get(span.first, idle)
        # What nobody knows is not compared with a target either.
        target = None if moves is None else targets.of_month(inputs, span.first, span.last).get(key[0])
        balance = said.get(span.last, {}).get(key)
        made.append(Month(span, opening, moves, closing, balance, figures, target))
    return tuple(made)


def _ends(
    inputs: Inputs,
    key: Key,
    spans: list[Period],
    flows: dict[date, Flows],
    said: dict[date, dict[Key, int]],
) -> list[int | None]:
    """What was open before the first month and at the end of each: as said, else on from a balance by what moved.

    None where there is no balance, and movements of the months up to the next one are not given. Movements that are
    given of a month have all of it: a currency that has some elsewhere, and none in it, did not move.
    """
    ends = [said.get(day, {}).get(key) for day in (spans[0].before, *(span.last for span in spans))]
    if all(one is None for one in ends):
        ends[-1] = 0  # neither balances nor items: all that moved was settled
    given = ledger.covered(inputs) if flows else frozenset()
    moved = [
        sum(flows.get(span.first, ())) if span.first in flows or span.first in given else None
        for span in spans
    ]
    for at, amount in enumerate(moved):
        start = ends[at]
        if ends[at + 1] is None and start is not None and amount is not None:
            ends[at + 1] = start + amount
    for at, amount in reversed(list(enumerate(moved))):
        end = ends[at + 1]
        if ends[at] is None and end is not None and amount is not None:
            ends[at] = end - amount
    return ends


def unknown(inputs: Inputs) -> tuple[str, ...]:
    """Of which months nobody knows what was open at their end, or what moved in them, in words for each currency."""
    found = []
    for currency, chain in trend(inputs).items():
        empty = [f"{one.span.first:%Y-%m}" for one in chain if one.closing is None]
        if empty:
            found.append(
                f"Not known, and left empty, since neither balances nor movements say what was open in {currency}: "
                f"{', '.join(empty)}."
            )
        still = [f"{one.span.first:%Y-%m}" for one in chain if one.flows is None and one.closing is not None]
        if still:
            found.append(
                f"No movements are given of these months, so what was billed and collected in {currency} is left "
                f"empty, and nothing is compared with balances or targets: {', '.join(still)}."
            )
    return tuple(found)


def problems(inputs: Inputs) -> list[Problem]:
    """A problem for each month whose balance is not what its opening and movements make."""
    found = []
    for currency, months in trend(inputs).items():
        key = (currency, "")
        for one in months:
            if one.check == DIFFERS and one.said is not None:
                what = (
                    f"the ledger says {ledger.text(inputs, key, one.said)}, opening and movements of the month make "
                    f"{ledger.text(inputs, key, one.made or 0)}"
                )
                hint = "find the entries that one of them lacks; later months go on from the ledger's balance"
                found.append(Problem("report-break", f"balance of {one.span.last}", what, hint))
    return found

"""How good proposals are, measured against a case's truth: precision, rates, traps, codes, points.

Points are those of domain 7.5: a wrong automatic posting costs ten good ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

import polars as pl

from recon.bench.alike import as_named, likenesses
from recon.bench.dimensions import DIMENSIONS
from recon.model import Outcome

RIGHT: Final = 1.0
SUGGESTED_RIGHT: Final = 0.7  # suggested where auto was right, and the proposal is the truth
SUGGESTED_WRONG: Final = 0.3
TRAP: Final = -10.0  # auto where it was not; or another customer's item
WRONG_ITEM: Final = -5.0  # auto, the right customer, another item or amount

# What a line pays, by item: cash and deductions. Deductions count together: how a rounding is named is no matter.
Paid = Mapping[str, tuple[Decimal, Decimal]]

_CASES_SCHEMA: Final = {
    "case": pl.String(),
    "family": pl.String(),
    "expected": pl.String(),
    "lines": pl.Int64(),
    "auto": pl.Int64(),
    "suggested": pl.Int64(),
    "exception": pl.Int64(),
    "not_receivable": pl.Int64(),
    "duplicate": pl.Int64(),
    "right": pl.Int64(),  # the outcome is one that the truth allows, and auto is right in items and amounts
    "proposal_right": pl.Int64(),  # auto or suggested, with the truth's items and cash
    "traps": pl.Int64(),
    "wrong_auto": pl.Int64(),
    "codes_right": pl.Int64(),
    "codes_expected": pl.Int64(),
    "points": pl.Float64(),
}
_DIMENSIONS_SCHEMA: Final = {
    "dimension": pl.String(),
    "value": pl.String(),
    "lines": pl.Int64(),
    "posted": pl.Int64(),
    "posted_right": pl.Int64(),
    "should_auto": pl.Int64(),
    "should_auto_right": pl.Int64(),
    "answerable": pl.Int64(),
    "answerable_right": pl.Int64(),
    "codes_expected": pl.Int64(),
    "codes_right": pl.Int64(),
    "traps": pl.Int64(),
}
_VERDICTS_SCHEMA: Final = {
    "line_id": pl.String(),
    "case": pl.String(),
    "family": pl.String(),
    "expected": pl.String(),
    "outcome": pl.String(),
    "right": pl.Boolean(),
    "proposal_right": pl.Boolean(),
    "trap": pl.Boolean(),
    "wrong_auto": pl.Boolean(),
    "code_right": pl.Boolean(),  # null where no code is expected
    "pairs": pl.Int64(),  # (line, item) pairs posted automatically
    "pairs_right": pl.Int64(),
    "clean": pl.Boolean(),
    "answerable": pl.Boolean(),
    "fact": pl.String(),
    "points": pl.Float64(),
}


class Known(Protocol):
    """A job whose answer is known: a generated case, or its files read again."""

    @property
    def flavour(self) -> str:
        """Whose ledger."""

    @property
    def seed(self) -> int:
        """Of the generator."""

    @property
    def open_items(self) -> pl.DataFrame:
        """Item_id, customer_id, open_amount."""

    @property
    def truth(self) -> pl.DataFrame:
        """What should become of each line (generate.TRUTH_SCHEMA)."""

    @property
    def truth_allocations(self) -> pl.DataFrame:
        """What each line pays (generate.TRUTH_ALLOCATIONS_SCHEMA)."""


@dataclass(frozen=True)
class Scores:
    """The measures of one run.

    `verdicts` has a row per line, `cases` a row per case and expected outcome, `dimensions` one per value of each
    dimension.
    """

    flavour: str
    seed: int
    lines: int
    auto_lines: int
    auto_lines_right: int
    auto_pairs: int
    auto_pairs_right: int
    should_auto: int
    should_auto_right: int
    clean: int
    clean_auto: int
    answerable: int
    answerable_right: int
    traps: int
    codes_expected: int
    codes_right: int
    points: float
    broken: tuple[str, ...]  # ids of lines and items whose sums do not hold: the run failed
    cases: pl.DataFrame
    dimensions: pl.DataFrame
    verdicts: pl.DataFrame

    @property
    def line_precision(self) -> float:
        """Share of the automatically posted lines that are right in every item, amount and deduction."""
        return _share(self.auto_lines_right, self.auto_lines)

    @property
    def pair_precision(self) -> float:
        """Share of the automatically posted (line, item) pairs that are right."""
        return _share(self.auto_pairs_right, self.auto_pairs)

    @property
    def auto_rate(self) -> float:
        """Share of the lines that should be posted automatically that were, and rightly."""
        return _share(self.should_auto_right, self.should_auto)

    @property
    def clean_rate(self) -> float:
        """Share of the clean lines that were posted automatically and rightly."""
        return _share(self.clean_auto, self.clean)

    @property
    def answered(self) -> float:
        """Share of the answerable lines whose proposal, automatic or suggested, is the truth."""
        return _share(self.answerable_right, self.answerable)

    @property
    def code_accuracy(self) -> float:
        """Share of the lines with an expected exception code that carry one of the right ones."""
        return _share(self.codes_right, self.codes_expected)

    @property
    def conserved(self) -> bool:
        """Whether no money was made or lost, and no item allocated above what is open."""
        return not self.broken


def score(case: Known, lines: pl.DataFrame, allocations: pl.DataFrame, exceptions: pl.DataFrame) -> Scores:
    """Measure a run's three result tables (outer form, as in the CSV files) against the truth of its case.

    A line that the result lacks counts as broken. Ids of lines are those of `case.truth` (see `align`).
    """
    verdicts = pl.DataFrame(
        list(_verdicts(case, lines, allocations, exceptions)), schema=_VERDICTS_SCHEMA, orient="row"
    )
    broken = tuple(
        sorted({*_broken_lines(case, lines, allocations, exceptions), *_over_allocated(case, allocations)})
    )
    auto = verdicts.filter(pl.col("outcome") == Outcome.AUTO)
    should = verdicts.filter(pl.col("expected") == Outcome.AUTO)
    posted = pl.col("right") & (pl.col("outcome") == Outcome.AUTO)
    return Scores(
        flavour=case.flavour,
        seed=case.seed,
        lines=verdicts.height,
        auto_lines=auto.height,
        auto_lines_right=auto.filter("right").height,
        auto_pairs=int(auto["pairs"].sum()),
        auto_pairs_right=int(auto["pairs_right"].sum()),
        should_auto=should.height,
        should_auto_right=should.filter(posted).height,
        clean=verdicts.filter("clean").height,
        clean_auto=verdicts.filter(pl.col("clean") & posted).height,
        answerable=verdicts.filter("answerable").height,
        answerable_right=verdicts.filter(pl.col("answerable") & pl.col("proposal_right")).height,
        traps=verdicts.filter("trap").height,
        codes_expected=verdicts["code_right"].count(),
        codes_right=int(verdicts["code_right"].sum()),
        points=float(verdicts["points"].sum()) if not broken else float("-inf"),
        broken=broken,
        cases=_by_case(verdicts),
        dimensions=_by_dimension(verdicts.join(case.truth.select("line_id", *DIMENSIONS), on="line_id")),
        verdicts=verdicts,
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _paid(allocations: pl.DataFrame) -> dict[str, dict[str, tuple[Decimal, Decimal]]]:
    """Per line and item: cash and deductions, of its one or more rows."""
    paid: dict[str, dict[str, tuple[Decimal, Decimal]]] = defaultdict(dict)
    rows = allocations.select("line_id", pl.col("item_id").fill_null(""), "amount", "deduction")
    for line_id, item_id, amount, deduction in rows.iter_rows():
        cash, kept = paid[line_id].get(item_id, (Decimal(0), Decimal(0)))
        paid[line_id][item_id] = (cash + Decimal(amount or "0"), kept + Decimal(deduction or "0"))
    return paid


def _verdicts(
    case: Known, lines: pl.DataFrame, allocations: pl.DataFrame, exceptions: pl.DataFrame
) -> Iterable[tuple[object, ...]]:
    outcomes = dict(lines.select("line_id", "outcome").iter_rows())
    given: dict[str, set[str]] = defaultdict(set)
    for line_id, code in exceptions.select("line_id", "code").iter_rows():
        given[line_id].add(code)
    for line_id, code in lines.select("line_id", "code").iter_rows():
        given[line_id].add(code)
    owners = dict(case.open_items.select("item_id", "customer_id").iter_rows())
    truth, proposed = _paid(case.truth_allocations), _paid(allocations)
    alike = likenesses(case.truth_allocations)
    for row in case.truth.iter_rows(named=True):
        line_id = row["line_id"]
        outcome = outcomes.get(line_id, "")
        right_paid, paid = truth.get(line_id, {}), as_named(proposed.get(line_id, {}), alike.get(line_id, {}))
        allowed = {row["expected"], *filter(None, row["also"].split(";"))}
        is_auto = outcome == Outcome.AUTO
        trap = is_auto and Outcome.AUTO not in allowed
        wrong = is_auto and not trap and paid != right_paid
        pairs = [item_id for item_id in paid if item_id] if is_auto else []
        codes = {code for code in row["codes"].split(";") if code}
        code_right = bool(codes & given[line_id]) if codes else None
        proposal = outcome in (Outcome.AUTO, Outcome.SUGGESTED) and _cash(paid) == _cash(right_paid)
        yield (
            line_id,
            row["case"],
            row["family"],
            row["expected"],
            outcome,
            outcome in allowed and not wrong,
            proposal,
            trap,
            wrong,
            code_right,
            len(pairs),
            0 if trap else sum(paid[item_id] == right_paid.get(item_id) for item_id in pairs),
            row["clean"],
            row["answerable"],
            row["fact"],
            _points(
                outcome,
                allowed,
                wrong=_strangers(paid, right_paid, owners) if wrong else None,
                trap=trap,
                proposal=proposal,
                code_right=code_right,
            ),
        )


def _cash(paid: Paid) -> dict[str, Decimal]:
    """What is paid for items in cash: a suggestion is right in this; on account and deductions are the reviewer's."""
    return {item_id: cash for item_id, (cash, _) in paid.items() if item_id}


def _strangers(paid: Paid, right: Paid, owners: Mapping[str, str]) -> bool:
    """Whether another customer's item was paid."""
    customers = {owners.get(item_id, "") for item_id in right if item_id}
    return any(owners.get(item_id, "") not in customers for item_id in paid if item_id)


def _points(
    outcome: str,
    allowed: set[str],
    *,
    wrong: bool | None,  # auto with wrong content; True: another customer's item
    trap: bool,
    proposal: bool,
    code_right: bool | None,
) -> float:
    if trap or wrong:
        return TRAP
    if wrong is not None:
        return WRONG_ITEM
    if outcome in allowed:
        return RIGHT if outcome == Outcome.AUTO or code_right is not False else 0.0
    if Outcome.AUTO in allowed and outcome == Outcome.SUGGESTED:
        return SUGGESTED_RIGHT if proposal else SUGGESTED_WRONG
    return 0.0


def _broken_lines(
    case: Known, lines: pl.DataFrame, allocations: pl.DataFrame, exceptions: pl.DataFrame
) -> Iterable[str]:
    """Lines whose parts are not their amount, or that have no outcome, or more than one."""
    amounts = {
        line_id: Decimal(amount) for line_id, amount in case.truth.select("line_id", "amount").iter_rows()
    }
    parts: dict[str, Decimal] = defaultdict(Decimal)
    for frame in (allocations, exceptions):
        for line_id, amount in frame.select("line_id", "amount").iter_rows():
            parts[line_id] += Decimal(amount or "0")
    seen: set[str] = set()
    for line_id, outcome in lines.select("line_id", "outcome").iter_rows():
        if line_id in seen or line_id not in amounts:
            yield line_id
        seen.add(line_id)
        aside = outcome in (Outcome.NOT_RECEIVABLE, Outcome.DUPLICATE)
        if line_id in amounts and parts[line_id] != amounts[line_id] and not (aside and parts[line_id] == 0):
            yield line_id
    yield from amounts.keys() - seen


def _over_allocated(case: Known, allocations: pl.DataFrame) -> Iterable[str]:
    """Items that got more than is open, and ids that are no items."""
    opened = {
        item: Decimal(amount) for item, amount in case.open_items.select("item_id", "open_amount").iter_rows()
    }
    settled: dict[str, Decimal] = defaultdict(Decimal)
    for items in _paid(allocations).values():
        for item_id, (cash, kept) in items.items():
            settled[item_id] += cash + kept
    for item_id, total in settled.items():
        if not item_id:
            continue
        if item_id not in opened or total * opened[item_id] < 0 or abs(total) > abs(opened[item_id]):
            yield item_id


def _by_case(verdicts: pl.DataFrame) -> pl.DataFrame:
    counts = [(pl.col("outcome") == outcome).sum().alias(outcome.value) for outcome in Outcome]
    table = verdicts.group_by("case", "family", "expected").agg(
        pl.len().alias("lines"),
        *counts,
        pl.col("right").sum(),
        pl.col("proposal_right").sum(),
        pl.col("trap").sum().alias("traps"),
        pl.col("wrong_auto").sum(),
        pl.col("code_right").sum().alias("codes_right"),
        pl.col("code_right").count().alias("codes_expected"),
        pl.col("points").sum(),
    )
    return table.sort("family", "case", "expected").select(
        [pl.col(name).cast(dtype) for name, dtype in _CASES_SCHEMA.items()]
    )


def _by_dimension(verdicts: pl.DataFrame) -> pl.DataFrame:
    auto = pl.col("outcome") == Outcome.AUTO
    should = pl.col("expected") == Outcome.AUTO
    tables = [
        verdicts.group_by(value=pl.col(name)).agg(
            pl.lit(name).alias("dimension"),
            pl.len().alias("lines"),
            auto.sum().alias("posted"),
            (auto & pl.col("right")).sum().alias("posted_right"),
            should.sum().alias("should_auto"),
            (should & auto & pl.col("right")).sum().alias("should_auto_right"),
            pl.col("answerable").sum(),
            (pl.col("answerable") & pl.col("proposal_right")).sum().alias("answerable_right"),
            pl.col("code_right").count().alias("codes_expected"),
            pl.col("code_right").sum().alias("codes_right"),
            pl.col("trap").sum().alias("traps"),
        )
        for name in DIMENSIONS
    ]
    return (
        pl.concat(tables)
        .with_columns(
            place=pl.col("dimension").replace_strict({name: n for n, name in enumerate(DIMENSIONS)})
        )
        .sort("place", "lines", "value", descending=[False, True, False])
        .select([pl.col(name).cast(dtype) for name, dtype in _DIMENSIONS_SCHEMA.items()])
    )

"""What a month of decisions is worth: one month's lines decided, what they teach accepted, the next month's matched.

month 1, files without aliases -> matched -> decided by the truth -> observed -> suggested -> accepted
month 2, files without aliases -> matched -> scored; with what was accepted -> scored; with all aliases -> scored
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import polars as pl

from recon import learn, model
from recon.bench import month
from recon.bench.generate import Case, generate
from recon.bench.payers import Flavour
from recon.bench.score import Scores, score
from recon.bench.site import RULES_OF, told
from recon.flow import settings
from recon.flow.bench import tables_of
from recon.flow.learning import Learned
from recon.flow.payers import Names
from recon.learn import Force
from recon.match import match
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES, Kind
from recon.rules.schema import Rules

FIRST, SECOND = date(2026, 2, 28), date(2026, 3, 31)
MISTAKES: Final = 0.01
_AT: Final = "2026-03-01T09:00:00+00:00"
NOTHING, LEARNED, EVERYTHING = "ledger alone", "with what was learned", "all aliases known"


@dataclass(frozen=True)
class Month:
    """One flavour's two months: what was decided and learned in the first, and the second by what was known."""

    flavour: str
    seed: int
    decided: int  # lines that people allocated
    learned: Mapping[str, int]  # accepted suggestions by kind
    contradicted: int
    scores: Mapping[str, Scores]


def run(
    lines: int,
    seeds: Sequence[int],
    mistakes: float = MISTAKES,
    progress: Callable[[str, int, int], None] | None = None,
    flavours: Sequence[Flavour] = tuple(RULES_OF),
) -> list[Month]:
    """Two months of each flavour and seed.

    Args:
        lines: bank lines of each month.
        seeds: the generator's seeds.
        mistakes: the share of decisions that are wrong.
        progress: called with the stage, the runs done and all of them.
        flavours: whose ledgers.
    """
    jobs = [(flavour, seed) for flavour in flavours for seed in seeds]
    made = []
    for done, (flavour, seed) in enumerate(jobs):
        if progress:
            progress("bench", done, len(jobs))
        first = generate(flavour, lines, seed, FIRST, month=1)
        second = generate(flavour, lines, seed, SECOND, month=2)
        made.append(_month(first, second, mistakes))
    return made


def _month(first: Case, second: Case, mistakes: float) -> Month:
    plain = month.beginner(first)
    rules = told(first, settings.load_rules(RULES_OF[first.flavour])[0])
    lines, allocations, _exceptions = _matched(plain, rules, Force())
    accepted = month.decided(plain, lines, allocations, mistakes)
    rows = _suggested(plain, accepted, rules)
    ready = rows.filter(pl.col("state") == "suggested")
    asked = ready.select(
        "id",
        answer=pl.lit("accept"),
        note=pl.lit(""),
        who=pl.lit("carl"),
        where=pl.lit(""),
    )
    events = learn.answered(asked, rows, _AT, second_person=True).events
    force = learn.in_force(events, SECOND)
    later = told(second, rules)
    begun = month.beginner(second)
    return Month(
        first.flavour,
        first.seed,
        accepted.filter(pl.col("decision_id") != "")["line_id"].n_unique(),
        dict(ready.group_by("kind").len().sort("kind").iter_rows()),
        rows.filter(pl.col("state") == "contradicted").height,
        {
            NOTHING: score(second, *_matched(begun, later, Force())),
            LEARNED: score(second, *_matched(begun, later, force)),
            EVERYTHING: score(second, *_matched(second, later, Force())),
        },
    )


def _frames(case: Case) -> dict[Kind, pl.DataFrame]:
    return {
        Kind.BANK: case.bank_lines,
        Kind.ITEMS: case.open_items,
        Kind.CUSTOMERS: case.customers,
        Kind.ALIASES: case.aliases,
    }


def _suggested(case: Case, accepted: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """What a month's decisions suggest."""
    names = Names(_frames(case), rules)
    lines = case.bank_lines.join(accepted, on="line_id", how="semi", maintain_order="left")
    observed = learn.observed(names.of(lines), accepted, case.open_items, rules)
    return learn.suggested(observed, names.known(), model.LEARNED.empty_outside(), Force().rejected, rules)


def _matched(case: Case, rules: Rules, force: Force) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines, allocations and exceptions of a month, in outer form."""
    learned = Learned(force, _frames(case), rules)
    frames = learned.joined()
    tables = tables_of(replace(case, customers=frames[Kind.CUSTOMERS], aliases=frames[Kind.ALIASES]))
    result = learned.applied(match(tables, rules))
    return (
        model.outside(result.lines, LINES, tables.scales),
        model.outside(result.allocations, ALLOCATIONS, tables.scales),
        model.outside(result.exceptions, EXCEPTIONS, tables.scales),
    )


def page(months: Sequence[Month]) -> str:
    """The figures as a page."""
    told_ = [
        "# A month of learning",
        "",
        "| | seed | decided | accepted | contradicted | | posted | right | auto rate | precision |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in months:
        kinds = ", ".join(f"{count} {kind}" for kind, count in one.learned.items()) or "nothing"
        for known, scores in one.scores.items():
            first = known == NOTHING
            head = (
                [one.flavour, str(one.seed), f"{one.decided:,}", kinds, str(one.contradicted)]
                if first
                else [""] * 5
            )
            figures = [
                f"{scores.auto_lines:,}",
                f"{scores.auto_lines_right:,}",
                f"{scores.auto_rate:.1%}",
                f"{scores.line_precision:.2%}",
            ]
            told_.append(f"| {' | '.join([*head, known, *figures])} |")
    return "\n".join(told_) + "\n"


def figures(months: Sequence[Month]) -> list[dict[str, Any]]:
    """The same as plain values."""
    return [
        {
            "flavour": one.flavour,
            "seed": one.seed,
            "decided": one.decided,
            "learned": dict(one.learned),
            "contradicted": one.contradicted,
            "second_month": {
                known: {
                    "auto": scores.auto_lines,
                    "auto_right": scores.auto_lines_right,
                    "auto_rate": scores.auto_rate,
                    "auto_precision": scores.line_precision,
                }
                for known, scores in one.scores.items()
            },
        }
        for one in months
    ]

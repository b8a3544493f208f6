"""Quality on generated cases with known truth: generate, match, score, tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from recon import model
from recon.bench.generate import Case, generate
from recon.bench.page import page
from recon.bench.payers import Flavour
from recon.bench.score import Scores, score
from recon.flow import deliver, settings
from recon.match import match
from recon.model import (
    ALIASES,
    ALLOCATIONS,
    BANK_LINES,
    CUSTOMERS,
    EXCEPTIONS,
    LINES,
    OPEN_ITEMS,
    REMITTANCE_LINES,
)

RULES_OF: Mapping[Flavour, str] = {"uk": "uk_care", "india": "india_care"}


@dataclass(frozen=True)
class Benched:
    """What a bench run gives: its page, its figures, and the files written."""

    page: str
    figures: list[dict[str, Any]]
    files: tuple[Path, ...]


def run(lines: int, seed: int, out: Path | None = None) -> Benched:
    """Both flavours, matched by their rules and scored against their truth.

    Args:
        lines: bank lines of each flavour.
        seed: the generator's seed.
        out: folder for the page and the data sets with their truth; none = nothing is written.
    """
    scores = []
    texts: dict[str, str] = {}
    with deliver.ready(out):
        for flavour, rules_name in RULES_OF.items():
            case = generate(flavour, lines, seed)
            scores.append(of_case(case, rules_name))
            texts |= _data(case)
        told = page(scores)
        files = deliver.write(out, {"bench.md": told, **texts}) if out else []
    return Benched(told, [_figures(one) for one in scores], tuple(files))


def of_case(case: Case, rules_name: str) -> Scores:
    """One generated case, matched by a set of rules and scored."""
    rules, _path = settings.load_rules(rules_name)
    tables = tables_of(case)
    result = match(tables, rules)
    outer = [
        model.outside(frame, table, tables.scales)
        for frame, table in (
            (result.lines, LINES),
            (result.allocations, ALLOCATIONS),
            (result.exceptions, EXCEPTIONS),
        )
    ]
    return score(case, *outer)


def tables_of(case: Case) -> model.Tables:
    """A generated case in inner form."""
    frames = {
        "bank_lines": (BANK_LINES, case.bank_lines),
        "open_items": (OPEN_ITEMS, case.open_items),
        "remittance_lines": (REMITTANCE_LINES, case.remittance_lines),
        "customers": (CUSTOMERS, case.customers),
        "aliases": (ALIASES, case.aliases),
        "closed_items": (OPEN_ITEMS, case.closed_items),
    }
    scales = model.scales_of(list(frames.values()))
    inner = {name: model.inside(frame, table, scales) for name, (table, frame) in frames.items()}
    return model.Tables(
        bank_lines=inner["bank_lines"],
        open_items=inner["open_items"],
        remittance_lines=inner["remittance_lines"],
        customers=inner["customers"],
        aliases=inner["aliases"],
        closed_items=inner["closed_items"],
        scales=scales,
    )


def _data(case: Case) -> dict[str, str]:
    names = (
        "bank_lines",
        "open_items",
        "remittance_lines",
        "customers",
        "aliases",
        "closed_items",
        "truth",
        "truth_allocations",
    )
    return {f"{case.flavour}-{name}.csv": deliver.csv(getattr(case, name)) for name in names}


def _figures(scores: Scores) -> dict[str, Any]:
    """The plain figures of a score, without its tables."""
    plain = {name: value for name, value in asdict(scores).items() if not isinstance(value, pl.DataFrame)}
    return plain | {"auto_precision": scores.auto_lines_right / max(scores.auto_lines, 1)}

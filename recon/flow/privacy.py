"""Personal data after its time: erased by reference or by line, and what a rule says has been kept long enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from recon.flow import audit, moments
from recon.flow.login import login
from recon.flow.review import rules_of_last_run
from recon.problems import Problem, ReconError
from recon.store import Erased, Store, Target

WHY_MIN: Final = 3  # characters of a reason
BY_RULE: Final = "kept longer than privacy.keep_years"


def erase(
    reference: str = "", line: str = "", why: str = "", store_url: str = "", book: Path | None = None
) -> Erased:
    """Take the text of a person out of the store for good.

    Args:
        reference: a service user, customer, item or document; or `line`: one bank line by its id.
        line: see there.
        why: the reason, which is kept.
        store_url: the store; empty = the one beside the workbook.
        book: the workbook.

    Raises:
        ReconError: EXIT_INPUT if it isn't said what or why, or nothing in the store is meant by it; EXIT_JOB if the
            store can't be used.
    """
    if bool(reference) == bool(line):
        hint = "give --reference or --line, one of them"
        raise ReconError(Problem("erase-what", "recon audit erase", "it does not say what to erase", hint))
    if len(why.strip()) < WHY_MIN:
        hint = "give --why: the request, its date and who decided"
        raise ReconError(Problem("erase-what", "--why", "it does not say why", hint))
    with audit.opened("recon audit erase", store_url, book) as store:
        target = Target(lines=(line,)) if line else store.of_reference(reference)
        known = bool(store.bank_lines([line]).height) if line else target != Target()
        if not known:
            what = f"nothing in the store is of {line or reference}"
            hint = "give a line's id, or the reference of a service user, customer, item or document"
            raise ReconError(Problem("trail-unknown", "--line" if line else "--reference", what, hint))
        return _erased(store, target, line or reference, why.strip())


@dataclass(frozen=True)
class Retention:
    """Which lines have been kept long enough, since which day, and what was erased of them (none without `apply`)."""

    years: int
    before: date | None
    lines: tuple[str, ...]
    erased: Erased | None


def retention(
    store_url: str = "", book: Path | None = None, as_of: date | None = None, *, apply: bool = False
) -> Retention:
    """Settled lines whose text has been kept longer than the rules of the last run say; with `apply` it goes.

    Args:
        store_url: the store; empty = the one beside the workbook.
        book: the workbook.
        as_of: the day from which the years are counted back; none = that of the last run.
        apply: erase the text of these lines.

    Raises:
        ReconError: EXIT_INPUT if no store is named; EXIT_JOB if it can't be used.
    """
    with audit.opened("recon audit retention", store_url, book) as store:
        years = rules_of_last_run(store).privacy.keep_years
        day = as_of or _last_day(store)
        if not years or day is None:
            return Retention(years, None, (), None)
        before = _years_back(day, years)
        lines = tuple(store.lines_before(before.isoformat()))
        done = _erased(store, Target(lines=lines), f"before {before}", BY_RULE) if apply and lines else None
        return Retention(years, before, lines, done)


def _erased(store: Store, target: Target, reference: str, why: str) -> Erased:
    return store.erase(target, reference=reference, who=login(), at=moments.now(), why=why)


def _last_day(store: Store) -> date | None:
    finished = store.runs().drop_nulls("seq")
    return date.fromisoformat(finished["as_of"][-1]) if finished.height else None


def _years_back(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)

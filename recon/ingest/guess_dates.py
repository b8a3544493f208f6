"""How the days of a file are written: which comes first, day or month, and what settles it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import polars as pl

from recon.ingest import dates
from recon.ingest.guess_cells import COMPACT, FORMS, Cells

_FORMS_MAX: Final = 4
_ENOUGH: Final = 0.02  # of the cells that no other way reads: fewer are odd cells, not another way
_LINES_LEAST: Final = 8  # different days: fewer run in order by chance
_YEARS: Final = 3 * 365  # days over which a file with two figures for the year is not distrusted
_WIDER: Final = 4  # times the narrowest: days spread over decades are read wrongly


@dataclass(frozen=True)
class Written:
    """Ways of writing days in a profile's words, what settles them, and the other order if nothing does."""

    forms: tuple[str, ...]
    why: str
    proved: bool
    other: tuple[str, ...] = ()  # the same with day and month exchanged, if that is as likely
    rest: tuple[str, ...] = ()  # further ways, if they are as likely
    likely: bool = False  # the order of lines or how far days spread says so: no proof


def exchanged(form: str) -> str:
    """A way of writing with day and month exchanged."""
    if "%d" not in form or "%m" not in form:
        return form
    return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")


def _family(form: str) -> tuple[str, ...]:
    """A way of writing and those that read the same figures in another order."""
    both = (form, exchanged(form))
    if not re.fullmatch(r"%[dmy]([-/.])%[dmy]\1%[dmy]", form):
        return tuple(dict.fromkeys(both))
    mark = form[2]
    return (*dict.fromkeys((*both, *(mark.join(one) for one in _SHORT))),)


_SHORT: Final = (("%d", "%m", "%y"), ("%m", "%d", "%y"), ("%y", "%m", "%d"))


def words(form: str) -> str:
    """A way of writing as people say it: `dd/mm/yyyy`."""
    said = {
        "%d": "dd",
        "%m": "mm",
        "%Y": "yyyy",
        "%y": "yy",
        "%b": "Mon",
        "%B": "Month",
        "%I:%M:%S %p": "time",
    }
    for code, word in said.items():
        form = form.replace(code, word)
    return re.sub(r"%[HMSIpzf.:]+|%\.f", "0", form) if "%" in form else form


def settle(columns: Sequence[Cells], titles: Sequence[str], *, ordered: bool = True) -> Written | None:
    """The ways in which days are written; None if no way reads most of them.

    Args:
        columns: the columns of days, that of the booking or issue first.
        titles: texts of the rows before the heading, where a period may stand.
        ordered: whether such files run in the order of their days, as a bank's do and a list of items does not.
    """
    if not any(not column.empty for column in columns):
        return None
    read: Counter[str] = Counter()
    for column in columns:
        read.update(column.forms(named=True))
    if not read:
        return None
    text = pl.concat([column.filled for column in columns if not column.empty])
    plain = dates.without_time(text)
    # Digits without separators are days only where nothing else is.
    rank = [
        *FORMS,
        *(form for form in read if form not in FORMS and form not in COMPACT),
        *COMPACT,
        dates.SERIAL,
    ]
    best = min(read, key=lambda form: (-read[form], rank.index(form)))
    rivals = [form for form in _family(best) if read[form] == read[best]]
    near = _narrow(plain, rivals)
    best = near[0] if best not in near else best
    forms = _more(plain, best, read)
    other = exchanged(best)
    if len(near) == 1 and len(rivals) > 1:
        return Written(forms, "only so the days are not spread over decades", proved=True, likely=True)
    if any(form not in (best, other) for form in near):
        left = [form for form in near if form != best]
        why = "two figures may be the day or the year"
        return Written(forms, why, proved=False, other=(left[0], *forms[1:]), rest=tuple(left[1:]))
    if other not in near or other == best:
        why = f"reads {_all(read[best], len(text))}"
        if other != best:
            why += f"; with day and month exchanged {read[best] - read[other]:,} would be none"
        return Written(forms, why, proved=True)
    return _by_evidence(columns, titles, best, forms, ordered=ordered)


def _narrow(plain: pl.Series, forms: Sequence[str]) -> list[str]:
    """The ways that don't spread the days over decades, where another doesn't."""
    if len(forms) < 2 or "%y" not in forms[0]:  # noqa: PLR2004 - nothing to compare
        return list(forms)
    spread = {}
    for form in forms:
        days = dates.read(plain, form).drop_nulls().cast(pl.Int32)
        spread[form] = int(days.max() or 0) - int(days.min() or 0)  # type: ignore[arg-type]
    least = min(spread.values())
    return [form for form in forms if spread[form] <= max(_YEARS, _WIDER * least)]


def _all(read: int, of: int) -> str:
    if read == of:
        return "the only day" if of == 1 else f"all {of:,} days"
    return f"{read:,} of {of:,} cells"


def _more(plain: pl.Series, best: str, read: Counter[str]) -> tuple[str, ...]:
    """The best way, and others that read what it leaves."""
    forms = [best]
    left = plain.filter(dates.read(plain, best).is_null())
    while len(left) > max(_ENOUGH * len(plain), 0) and len(forms) < _FORMS_MAX:
        counts = {
            form: int(dates.read(left, form).is_not_null().sum())
            for form in read
            if form not in forms and form not in _family(best) and form not in COMPACT
        }
        form = max(counts, key=lambda one: counts[one], default="")
        if not form or not counts[form]:
            break
        forms.append(form)
        left = left.filter(dates.read(left, form).is_null())
    return tuple(forms)


def _by_evidence(
    columns: Sequence[Cells], titles: Sequence[str], best: str, forms: tuple[str, ...], *, ordered: bool
) -> Written:
    """Both orders read every cell: the title's period, or the order of a bank's lines, may tell."""
    other = exchanged(best)
    swapped = (other, *forms[1:])
    told = {form: _in_titles(titles, form) for form in (best, other)}
    if told[best] != told[other]:
        chosen = forms if told[best] > told[other] else swapped
        return Written(chosen, "the period in the rows before the heading is written so", proved=True)
    first = next(column for column in columns if not column.empty)
    days = dates.without_time(first.filled)
    turns = {form: _turns(dates.read(days, form).drop_nulls().to_list()) for form in (best, other)}
    different = ordered and days.n_unique() >= _LINES_LEAST
    if different and (turns[best] == 0) != (turns[other] == 0):
        chosen = forms if turns[best] == 0 else swapped
        return Written(chosen, "only so the days of the lines are in order", proved=True, likely=True)
    return Written(forms, "no day is above 12, and either order fits", proved=False, other=swapped)


def _in_titles(titles: Sequence[str], form: str) -> int:
    """How many days above 12 the titles have in this way of writing."""
    found = [part for text in titles for part in re.findall(r"\d{1,4}[-/. ]\w{1,9}[-/. ]\d{2,4}", text)]
    if not found:
        return 0
    read = dates.read(pl.Series(found, dtype=pl.String), form)
    return int(read.is_not_null().sum())


def _turns(days: Sequence[object]) -> int:
    """How often the lines don't go on in the direction in which most of them go."""
    steps = [(later > earlier) - (later < earlier) for earlier, later in pairwise(days)]  # type: ignore[operator]
    return min(steps.count(1), steps.count(-1))

"""The filter and the sort order that a user has set on a table, when it is written anew. Pure.

Kept are criteria that say which values show: lists of values, of days, months and years, blanks, and comparisons
(equals, contains, greater than, between). Excel applies a filter only when somebody asks it to, so the rows are
hidden here by the same criteria; new rows too. Any other kind (colours, top ten, above average, this week) and
criteria on a column of formulas, whose values only Excel knows, are taken off and told, and all rows show. So is a
sort order: the rows stand in recon's.

In the open workbook criteria can't be read through the free part of xlwings: they are taken off and told there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from recon.problems import Problem
from recon.workbook.columns import Kind, Sheet
from recon.workbook.package import Element, tag

_GROUPS = ("year", "month", "day")
Test = Callable[[str], bool]


class Filter:
    """A table's criteria: which of its columns have some, and whether a row shows.

    Attributes:
        columns: the places of the columns with criteria, from 0; none if there are none or they can't be kept.
        active: whether there are criteria.
        kept: whether they can be kept.
    """

    def __init__(
        self, table: Element, titles: Sequence[str], sheet: Sheet, of_formulas: set[str], epoch: date
    ) -> None:
        self._tests: dict[int, Test] = {}
        node = table.find(tag("autoFilter"))
        found = [] if node is None else node.findall(tag("filterColumn"))
        held = [one for one in found if len(one)]  # one without criteria hides its button
        self.active = bool(held)
        self.kept = True
        for one in held:
            at = int(one.get("colId", "0"))
            title = titles[at] if at < len(titles) else ""
            column = sheet.by_title.get(title)
            test = None if title in of_formulas else _test(one, column.kind if column else None, epoch)
            if test is None:
                self.kept = False
            else:
                self._tests[at] = test
        if not self.kept:
            self._tests = {}

    @property
    def columns(self) -> list[int]:
        """The places of the columns with criteria that are kept, from 0."""
        return list(self._tests)

    def hidden(self, values: dict[int, list[str]]) -> list[bool]:
        """Which rows the criteria hide, from the texts of the columns with criteria."""
        shown = [[self._tests[at](text) for text in texts] for at, texts in values.items()]
        return [not all(row) for row in zip(*shown, strict=True)]

    def taken_off(self, place: str, *, is_sorted: bool) -> tuple[Problem, ...]:
        """What is told of criteria that can't be kept, and of a sort order."""
        problems = []
        if not self.kept:
            what = "a filter of a kind that can't be kept was taken off, and all rows show"
            problems.append(
                Problem("view-dropped", place, what, "Set it again. Filters by value and by text are kept.")
            )
        if is_sorted:
            what = "the table was sorted; its rows stand in recon's order again"
            problems.append(Problem("view-dropped", place, what, "Sort it again."))
        return tuple(problems)


def _test(column: Element, kind: Kind | None, epoch: date) -> Test | None:
    """Whether a cell's text passes the criteria of a column; None if they are of another kind."""
    (criteria,) = column
    if criteria.tag == tag("filters"):
        return _among(criteria, kind, epoch)
    if criteria.tag == tag("customFilters"):
        return _compared(criteria)
    return None


def _among(criteria: Element, kind: Kind | None, epoch: date) -> Test | None:
    values = [node.get("val", "") for node in criteria.findall(tag("filter"))]
    groups = criteria.findall(tag("dateGroupItem"))
    if kind is Kind.DATE and values:
        return None  # as shown, in whatever way the days are shown
    blank = criteria.get("blank") in ("1", "true")
    texts = {value.casefold() for value in values}
    numbers = {number for value in values if (number := _shown_number(value)) is not None}
    days = [_group(node) for node in groups]
    if any(day is None for day in days):
        return None

    def test(text: str) -> bool:
        if not text:
            return blank
        number = _number(text)
        if text.casefold() in texts or (number is not None and number in numbers):
            return True
        day = _day(number, epoch) if days and number is not None else None
        return day is not None and any(group == day[: len(group)] for group in days if group)

    return test


def _compared(criteria: Element) -> Test | None:
    tests = [_comparison(node.get("operator", "equal"), node.get("val", "")) for node in criteria]
    both = criteria.get("and") in ("1", "true")
    return lambda text: (all if both else any)(test(text) for test in tests)


def _comparison(operator: str, value: str) -> Test:
    """One comparison; the asterisk and the question mark stand for any text and any character."""
    number = _number(value)
    if operator in ("equal", "notEqual"):
        wanted = operator == "equal"
        if not value.strip():
            return lambda text: (not text) is wanted
        pattern = re.compile(_pattern(value), re.IGNORECASE | re.DOTALL)

        def same(text: str) -> bool:
            equal = number is not None and _number(text) == number
            return (equal or pattern.fullmatch(text) is not None) is wanted

        return same

    def compared(text: str) -> bool:
        there = _number(text)
        if number is not None:
            return there is not None and _holds(operator, (there > number) - (there < number))
        low, high = text.casefold(), value.casefold()
        return bool(text) and there is None and _holds(operator, (low > high) - (low < high))

    return compared


def _holds(operator: str, order: int) -> bool:
    return {
        "greaterThan": order > 0,
        "greaterThanOrEqual": order >= 0,
        "lessThan": order < 0,
        "lessThanOrEqual": order <= 0,
    }.get(operator, True)


def _pattern(value: str) -> str:
    """Excel's wildcards as a regular expression; a tilde takes their meaning away."""
    made = ""
    at = 0
    while at < len(value):
        character = value[at]
        if character == "~" and at + 1 < len(value):
            at += 1
            made += re.escape(value[at])
        else:
            made += {"*": ".*", "?": "."}.get(character, re.escape(character))
        at += 1
    return made


def _group(node: Element) -> tuple[int, ...] | None:
    """A year, a month or a day; None for a time."""
    by = node.get("dateTimeGrouping", "")
    if by not in _GROUPS:
        return None
    return tuple(int(node.get(name, "0")) for name in _GROUPS[: _GROUPS.index(by) + 1])


def _day(number: Decimal, epoch: date) -> tuple[int, int, int] | None:
    try:
        day = epoch + timedelta(days=int(number))
    except OverflowError:
        return None
    return day.year, day.month, day.day


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _shown_number(value: str) -> Decimal | None:
    """A number as a sheet of ours shows it: 1,200.50 or 75%."""
    plain = value.replace(",", "").strip()
    if plain.endswith("%"):
        share = _number(plain[:-1])
        return None if share is None else share / 100
    return _number(plain)

"""The text of lines read in parts, one after another or at the same time: the same result."""

from __future__ import annotations

from threading import Barrier

import polars as pl
import pytest

from recon.bench.generate import generate
from recon.bench.payers import Flavour
from recon.flow import settings
from recon.flow.bench import tables_of
from recon.match import match
from recon.together import Once, each, parts


@pytest.mark.parametrize("flavour", ["uk", "india"])
def test_parts_and_workers_change_nothing(flavour: Flavour) -> None:
    case = generate(flavour, 300, 5)
    tables = tables_of(case)
    rules, _path = settings.load_rules({"uk": "uk_care", "india": "india_care"}[flavour])
    whole = match(tables, rules)
    for workers, lines_at_once in ((1, 70), (3, 90)):
        split = match(tables, rules, workers, lines_at_once)
        for name in ("lines", "allocations", "exceptions"):
            assert getattr(split, name).equals(getattr(whole, name)), name
        assert split.problems == whole.problems


def test_parts_hold_every_row_once_in_order() -> None:
    rows = pl.DataFrame({"line": range(25)})
    for rows_max, workers, rows_min in ((100, 1, 1), (100, 4, 1), (7, 1, 1), (7, 4, 10), (1, 1, 1)):
        made = parts(rows, rows_max, workers, rows_min)
        assert pl.concat(made).equals(rows)
        assert max(part.height for part in made) <= rows_max
    assert len(parts(rows, 100, 4, 10)) == 2
    assert [part.height for part in parts(rows.clear(), 100, 4, 10)] == [0]


def test_each_keeps_the_order_and_works_at_the_same_time() -> None:
    together = Barrier(3, timeout=20)  # one after another would wait here for ever

    def work(number: int) -> int:
        together.wait()
        return number * 10

    assert list(each(work, [3, 1, 2], workers=3)) == [30, 10, 20]
    with pytest.raises(ZeroDivisionError):
        list(each(lambda number: 1 // number, [1, 0], workers=2))


def test_what_is_made_once_is_made_once() -> None:
    once, made = Once(), []

    def make() -> int:
        made.append(1)
        return 7

    assert list(each(lambda _part: once("seven", make), range(8), workers=4)) == [7] * 8
    assert made == [1]
    with pytest.raises(ZeroDivisionError):
        once("broken", lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        once("broken", lambda: 1)

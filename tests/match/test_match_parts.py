"""The text of lines read in parts, one after another or at the same time: the same result."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from functools import partial
from threading import Barrier
from typing import Any

import polars as pl
import pytest

from recon.bench.generate import generate
from recon.bench.payers import Flavour
from recon.flow import settings
from recon.flow.bench import tables_of
from recon.match import match, meet, propose, settle
from recon.match.candidates.find import indexes
from recon.match.candidates.link import heard, link
from recon.match.distribute import joined, portions
from recon.match.prepare.clean import clean
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
    # Three parts would leave a worker without one, four of at least seven rows there are not.
    assert [part.height for part in parts(rows, 10, 2, 1)] == [7, 7, 7, 4]
    assert [part.height for part in parts(rows, 10, 2, 7)] == [9, 9, 7]
    assert [part.height for part in parts(rows.clear(), 100, 4, 10)] == [0]


@pytest.mark.parametrize(("flavour", "name"), [("uk", "uk_care"), ("india", "india_care")])
def test_what_is_made_of_the_ledger_before_the_parts_is_what_each_would_make(
    flavour: Flavour, name: str
) -> None:
    rules, _path = settings.load_rules(name)
    ready = clean(tables_of(generate(flavour, 200, 5)), rules)
    ahead = replace(ready, once=Once())
    indexes(ahead, rules)
    made_before = (
        "prefixes",
        "numbers by what is left of them",
        "lookalikes",
        "numbers in order",
        "shortest numbers",
    )
    for index in (*made_before, "short tails"):
        ahead.once(index, partial(pytest.fail, f"{index} is not made before"))
    fresh, made = meet(ready, rules, ready.lines), meet(ahead, rules, ready.lines)
    for one in fields(fresh):
        assert getattr(made, one.name).equals(getattr(fresh, one.name)), one.name


def test_each_keeps_the_order_and_works_at_the_same_time() -> None:
    together = Barrier(3, timeout=20)  # one after another would wait here for ever

    def work(number: int) -> int:
        together.wait()
        return number * 10

    assert list(each(work, [3, 1, 2], workers=3)) == [30, 10, 20]
    with pytest.raises(ZeroDivisionError):
        list(each(lambda number: 1 // number, [1, 0], workers=2))


def test_no_more_parts_are_made_than_are_worked_on_and_wait() -> None:
    made: list[int] = []

    def counted() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number

    done = each(lambda number: number, counted(), workers=2)
    assert next(done) == 0
    assert len(made) <= 4
    assert list(done) == list(range(1, 20))


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


@pytest.mark.parametrize("flavour", ["uk", "india"])
def test_the_lines_of_a_payer_are_in_one_portion(flavour: Flavour) -> None:
    """Portions hold every line once, none of two payers' lines is apart, and each is worked on by itself."""
    case = generate(flavour, 300, 6)
    rules, _path = settings.load_rules({"uk": "uk_care", "india": "india_care"}[flavour])
    ready = clean(tables_of(case), rules)
    found = link(ready, [meet(ready, rules, ready.lines)], rules)
    ready = heard(ready, found)
    made = list(portions(ready, found, 40))
    assert len(made) >= 300 // 40
    assert (
        sorted(line for part, _found in made for line in part.lines["line"]) == ready.lines["line"].to_list()
    )
    offered = found.payers.filter(pl.col("owners") == 1)
    met = [set(offered.join(part.lines, on="line", how="semi")["owner"]) for part, _found in made]
    assert sum(map(len, met)) == offered["owner"].n_unique()
    assert max(part.items.height for part, _found in made) < ready.items.height
    alone = joined([propose(rules, portion) for portion in made])
    whole = joined([propose(rules, (ready, found))])
    assert alone.sets.equals(whole.sets)
    assert alone.legs.equals(whole.legs)
    assert alone.refused.equals(whole.refused)


def test_work_can_be_done_elsewhere() -> None:
    """The work and the parts go through pickle, as to another process or machine, and the result is the same."""
    case = generate("uk", 300, 7)
    rules, _path = settings.load_rules("uk_care")
    ready = clean(tables_of(case), rules)

    def through(given: Any) -> Any:
        return pickle.loads(pickle.dumps(given))  # noqa: S301 - our own, of a moment ago

    def elsewhere(work: Callable[[Any], Any], parts: Iterable[Any], _workers: int) -> Iterator[Any]:
        return (through(through(work)(through(part))) for part in parts)

    here, there = settle(ready, rules), settle(ready, rules, lines_at_once=70, distribute=elsewhere)
    for name in ("lines", "allocations", "exceptions"):
        assert getattr(there, name).equals(getattr(here, name)), name

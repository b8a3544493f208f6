"""Successions as of a day: chains to their end, splits by place, trees of groups, and rows that can't be right."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import successions
from recon.model import SUCCESSIONS
from recon.successions import Successions

D = date(2026, 4, 1)
Row = tuple[str, str, date, str, str]


def table(*rows: Row) -> pl.DataFrame:
    made = [
        dict(zip(("customer_id", "successor_id", "effective", "kind", "place"), row, strict=True))
        for row in rows
    ]
    whole = [{**dict.fromkeys(SUCCESSIONS.names, ""), "position": None, **row} for row in made]
    return pl.DataFrame(whole, schema=SUCCESSIONS.inner_schema)


def known(*rows: Row) -> Successions:
    made, problems = successions.checked(table(*rows))
    assert problems == []
    return made


def heir(made: Successions, customer: str, day: date) -> str:
    return str(successions.heir_of(pl.Series([customer]), successions.heirs(made, day))[0])


def group(made: Successions, customer: str, day: date, **homes: str) -> str | None:
    said = pl.DataFrame({"customer_id": list(homes), "group_id": list(homes.values())})
    said = said.cast({"customer_id": pl.String, "group_id": pl.String})
    found = dict(successions.grouped(made, day, said).iter_rows())
    return found.get(customer)


def test_a_chain_is_followed_to_its_end_from_each_first_day_on() -> None:
    made = known(("A", "B", D, "merger", ""), ("B", "C", date(2027, 4, 1), "rename", ""))
    days = (D - timedelta(days=1), D, date(2027, 3, 31), date(2027, 4, 1))
    assert [heir(made, "A", day) for day in days] == ["A", "B", "B", "C"]
    assert heir(made, "B", date(2027, 4, 1)) == "C"
    texts = dict(successions.told(made, date(2027, 4, 1)).iter_rows())
    assert texts["A"] == (
        "customer A is since 2026-04-01 part of customer B, and customer B is since 2027-04-01 customer C"
    )
    assert successions.told(made, days[0]).is_empty()


def test_an_item_of_a_split_body_is_whose_place_it_tells_and_nobodys_else() -> None:
    made = known(
        ("A", "B", D, "split", "East 1"), ("A", "C", D, "split", "WEST"), ("C", "E", D, "rename", "")
    )
    items = pl.DataFrame(
        {
            "customer_id": ["A", "A", "A", "A", "Z"],
            "contract_id": ["east 1", "", "", "east 1", "WEST"],
            "entity": ["", "West ", None, "West", ""],
        }
    )
    assert successions.placed(made, D, items).to_list() == ["B", "E", "A", "A", "Z"]
    assert successions.placed(made, D - timedelta(days=1), items).to_list() == ["A", "A", "A", "A", "Z"]
    between = successions.divided(made, D).sort("successor_id")
    assert between["successor_id"].to_list() == ["B", "E"]


def test_a_split_half_that_is_split_again_is_followed() -> None:
    later = date(2027, 4, 1)
    made = known(
        ("A", "B", D, "split", "EAST"), ("B", "C", later, "split", "EAST"), ("B", "B", later, "split", "")
    )
    items = pl.DataFrame({"customer_id": ["A", "B"], "entity": ["EAST", "NORTH"]})
    assert successions.placed(made, D, items).to_list() == ["B", "B"]
    assert successions.placed(made, later, items).to_list() == ["C", "B"]


def test_a_tree_of_groups_has_its_top_as_of_the_day() -> None:
    made = known(
        ("A", "M", D, "group", ""),
        ("M", "T", D + timedelta(days=9), "group", ""),
        ("A", "", D + timedelta(days=20), "group", ""),
    )
    assert group(made, "A", D - timedelta(days=1), A="G1") is None  # nothing dated: its own group_id stands
    assert group(made, "A", D, A="G1") == "M"  # the dated row goes before group_id
    assert group(made, "A", D, A="G1", M="GM") == "GM"
    assert group(made, "A", D + timedelta(days=9)) == "T"
    assert group(made, "A", D + timedelta(days=20), A="G1") == ""
    assert group(made, "M", D + timedelta(days=20)) == "T"


def test_who_was_merged_has_the_group_of_its_heir() -> None:
    made = known(("X", "Y", D, "merger", ""), ("Y", "P", D, "group", ""), ("V", "W", D, "merger", ""))
    assert group(made, "X", D, X="OLD") == "P"
    assert group(made, "V", D, V="OLD", W="NEW") == "NEW"
    assert group(made, "V", D, V="OLD") == ""


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([("A", "A", D, "merger", "")], "customer A: it names the customer as its own successor"),
        ([("A", "", D, "rename", "")], "customer A: it names no successor"),
        (
            [("A", "B", D, "merger", ""), ("A", "C", D, "merger", "")],
            "customer A: the customer has several successors; where it was divided, write split and the place",
        ),
        (
            [("A", "B", D, "rename", ""), ("A", "C", date(2027, 1, 1), "rename", "")],
            "customer A: the customer has several successors; where it was divided, write split and the place",
        ),
        (
            [("A", "B", D, "rename", ""), ("A", "C", D, "split", "EAST")],
            "customer A: the customer was renamed or merged as well",
        ),
        (
            [("A", "B", D, "split", "E"), ("A", "C", date(2027, 1, 1), "split", "W")],
            "customer A: the customer is split on several days; one split has one day",
        ),
        (
            [("A", "B", D, "split", "E"), ("A", "C", D, "split", "e")],
            "customer A: the same place goes to several successors",
        ),
        (
            [("A", "B", D, "rename", ""), ("B", "C", D, "merger", ""), ("C", "A", D, "rename", "")],
            "customer B: following it leads back to the customer",
        ),
        (
            [("A", "B", D, "group", ""), ("A", "C", D, "group", "")],
            "customer A: the customer has two parents from one day on",
        ),
        ([("A", "B", D, "group", ""), ("B", "A", D, "group", "")], "customer B: its parents lead back to it"),
    ],
)
def test_rows_that_can_not_be_right_all_leave_and_are_told(rows: list[Row], what: str) -> None:
    made, problems = successions.checked(table(*rows))
    assert made.nothing
    assert f"succession of {what}" in [one.what for one in problems]
    assert {one.code for one in problems} == {"succession-unclear"}
    assert {one.hint for one in problems} == {
        "correct the row; until then it counts for nothing, and what is open stays where it is"
    }


def test_a_row_that_is_wrong_leaves_the_others() -> None:
    rows = table(("A", "B", D, "rename", ""), ("B", "A", D, "rename", ""), ("X", "A", D, "merger", ""))
    made, problems = successions.checked(rows)
    assert made.ends["customer_id"].to_list() == ["X"]
    assert len(problems) == 2


def test_a_group_may_be_turned_over_on_another_day() -> None:
    made, problems = successions.checked(
        table(
            ("A", "B", D, "group", ""),
            ("A", "", date(2027, 1, 1), "group", ""),
            ("B", "A", date(2027, 1, 1), "group", ""),
        )
    )
    assert problems == []
    assert group(made, "B", D) == "B"
    assert group(made, "B", date(2027, 1, 1)) == "A"


def test_a_successor_that_nobody_knows_is_told_with_its_place_and_counts() -> None:
    rows = table(("A", "B", D, "rename", "")).with_columns(
        source=pl.lit("successions.csv"), position=pl.lit(2)
    )
    made, (problem,) = successions.checked(rows, pl.Series(["A"]))
    assert (problem.code, problem.where) == ("succession-unknown", "successions.csv:2")
    assert problem.what == "the successor B is no customer that is known"
    assert problem.hint == "add it to the customer file, or correct the number; the row counts all the same"
    assert heir(made, "A", D) == "B"


customers = st.sampled_from("ABCDEFG")
some_rows = st.lists(
    st.tuples(
        customers,
        customers,
        st.integers(0, 6).map(lambda days: D + timedelta(days=days)),
        st.sampled_from(["rename", "merger", "split", "group"]),
        st.sampled_from(["", "E", "W"]),
    ),
    max_size=12,
)


@given(some_rows, st.integers(-1, 7))
def test_whatever_the_rows_are_resolving_ends_and_is_done_once(rows: list[Row], days: int) -> None:
    made, _problems = successions.checked(table(*rows))
    day = D + timedelta(days=days)
    items = pl.DataFrame({"customer_id": list("ABCDEFG") * 3, "entity": ["E"] * 7 + ["W"] * 7 + [""] * 7})
    once = successions.placed(made, day, items)
    assert successions.placed(made, day, items.with_columns(once.alias("customer_id"))).equals(once)
    gone = set(successions.heirs(made, day)["customer_id"])
    assert gone.isdisjoint(once), "nobody is led to a body that is no more"
    homes = pl.DataFrame({"customer_id": ["A", "B"], "group_id": ["G", ""]})
    told = successions.grouped(made, day, homes)
    assert told["customer_id"].is_unique().all()
    if days < 0:
        assert once.equals(items["customer_id"])
        assert told.is_empty()


@given(some_rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[Row], shuffler: Random) -> None:
    mixed = list(rows)
    shuffler.shuffle(mixed)
    one, other = successions.checked(table(*rows))[0], successions.checked(table(*mixed))[0]
    assert all(getattr(one, name).equals(getattr(other, name)) for name in ("ends", "splits", "groups"))

"""Past runs with other rules: the same rules change nothing, others say what they would, and who was right."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import polars as pl
import pytest
from flow_cases import BANK, ITEMS, Desk, Ran, recon, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from recon import flow, model
from recon.decide import decide
from recon.flow import compare, replay
from recon.store import Store

CAUTIOUS = "extends: uk_care\nname: cautious\nevidence:\n  reference: {auto: false}\n"
AT = "2026-03-08T09:00:00+00:00"


def decided(store_file: Path, choices: Mapping[str, Sequence[tuple[str, str, str]]]) -> None:
    """Keep decisions of a person who sees what is there: line -> (decision, item, amount) ..."""
    with Store.open(str(store_file)) as store:
        view = store.current()
        hashes = dict(view.lines.select("line_id", "row_hash").iter_rows())
        asked = [
            {
                "line_id": line_id,
                "decision": choice,
                "item_id": item,
                "amount": amount,
                "row_hash": hashes[line_id],
                "decided_by": "ann",
                "where": "Suggestions!2",
            }
            for line_id, all_of_it in choices.items()
            for choice, item, amount in all_of_it
        ]
        outcome = decide(pl.DataFrame(asked, schema=model.DECISIONS.outer_schema), view)
        assert outcome.problems == ()
        store.append_decisions(outcome.decided, outcome.accepted, AT)


def line_of(desk: Desk, amount: str) -> str:
    [found] = {row["line_id"] for row in desk.rows("lines.csv") if row["amount"] == amount}
    return found


def replayed(*more: object) -> Ran:
    return recon("rules", "replay", "--store", "s.db", *more)


@pytest.fixture
def night(desk: Desk) -> Desk:
    """One night by rules that post nothing by a document number."""
    desk.put("cautious.yaml", CAUTIOUS)
    assert desk.run("--store", "s.db", "--rules", "cautious.yaml").code == 0
    return desk


def test_other_rules_say_what_they_would_have_posted(night: Desk) -> None:
    before = night.files()
    ran = replayed("--rules", "uk_care", "--json")
    assert (ran.code, ran.err) == (0, "")
    [run] = ran.summary["runs"]
    newly = {"lines": 1, "amount": {"GBP": "120.50"}}
    assert run["outcomes"]["auto"] == {"before": {"lines": 0, "amount": {}}, "after": newly}
    assert run["moves"] == [{"before": "suggested", "after": "auto"} | newly]
    assert run["posted"]["newly"] == newly
    assert run["posted"]["newly_and_a_person"]["undecided"] == newly
    assert run["posted"]["no_longer"]["lines"] == run["posted"]["otherwise"]["lines"] == 0
    assert (run["rules"]["name"], ran.summary["rules"]["name"]) == ("cautious", "uk_care")
    assert run["changed_by"] == {"rules": 1, "engine": 0, "both": 0}
    assert night.files() == before, "nothing is written to the store"


def test_what_would_no_longer_be_posted(desk: Desk) -> None:
    desk.put("cautious.yaml", CAUTIOUS)
    desk.run("--store", "s.db", "--rules", "uk_care")
    ran = replayed("--rules", "cautious.yaml", "--out", "replayed")
    assert ran.code == 0, ran.err
    assert "  no longer posted: 1 line, GBP 120.50\n" in ran.out
    [row] = rows(desk.root / "replayed" / "replay.csv")
    assert list(row) == compare.REPLAY.names
    assert (row["outcome_before"], row["outcome_after"]) == ("auto", "suggested")
    assert (row["posted_before"], row["posted_after"]) == ("yes", "")
    assert row["items_before"] == row["items_after"] == "INV-1001 120.50"
    assert (row["line_id"], row["amount"], row["cause"]) == (line_of(desk, "120.50"), "120.50", "rules")
    facts = json.loads((desk.root / "replayed" / "replay.json").read_text(encoding="utf-8"))
    assert facts == replayed("--rules", "cautious.yaml", "--json").summary


@pytest.mark.parametrize(
    ("choices", "verdict"),
    [
        ([("accept", "", "")], "agrees"),
        ([("allocate", "INV-1001", "120.50")], "agrees"),
        ([("allocate", "INV-1001", "100.50"), ("allocate", "INV-1003", "20.00")], "disagrees"),
        ([("not receivable", "", "")], "disagrees"),
        ([("on account", "C1", "")], "disagrees"),
        ([("reject", "", "")], "disagrees"),
        ([("park", "", "")], "held"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(one[0] for one in value),
)
def test_who_was_right(night: Desk, choices: list[tuple[str, str, str]], verdict: str) -> None:
    decided(night.root / "s.db", {line_of(night, "120.50"): choices})
    ran = replayed("--rules", "uk_care", "--json")
    found = ran.summary["total"]["posted"]["newly_and_a_person"]
    assert {name for name, one in found.items() if one["lines"]} == {verdict}
    assert found[verdict] == {"lines": 1, "amount": {"GBP": "120.50"}}


def test_a_refused_decision_says_nothing(night: Desk) -> None:
    """Only what was accepted is somebody's word."""
    line = line_of(night, "120.50")
    with Store.open(str(night.root / "s.db")) as store:
        asked = {"line_id": line, "decision": "accept", "row_hash": "of something else", "decided_by": "ann"}
        fixed = {name: asked.get(name, "x") for name in model.DECISIONS.names}
        outcome = decide(pl.DataFrame([fixed], schema=model.DECISIONS.outer_schema), store.current())
        store.append_decisions(outcome.decided, outcome.accepted, AT)
        assert outcome.decided["result"].to_list() == ["refused"]
    found = replayed("--rules", "uk_care", "--json").summary["total"]["posted"]["newly_and_a_person"]
    assert found["undecided"]["lines"] == 1


def test_each_run_is_in_the_state_of_its_own_day(night: Desk) -> None:
    """What was decided or settled since is not known yet when a run is replayed; the last run sees it."""
    decided(night.root / "s.db", {line_of(night, "120.50"): [("accept", "", "")]})
    night.put("items.csv", ITEMS.replace("120.50,120.50", "120.50,20.50"))
    assert night.run("--store", "s.db", "--rules", "cautious.yaml", out="later").code == 0
    ran = replayed("--rules", "uk_care", "--all", "--json")
    first, second = ran.summary["runs"]
    assert first["posted"]["newly"]["lines"] == 1
    assert second["posted"]["newly"]["lines"] == 0, "the line is settled by now"
    assert ran.summary["total"]["posted"]["newly_and_a_person"]["agrees"]["lines"] == 1
    [last] = replayed("--rules", "uk_care", "--json").summary["runs"]
    assert last == second
    [named] = replayed("--rules", "uk_care", "--run", first["run_id"], "--json").summary["runs"]
    assert named == first
    assert "all runs, each line once:" in replayed("--rules", "uk_care", "--all").out


@pytest.mark.slow
def test_a_line_in_two_runs_counts_once_in_all(night: Desk) -> None:
    assert night.run("--store", "s.db", "--rules", "cautious.yaml", out="later").code == 0
    ran = replayed("--rules", "uk_care", "--all", "--json")
    assert [run["posted"]["newly"]["lines"] for run in ran.summary["runs"]] == [1, 1]
    assert ran.summary["total"]["posted"]["newly"] == {"lines": 1, "amount": {"GBP": "120.50"}}


@pytest.mark.slow
def test_the_same_twice_is_the_same_bytes(night: Desk) -> None:
    replayed("--rules", "uk_care", "--out", "a")
    replayed("--rules", "uk_care", "--out", "b")
    files = night.files()
    assert files["a/replay.csv"] == files["b/replay.csv"]
    assert files["a/replay.json"] == files["b/replay.json"]


def test_a_difference_that_the_rules_did_not_make(night: Desk) -> None:
    """The store's proposal is another one than the run's own rules give now: the engine has changed."""
    with closing(sqlite3.connect("s.db")) as connection:
        line = line_of(night, "80.00")
        connection.execute("UPDATE proposals SET row_hash = 'older' WHERE line_id = ?", (line,))
        connection.commit()
    ran = replayed("--rules", "cautious.yaml", "--out", "o")
    assert "differ (also) because recon itself has changed" in ran.out
    assert [(row["line_id"], row["cause"]) for row in rows(Path("o/replay.csv"))] == [(line, "engine")]


def test_keys_of_reading_are_named_as_not_tried(night: Desk) -> None:
    night.put("other.yaml", CAUTIOUS + "controls: {admit_unfooted: true}\n")
    ran = replayed("--rules", "other.yaml")
    assert "no line changes" in ran.out
    assert "not tried, since they say how files are read: controls.admit_unfooted" in ran.out


def test_a_ceiling_keeps_lines_from_being_posted(desk: Desk) -> None:
    desk.put("low.yaml", "extends: uk_care\nname: low\ncontrols: {auto_post_ceiling: 100}\n")
    desk.run("--store", "s.db", "--rules", "uk_care")
    [run] = replayed("--rules", "low.yaml", "--json").summary["runs"]
    assert run["posted"]["no_longer"] == {"lines": 1, "amount": {"GBP": "120.50"}}
    assert run["moves"] == [], "it stays auto, and waits for a second person"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--rules", "uk_care"], 2, "nothing says which store holds the runs"),
        (["--rules", "uk_care", "--store", "none.db"], 3, "none.db: there is no such store"),
        (["--rules", "uk_care", "--book", "none.xlsm"], 3, "there is no store beside this workbook"),
        (["--rules", "none.yaml", "--store", "s.db"], 2, "none.yaml: there is no such rules file"),
        (
            ["--rules", "uk_care", "--store", "s.db", "--run", "R-1"],
            2,
            "R-1: there is no finished run of that name",
        ),
        (["--rules", "uk_care", "--store", "s.db", "--run", "R-1", "--all"], 2, "exclude each other"),
    ],
)
def test_what_can_not_be_replayed(night: Desk, arguments: list[str], code: int, said: str) -> None:
    before = night.files()
    ran = recon("rules", "replay", *arguments, "--out", "o")
    assert ran.code == code
    assert said in ran.err
    assert night.files() == before


@pytest.mark.slow
def test_a_run_of_before_its_inputs_were_kept(night: Desk) -> None:
    [run_id] = _set_whole(0)
    assert night.run("--store", "s.db", "--rules", "cautious.yaml", out="later").code == 0
    ran = replayed("--rules", "uk_care", "--run", run_id)
    assert (ran.code, ran.out) == (2, "")
    assert f"{run_id}: this run can't be replayed" in ran.err
    ran = replayed("--rules", "uk_care", "--all")
    assert ran.code == 0
    assert f"{run_id}: this run can't be replayed" in ran.err
    assert ran.out.startswith("run ")
    assert run_id not in ran.out


def _set_whole(value: int) -> list[str]:
    with closing(sqlite3.connect("s.db")) as connection:
        connection.execute("UPDATE runs SET whole = ?", (value,))
        connection.commit()
        return [str(row[0]) for row in connection.execute("SELECT run_id FROM runs")]


# The same rules over nights of any shape

CUSTOMERS = "customer_id,name,aliases,terms_days,tax_profile,tolerance_profile\n"
PAYERS = {"C1": "Northside Care Ltd", "C2": "Southside Care Ltd", "C3": "Westside Homes Ltd"}


def _night(root: Path, dice: Random) -> flow.Job:
    """A night's files: some lines of nights before, items paid in part, customers and aliases that come and go."""
    items, lines, advices = [ITEMS.splitlines()[0]], [BANK.splitlines()[0]], []
    for number in range(dice.randint(1, 12)):
        customer = dice.choice(list(PAYERS))
        doc, amount = f"INV-{1000 + number}", dice.choice(["60.00", "120.50", "99.99", "60"])
        left = dice.choice([amount, amount, "20.00"])
        name = PAYERS[customer]
        items.append(f"{doc},{customer},{name},invoice,{doc},2026-02-01,2026-03-01,GBP,{amount},{left}")
        if dice.random() < 0.7:
            text, paid = dice.choice([doc, doc, "", "INV-990"]), dice.choice([left, left, amount, "7.77"])
            payer = dice.choice([name.upper(), "WHO IS THIS", "NSIDE"])
            day = dice.choice(["2026-03-02", "2026-03-03"])
            lines += [f"20-00-00 12345678,{day},{paid},GBP,BGC,{payer},{text},{dice.choice(['', 'NOTE'])}"]
            advices.append(f"R{number},{name},{day},P{number},{paid},GBP,{doc},{amount},,,{paid}")
    lines += [lines[-1]] * dice.randint(0, 1) if len(lines) > 1 else [BANK.splitlines()[1]]
    dice.shuffle(advices)
    closed = dice.choice(["INV-990", "INV-991"])
    head = (
        "remittance_id,payer,payment_date,payment_reference,payment_amount,currency,doc_no,gross_amount,"
        "deduction_amount,deduction_type,paid_amount"
    )
    texts = {
        "bank.csv": "\n".join(lines),
        "items.csv": "\n".join(items),
        "remittances.csv": "\n".join([head, *advices[: dice.randint(0, 3)]]),
        "customers/customers.csv": CUSTOMERS
        + "".join(
            f"{key},{name},,30,,{dice.choice(['', 'none'])}\n"
            for key, name in PAYERS.items()
            if dice.random() < 0.8
        ),
        "customers/aliases.csv": "alias,customer_id,valid_from,valid_to,source\n"
        + ("NSIDE,C1,2026-01-01,,ann\n" if dice.random() < 0.5 else "OTHER,C2,,,ben\n" * 2),
        "customers/closed_items.csv": ITEMS.splitlines()[0]
        + f"\n{closed},C1,Northside Care Ltd,invoice,{closed},2026-01-01,,GBP,5.00,0.00\n",
    }
    (root / "customers").mkdir(exist_ok=True)
    for file, content in texts.items():
        (root / file).write_text(content + "\n", encoding="utf-8", newline="\n")
    return flow.Job(
        bank=[str(root / "bank.csv")],
        items=[str(root / "items.csv")],
        remittance=[str(root / "remittances.csv")] if advices and texts["remittances.csv"] != head else [],
        customers=[str(root / "customers")],
        rules="uk_care",
        store=str(root / "s.db"),
    )


def _changes_nothing(seed: int, nights: int) -> None:
    """Each of several nights, with decisions between them, comes back from the store exactly as it was."""
    dice = Random(seed)  # noqa: S311 - any nights will do
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for _ in range(nights):
            flow.reconcile(_night(root, dice))
            with Store.open(str(root / "s.db")) as store:
                view = store.current()
            waiting = view.lines.filter(~pl.col("line_id").is_in(sorted(view.settled_lines)))
            chosen = [line for line in waiting["line_id"] if dice.random() < 0.3]
            choices = ("park", "not receivable", "reject", "query")
            decided(root / "s.db", {line: [(dice.choice(choices), "", "")] for line in chosen})
        made = replay.replay("uk_care", str(root / "s.db"), every=True)
    assert len(made.facts["runs"]) == nights
    assert made.changed.rows() == []
    for run in made.facts["runs"]:
        assert all(sides["before"] == sides["after"] for sides in run["outcomes"].values())


def test_the_same_rules_change_nothing() -> None:
    _changes_nothing(seed=7, nights=2)


@pytest.mark.slow
@settings(max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_the_same_rules_change_nothing_whatever_the_nights(seed: int) -> None:
    _changes_nothing(seed, nights=3)


@pytest.mark.slow
def test_the_same_rules_change_nothing_of_the_demo(tmp_path: Path) -> None:
    job = flow.demo_job(tmp_path)
    flow.demo(job)
    made = replay.replay(job.rules, book=tmp_path / "recon-demo.xlsm")
    assert made.facts["runs"][0]["lines"] > 300
    assert made.changed.rows() == []

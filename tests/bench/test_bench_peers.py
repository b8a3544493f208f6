"""Peers on tables made by hand, the count of their pairs, and a comparison whose processes are real."""

import json
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from recon.bench import compared, pairs
from recon.bench.generate import Case, generate
from recon.bench.peers import PEERS, exact, fuzzy
from recon.bench.peers.__main__ import installed, main
from recon.bench.peers.parts import INPUTS, Inputs, Prepared, prepare
from recon.flow import bench, peers
from recon.model import BANK_LINES, CUSTOMERS, OPEN_ITEMS, REMITTANCE_LINES, Table

ISSUED = date(2026, 3, 1)


def frame(table: Table, *rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(
        [{name: row.get(name) for name in table.names} for row in rows], schema=table.outer_schema
    )


def item(
    item_id: str, doc_no: str, amount: str, customer: str = "C1", name: str = "Oakhurst Care Ltd"
) -> dict[str, object]:
    return {
        "item_id": item_id,
        "customer_id": customer,
        "customer_name": name,
        "doc_no": doc_no,
        "issue_date": ISSUED,
        "currency": "GBP",
        "open_amount": amount,
    }


def line(line_id: str, amount: str, text: str) -> dict[str, object]:
    return {
        "line_id": line_id,
        "booking_date": date(2026, 3, 20),
        "amount": amount,
        "currency": "GBP",
        "narrative": text,
    }


def advised(doc_no: str, gross: str, paid: str) -> dict[str, object]:
    return {
        "remittance_id": "R1",
        "payment_reference": "0008000117",
        "payment_amount": "290.00",
        "currency": "GBP",
        "doc_no": doc_no,
        "gross_amount": gross,
        "paid_amount": paid,
    }


@pytest.fixture
def given() -> Prepared:
    items = [
        item("V1", "INV-010644", "120.00"),
        item("V2", "INV-010645", "180.00"),
        item("V3", "INV-010777", "95.50", "C2", "Lancashire County Council"),
        item("V4", "SI40741", "77.10", "C2", "Lancashire County Council"),
        item("V5", "SI49999", "33.33", "C2", "Lancashire County Council"),
    ]
    lines = [
        line("L1", "290.00", "NHS SBS 0008000117"),  # an advice: V1 in full, V2 short
        line("L2", "95.50", "LANCASHIRE CC INV 010777"),
        line("L3", "77.10", "LANCASHIRE CC SI4O741"),  # a letter for a digit
        line("L4", "33.33", "SOMEBODY ELSE"),  # the amount alone
        line("L5", "-95.50", "RETURN INV-010777"),
    ]
    customers: list[dict[str, object]] = [
        {"customer_id": "C1", "name": "Oakhurst Care Ltd"},
        {"customer_id": "C2", "name": "Lancashire County Council", "aliases": "LANCASHIRE CC"},
    ]
    return prepare(
        Inputs(
            frame(BANK_LINES, *lines),
            frame(OPEN_ITEMS, *items),
            frame(CUSTOMERS, *customers),
            frame(
                REMITTANCE_LINES,
                advised("INV-010644", "120.00", "120.00"),
                advised("inv 010645", "180.00", "170.00"),
            ),
        )
    )


def found(rows: pl.DataFrame) -> dict[str, set[str]]:
    return {
        name: set(group["item_id"])
        for (name,), group in rows.sort("line_id").group_by("line_id", maintain_order=True)
    }


def test_a_line_with_an_advice_is_one_part_for_each_document_with_its_gross_amount(given: Prepared) -> None:
    parts = given.parts.filter(pl.col("line_id") == "L1")
    assert parts["amount"].to_list() == [120_00, 180_00]
    assert given.refs.join(parts, on="part", how="semi")["ref"].to_list() == ["INV010644", "INV010645"]


def test_credits_only_are_prepared_and_payers_are_looked_up_by_any_of_their_names(given: Prepared) -> None:
    known = dict(given.parts.select("line_id", "customer_id").unique().iter_rows())
    assert known == {"L1": "", "L2": "C2", "L3": "C2", "L4": ""}


def test_a_number_is_found_over_several_words_and_with_letters_for_digits(given: Prepared) -> None:
    refs = given.refs.join(given.parts.select("part", "line_id"), on="part")
    assert "INV010777" in refs.filter(pl.col("line_id") == "L2")["ref"].to_list()
    assert refs.filter(pl.col("line_id") == "L3")["ref"].to_list() == ["SI4O741"]


def test_the_exact_look_up_finds_numbers_then_the_amount_that_only_one_item_has(given: Prepared) -> None:
    made = exact.pairs(given)
    # The damaged number is not found; its amount is the only one of its kind, as L4's is.
    assert found(made) == {"L1": {"V1", "V2"}, "L2": {"V3"}, "L3": {"V4"}, "L4": {"V5"}}
    assert dict(made.filter(pl.col("line_id") > "L1").select("line_id", "score").iter_rows()) == {
        "L2": exact.NAMED_AND_AMOUNT,
        "L3": exact.AMOUNT,
        "L4": exact.AMOUNT,
    }


def test_extract_one_finds_a_damaged_number_by_likeness(given: Prepared) -> None:
    made = fuzzy.pairs(given)
    assert found(made) == {"L1": {"V1", "V2"}, "L2": {"V3"}, "L3": {"V4"}}
    score = dict(made.select("item_id", "score").iter_rows())
    assert score["V1"] == score["V2"] == score["V3"] > score["V4"]


@pytest.fixture(scope="module")
def case() -> Case:
    return generate("uk", 120, seed=5)


def given_pairs(case: Case, score: float = 1.0) -> pl.DataFrame:
    return pairs.true_pairs([case]).select(*pairs.KEY, score=pl.lit(score))


def test_all_true_pairs_and_nothing_else_is_perfect(case: Case) -> None:
    made = pairs.measure("all", given_pairs(case), [case])
    assert (made.precision, made.recall, made.f1, made.sure) == (1.0, 1.0, 1.0, 1.0)
    assert made.cases["true"].sum() == made.true == given_pairs(case).height
    assert made.wrong.is_empty()


def test_the_threshold_leaves_out_what_makes_f1_worse_and_no_more(case: Case) -> None:
    right = given_pairs(case, 0.9)
    wrong = right.head(30).with_columns(item_id=pl.lit("V-none"))
    low, high = wrong.with_columns(score=pl.lit(0.1)), wrong.head(1).with_columns(score=pl.lit(0.95))
    made = pairs.measure("some", pl.concat([right, low, high]).unique(), [case])
    assert made.threshold == 0.9
    assert (made.right, made.pairs) == (right.height, right.height + 1)
    assert made.wrong.select("item_id").to_series().to_list() == ["V-none"]
    assert made.sure == 0.0  # the wrong one comes first: no threshold leaves it out
    all_of_it = pairs.measure("some", pl.concat([right, low]).unique(), [case], best=False)
    assert all_of_it.pairs > all_of_it.right


def test_a_pair_given_twice_counts_once(case: Case) -> None:
    twice = pl.concat([given_pairs(case), given_pairs(case, 0.5)])
    assert pairs.measure("twice", twice, [case]).pairs == given_pairs(case).height


def test_it_is_told_where_a_peer_finds_more(case: Case) -> None:
    lost = pairs.true_pairs([case]).filter(pl.col("case") == "clean_reference").head(2)
    ours = pairs.measure("recon", given_pairs(case).join(lost, on=pairs.KEY, how="anti"), [case])
    theirs = pairs.measure("peer", given_pairs(case), [case])
    worse = pairs.behind(ours, [theirs])
    assert worse.select("case", "other").rows() == [("clean_reference", "peer")]
    row = worse.row(0, named=True)
    assert row["others_found"] - row["found"] == 2
    assert pairs.behind(theirs, [ours]).is_empty()
    assert pairs.behind(ours, []).is_empty()


def test_damaged_numbers_are_kinds_of_their_own(case: Case) -> None:
    kinds = set(pairs.true_pairs([case])["kind"])
    assert kinds & set(pairs.DAMAGED)
    assert kinds <= {*pairs.DAMAGED, *compared.FAMILIES}


def test_a_peer_in_its_own_process_gives_the_pairs_that_it_gives_here(case: Case, tmp_path: Path) -> None:
    folder, out = tmp_path / "data", tmp_path / "out"
    peers.write(case, folder)
    run, why = peers.peer_run(peers.look(), "exact", folder, out, 120)
    assert (why, run is not None) == ("", True)
    here = exact.pairs(prepare(Inputs(**{name: getattr(case, name) for name in INPUTS})))
    there = pl.read_csv(out / "pairs.csv")
    assert there.sort("line_id", "item_id").rows() == here.sort("line_id", "item_id").rows()
    assert set(json.loads((out / "seconds.json").read_text("utf-8"))) == {"read", "match"}


def test_what_a_peer_needs_is_looked_up_in_the_python_that_runs_it(tmp_path: Path) -> None:
    told = peers.look().found
    assert told == {name: installed(peer) for name, peer in PEERS.items()}
    assert told["exact"] == told["extract_one"] == {}
    nowhere = peers.look(str(tmp_path / "python")).found
    assert nowhere == {"exact": {}, "extract_one": {}, "recordlinkage": None, "splink": None}


def test_the_command_tells_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--installed"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(PEERS)


def test_a_peer_that_fails_says_why_and_is_not_counted(case: Case, tmp_path: Path) -> None:
    peers.write(case, tmp_path / "data")
    (tmp_path / "data" / "open_items.csv").unlink()
    run, why = peers.peer_run(peers.look(), "exact", tmp_path / "data", tmp_path / "out", 120)
    assert run is None
    assert why.startswith("failed: ")


@pytest.mark.slow
def test_the_comparison_names_peers_that_are_not_installed_and_counts_the_others(case: Case) -> None:
    lacking = peers.Peers(
        sys.executable, {"exact": {}, "extract_one": {}, "recordlinkage": None, "splink": None}
    )
    _lines, allocations, _exceptions = bench.matched(case)
    made = peers.compare([case], [allocations], lacking)
    assert [one.title for one in made.peers] == ["exact look-up", "pandas + extractOne"]
    assert made.missing == (("recordlinkage", "not installed"), ("Splink 4", "not installed"))
    assert [run.title for run in made.runs] == [compared.PROPOSED, "exact look-up", "pandas + extractOne"]
    assert all(run.seconds > run.match for run in made.runs)
    rows = compared.rows(made)
    assert rows[-1] == {"engine": "Splink 4", "precision": "not installed"}
    page = compared.details(made)
    assert "- Splink 4: not installed." in page
    assert f"| {compared.FAMILIES['reference']} |" in page
    assert json.loads(json.dumps(compared.figures(made)))["missing"] == dict(made.missing)
    assert made.posted.precision == 1.0
    assert all(made.proposed.precision > one.precision for one in made.peers)
    assert all(made.proposed.recall > one.recall for one in made.peers)


@pytest.mark.peers
@pytest.mark.parametrize("name", ["recordlinkage", "splink"])
def test_toolkits_find_damaged_numbers(case: Case, tmp_path: Path, name: str) -> None:
    pytest.importorskip(name)
    peers.write(case, tmp_path / "data", generate("uk", 300, seed=6))
    run, why = peers.peer_run(peers.look(), name, tmp_path / "data", tmp_path / "out", 120)
    assert (why, run is not None) == ("", True)
    schema = {"line_id": pl.String(), "item_id": pl.String(), "score": pl.Float64()}
    given = pl.read_csv(tmp_path / "out" / "pairs.csv", schema=schema).with_columns(flavour=pl.lit("uk"))
    made = pairs.measure(name, given, [case])
    assert made.f1 > 0.9
    assert (
        made.kinds.filter(pl.col("kind").is_in(pairs.DAMAGED))
        .select(pl.col("found").sum() > pl.col("true").sum() * 0.8)
        .item()
    )

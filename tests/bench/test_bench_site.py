"""What a site knows, as rules: the file says what the run in memory is told, and the engine answers by it."""

from pathlib import Path

import polars as pl
import pytest

from recon.bench.generate import Case, generate
from recon.bench.payers import Flavour
from recon.bench.score import Scores, score
from recon.bench.site import RULES_FILE, RULES_OF, told
from recon.flow import bench, peers, settings
from recon.match import match
from recon.model import ALLOCATIONS, EXCEPTIONS, LINES, outside

RESTS = ("closed_period", "other_entity", "sister_company")


@pytest.fixture(scope="module", params=tuple(RULES_OF))
def case(request: pytest.FixtureRequest) -> Case:
    flavour: Flavour = request.param
    return generate(flavour, 2000, seed=12)


@pytest.fixture(scope="module")
def scores(case: Case) -> Scores:
    return bench.of_case(case)


def test_the_file_says_what_the_run_in_memory_is_told(case: Case, tmp_path: Path) -> None:
    rules, _path = settings.load_rules(RULES_OF[case.flavour])
    peers.write(case, tmp_path)
    written, path = settings.load_rules(str(tmp_path / RULES_FILE))
    assert written == told(case, rules).model_copy(update={"extends": RULES_OF[case.flavour]})
    assert written.controls.closed_to == dict(case.facts.iter_rows())["period_closed_to"]
    assert settings.remarks(path) == ()


def test_a_data_set_has_its_rules_beside_it(case: Case, tmp_path: Path) -> None:
    files = bench.write_data(case, tmp_path)
    assert tmp_path / RULES_FILE in files
    written, _path = settings.load_rules(str(tmp_path / RULES_FILE))
    assert {company.entity for company in written.companies} == {"01", "02"}
    assert set(written.companies[0].accounts) == set(case.bank_lines["account"])


def test_every_line_that_rests_on_a_fact_has_its_rule(case: Case, scores: Scores) -> None:
    facts = case.truth.filter(pl.col("fact") != "")
    assert set(facts["case"]) == set(RESTS)
    assert set(facts["fact"]) <= set(case.facts["name"])
    rested = scores.cases.filter(pl.col("case").is_in(RESTS))
    assert rested["lines"].sum() == facts.height > 0
    assert rested["right"].sum() == facts.height
    assert rested["traps"].sum() == 0


def test_without_the_facts_the_same_lines_are_posted(case: Case, scores: Scores) -> None:
    """So the rules are what answers them, and not the luck of the draw."""
    rules, _path = settings.load_rules(RULES_OF[case.flavour])
    tables = bench.tables_of(case)
    result = match(tables, rules)
    frames = (
        (result.lines, LINES),
        (result.allocations, ALLOCATIONS),
        (result.exceptions, EXCEPTIONS),
    )
    plain = score(case, *(outside(frame, table, tables.scales) for frame, table in frames))
    assert plain.traps > scores.traps
    closed = plain.cases.filter(pl.col("case") == "closed_period")
    assert closed["traps"].sum() == closed["lines"].sum()

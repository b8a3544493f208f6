"""Bank lines as banks' files: read back by recon's own readers, they come to the same outcomes."""

from pathlib import Path

import polars as pl
import pytest

from recon import ingest
from recon.bench.align import align, renamed
from recon.bench.generate import Case, generate
from recon.bench.layouts import FILES, OVERLAP_NAME, bank_files, places
from recon.bench.payers import Flavour
from recon.flow import Job, reconcile
from recon.flow.bench import score_files, write_data
from recon.model import Kind
from recon.resources import folder

# What these layouts can't carry: the payer's account and the day of value, and characters that cp1252 lacks.
LOST = (
    "payer_account",
    "split_receipts",
    "uncleared_cheque",
    "odd_characters",
    "corrupt_digits",
    "valued_before",
)
NEARLY_ALL = 0.985


@pytest.fixture(scope="module", params=tuple(FILES))
def case(request: pytest.FixtureRequest) -> Case:
    flavour: Flavour = request.param
    return generate(flavour, 300, seed=8)


@pytest.fixture
def data(case: Case, tmp_path: Path) -> Path:
    write_data(case, tmp_path / f"{case.flavour}-8")
    return tmp_path / f"{case.flavour}-8"


def job(data: Path, bank: tuple[Path, ...], out: Path) -> Job:
    return Job(
        bank=[str(path) for path in bank],
        items=[str(data / "items.csv")],
        remittance=[str(data / "remittances.csv")],
        customers=[str(data / "customers")],
        rules=str(data / "rules.yaml"),
        out=out,
    )


def results(out: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    lines, allocations = (
        pl.read_csv(out / f"{name}.csv", infer_schema=False) for name in ("lines", "allocations")
    )
    return lines, allocations


def banks(case: Case, data: Path) -> tuple[Path, ...]:
    return tuple(data / "bank" / name for name, _ in FILES[case.flavour])


def test_every_file_is_in_the_encoding_it_says(case: Case) -> None:
    files = bank_files(case)
    for name, encoding in FILES[case.flavour]:
        assert files[name].decode(encoding)
    assert set(files) - {name for name, _ in FILES[case.flavour]} == {OVERLAP_NAME[case.flavour]} - {""}


def test_files_of_every_layout_come_to_the_outcomes_of_the_standard_file(
    case: Case, data: Path, tmp_path: Path
) -> None:
    reconcile(job(data, (data / "bank_lines.csv",), tmp_path / "standard"))
    reconcile(job(data, banks(case, data), tmp_path / "banks"))
    profiles = ingest.load_profiles(folder("rules") / "profiles")
    readings = [ingest.read(path, profiles) for path in banks(case, data)]
    assert all(reading.kind is Kind.BANK and not reading.problems for reading in readings)
    read = pl.concat([reading.table for reading in readings], how="diagonal_relaxed")
    ids = align(case.truth.join(places(case), on="line_id"), read)
    wanted, _ = results(tmp_path / "standard")
    found, _ = results(tmp_path / "banks")
    both = wanted.join(renamed(found, ids), on="line_id", suffix="_read").join(
        case.truth.select("line_id", "case"), on="line_id"
    )
    assert both.height == 300
    carried = both.filter(~pl.col("case").is_in(LOST))
    same = carried.filter(pl.col("outcome") == pl.col("outcome_read"))
    assert same.height / carried.height >= NEARLY_ALL, carried.filter(
        pl.col("outcome") != pl.col("outcome_read")
    )


@pytest.mark.parametrize("case", [flavour for flavour, name in OVERLAP_NAME.items() if name], indirect=True)
def test_a_statement_that_overlaps_adds_nothing(case: Case, data: Path, tmp_path: Path) -> None:
    name = OVERLAP_NAME[case.flavour]
    reconcile(job(data, banks(case, data), tmp_path / "once"))
    twice = reconcile(job(data, (*banks(case, data), data / "bank" / name), tmp_path / "twice"))
    once_lines, once_paid = results(tmp_path / "once")
    lines, paid = results(tmp_path / "twice")
    kept = lines.filter(pl.col("outcome") != "duplicate")
    assert kept.sort("line_id").equals(once_lines.sort("line_id"))
    assert paid.sort(pl.all()).equals(once_paid.sort(pl.all()))
    assert twice.summary


def test_a_run_of_the_data_set_is_scored_from_its_files(case: Case, data: Path, tmp_path: Path) -> None:
    reconcile(job(data, (data / "bank_lines.csv",), tmp_path / "out"))
    made = score_files(tmp_path / "out", data)
    (figures,) = made.figures
    assert figures["lines"] == 300
    assert figures["seed"] == 8
    assert not figures["broken"]
    assert figures["clean_rate"] == 1.0
    assert f"| figure | {case.flavour} |" in made.page

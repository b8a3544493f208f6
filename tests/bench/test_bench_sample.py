"""The sample data: what the generator writes, what the readers read, and truth that fits both."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from recon import ingest
from recon.bench.align import align, renamed
from recon.bench.closing import FOLDER, month_end
from recon.bench.closing_ledger import CONTROL, JOURNAL
from recon.bench.payers import Flavour
from recon.bench.sample import SIZES, sample_case, sample_files, sample_truth
from recon.bench.score import score
from recon.flow import month
from recon.model import PROFILED, Kind, Reading
from recon.resources import folder

from bench_cases import perfect  # isort: skip

SMALL = 1_250_000  # bytes of all sample files together


def readings(flavour: str) -> Iterator[Reading]:
    profiles = ingest.load_profiles(folder("rules") / "profiles")
    for path in sorted((folder("sample_data") / flavour).rglob("*.*")):
        if path.parent.name not in ("truth", FOLDER):
            yield ingest.read(path, profiles)


@pytest.fixture(scope="module", params=tuple(SIZES))
def flavour(request: pytest.FixtureRequest) -> Flavour:
    found: Flavour = request.param
    return found


def test_the_files_are_what_the_generator_writes() -> None:
    written = sample_files()
    root = folder("sample_data")
    for name, text in written.items():
        assert (root / name).read_bytes() == text.encode(), f"{name}: write it anew with `poe sample`"
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert there == {*written, "README.md"}
    assert sum(len(text.encode()) for text in written.values()) < SMALL


def test_two_writings_are_the_same() -> None:
    assert sample_files() == sample_files()


def test_readers_find_no_problem_and_statements_foot(flavour: Flavour) -> None:
    kinds = set()
    for reading in readings(flavour):
        assert not reading.problems, reading.path
        assert all(statement.foots is not False for statement in reading.statements)
        kinds.add(reading.kind)
    assert kinds == set(PROFILED)


def test_truth_is_aligned_with_what_is_read(flavour: Flavour) -> None:
    case = sample_case(flavour)
    read = bank_lines(flavour)
    ids = align(sample_truth(case), read)
    assert ids.height == SIZES[flavour] == read.height
    assert ids["read_id"].is_unique().all()
    both = ids.join(read, left_on="read_id", right_on="line_id").join(
        case.bank_lines, on="line_id", suffix="_truth"
    )
    assert (both["booking_date"] == both["booking_date_truth"]).all()
    assert (both["currency"] == both["currency_truth"]).all()
    assert (both["amount"].cast(pl.Decimal(scale=2)) == both["amount_truth"].cast(pl.Decimal(scale=2))).all()


def test_results_with_read_ids_can_be_scored(flavour: Flavour) -> None:
    case = sample_case(flavour)
    ids = align(sample_truth(case), bank_lines(flavour))
    as_read = [renamed(frame, ids, to="read_id") for frame in perfect(case)]
    back = [renamed(frame, ids) for frame in as_read]
    assert as_read[0]["line_id"].to_list() != back[0]["line_id"].to_list()
    scores = score(case, back[0], back[1], back[2])
    assert scores.points == SIZES[flavour]


def test_a_line_that_was_not_read_or_read_wrongly_is_told() -> None:
    truth = sample_truth(sample_case("uk"))
    read = bank_lines("uk")
    with pytest.raises(ValueError, match="1 lines of the truth"):
        align(truth, read.head(399))
    wrong = read.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("1.11")).otherwise("amount").alias("amount")
    )
    with pytest.raises(ValueError, match=r"is read as 1\.11"):
        align(truth, wrong)


def test_amounts_in_the_files_are_the_truths(flavour: Flavour) -> None:
    case = sample_case(flavour)
    total = sum(Decimal(amount) for amount in case.truth["amount"])
    assert total == sum(Decimal(amount) for amount in bank_lines(flavour)["amount"])


def bank_lines(flavour: str) -> pl.DataFrame:
    tables = [reading.table for reading in readings(flavour) if reading.kind is Kind.BANK]
    return pl.concat(tables, how="diagonal_relaxed")


def test_windows_paths_align_too() -> None:
    read = bank_lines("uk").with_columns(pl.col("source").str.replace_all("/", "\\", literal=True))
    names = [Path(source).name for source in bank_lines("uk")["source"].unique()]
    assert len(names) == 3
    assert align(sample_truth(sample_case("uk")), read).height == 400


def units(frame: pl.DataFrame, column: str = "amount") -> int:
    return int(sum((Decimal(text) * 100 for text in frame[column]), Decimal(0)))


def test_the_month_end_inputs_are_read_without_a_problem(flavour: Flavour) -> None:
    read = month.read(folder("sample_data") / flavour / FOLDER)
    assert read.problems == ()
    tables = {Kind(table.name): frame.height for table, frame in month_end(sample_case(flavour))}
    assert {kind: frame.height for kind, frame in read.frames.items()} == tables
    assert min(tables.values()) > 0


def test_the_ledger_of_the_month_comes_out(flavour: Flavour) -> None:
    case = sample_case(flavour)
    made = {table.name: frame for table, frame in month_end(case)}
    moved, balances, gl = made["movements"], made["balances"], made["gl"]
    days = balances.filter(pl.col("customer_id") == "")["date"].sort().to_list()
    for before, last in zip(days, [*days[1:], case.as_of], strict=True):
        opening = units(balances.filter((pl.col("customer_id") == "") & (pl.col("date") == before)))
        between = (pl.col("date") > before) & (pl.col("date") <= last)
        closing = (
            units(case.open_items, "open_amount")
            if last == case.as_of
            else units(balances.filter((pl.col("customer_id") == "") & (pl.col("date") == last)))
        )
        assert opening + units(moved.filter(between)) == closing, last
    by_customer = balances.filter(pl.col("customer_id") != "")
    assert units(by_customer) == units(balances.filter(pl.col("customer_id") == "").tail(1))
    control = gl.filter(pl.col("account") == CONTROL)
    assert units(case.open_items, "open_amount") - units(control, "closing") == JOURNAL

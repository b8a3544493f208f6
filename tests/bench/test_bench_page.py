"""The page and its picture: several seeds, dimensions, other engines; and the options that ask for them."""

from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from recon.bench.chart import chart
from recon.bench.dimensions import DIMENSIONS
from recon.bench.generate import Case, generate
from recon.bench.page import page, peers_table
from recon.bench.payers import Flavour
from recon.bench.score import Scores, score
from recon.flow import bench
from recon.problems import ReconError

from bench_cases import changed, perfect  # isort: skip

FLAVOURS: tuple[Flavour, ...] = ("uk", "india")


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [generate(flavour, 200, seed) for flavour in FLAVOURS for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def runs(cases: list[Case]) -> list[Scores]:
    scores = [score(case, *perfect(case)) for case in cases[1:]]
    lines, allocations, exceptions = perfect(cases[0])
    clean = cases[0].truth.filter("clean")["line_id"]
    for line_id in clean.head(20):
        lines, allocations, exceptions = changed((lines, allocations, exceptions), line_id, "suggested")
    return [score(cases[0], lines, allocations, exceptions), *scores]


def test_several_seeds_are_told_by_least_middle_and_greatest(runs: list[Scores]) -> None:
    told = page(runs)
    assert (
        "| uk: least of 3 seeds | middle | greatest | india: least of 3 seeds | middle | greatest |" in told
    )
    row = next(line for line in told.splitlines() if line.startswith("| lines to be posted that were"))
    assert row.endswith("| 100 % | 100 % | 100 % | 100 % | 100 % |")
    assert "100 %" not in row.split("|")[2]
    assert "| uk, seed 2 |" in told


def test_each_dimension_covers_every_line_once(runs: list[Scores]) -> None:
    for run in runs:
        lines = dict(run.dimensions.group_by("dimension").agg(pl.col("lines").sum()).iter_rows())
        assert lines == dict.fromkeys(DIMENSIONS, 200)


def test_other_engines_stand_on_the_page_where_their_rows_are_given(runs: list[Scores]) -> None:
    rows = [{"engine": "recon", "precision": "99 %"}, {"engine": "VLOOKUP", "precision": "50 %"}]
    assert peers_table(rows).splitlines()[1] == "| --- | ---: |"
    assert "## Beside other engines\n\n| engine | precision |" in page(runs, rows)
    assert "Beside other engines" not in page(runs)


def test_the_picture_is_svg_whose_bars_are_whole(runs: list[Scores]) -> None:
    drawn = ET.fromstring(chart(runs))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2000/svg}"
    widths: dict[str, float] = {}
    for part in drawn.iter(f"{space}rect"):
        if part.find(f"{space}title") is not None:
            widths[part.get("y", "")] = widths.get(part.get("y", ""), 0) + float(part.get("width", "0"))
    assert len(widths) == 14
    assert all(width == pytest.approx(560, abs=0.1) for width in widths.values())


def test_a_single_wrong_posting_can_be_seen(cases: list[Case]) -> None:
    case = cases[0]
    trap = case.truth.filter((pl.col("family") == "non_ar") & (pl.col("expected") == "not_receivable"))[
        "line_id"
    ][0]
    told = chart([score(case, *changed(perfect(case), trap, "auto"))])
    assert "posted, and wrong:" in told


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", (1, 2, 3)), ("11-13", (11, 12, 13)), ("7,3,7", (7, 3)), ("2-3, 9", (2, 3, 9))],
)
def test_seeds_are_a_number_a_range_or_a_list(text: str, seeds: tuple[int, ...]) -> None:
    assert bench.seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "x", "3-", "1-2-3", "0", "9-3", "-4", "1-9999"])
def test_other_seeds_are_refused(text: str) -> None:
    with pytest.raises(ReconError, match="seeds can't be read"):
        bench.seeds_of(text)


def test_a_run_writes_page_picture_and_data(tmp_path: Path) -> None:
    made = bench.run(60, (1, 2), tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in made.files}
    assert {"bench.md", "bench.svg", "uk-1/items.csv", "india-2/truth/facts.csv"} <= names
    assert "![What became of the lines](bench.svg)" in (tmp_path / "bench.md").read_text(encoding="utf-8")
    assert len(made.figures) == 4
    assert "bench.svg" not in bench.run(60, (1,)).page


def test_missing_results_and_columns_are_told(tmp_path: Path) -> None:
    with pytest.raises(ReconError, match="does not exist"):
        bench.score_files(tmp_path, tmp_path)
    bench.run(60, (1,), tmp_path)
    (tmp_path / "lines.csv").write_text("line_id,result\nL000001,auto\n", encoding="utf-8")
    with pytest.raises(ReconError, match="columns are missing: outcome"):
        bench.score_files(tmp_path, tmp_path / "uk-1")


def answer(data: Path, folder: Path, *, prefix: str = "", count: int = 60) -> None:
    """Three tables that call the first lines of a data set exceptions; `prefix` makes ids of another set."""
    ids = [f"{prefix}{one}" for one in pl.read_csv(data / "truth" / "truth.csv")["line_id"][:count]]
    folder.mkdir()
    texts = {
        "lines": ["line_id,outcome", *(f"{one},exception" for one in ids)],
        "allocations": ["line_id,item_id,amount"],
        "exceptions": ["line_id,code,amount", *(f"{one},EX-UNID,0.00" for one in ids)],
    }
    for name, rows in texts.items():
        (folder / f"{name}.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")


def test_an_answer_with_other_lines_is_refused(tmp_path: Path) -> None:
    bench.run(60, (1,), tmp_path)
    answer(tmp_path / "uk-1", tmp_path / "other", prefix="X")
    with pytest.raises(ReconError) as refused:
        bench.score_files(tmp_path / "other", tmp_path / "uk-1")
    assert refused.value.exit_code == 2
    lines, exceptions = refused.value.problems
    assert (lines.code, exceptions.code) == ("bench-answer",) * 2
    assert lines.where.endswith("other/lines.csv")
    assert lines.what.startswith("60 of 60 line ids are not in the data set: X")
    assert exceptions.where.endswith("other/exceptions.csv")


def test_lines_that_an_answer_lacks_are_told(tmp_path: Path) -> None:
    bench.run(60, (1,), tmp_path)
    answer(tmp_path / "uk-1", tmp_path / "part", count=58)
    made = bench.score_files(tmp_path / "part", tmp_path / "uk-1")
    [told] = made.problems
    left = sorted(pl.read_csv(tmp_path / "uk-1" / "truth" / "truth.csv")["line_id"][58:])
    assert told.what == f"2 of 60 lines have no answer, and count as broken: {', '.join(left)}"
    assert made.figures[0]["missing_lines"] == 2
    answer(tmp_path / "uk-1", tmp_path / "whole")
    assert bench.score_files(tmp_path / "whole", tmp_path / "uk-1").problems == ()

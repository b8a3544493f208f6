"""Quality on generated cases with known truth: generate, match, score, tell; and the score of other engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from recon import model
from recon.bench import compared
from recon.bench.chart import chart
from recon.bench.generate import ITEMS_PER_LINE, Case, generate
from recon.bench.layouts import bank_files, places
from recon.bench.page import page
from recon.bench.score import Scores, score
from recon.bench.site import RULES_FILE, RULES_OF, rules_text, told
from recon.bench.truth import RESULT_FILES, TRUTH_FILES, result_of, truth_of
from recon.flow import deliver, peers, settings
from recon.flow.gather import outer_tables
from recon.match import match
from recon.model import (
    ALIASES,
    BANK_LINES,
    CUSTOMERS,
    OPEN_ITEMS,
    REMITTANCE_LINES,
)
from recon.problems import EXIT_JOB, Problem, ReconError

PAGE, CHART_FILE = "bench.md", "bench.svg"
# Folder and file of each table of a data set; the same as in sample_data.
FILES: Final = {
    "": {"bank_lines": "bank_lines", "items": "open_items", "remittances": "remittance_lines"},
    "customers": {"customers": "customers", "aliases": "aliases", "closed_items": "closed_items"},
    "truth": {"truth": "truth", "truth_allocations": "truth_allocations", "facts": "facts"},
}
DENSITY: Final = ITEMS_PER_LINE
SEEDS_MAX: Final = 1_000
SEED_MAX: Final = 1_000_000
TWO: Final = 2  # a range has two ends
SIZE: Final = "2000"
LINES_MIN: Final = 50  # fewer have no place for the cases
LINES_MAX: Final = 200_000
SHOWN_MAX: Final = 5  # ids named in a problem
SPEED_LINES_MAX: Final = 5_000_000


@dataclass(frozen=True)
class Benched:
    """What a bench run gives: its page, its figures, the files written, and what is wrong with answers scored."""

    page: str
    figures: list[dict[str, Any]]
    files: tuple[Path, ...]
    problems: tuple[Problem, ...] = ()


def seeds_of(text: str) -> tuple[int, ...]:
    """`10` = the first ten, `11-20` = a range, `3,7,19` = these.

    Raises:
        ReconError: bench-options, it is none of these.
    """
    words = [word.strip() for word in text.split(",")]
    ranges = [word.split("-") for word in words]
    good = all(len(ends) <= TWO and all(end.isascii() and end.isdigit() for end in ends) for ends in ranges)
    if good and len(words) == 1 and len(ranges[0]) == 1:
        ranges = [["1", words[0]]]
    seeds = tuple(
        seed for ends in ranges if good for seed in range(int(ends[0]), min(int(ends[-1]), SEED_MAX) + 1)
    )
    if not 0 < len(set(seeds)) <= SEEDS_MAX:
        raise ReconError(
            Problem(
                "bench-options",
                "--seeds",
                "the seeds can't be read",
                "say 10 for the first ten, 11-20, or 3,7,19",
            )
        )
    return tuple(dict.fromkeys(seeds))


def sizes_of(text: str, *, several: bool) -> tuple[int, ...]:
    """`2000` = bank lines of each flavour; for speed `1000,10000` = one run for each.

    Raises:
        ReconError: bench-options, it is none of these.
    """
    words = [word.strip().replace("_", "") for word in text.split(",")]
    most = SPEED_LINES_MAX if several else LINES_MAX
    good = all(word.isascii() and word.isdigit() and LINES_MIN <= int(word) <= most for word in words)
    if not good or (len(words) > 1 and not several):
        what = f"the lines can't be read, or are not from {LINES_MIN} to {most:,}"
        raise ReconError(
            Problem("bench-options", "--lines", what, "say 2000, or with --speed several: 1000,10000")
        )
    return tuple(int(word) for word in words)


def run(
    lines: int,
    seeds: Sequence[int],
    out: Path | None = None,
    *,
    items_per_line: float = ITEMS_PER_LINE,
    data: bool = True,
    others: peers.Peers | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Benched:
    """Both flavours for each seed, matched by their rules and scored against their truth.

    Args:
        lines: bank lines of each flavour.
        seeds: the generator's seeds.
        out: folder for the page, its chart and the data sets; none = nothing is written.
        items_per_line: open items for each bank line, about.
        data: write the data sets too, a folder `<flavour>-<seed>` each.
        others: other engines, which run on the ledgers of the first seed; none = recon alone.
        progress: called with the stage, the runs done and all of them.
    """
    jobs = [(flavour, seed) for flavour in RULES_OF for seed in seeds]
    scores = []
    beside: list[tuple[Case, pl.DataFrame]] = []
    files: list[Path] = []
    with deliver.ready(out):
        for done, (flavour, seed) in enumerate(jobs):
            if progress:
                progress("bench", done, len(jobs))
            case = generate(flavour, lines, seed, items_per_line=items_per_line)
            if out and data:
                files += write_data(case, out / f"{flavour}-{seed}")
            result = matched(case)
            scores.append(score(case, *result))
            if others and seed == seeds[0]:
                beside.append((case, result[1]))
        made = _beside(beside, others) if others else None
        told = page(scores, compared.rows(made) if made else (), chart=CHART_FILE if out else "")
        told += f"\n{compared.details(made)}" if made else ""
        if out:
            files += deliver.write(out, {PAGE: told, CHART_FILE: chart(scores)})
    figures = [_figures(one) for one in scores] + ([{"peers": compared.figures(made)}] if made else [])
    return Benched(told, figures, tuple(files))


def _beside(beside: Sequence[tuple[Case, pl.DataFrame]], others: peers.Peers) -> compared.Comparison:
    return peers.compare([case for case, _rows in beside], [rows for _case, rows in beside], others)


def score_files(results: Path, truth: Path) -> Benched:
    """Another engine's lines.csv, allocations.csv and exceptions.csv, scored against a data set that `run` wrote.

    Lines of the data set that the answer lacks count as broken, and are told.

    Raises:
        ReconError: a file is missing, can't be read, or lacks a column (file-missing, file-unreadable,
            column-missing); or the answer has lines that the data set has not (bench-answer).
    """
    known = {name: _read(truth / f"{name}.csv", columns) for name, columns in TRUTH_FILES.items()}
    given = {name: _read(results / f"{name}.csv", columns) for name, columns in RESULT_FILES.items()}
    asked = set(known["truth/truth"]["line_id"].drop_nulls())
    _check_lines(results, given, asked)
    missing = sorted(asked - set(given["lines"]["line_id"]))
    flavour, _, seed = truth.absolute().name.partition("-")
    scores = score(truth_of(known, flavour, int(seed) if seed.isdigit() else 0), *result_of(given))
    return Benched(
        page([scores], chart=""),
        [_figures(scores) | {"missing_lines": len(missing)}],
        (),
        _missing(results, missing, len(asked)),
    )


def _check_lines(results: Path, given: Mapping[str, pl.DataFrame], asked: set[str]) -> None:
    """See that the answer is one to this data set: a score of other lines would say nothing.

    Raises:
        ReconError: bench-answer, for each table with other lines.
    """
    problems = []
    for name, frame in given.items():
        ids = set(frame["line_id"].fill_null(""))
        strange = sorted(ids - asked)
        if strange:
            what = f"{len(strange):,} of {len(ids):,} line ids are not in the data set: {_first(strange)}"
            hint = "score an answer to the data set's bank_lines.csv, whose line_id the truth has"
            problems.append(Problem("bench-answer", (results / f"{name}.csv").as_posix(), what, hint))
    if problems:
        raise ReconError(problems)


def _missing(results: Path, missing: Sequence[str], asked: int) -> tuple[Problem, ...]:
    if not missing:
        return ()
    what = f"{len(missing):,} of {asked:,} lines have no answer, and count as broken: {_first(missing)}"
    where = (results / "lines.csv").as_posix()
    return (Problem("bench-answer", where, what, "give every line of the data set an outcome"),)


def _first(ids: Sequence[str]) -> str:
    """The first few ids."""
    return ", ".join(ids[:SHOWN_MAX]) + (", ..." if len(ids) > SHOWN_MAX else "")


def _read(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    if not path.exists():
        hint = "--truth is a folder that recon bench --out wrote, --score one with an engine's three tables"
        raise ReconError(Problem("file-missing", path.as_posix(), "the file does not exist", hint))
    try:
        frame = pl.read_csv(path, infer_schema=False, encoding="utf8")
    except (OSError, pl.exceptions.PolarsError) as error:
        what = f"the file can't be read as CSV: {type(error).__name__}"
        raise ReconError(
            Problem("file-unreadable", path.as_posix(), what, "write it as UTF-8 CSV with a header")
        ) from error
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        what = f"columns are missing: {', '.join(missing)}"
        raise ReconError(
            Problem(
                "column-missing", path.as_posix(), what, "docs/quality.md says which columns each file has"
            )
        )
    return frame


def of_case(case: Case) -> Scores:
    """One generated case, matched and scored."""
    return score(case, *matched(case))


def matched(case: Case) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines, allocations and exceptions of a generated case, in outer form; by its flavour's rules and its facts."""
    rules, _path = settings.load_rules(RULES_OF[case.flavour])
    tables = tables_of(case)
    result = match(tables, told(case, rules))
    made = outer_tables(result, tables.scales)
    return made["lines"], made["allocations"], made["exceptions"]


def tables_of(case: Case) -> model.Tables:
    """A generated case in inner form."""
    frames = {
        "bank_lines": (BANK_LINES, case.bank_lines),
        "open_items": (OPEN_ITEMS, case.open_items),
        "remittance_lines": (REMITTANCE_LINES, case.remittance_lines),
        "customers": (CUSTOMERS, case.customers),
        "aliases": (ALIASES, case.aliases),
        "closed_items": (OPEN_ITEMS, case.closed_items),
    }
    scales = model.scales_of(list(frames.values()))
    inner = {name: model.inside(frame, table, scales) for name, (table, frame) in frames.items()}
    return model.Tables(
        bank_lines=inner["bank_lines"],
        open_items=inner["open_items"],
        remittance_lines=inner["remittance_lines"],
        customers=inner["customers"],
        aliases=inner["aliases"],
        closed_items=inner["closed_items"],
        scales=scales,
    )


def write_data(case: Case, folder: Path) -> list[Path]:
    """One case as a data set: its tables and truth as CSV, its bank lines as banks' files too, and its rules."""
    written: list[Path] = []
    for place, names in FILES.items():
        with deliver.ready(folder / place):
            frames = {name: getattr(case, table) for name, table in names.items()}
            if "truth" in frames:
                frames["truth"] = frames["truth"].join(places(case), on="line_id", how="left").sort("line_id")
            texts = {f"{name}.csv": _csv(frame) for name, frame in frames.items()}
            if not place:
                texts[RULES_FILE] = rules_text(case)
            written += deliver.write(folder / place, texts)
    with deliver.ready(folder / "bank"):
        for name, content in bank_files(case).items():
            path = folder / "bank" / name
            try:
                path.write_bytes(content)
            except OSError as error:
                what = f"the file can't be written: {error.strerror or error}"
                raise ReconError(
                    Problem("out-unwritable", path.as_posix(), what, deliver.CLOSE_IT), EXIT_JOB
                ) from error
            written.append(path)
    return written


def _csv(frame: pl.DataFrame) -> str:
    return deliver.csv(frame.with_columns(pl.col(pl.Boolean).replace_strict([True, False], ["yes", "no"])))


def _figures(scores: Scores) -> dict[str, Any]:
    """The plain figures of a score, and its table by dimension."""
    plain = {name: value for name, value in asdict(scores).items() if not isinstance(value, pl.DataFrame)}
    shares = {
        "auto_precision": scores.line_precision,
        "pair_precision": scores.pair_precision,
        "auto_rate": scores.auto_rate,
        "clean_rate": scores.clean_rate,
        "answered": scores.answered,
        "code_accuracy": scores.code_accuracy,
    }
    return plain | shares | {"dimensions": scores.dimensions.to_dicts()}

"""Any file as the standard tables, with its problems; no matching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from recon import ingest, model
from recon.flow import deliver, settings, totals
from recon.model import Reading
from recon.problems import LOST, Problem, ReconError
from recon.rules.profile import Profile

Read = tuple[Path, Reading | ReconError]


def read(names: Sequence[str], profile: str = "", rules_name: str = "") -> list[Read]:
    """Any files as the standard tables, with their problems; no matching.

    Returns for each file its reading, or the error that refuses it; a name that stands for no file counts as one.

    Raises:
        ReconError: if there is no such profile, or the rules can't be used.
    """
    loaded, path = settings.load_rules(rules_name)
    profiles = settings.load_profiles(loaded, path)
    made: dict[Path, Reading | ReconError] = {}
    for name in names:
        try:
            files = ingest.expand([name])
        except ReconError as error:
            made.setdefault(Path(name), error)
            continue
        for file in files:
            if file not in made:
                made[file] = _one(file, profiles, profile, loaded.currency)
    return list(made.items())


def _one(file: Path, profiles: Sequence[Profile], profile: str, currency: str) -> Reading | ReconError:
    try:
        return ingest.read(file, profiles, profile=profile, currency_default=currency)
    except ReconError as error:
        if error.problems[0].code == "profile-unknown":
            raise  # said once, not for each file
        return error


def lacking(made: Sequence[Read]) -> bool:
    """Whether a file could not be read, a row of one was lost, or a statement does not foot."""
    return any(
        isinstance(one, ReconError)
        or any(problem.code in LOST for problem in one.problems)
        or any(statement.foots is False for statement in one.statements)
        for _path, one in made
    )


def reading_facts(read_file: Read) -> dict[str, Any]:
    """One object of `recon read --json`: path, kind, format, rows, sum per currency, statements, problems."""
    path, one = read_file
    if isinstance(one, ReconError):
        none: dict[str, Any] = {
            "kind": "",
            "format": "",
            "rows": 0,
            "sum": {},
            "statements": [],
        }
        return {"path": path.as_posix()} | none | {"problems": [asdict(problem) for problem in one.problems]}
    statements = [
        asdict(statement) | {"first": _iso(statement.first), "last": _iso(statement.last)}
        for statement in one.statements
    ]
    return {
        "path": path.as_posix(),
        "kind": str(one.kind),
        "format": one.format,
        "rows": one.table.height,
        "sum": totals.sums(one, totals.MONEY_OF[one.kind]) if one.kind in totals.MONEY_OF else {},
        "statements": statements,
        "problems": [asdict(problem) for problem in one.problems],
    }


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def write_readings(made: Sequence[Read], out: Path) -> list[Path]:
    """The standard CSV of each file, and the problems of all; nothing if no file could be read.

    Raises:
        ReconError: EXIT_JOB, if the folder can't be written.
    """
    if not any(isinstance(one, Reading) for _path, one in made):
        return []
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path, one in made:
        problems += one.problems
        if isinstance(one, Reading):
            table = model.TABLES_OF[one.kind]
            optional = [
                column.name
                for column in table.columns
                if column.optional and column.name not in one.table.columns
            ]
            own = [name for name in table.file_columns if name not in optional]
            extras = [name for name in one.table.columns if name.startswith(model.EXTRA)]
            have = set(one.table.columns)
            frame = one.table.select(
                *(pl.col(name) if name in have else pl.lit("").alias(name) for name in own),
                *(pl.col(name).alias(name.removeprefix(model.EXTRA)) for name in extras),
            )
            texts[_unique(f"{path.stem}.{one.kind}.csv", texts)] = deliver.csv(frame)
    texts |= {"problems.csv": deliver.csv(model.problems_table(problems))}
    with deliver.ready(out, texts):
        return deliver.write(out, texts)


def _unique(name: str, taken: Mapping[str, str]) -> str:
    """A name that no other file has; where upper and lower case are one, too."""
    lower = {one.lower() for one in taken}
    stem, _, ending = name.rpartition(".")
    number = 2
    while name.lower() in lower:
        name, number = f"{stem}-{number}.{ending}", number + 1
    return name

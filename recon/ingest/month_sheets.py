"""Month-end inputs on sheets of a workbook: a sheet that is called as one and has its headings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recon.ingest import finish, heading, sheet, standard
from recon.ingest.source import Request, open_source
from recon.model import Reading
from recon.problems import Problem
from recon.rules.profile import Profile


def read(path: Path, profiles: Sequence[Profile] = ()) -> tuple[list[Reading], list[Problem]]:
    """The sheets of a workbook that are month-end inputs, and a problem for each that is called so and is none.

    Raises:
        ReconError: `file-unreadable`, `file-missing`: the workbook can't be read.
    """
    source = open_source(path)
    request = Request(tuple(profiles), "", None)
    readings, problems = [], []
    for grid in sheet.tables(source, lambda name: standard.month_kind(name) is not None):
        name = grid.where.rsplit("!", 1)[-1]
        kind = standard.month_kind(name)
        fits = [
            one
            for one in heading.find(grid, request.able(), name, with_standard=True)
            if one.profile.kind is kind
        ]
        if fits:
            readings.append(finish.from_grids(source, request, "xlsx", [(grid, fits[0])]))
        elif (wrong := heading.miss(grid, request, name)) is not None:
            problems.append(wrong)
    return readings, problems

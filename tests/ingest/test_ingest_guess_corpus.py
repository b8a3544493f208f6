"""Real files that no profile reads: most get a proposal that reads them whole; none breaks the guess.

RECON_CORPUS names a folder with an INDEX.tsv (repo, path, format, entries, ...) and the files it lists.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from recon import flow
from recon.problems import ReconError

ROOT = os.environ.get("RECON_CORPUS", "")
pytestmark = [pytest.mark.corpus, pytest.mark.skipif(not ROOT, reason="RECON_CORPUS is not set")]


def _files() -> list[Path]:
    with (Path(ROOT) / "INDEX.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    found = [row for row in rows if row["format"].startswith(("csv", "xls"))]
    return [Path(ROOT) / row["repo"].replace("/", "+") / row["path"] for row in found]


def _outcome(path: Path) -> str:
    try:
        looked = flow.profile.look(path)
    except ReconError:
        return "refused"
    if looked.known:
        return "known"
    if looked.questions:
        defaults = {one.key: one.default or one.options[0].value for one in looked.questions}
        looked = flow.profile.look(path, answers=defaults)
    if flow.profile.why_not(looked) or looked.reading is None:
        return "lacking"
    lost = [one for one in looked.reading.problems if one.code in flow.profile.ROW_LOST]
    return "in part" if any("left out" in one.what for one in lost) else "whole"


def test_most_unknown_files_get_a_profile_that_reads_them_whole() -> None:
    outcomes = Counter(map(_outcome, _files()))
    unknown = outcomes.total() - outcomes["known"]
    assert unknown > 50
    assert outcomes["whole"] >= 0.8 * unknown, outcomes
    assert outcomes["refused"] + outcomes["lacking"] <= 0.15 * unknown, outcomes

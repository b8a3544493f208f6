"""A minute of the fuzzer: the first inputs of a seed, none of which may break a reader."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import fuzz
import pytest


@pytest.mark.slow
def test_no_input_breaks_a_reader(tmp_path: Path) -> None:
    count = int(os.environ.get("RECON_FUZZ", "6000"))
    workers = min(os.cpu_count() or 1, 4)
    options = argparse.Namespace(
        count=count, first=0, seed=7, workers=workers, batch=2_500, save=str(tmp_path / "found")
    )
    done = fuzz.run(options)
    assert [(one.number, one.what) for one in done.found] == []
    assert done.done == count
    assert done.outcomes["mt940, rows"] > count / 50

"""Work in processes of its own: in order, and over with whoever has it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from recon.together import each_apart

SCRIPT = """
import os, sys, time
from pathlib import Path
from recon.together import each_apart

def work(folder):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)

if __name__ == "__main__":
    list(each_apart(work, [sys.argv[1]] * 4, 2))
"""


def test_what_comes_back_is_in_order() -> None:
    assert list(each_apart(abs, [-3, 2, -1] * 9, 2)) == [3, 2, 1] * 9


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    state = Path(f"/proc/{process}/stat")  # one that has ended and that nobody has asked for is no more
    return not state.exists() or state.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"


def test_a_killed_job_takes_its_processes_with_it(tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT, encoding="utf-8")
    pids = tmp_path / "pids"
    pids.mkdir()
    with subprocess.Popen([sys.executable, str(script), str(pids)], stderr=subprocess.DEVNULL) as job:  # noqa: S603 - our own
        for _ in range(600):
            if any(pids.iterdir()):
                break
            time.sleep(0.1)
        job.kill()
    workers = [int(path.name) for path in pids.iterdir()]
    assert workers
    for _ in range(200):
        if not any(map(_runs, workers)):
            return
        time.sleep(0.1)
    raise AssertionError(f"still at work: {workers}")

"""The fuzzer of all readers. No test: `RECON_CORPUS=... python tests/ingest/fuzz.py --count 1000000`.

Inputs are read in worker processes, thousands in each, within 5 seconds and 1 GB each. Found is whatever is no
`ReconError`: another error, a crash, a hang, too much memory, a reading that contradicts itself. The input and what
it did are saved. The same seed makes the same inputs; `--from` goes on where a run ended.
"""

from __future__ import annotations

import argparse
import json
import queue
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_SECONDS: Final = 5  # of processor, for one input
_WAIT: Final = (
    120  # of the clock, for the beginning of a worker and for one input; other work may be on the machine
)
_BATCH: Final = 5_000
_WORK: Final = Path(__file__).with_name("fuzz_work.py")


@dataclass
class Found:
    """One finding: which input, what it did."""

    number: int
    what: str


@dataclass
class Fuzz:
    """A run: how far it is, what it read, what it found."""

    options: argparse.Namespace
    at: int
    end: int
    done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> None:
        """Batch after batch, until there are no more inputs."""
        while True:
            with self._lock:
                first = self.at
                last = self.at = min(first + self.options.batch, self.end)
            if first >= last:
                return
            while first < last:
                first = self._batch(first, last)
            with self._lock:
                print(self.told(), flush=True)  # noqa: T201 - a script

    def told(self) -> str:
        """One line: go on from here, and what was found."""
        return f"{self.done:,} inputs, next --from {self.at}; {len(self.found)} findings"

    def _batch(self, first: int, last: int) -> int:
        """A worker from one input on; where the next has to begin."""
        options = self.options
        command = [sys.executable, str(_WORK), str(options.seed), str(first), str(last), str(options.save)]
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - ours
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_listen, args=(worker, lines), daemon=True).start()
        errors: list[str] = []
        threading.Thread(target=_collect, args=(worker, errors), daemon=True).start()
        current = first - 1
        while True:
            try:
                line = lines.get(timeout=_WAIT)
            except queue.Empty:
                worker.kill()
                return self._broke(current, first, f"hangs for {_WAIT} seconds")
            if line is None:
                worker.wait()
                time.sleep(0.1)
                return self._broke(
                    current, first, f"the process ended: {worker.returncode} {''.join(errors)[-500:]}"
                )
            if line.startswith("{"):
                self._take(json.loads(line))
                worker.wait()
                return last
            current = int(line)

    def _take(self, told: dict[str, Any]) -> None:
        with self._lock:
            self.done += told["done"]
            self.outcomes.update(told["outcomes"])
            self.found += [Found(number, what) for number, what in told["found"]]

    def _broke(self, current: int, first: int, what: str) -> int:
        """A worker that ended by the input it had; those before it are counted, what they were is not."""
        if current < first:
            raise SystemExit(f"no worker can begin at {first}: {what}")
        with self._lock:
            self.done += current + 1 - first
            self.outcomes["not told"] += current - first
            self.outcomes["killed"] += 1
            self.found.append(Found(current, what))
        subprocess.run(  # noqa: S603 - ours
            [
                sys.executable,
                str(_WORK),
                str(self.options.seed),
                str(current),
                str(current),
                str(self.options.save),
            ],
            check=False,
        )
        return current + 1


def _listen(worker: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert worker.stdout is not None
    for line in worker.stdout:
        lines.put(line.strip())
    lines.put(None)


def _collect(worker: subprocess.Popen[str], errors: list[str]) -> None:
    assert worker.stderr is not None
    errors += worker.stderr.readlines()


def run(options: argparse.Namespace) -> Fuzz:
    """All inputs of a run."""
    Path(options.save).mkdir(parents=True, exist_ok=True)
    fuzz = Fuzz(options, options.first, options.first + options.count)
    threads = [threading.Thread(target=fuzz.work) for _ in range(options.workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return fuzz


def main() -> int:
    """Run, print what was read and found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=20_000, help="how many inputs")
    asked.add_argument("--from", dest="first", type=int, default=0, help="the first one")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--workers", type=int, default=1, help="processes at the same time")
    asked.add_argument("--batch", type=int, default=_BATCH, help="inputs of one process")
    asked.add_argument("--save", default="fuzz-found", help="folder for inputs that break something")
    options = asked.parse_args()
    began = time.monotonic()
    fuzz = run(options)
    print(f"{fuzz.told()} in {time.monotonic() - began:,.0f} s")  # noqa: T201 - a script
    for name, count in fuzz.outcomes.most_common():
        print(f"{count:>9,} {name}")  # noqa: T201 - a script
    for one in fuzz.found[:100]:
        print(f"input {one.number}: {one.what}")  # noqa: T201 - a script
    return 1 if fuzz.found else 0


if __name__ == "__main__":
    sys.exit(main())

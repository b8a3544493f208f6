"""Speed at several sizes: generate, run each engine files to files in a fresh process, tell."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from recon import __version__
from recon.bench import speed, speed_chart
from recon.bench.generate import generate
from recon.bench.peers import PEERS
from recon.bench.skew import SKEWS
from recon.bench.speed import RECON, Timing
from recon.flow import deliver, peers
from recon.flow.peers import Peers

ITEMS_PER_LINE: Final = 1.0
SIZES: Final = "1000,10000,100000,1000000"
FLAVOUR: Final = "uk"
# A loop over rows would run for days at the larger sizes.
LINES_MAX: Final[Mapping[str, int]] = {"extract_one": 20_000}
FILES: Final = ("speed.md", speed.PICTURE, "speed.json")


@dataclass(frozen=True)
class Sped:
    """What a speed run gives: its page, its figures, and the files written."""

    page: str
    figures: dict[str, Any]
    files: tuple[Path, ...]


def run(
    sizes: Sequence[int],
    seed: int,
    out: Path | None = None,
    others: Peers | None = None,
    tell: Callable[[str], None] = lambda _said: None,
    *,
    skew: bool = False,
) -> Sped:
    """The engine and its peers at these sizes, smallest first.

    Args:
        sizes: bank lines of each job.
        seed: the generator's seed.
        out: folder for the page, the picture and the figures; none = nothing is written.
        others: the peers that run too; none = recon alone.
        tell: is told what comes next.
        skew: lopsided ledgers of the largest size too, by recon alone.
    """
    timings: list[Timing] = []
    with deliver.ready(out, FILES):
        for lines in sorted(set(sizes)):
            timings += _of_size(lines, seed, others, tell)
        timings += _of_skews(max(sizes), seed, tell) if skew else []
        facts = _machine(others)
        command = f"recon bench --speed --lines {','.join(str(lines) for lines in sizes)} --seed {seed}"
        command += " --skew" if skew else ""
        told = speed.page(timings, facts, command + (" --peers" if others else ""))
        found = speed.figures(timings, facts)
        texts = (told, speed_chart.chart(timings), deliver.as_json(found))
        files = deliver.write(out, dict(zip(FILES, texts, strict=True))) if out else []
    return Sped(told, found, tuple(files))


def _of_size(lines: int, seed: int, others: Peers | None, tell: Callable[[str], None]) -> list[Timing]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "data"
        tell(f"{lines:,} lines: generating")
        items = _write(folder, lines, seed, others)
        tell(f"{lines:,} lines: recon")
        timings = [_of_recon(folder, Path(made) / "recon", (lines, items))]
        for name in PEERS if others else ():
            tell(f"{lines:,} lines: {PEERS[name].title}")
            timings.append(_of_peer(others, name, folder, Path(made) / name, (lines, items)))
    return timings


def _of_skews(lines: int, seed: int, tell: Callable[[str], None]) -> list[Timing]:
    """The engine on each kind of lopsided ledger of this size."""
    even = generate(FLAVOUR, lines, seed, items_per_line=ITEMS_PER_LINE)
    timings = []
    for name, made_of in SKEWS.items():
        with tempfile.TemporaryDirectory() as made:
            tell(f"{lines:,} lines, {name}: recon")
            peers.write(made_of(even), Path(made) / "data")
            timing = _of_recon(
                Path(made) / "data", Path(made) / "recon", (lines, even.open_items.height), skew=name
            )
            timings.append(timing)
    return timings


def _of_recon(folder: Path, out: Path, size: tuple[int, int], skew: str = "") -> Timing:
    done, stages, told = peers.recon_run(folder, out, size[0])
    if done is None:
        why = "took too long" if told.code is None else f"failed: {told.said.strip()[-200:]}"
        return Timing(RECON, *size, None, why=why, skew=skew)
    return Timing(RECON, *size, done.seconds, stages, done.peak_bytes, done.busy, skew=skew)


def _write(folder: Path, lines: int, seed: int, others: Peers | None) -> int:
    """The files of a job of so many lines; returns how many items it has. The job itself is forgotten again."""
    case = generate(FLAVOUR, lines, seed, items_per_line=ITEMS_PER_LINE)
    trained = others is not None and any(
        PEERS[name].trained and found is not None for name, found in others.found.items()
    )
    peers.write(case, folder, peers.learning(case) if trained else None)
    return case.open_items.height


def _of_peer(others: Peers | None, name: str, folder: Path, out: Path, size: tuple[int, int]) -> Timing:
    lines, items = size
    title, most = PEERS[name].title, LINES_MAX.get(name)
    if others is None or (most and lines > most):
        return Timing(
            title, lines, items, None, why=f"not tried above {most:,} lines" if most else "not asked for"
        )
    done, why = peers.peer_run(others, name, folder, out, lines)
    if done is None:
        return Timing(title, lines, items, None, why=why)
    return Timing(title, lines, items, done.seconds, {"match": done.match}, done.peak_bytes, done.busy)


def _machine(others: Peers | None) -> dict[str, str]:
    """What it ran on, in words; nothing that names the machine itself."""
    ours = ", ".join(f"{name} {version(name)}" for name in ("polars", "numpy", "scipy", "rapidfuzz"))
    theirs = [
        f"{name} {one}"
        for found in (others.found if others else {}).values()
        for name, one in (found or {}).items()
    ]
    return {
        "machine": f"{platform.system()}, {_processor()}, {os.cpu_count()} processors, {_memory()}",
        "versions": f"recon {__version__}, Python {platform.python_version()}, {ours}"
        + "".join(f", {one}" for one in theirs),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or "processor not known"
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else "processor not known"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1024**3:.0f} GB"
    except (AttributeError, ValueError, OSError):
        return "memory not known"

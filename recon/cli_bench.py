"""`recon bench`: its options, one call of flow for each thing that it measures, and its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from recon import flow, terminal
from recon.problems import Problem, ReconError

AsJson = Annotated[bool, typer.Option("--json", help="The summary as JSON.")]


def bench(
    lines: Annotated[
        str, typer.Option("--lines", help="Bank lines of each flavour; with --speed sizes: 1000,10000.")
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="The generator's seed.")] = 1,
    seeds: Annotated[
        str, typer.Option("--seeds", help="Several seeds: 10 (the first ten), 11-20, or 3,7,19.")
    ] = "",
    density: Annotated[
        float | None,
        typer.Option("--items-per-line", min=0.5, max=20, help="Open items for each bank line, about."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the page, its chart and the data sets.")
    ] = None,
    page_only: Annotated[bool, typer.Option("--page-only", help="With --out: no data sets.")] = False,
    results: Annotated[
        Path | None, typer.Option("--score", help="Folder with another engine's three result tables.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="With --score: its data set's folder.")
    ] = None,
    peers: Annotated[bool, typer.Option("--peers", help="Other engines on the same lines too.")] = False,
    peers_python: Annotated[
        str, typer.Option("--peers-python", help="The Python that has recon[peers]. Default: this one.")
    ] = "",
    fast: Annotated[bool, typer.Option("--speed", help="Seconds and memory by size, not quality.")] = False,
    skew: Annotated[
        bool, typer.Option("--skew", help="With --speed: lopsided ledgers of the largest size too.")
    ] = False,
    learning: Annotated[
        bool, typer.Option("--learning", help="What a month of decisions is worth in the next month.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Quality on generated cases with known truth; or speed."""
    others = flow.peers.look(peers_python) if peers else None
    sizes = flow.bench.sizes_of(lines or (flow.speed.SIZES if fast else flow.bench.SIZE), several=fast)
    if fast:
        sped = flow.speed.run(
            sizes,
            seed,
            out,
            others,
            lambda said: terminal.err_console.print(said, soft_wrap=True),
            skew=skew,
        )
        typer.echo(json.dumps(sped.figures, indent=2) if as_json else sped.page)
        return
    if learning:
        months = flow.bench_learning.run(sizes[0], flow.bench.seeds_of(seeds) if seeds else (seed,))
        told = flow.bench_learning.figures(months)
        typer.echo(json.dumps(told, indent=2) if as_json else flow.bench_learning.page(months))
        return
    if (results is None) != (truth is None):
        raise ReconError(
            Problem("bench-options", "recon bench", "--score and --truth go together", "name both")
        )
    if results is not None and truth is not None:
        made = flow.bench.score_files(results, truth)
    else:
        chosen = flow.bench.seeds_of(seeds) if seeds else (seed,)
        made = terminal.with_progress(
            lambda progress: flow.bench.run(
                sizes[0],
                chosen,
                out,
                items_per_line=density or flow.bench.DENSITY,
                data=not page_only,
                others=others,
                progress=progress,
            ),
            quiet=as_json,
        )
    terminal.complain(made.problems)
    if as_json:
        typer.echo(json.dumps(made.figures, indent=2))
        return
    typer.echo(made.page)
    for file in made.files:
        terminal.out_console.print(f"wrote {file}", soft_wrap=True)

"""Step 1, of each part of the lines: what their text may say, as atoms and the keys that grow from them.

line  "NHS SUSSEX ICB INV-1042"      -> grams INV1042 and 1042, name grams NHS SUSSEX ICB ...
"""

from __future__ import annotations

from dataclasses import fields

import polars as pl

from recon import together
from recon.match import numbers, text
from recon.match.frames import Ready, Spelled
from recon.match.prepare import people
from recon.rules.schema import Rules


def spell(ready: Ready, lines: pl.DataFrame, rules: Rules) -> Spelled:
    """Some of the lines with what their text may say; see `frames.Spelled` for the columns.

    Args:
        ready: the whole ledger.
        lines: some of its lines.
        rules: frozen rules.
    """
    active = lines.filter((pl.col("state") == "open") & ~pl.col("hostile"))
    (atoms, grams), (name_grams, payer_texts) = together.both(
        lambda: _references(active, ready, rules),
        lambda: people.name_grams(
            active, ready.once("naming", lambda: people.naming(ready.names, rules)), ready.starts, rules
        ),
    )
    lines = lines.join(payer_texts, on="line", how="left", maintain_order="left").with_columns(
        pl.col("payer_text").fill_null("")
    )
    whole = {one.name: getattr(ready, one.name) for one in fields(ready)}
    return Spelled(
        **(whole | {"lines": lines}),
        atoms=atoms,
        grams=grams,
        name_grams=name_grams,
        said=ready.keyed(grams["key"]),
        said_closed=ready.closed_keyed(grams["key"]),
    )


def _references(active: pl.DataFrame, ready: Ready, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The atoms of the lines, and what of them may be a reference."""
    found = text.atoms(active.select("line", text="spoken"), "line", "text")
    labels = [word.upper() for word in rules.references.labels]
    starts = pl.concat([ready.openings, pl.Series(labels, dtype=pl.String)]).unique(maintain_order=True)
    return found, numbers.grams(found, starts, ready.longest, labels)

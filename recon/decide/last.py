"""What was last said of each line."""

from __future__ import annotations

import polars as pl


def last_taken(decided: pl.DataFrame) -> pl.DataFrame:
    """The last decision of each line that was not refused: it was accepted, or waits for a second person.

    Args:
        decided: model.DECIDED in the order they came.
    """
    taken = decided.filter(pl.col("result") != "refused")
    return taken.unique("line_id", keep="last", maintain_order=True)

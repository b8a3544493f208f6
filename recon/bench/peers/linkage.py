"""The recordlinkage toolkit: blocks, comparison vectors, and gradient boosting trained on another seed's truth.

Being shown the truth of a ledger is an advantage that no other peer has, and that a new user has not either.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import recordlinkage
from recordlinkage.adapters import SKLearnAdapter
from recordlinkage.base import BaseClassifier
from sklearn.ensemble import HistGradientBoostingClassifier

from recon.bench.peers import records
from recon.bench.peers.parts import Prepared

SEED: Final = 7
FAR: Final = 400.0  # days; and for what can't be compared


class Boosted(SKLearnAdapter, BaseClassifier):  # type: ignore[misc]  # recordlinkage has no types
    """Gradient boosting as a classifier of the toolkit."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = HistGradientBoostingClassifier(random_state=SEED)


def learn(given: Prepared, truth: pl.DataFrame) -> Boosted:
    """A classifier that was shown which pairs of a ledger are true (line_id, item_id)."""
    lines, items = records.left(given), records.right(given)
    vectors = _vectors(lines, items)
    both = _ids(vectors, lines, items)
    true = both.join(
        truth.select("line_id", "item_id").unique().with_columns(true=True),
        on=["line_id", "item_id"],
        how="left",
        maintain_order="left",
    )
    model = Boosted()
    model.fit(vectors, vectors.index[true["true"].fill_null(value=False).to_numpy()])
    return model


def pairs(given: Prepared, model: Boosted) -> pl.DataFrame:
    """Pairs line_id, item_id, score (the classifier's probability)."""
    lines, items = records.left(given), records.right(given)
    vectors = _vectors(lines, items)
    scored = pl.DataFrame(
        {
            "left": vectors.index.get_level_values(0).to_numpy(),
            "right": vectors.index.get_level_values(1).to_numpy(),
            "score": model.prob(vectors).to_numpy(),
        },
        schema_overrides={"left": pl.UInt32, "right": pl.UInt32},
    )
    return records.chosen(scored, lines, items)


def _ids(vectors: Any, lines: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    places = pl.DataFrame(
        {
            "left": vectors.index.get_level_values(0).to_numpy(),
            "right": vectors.index.get_level_values(1).to_numpy(),
        },
        schema_overrides={"left": pl.UInt32, "right": pl.UInt32},
    )
    return places.join(lines.select("line_id", left="id"), on="left", maintain_order="left").join(
        items.select("item_id", right="id"), on="right", maintain_order="left"
    )


def _vectors(lines: pl.DataFrame, items: pl.DataFrame) -> Any:
    """A comparison vector for each pair of some block, indexed by the two ids."""
    ours, theirs = lines.to_pandas().set_index("id"), items.to_pandas().set_index("id")
    found: Any = None
    for columns in records.BLOCKS:
        kept_ours, kept_theirs = ours.dropna(subset=list(columns)), theirs.dropna(subset=list(columns))
        block = recordlinkage.index.Block(left_on=list(columns), right_on=list(columns)).index(
            kept_ours, kept_theirs
        )
        found = block if found is None else found.union(block)
    compare = recordlinkage.Compare()
    compare.exact("ref", "ref", label="ref_equal")
    compare.string("ref", "ref", method="damerau_levenshtein", label="ref_like")
    compare.exact("ref_end", "ref_end", label="ref_end")
    compare.exact("ref_start", "ref_start", label="ref_start")
    compare.exact("customer", "customer", label="customer")
    compare.string("name", "name", method="jarowinkler", label="name_like")
    compare.exact("amount", "amount", label="amount_equal")
    vectors = compare.compute(found, ours, theirs)
    open_amount = theirs["amount"].reindex(found.get_level_values(1)).to_numpy(dtype=float)
    paid = ours["amount"].reindex(found.get_level_values(0)).to_numpy(dtype=float)
    days = ours["day"].reindex(found.get_level_values(0)).to_numpy(dtype=float) - theirs["day"].reindex(
        found.get_level_values(1)
    ).to_numpy(dtype=float)
    vectors["paid_share"] = np.divide(paid, open_amount, out=np.full_like(paid, FAR), where=open_amount != 0)
    vectors["days"] = np.nan_to_num(days, nan=FAR)
    times = pd.Series(items["amount"].to_pandas()).map(items["amount"].to_pandas().value_counts())
    vectors["amount_common"] = (
        pd.Series(times.to_numpy(), index=theirs.index).reindex(found.get_level_values(1)).to_numpy()
    )
    return vectors

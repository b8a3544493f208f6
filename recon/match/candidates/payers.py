"""Who paid: by account, alias, vendor number or name; and whose name is only near.

The order of evidence is that of accounts first, then what a person confirmed, then the legal name, then a name cut
by the payment system. A name that is only alike, or only a part of the text, never makes a payer sure.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Levenshtein

from recon.match import numbers, persons, shared, text
from recon.match.asked import Index
from recon.match.frames import Spelled
from recon.rules.schema import Rules

SCHEMA = pl.Schema(
    {"line": pl.Int64, "customer_id": pl.String, "how": pl.String, "place": pl.Int32, "tier": pl.Int64}
)
# A name cut by the payment system may be another customer's whole name, and is as good.
TIERS = {"account": 0, "alias": 1, "vendor": 1, "name": 2, "name_cut": 2, "person": 3, "fuzzy": 4, "part": 5}
WHOLE_TIER = 2  # up to here the payer is named whole
NEAR_SCORE = 80.0  # from this likeness on a name is worth a warning
BLOCK_LETTERS = 4
BLOCK_FAN_MAX = 400  # names that share a word's beginning; a commoner beginning tells nothing
FUZZY_CHUNK = 500_000


def known(ready: Spelled, rules: Rules) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The payers that each line may have, and the customers whose names are only near.

    Returns:
        payers: line, customer_id, owner, how, tier, sure, owners. Only the best tier of a line is kept, if all its
            places agree; `sure` if that is an account, alias, vendor number or whole name of one owner (customer
            or group), and no other place of the line names another.
        near: line, customer_id, likeness: names alike but not equal, for lines without a sure payer.
        crowded: line: those whose best evidence fits more owners than `limits.customers_per_name`; they have none.
    """
    limit = rules.limits.customers_per_name
    of_names = ["key", "kind", "form", "valid_from", "valid_to"]
    names = ready.indexed("few names", lambda: shared.few(ready.names, of_names, ready, limit))
    hits = pl.concat(
        [_by_account(ready, limit), _by_name(ready, names, rules), _tiered(persons.named(ready, limit))]
    )
    # An initial and a surname say more than a name in a longer text.
    hits = hits.filter((pl.col("how") != "part") | ~(pl.col("how") == "person").any().over("line"))
    owners = ready.indexed("owners", lambda: ready.customers.select("customer_id", "owner"), "customer_id")
    owned = owners.of(hits["customer_id"])
    hits = hits.join(owned, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.col("owner").fill_null("C:" + pl.col("customer_id"))
    )
    best = hits.filter(
        (pl.col("tier") == pl.col("tier").min().over("line", "place"))
        & ((pl.col("tier") <= WHOLE_TIER) | (pl.col("tier").min().over("line") > WHOLE_TIER))
    )
    best = best.sort("line", "tier", "customer_id", "how").unique(
        ["line", "customer_id"], keep="first", maintain_order=True
    )
    best = best.with_columns(owners=pl.col("owner").n_unique().over("line")).with_columns(
        sure=(pl.col("owners") == 1) & (pl.col("tier") <= WHOLE_TIER)
    )
    top = pl.col("tier") == pl.col("tier").min().over("line")
    best = best.filter(top | (pl.col("owners") > 1)).drop("place")
    said = pl.col("tier") <= TIERS["person"]
    crowded = best.filter((pl.col("owners") > limit) & said).select("line").unique(maintain_order=True)
    best = best.filter(pl.col("owners") <= limit)
    unsure = ready.lines.filter((pl.col("state") == "open") & (pl.col("payer_text") != "")).join(
        best.filter("sure"), on="line", how="anti", maintain_order="left"
    )
    alike = _alike(unsure, ready, names, rules)
    fuzzy = _fuzzy(alike, best, owners.of(alike["customer_id"]), rules)
    return pl.concat([best, fuzzy]).sort("line", "tier", "customer_id"), alike, crowded


def _valid(frame: pl.DataFrame) -> pl.DataFrame:
    """Only names that were valid on the day the line was booked."""
    day = pl.col("booking_date")
    return frame.filter(
        (pl.col("valid_from").is_null() | (day >= pl.col("valid_from")))
        & (pl.col("valid_to").is_null() | (day <= pl.col("valid_to")))
    )


def _by_account(ready: Spelled, limit: int) -> pl.DataFrame:
    """Accounts, vendor numbers and codes that stand in the text or in the counterparty's account."""
    keys = ["key", "plain", "kind", "valid_from", "valid_to"]
    by_key = ready.indexed("few accounts", lambda: shared.few(ready.accounts, keys, ready, limit))
    by_plain = ready.indexed("few accounts by text", lambda: by_key.many, "plain")
    lines = ready.lines.filter(pl.col("state") == "open").select(
        "line",
        "booking_date",
        plain=text.upper(pl.col("counterparty_account")).str.replace_all("[^A-Z0-9@]", ""),
    )
    stated = lines.filter(pl.col("plain") != "")
    stated = stated.join(by_plain.of(stated["plain"]), on="plain", maintain_order="left")
    grams = ready.grams.filter("opened", "closed").filter(~pl.col("piece") | (pl.col("size") > 1))
    said = by_key.of(grams["key"])
    spoken = (
        grams.join(said, on="key", how="semi", maintain_order="left")
        .pipe(numbers.no_document, ready)  # `INV 1042` is a document, though a vendor has the number 1042
        .select("line", "key")
        .unique(maintain_order=True)
        .join(said, on="key", maintain_order="left")
        .join(lines.select("line", "booking_date"), on="line", maintain_order="left")
    )
    hits = pl.concat(
        [
            _valid(stated).select("line", "customer_id", how="kind", place=pl.lit(-1, dtype=pl.Int32)),
            _valid(spoken).select("line", "customer_id", how="kind", place=pl.lit(-2, dtype=pl.Int32)),
        ]
    )
    return _tiered(hits)


def _by_name(ready: Spelled, names: Index, rules: Rules) -> pl.DataFrame:
    """Names and aliases that stand in the text whole, each place's longest; else the longest that stands in a part.

    A name whose legal form is another than the customer's is not the customer's: ACME LLP is not ACME PVT LTD.
    """
    known = names.of(ready.name_grams["key"])
    hits = ready.name_grams.join(known, on="key", suffix="_known", maintain_order="left").join(
        ready.lines.select("line", "booking_date"), on="line", maintain_order="left"
    )
    same_form = (
        (pl.col("form") == "") | (pl.col("form_known") == "") | (pl.col("form") == pl.col("form_known"))
    )
    hits = _valid(hits.filter(same_form))
    for pattern in rules.payers.shared_payers:
        hits = hits.filter(~pl.col("key").str.contains(f"(?i){pattern}"))
    length = pl.col("key").str.len_chars()
    parts = hits.filter(~pl.col("whole").any().over("line")).filter(length == length.max().over("line"))
    return _tiered(
        pl.concat(
            [
                _outermost(hits.filter("whole")).select("line", "customer_id", how="kind", place="at"),
                parts.select("line", "customer_id", how=pl.lit("part"), place="at"),
            ]
        )
    )


def _outermost(hits: pl.DataFrame) -> pl.DataFrame:
    """Hits that no longer hit of the line contains."""
    spans = hits.select("line", "at", end=pl.col("at") + pl.col("size")).unique(maintain_order=True)
    wider = spans.join(spans, on="line", suffix="_other", maintain_order="left").filter(
        (pl.col("at_other") <= pl.col("at"))
        & (pl.col("end_other") >= pl.col("end"))
        & (pl.col("end_other") - pl.col("at_other") > pl.col("end") - pl.col("at"))
    )
    inner = wider.select("line", "at", size=(pl.col("end") - pl.col("at")).cast(pl.Int32)).unique()
    return hits.join(inner, on=["line", "at", "size"], how="anti", maintain_order="left")


def _tiered(hits: pl.DataFrame) -> pl.DataFrame:
    tier = pl.col("how").replace_strict(list(TIERS), list(TIERS.values()), return_dtype=pl.Int64)
    return hits.with_columns(tier=tier).select(list(SCHEMA)).cast(SCHEMA)


def _alike(unsure: pl.DataFrame, ready: Spelled, names: Index, rules: Rules) -> pl.DataFrame:
    """Names that are near the payer's text: distinct texts against distinct names that share a word's beginning."""
    empty = pl.DataFrame(
        schema={"line": pl.Int64, "customer_id": pl.String, "likeness": pl.Float64, "swapped": pl.Boolean}
    )
    if not rules.payers.fuzzy or unsure.is_empty() or names.many.is_empty():
        return empty
    spoken = unsure.select("payer_text").unique(maintain_order=True)
    blocks = ready.indexed("name blocks", lambda: _common(_blocks(names.many, "key")), "block")
    words = _blocks(spoken, "payer_text")
    pairs = (
        words.join(blocks.of(words["block"]), on="block")
        .select("payer_text", "key")
        .filter(_long_enough(pl.col("payer_text").str.len_chars(), pl.col("key").str.len_chars()))
        .unique(maintain_order=True)
    )
    if pairs.is_empty():
        return empty
    pairs = pairs.sort("payer_text", "key")
    scores = np.concatenate(
        [
            process.cpdist(
                part["payer_text"].to_list(),
                part["key"].to_list(),
                scorer=fuzz.token_sort_ratio,
                workers=-1,
                dtype=np.float64,
            )
            for part in pairs.iter_slices(FUZZY_CHUNK)
        ]
    )
    close = pairs.with_columns(likeness=pl.Series(scores)).filter(pl.col("likeness") >= NEAR_SCORE)
    close = close.with_columns(
        swapped=_swapped(close) if rules.payers.swapped_letters else pl.lit(value=False)
    )
    return (
        unsure.select("line", "payer_text", "booking_date")
        .join(close, on="payer_text", maintain_order="left")
        .join(names.of(close["key"]), on="key", maintain_order="left")
        .pipe(_valid)
        .group_by("line", "customer_id", maintain_order=True)
        .agg(pl.col("likeness").max(), pl.col("swapped").any())
        .sort("line", "likeness", "customer_id", descending=[False, True, False])
    )


def _swapped(pairs: pl.DataFrame) -> pl.Series:
    """Which texts are a name but for two neighbouring letters changed about.

    One letter for another makes HERTFORDSHIRE of HEREFORDSHIRE; two changed about make no other name there is.
    """
    texts, names = pairs["payer_text"].to_list(), pairs["key"].to_list()
    steps = process.cpdist(texts, names, scorer=OSA.distance, dtype=np.int32)
    letters = process.cpdist(texts, names, scorer=Levenshtein.distance, dtype=np.int32)
    return pl.Series((steps == 1) & (letters > 1), dtype=pl.Boolean)


def _blocks(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The beginnings of a text's words."""
    return (
        frame.select(column, block=pl.col(column).str.split(" "))
        .explode("block")
        .with_columns(pl.col("block").str.slice(0, BLOCK_LETTERS))
        .filter(pl.col("block").str.len_chars() >= 3)  # noqa: PLR2004 - shorter ones are initials
        .unique(maintain_order=True)
    )


def _common(words: pl.DataFrame) -> pl.DataFrame:
    """Beginnings without those that too many names share."""
    return words.filter(pl.len().over("block") <= BLOCK_FAN_MAX)


def _long_enough(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """Can texts of these lengths be as near as NEAR_SCORE? The shorter has all that both can share."""
    both = (left + right).cast(pl.Float64)
    return 200.0 * pl.min_horizontal(left, right).cast(pl.Float64) >= NEAR_SCORE * both


def _fuzzy(alike: pl.DataFrame, best: pl.DataFrame, owners: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The one name that is clearly nearest, for lines that have no payer otherwise."""
    lone = alike.join(best, on="line", how="anti", maintain_order="left").join(
        owners, on="customer_id", how="left", maintain_order="left"
    )
    lone = lone.with_columns(pl.col("owner").fill_null("C:" + pl.col("customer_id")))
    top = lone.group_by("line", "owner", maintain_order=True).agg(
        pl.col("likeness").max(), pl.col("swapped").any(), pl.col("customer_id").first()
    )
    top = top.sort("line", "likeness", "owner", descending=[False, True, False]).with_columns(
        runner_up=pl.col("likeness").shift(-1).over("line").fill_null(0.0),
        first=pl.int_range(pl.len()).over("line") == 0,
    )
    clear = top.filter(
        pl.col("first")
        & ((pl.col("likeness") >= rules.payers.score_min) | pl.col("swapped"))
        & (pl.col("likeness") - pl.col("runner_up") >= rules.payers.margin_min)
    )
    return clear.select(
        "line",
        "customer_id",
        how=pl.lit("fuzzy"),
        tier=pl.lit(TIERS["fuzzy"], dtype=pl.Int64),
        owner="owner",
        owners=pl.lit(1, dtype=pl.UInt32),
        sure=pl.lit(value=False),
    )

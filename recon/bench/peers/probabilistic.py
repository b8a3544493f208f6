"""Splink 4 on DuckDB: Fellegi-Sunter with blocks for damaged numbers, parameters estimated without labels.

The settings follow its documentation and what did best on other seeds: exploded numbers, amounts in bands with their
frequency, numbers by Damerau-Levenshtein and by beginning or end, names by Jaro-Winkler on equal lengths.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import polars as pl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink import comparison_level_library as levels
from splink import comparison_library as comparisons

from recon.bench.peers import records
from recon.bench.peers.parts import Prepared

SEED: Final = 7
SAMPLE: Final = 500_000  # pairs for what is equal by chance
LOWEST: Final = 0.001  # pairs less likely are not kept; the threshold is chosen above
RECALL: Final = 0.7  # of the two rules that give the share of pairs that match
COLUMNS: Final = ("id", "ref", "ref_start", "ref_end", "name", "name_start", "customer", "amount", "day")


def pairs(given: Prepared) -> pl.DataFrame:
    """Pairs line_id, item_id, score (Splink's match probability)."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    lines, items = records.left(given), records.right(given)
    tables = [frame.select(COLUMNS).to_pandas() for frame in (lines, items)]
    linker = Linker(tables, _settings(), DuckDBAPI(), input_table_aliases=["a_lines", "b_items"])
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("ref", "amount"), block_on("customer", "amount")], recall=RECALL
    )
    training.estimate_u_using_random_sampling(max_pairs=SAMPLE, seed=SEED)
    training.estimate_parameters_using_expectation_maximisation(block_on("ref"))
    training.estimate_parameters_using_expectation_maximisation(block_on("amount", "customer"))
    found = linker.inference.predict(threshold_match_probability=LOWEST)
    scored = pl.from_pandas(found.as_pandas_dataframe()[["id_l", "id_r", "match_probability"]]).select(
        left=pl.col("id_l").cast(pl.UInt32), right=pl.col("id_r").cast(pl.UInt32), score="match_probability"
    )
    return records.chosen(scored, lines, items)


def _settings() -> Any:
    number = comparisons.CustomComparison(
        output_column_name="ref",
        comparison_levels=[
            levels.NullLevel("ref"),
            levels.ExactMatchLevel("ref"),
            levels.DamerauLevenshteinLevel("ref", 1),
            levels.CustomLevel(
                "ends_with(ref_l, ref_r) or ends_with(ref_r, ref_l)", "one ends with the other"
            ),
            levels.CustomLevel(
                "starts_with(ref_l, ref_r) or starts_with(ref_r, ref_l)", "one begins with the other"
            ),
            levels.DamerauLevenshteinLevel("ref", 2),
            levels.ElseLevel(),
        ],
    )
    amount = comparisons.CustomComparison(
        output_column_name="amount",
        comparison_levels=[
            levels.NullLevel("amount"),
            levels.ExactMatchLevel("amount", term_frequency_adjustments=True),
            levels.CustomLevel("abs(amount_l - amount_r) <= 0.02 * abs(amount_r)", "within 2 %"),
            levels.CustomLevel("abs(amount_l - amount_r) <= 0.12 * abs(amount_r)", "within 12 %"),
            levels.CustomLevel("amount_l < amount_r", "less"),
            levels.ElseLevel(),
        ],
    )
    payer = comparisons.CustomComparison(
        output_column_name="customer",
        comparison_levels=[
            levels.NullLevel("name"),
            levels.ExactMatchLevel("customer"),
            levels.CustomLevel(f"{_similar()} >= 0.95", "names much alike"),
            levels.CustomLevel(f"{_similar()} >= 0.85", "names alike"),
            levels.ElseLevel(),
        ],
    )
    day = comparisons.CustomComparison(
        output_column_name="day",
        comparison_levels=[
            levels.NullLevel("day"),
            levels.CustomLevel("day_l < day_r", "paid before it was issued"),
            levels.CustomLevel("day_l <= day_r + 45", "within 45 days"),
            levels.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        comparisons=[number, amount, payer, day],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in records.BLOCKS],
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )


def _similar() -> str:
    """Jaro-Winkler of two names cut to the length of the shorter."""
    length = "least(length(name_l), length(name_r))"
    return f"jaro_winkler_similarity(substr(name_l, 1, {length}), substr(name_r, 1, {length}))"

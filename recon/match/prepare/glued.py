"""Words that hang on a number without a blank: `REFINV-032046` is INV-032046, `INVSI-000612` is SI-000612.

What is a word and what the number's own prefix, the ledger says: of INVSI only SI begins its numbers. Letters that
begin a number of the ledger are never taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import polars as pl

from recon.match import text
from recon.match.numbers import COUNTING_WORDS
from recon.rules.schema import References

BEHIND = r"(?:[/-][A-Z]{1,6})?[^A-Z0-9\n]?[0-9]"  # what stands behind the prefix: `-032046`, `/ASH/01161`
PREFIX_MIN = 2  # letters of a prefix behind a word; one letter may be the word's own


def apart(
    lines: pl.DataFrame, columns: Sequence[str], openings: Iterable[str], options: References
) -> pl.DataFrame:
    """The lines with a blank between such a word and the number, in the columns named.

    Args:
        lines: has `text`, the fields in upper case, and the columns.
        columns: what is changed.
        openings: letters that the numbers to look for begin with; these are left whole.
        options: the words.
    """
    words = {word.upper() for word in (*options.labels, *options.glued)} - set(COUNTING_WORDS)
    if not words:
        return lines
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    glued = rf"\b((?:{'|'.join(map(re.escape, longest_first))})[A-Z]*){BEHIND}"
    said = lines.select(pl.col("text").str.extract_all(glued)).to_series().explode().drop_nulls()
    letters = said.str.extract("^([A-Z]+)", 1).unique().sort()
    starts = set(openings)
    # What stands behind a word alone is a number from so many digits and marks on.
    rest = rf"[0-9][0-9/.-]{{{options.bare_digits_sure - 1},}}"
    changes: list[tuple[str, str]] = []
    for run in letters.filter(~letters.is_in(sorted(starts))):
        if run in words:
            changes.append((rf"\b({run})({rest})", "${1} ${2}"))
            continue
        heads = [word for word in longest_first if run.startswith(word) and run[len(word) :] in starts]
        heads = [word for word in heads if len(run) - len(word) >= PREFIX_MIN]
        if len(heads) == 1:
            changes.append((rf"\b({heads[0]})({run[len(heads[0]) :]}{BEHIND})", "${1} ${2}"))
    if not changes:
        return lines
    odd = "(?i)" + "|".join(pattern for pattern, _ in changes)

    def change(column: pl.Expr) -> pl.Expr:
        for pattern, parted in changes:
            column = column.str.replace_all(f"(?i){pattern}", parted)
        return column

    return lines.with_columns(
        text.where(pl.col(name), lambda t: t.str.contains(odd), change).alias(name) for name in columns
    )

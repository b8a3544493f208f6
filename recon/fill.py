"""Text from a template and columns.

polars' own `format` panics where a column has an empty piece among its pieces, as filters and joins leave them
(pola-rs/polars issue 25339, open with 2.1.0); `concat_str` does not.
"""

from __future__ import annotations

import polars as pl


def fill(template: str, *parts: pl.Expr | str) -> pl.Expr:
    """A template with each `{}` filled in from a part, null where any part is null.

    Args:
        template: text with as many `{}` as there are parts.
        parts: expressions, or names of columns; other types than text are written as polars writes them.

    Raises:
        ValueError: another number of parts than of `{}`.
    """
    between = template.split("{}")
    if len(between) != len(parts) + 1:
        raise ValueError("the template has another number of places than there are parts")
    pieces: list[pl.Expr] = []
    for text, part in zip(between, (*parts, None), strict=True):
        if text:
            pieces.append(pl.lit(text))
        if part is not None:
            pieces.append(pl.col(part) if isinstance(part, str) else part)
    return pl.concat_str(pieces)

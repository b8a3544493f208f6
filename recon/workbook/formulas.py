"""Formulas of the user's in the cells of a sheet part, and how they read in another cell."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

A1: Final = re.compile(r"(?<![A-Za-z0-9_\[@#])\$?[A-Z]{1,3}\$?\d+(?![A-Za-z0-9_(\]])")


def masters(cells: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Shared formulas: their number -> (formula, the cell that holds it)."""
    found = {}
    held = cells.filter(pl.col("raw").str.contains(r'<f\b[^>]*t="shared"'))
    for row, column, raw in held.select("row", "column", "raw").iter_rows():
        match = re.search(r'<f\b[^>]*\bsi="(\d+)"[^>]*>([^<]+)</f>', raw)
        if match:
            found[match.group(1)] = (plain(match.group(2)), f"{column}{row}")
    return found


def formula(raw: str, known: dict[str, tuple[str, str]]) -> str:
    """A cell's own formula, "" if it has none; one that is shared is written out."""
    match = re.search(r"<f\b([^>]*?)(?:/>|>([^<]*)</f>)", raw)
    if match is None:
        return ""
    if match.group(2):
        return plain(match.group(2))
    shared = re.search(r'\bsi="(\d+)"', match.group(1))
    place = re.search(r'\br="([A-Z]+\d+)"', raw)
    if shared is None or place is None or shared.group(1) not in known:
        return ""
    said, source = known[shared.group(1)]
    return translated(said, source, place.group(1))


def translated(said: str, source: str, target: str) -> str:
    """A formula as it reads in another cell: relative places move along."""
    if source == target or not A1.search(said):
        return said
    from openpyxl.formula.translate import Translator  # noqa: PLC0415 - slow to start, and few books need it

    return str(Translator("=" + said, origin=source).translate_formula(target)).removeprefix("=")


def cell(raw: str, place: str, number: int, said: str) -> str:
    """A formula cell at its new place, without the old result: it is calculated when the book is opened."""
    style = re.search(r'\bs="\d+"', raw)
    array = re.search(r'<f\b[^>]*\bt="array"', raw)
    kind = f' t="array" ref="{place}{number}"' if array else ""
    look = f" {style.group(0)}" if style else ""
    return f'<c r="{place}{number}"{look}><f{kind}>{xml(said)}</f></c>'


def plain(text: str) -> str:
    """Text out of XML."""
    return (
        text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&apos;", "'")
        .replace("&amp;", "&")
    )


def xml(text: str) -> str:
    """Text as it stands in XML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

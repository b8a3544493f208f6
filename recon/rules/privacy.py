"""What a rules file may say about personal data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from recon.rules.parts import Part


class Privacy(Part):
    """Names and numbers of persons: where they are masked, how long they are kept (docs/privacy.md)."""

    masked_sheets: bool = False
    """The workbook's sheets show persons' names and numbers masked. Decisions work as ever."""
    keep_years: Annotated[int, Field(ge=0, le=100)] = 0
    """`recon audit retention` lists, and erases on `--apply`, text of settled lines booked longer ago; 0 = none."""
    organisations: tuple[str, ...] = ()
    """Words that no person's name has: a name with one of them is never masked."""
    words: tuple[str, ...] = ()
    """Words of bank text that are no part of a name."""

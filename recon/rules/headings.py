"""The words of headings: what other people call the columns, as a table that `recon profile` guesses by."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from recon.model import Kind
from recon.rules import document
from recon.rules.parts import Part

Words = dict[str, tuple[str, ...]]


class Headings(Part):
    """Words by kind of file and by our column; of bank files also by `credit`, `debit`, `indicator`, `balance`."""

    bank: Words
    items: Words
    closed_items: Words
    remittance: Words
    customers: Words
    aliases: Words
    titles: Words
    """Kind -> words of a title row or of a file's name."""
    credit_words: tuple[str, ...]
    """What a column of sides says of money in."""
    debit_words: tuple[str, ...]
    """What it says of money out."""
    doc_types: Words
    """Our document types -> a ledger's words for them."""
    skip: tuple[str, ...] = Field(default=())
    """How a row begins that is no row of the table."""
    ends: tuple[str, ...] = Field(default=())
    """How a row begins behind which no more rows of the table come."""

    def of(self, kind: Kind) -> Words:
        """The words of one kind."""
        found: Words = getattr(self, kind.value)
        return found

    @cached_property
    def theirs(self) -> dict[str, str]:
        """A ledger's word for a type of document, in capitals -> ours."""
        return {word.upper(): ours for ours, words in self.doc_types.items() for word in words}


def parse_headings(text: str, where: str) -> Headings:
    """The table of words out of YAML text.

    Raises:
        ReconError: with every problem of the file.
    """
    return document.validate(Headings, document.load(text, where))

"""The only door to XML: streamed, no entities, no document types, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from recon.ingest.source import Source
from recon.problems import Problem, ReconError

_DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def prolog(source: Source) -> bytes:
    """The file's head as bytes of ASCII letters, whatever its encoding; b"" if it is no XML."""
    head = source.head
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:4] in (b"<\x00?\x00", b"\x00<\x00?"):
        head = head.replace(b"\x00", b"").lstrip(b"\xff\xfe")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head if head.startswith(b"<") else b""


def local(element: etree._Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def line(element: etree._Element) -> int:
    """The line that an element begins on."""
    number = element.sourceline
    return number if isinstance(number, int) else 1


def elements(source: Source, names: frozenset[str]) -> Iterator[etree._Element]:
    """The elements of those names, each when it ends; the caller clears what it has read.

    Raises:
        ReconError: `xml-unsafe` if the file declares a document type or entities, `xml-broken` if it is not
            well-formed or nested too deeply.
    """
    if _DECLARED.search(prolog(source)):
        raise _unsafe(source)
    try:
        with source.open() as stream:
            events = etree.iterparse(
                stream,
                events=("start", "end"),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,  # they would cut an element's text in two
                remove_pis=True,
            )
            checked = False
            for event, element in events:
                if not checked:
                    checked = True
                    if element.getroottree().docinfo.doctype:
                        raise _unsafe(source)
                if event == "end" and local(element) in names:
                    yield element
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        problem = Problem(
            "xml-broken",
            source.at(line),
            "the XML is not well-formed",
            "the file is cut off or damaged: ask for it again",
        )
        raise ReconError(problem) from error


def _unsafe(source: Source) -> ReconError:
    what = "the XML declares a document type or entities, which no statement needs"
    return ReconError(
        Problem("xml-unsafe", source.name, what, "don't trust the file; ask the bank for it again")
    )

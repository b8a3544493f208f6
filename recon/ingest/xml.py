"""The only door to XML: streamed, no entities, no document types, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from recon.ingest.grid import clean
from recon.ingest.source import Source
from recon.problems import Problem, ReconError

_DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


_NOTHING_IN_IT: dict[str, list[Node]] = {}  # shared by all leaves, never written to


@dataclass(slots=True)
class Node:
    """An element as plain data: names without namespaces, so that all versions of a message read alike."""

    own: str = ""
    currency: str = ""  # the Ccy attribute of an amount, the only one that matters
    inner: dict[str, list[Node]] = field(default_factory=lambda: _NOTHING_IN_IT)

    def all(self, name: str) -> Sequence[Node]:
        """The children of that name."""
        return self.inner.get(name, ())

    def at(self, path: str) -> Node | None:
        """The first element along a path of names (`RltdPties/Dbtr/Nm`)."""
        node = self
        for name in _steps(path):
            found = node.inner.get(name)
            if not found:
                return None
            node = found[0]
        return node

    def text(self, path: str) -> str:
        """The text along a path; "" if there is none."""
        node = self.at(path)
        return clean(node.own) if node is not None else ""


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


EMPTY = Node()


@lru_cache(maxsize=4096)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def local(element: etree._Element) -> str:
    """An element's name without its namespace."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


def node(element: etree._Element) -> Node:
    """An element with all that is in it."""
    return _node(element, local(element))


def _node(element: etree._Element, name: str) -> Node:
    currency = (element.get("Ccy") or "").upper() if name.endswith("Amt") else ""
    inner: dict[str, list[Node]] = {}
    for part in element:
        tag = part.tag
        name = _local(tag) if isinstance(tag, str) else ""
        made = _node(part, name)
        if name in inner:
            inner[name].append(made)
        else:
            inner[name] = [made]
    return Node(element.text or "", currency, inner or _NOTHING_IN_IT)


def line(element: etree._Element) -> int:
    """The line that an element begins on."""
    number = element.sourceline
    return number if isinstance(number, int) else 1


def prolog(source: Source) -> bytes:
    """The file's head as bytes of ASCII letters, whatever its encoding; b"" if it is no XML."""
    head = source.head
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:4] in (b"<\x00?\x00", b"\x00<\x00?"):
        head = head.replace(b"\x00", b"").lstrip(b"\xff\xfe")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head if head.startswith(b"<") else b""


def elements(source: Source, names: Sequence[str]) -> Iterator[etree._Element]:
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
                events=("end",),
                tag=[f"{{*}}{name}" for name in names],
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,  # they would cut an element's text in two
                remove_pis=True,
            )
            first = True
            for _, element in events:
                # It may stand behind a long comment, but only before the first element.
                if first and element.getroottree().docinfo.doctype:
                    raise _unsafe(source)
                first = False
                yield element
    except etree.XMLSyntaxError as error:
        where = source.at(error.lineno or 1)
        hint = "the file is cut off or damaged: ask for it again"
        raise ReconError(Problem("xml-broken", where, "the XML is not well-formed", hint)) from error


def _unsafe(source: Source) -> ReconError:
    what = "the XML declares a document type or entities, which no statement needs"
    return ReconError(
        Problem("xml-unsafe", source.name, what, "don't trust the file; ask the bank for it again")
    )

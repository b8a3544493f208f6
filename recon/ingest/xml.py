"""The only door to XML: streamed, no entities, no document types, no network.

Two ways in, which give the same parts: Python's own ElementTree, whose elements are several times cheaper to look at;
and what it does not know (an encoding, an odd nesting, a mistake) is read again by lxml, which says what is wrong.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple
from xml.etree import ElementTree as ET

from lxml import etree

from recon.ingest.grid import clean
from recon.ingest.source import Source
from recon.problems import Problem, ReconError

_DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_ENVELOPE_MAX: Final = 1 << 20  # bytes before the message
_BLOCK: Final = 1 << 16  # what is made of it stays in the processor's cache until it is taken


class Node:
    """An element: names without the namespace that its part has, so that all versions of a message read alike."""

    __slots__ = ("_element", "_space")

    def __init__(self, element: Any, space: str) -> None:
        self._element = element
        self._space = space

    @property
    def own(self) -> str:
        """Its text, up to the first element in it."""
        return self._element.text or ""

    @property
    def currency(self) -> str:
        """The Ccy attribute, the only one that matters in ISO 20022."""
        return (self._element.get("Ccy") or "").upper()

    def attribute(self, name: str) -> str:
        """An attribute's text; "" if it is not there."""
        return clean(self._element.get(name) or "")

    def all(self, name: str) -> Sequence[Node]:
        """The children of that name."""
        return [Node(found, self._space) for found in self._element.findall(self._space + name)]

    def at(self, path: str) -> Node | None:
        """The first element along a path of names (`RltdPties/Dbtr/Nm`)."""
        found = self._along(path)
        return None if found is None else Node(found, self._space)

    def text(self, path: str) -> str:
        """The text along a path; "" if there is none."""
        found = self._along(path)
        return "" if found is None or not found.text else clean(found.text)

    def _along(self, path: str) -> Any:
        element = self._element
        for tag in _steps(path, self._space):
            element = element.find(tag)
            if element is None:
                return None
        return element


@lru_cache(maxsize=2048)
def _steps(path: str, space: str) -> tuple[str, ...]:
    return tuple(space + name for name in path.split("/"))


EMPTY = Node(ET.Element("empty"), "")


class Part(NamedTuple):
    """An element that was asked for, with all that is in it but for other such parts."""

    name: str
    node: Node
    line: int  # that it begins on


class Shape(NamedTuple):
    """Where the parts of a message are: its head and its statements are its children, entries those of statements."""

    message: str  # how the message's name begins
    head: str
    statements: Sequence[str]
    entry: str


class Unsure(Exception):  # noqa: N818 - no error: the careful way goes on
    """The fast way does not know how to read this file."""


def parts(source: Source, shape: Shape) -> Iterator[Part]:
    """Head, entries and statements of a message, each when it ends. Only what is not read yet is kept.

    Raises:
        ReconError: `xml-unsafe` if the file declares a document type or entities.
        Unsure: it must be read by `parts_carefully`, from the start.
    """
    head = prolog(source)
    if _DECLARED.search(head):
        raise _unsafe(source)
    if b"\x00" in source.head[:4] or source.head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unsure
    builder = ET.TreeBuilder()
    parser = ET.XMLParser(target=builder)  # noqa: S314 - document types are refused
    taking = _Taking(shape)
    begun = False
    read = 0
    try:
        with source.open() as stream:
            before = b""
            while block := stream.read(_BLOCK):
                if not begun and _DECLARED.search(before[-16:] + block):
                    raise Unsure  # behind a long comment, or in it
                before = block
                taking.places.see(block)
                parser.feed(block)
                root: Any = builder.close()  # ends nothing: it gives the root as far as it is built
                begun = root is not None
                yield from taking.ended(root, whole=False)
                read += len(block)
                if taking.waiting and read > _ENVELOPE_MAX:
                    raise Unsure  # rather than look through all of it again with each block
        yield from taking.ended(parser.close(), whole=True)
    except (ET.ParseError, AssertionError, ValueError, LookupError) as error:
        raise Unsure from error
    if not taking.places.all_taken():
        raise Unsure


class _Places:
    """The lines that entries and statements begin on, in the order they come: ElementTree does not know them."""

    def __init__(self, shape: Shape) -> None:
        names = "|".join((shape.entry, *shape.statements))
        self._begins = re.compile(rf"<(?:[\w.-]+:)?({names})(?=[\s>/])".encode())
        self._shape = shape
        self._line = 1
        self._rest = b""  # a tag that may go on in the next block
        self._entries: deque[int] = deque()
        self._statements: deque[int] = deque()

    def see(self, block: bytes) -> None:
        """The next block of the file."""
        text = self._rest + block
        end = text.rfind(b"<", max(0, len(text) - 256))
        end = len(text) if end < 0 else end
        done = 0
        for found in self._begins.finditer(text, 0, end):
            self._line += text.count(b"\n", done, found.start())
            done = found.start()
            of_entry = found[1] == self._shape.entry.encode()
            (self._entries if of_entry else self._statements).append(self._line)
        self._line += text.count(b"\n", done, end)
        self._rest = text[end:]

    def entry(self) -> int:
        """The line of the next entry."""
        return self._next(self._entries)

    def statement(self) -> int:
        """The line of the next statement."""
        return self._next(self._statements)

    def all_taken(self) -> bool:
        """Whether every place was one of a part; a comment may hold what looks like one."""
        return not self._entries and not self._statements

    @staticmethod
    def _next(lines: deque[int]) -> int:
        if not lines:
            raise Unsure
        return lines.popleft()


class _Taking:
    """Takes parts out of a tree that is still growing; of each element all children but the last have ended."""

    def __init__(self, shape: Shape) -> None:
        self.places = _Places(shape)
        self._shape = shape
        self._message: Any = None
        self._statement: Any = None
        self._kept = 0  # its first children, which are no entries; they are not looked at again

    @property
    def waiting(self) -> bool:
        """Whether the message has not begun."""
        return self._message is None

    def ended(self, root: Any, *, whole: bool) -> Iterator[Part]:
        """The parts that have ended since the last call, in the order in which they ended."""
        if self._message is None and root is not None:
            found = (part for part in root.iter() if _local(part.tag).startswith(self._shape.message))
            self._message = next(found, None)
        if self._message is None:
            return
        left = []
        children = list(self._message)
        for number, child in enumerate(children):
            last = number == len(children) - 1 and not whole
            name = _local(child.tag)
            if name in self._shape.statements:
                yield from self._entries(child, whole=not last)
            if last:
                left.append(child)
            elif name in self._shape.statements:
                yield Part(name, _node(child), self.places.statement())
            elif name == self._shape.head:
                yield Part(name, _node(child), 0)
        self._message[:] = left

    def _entries(self, statement: Any, *, whole: bool) -> Iterator[Part]:
        if statement is not self._statement:
            self._statement, self._kept = statement, 0
        children = statement[self._kept :]
        open_end = children[-1:] if not whole else []
        left = []
        for child in children[: len(children) - len(open_end)]:
            if _local(child.tag) == self._shape.entry:
                yield Part(self._shape.entry, _node(child), self.places.entry())
            else:
                left.append(child)
        statement[self._kept :] = [*left, *open_end]
        self._kept += len(left)


def _node(element: Any) -> Node:
    """The element as a part.

    Raises:
        Unsure: its namespace has braces, so that no path can say the names in it.
    """
    space, brace, _ = element.tag.rpartition("}")
    if "}" in space or "{" in space[1:]:
        raise Unsure
    return Node(element, space + brace)


def parts_carefully(source: Source, shape: Shape, strays: list[int] | None = None) -> Iterator[Part]:
    """As `parts`, by lxml: slower, and it says what is wrong.

    Args:
        source: the file.
        shape: where its parts are.
        strays: takes the lines of entries that are in no statement, which are no parts.

    Raises:
        ReconError: `xml-unsafe` if the file declares a document type or entities, `xml-broken` if it is not
            well-formed or nested too deeply.
    """
    for element in _elements(source, (shape.head, *shape.statements, shape.entry)):
        name, parent = _local(element.tag), element.getparent()
        if name == shape.entry and (parent is None or _local(parent.tag) not in shape.statements):
            if strays is not None:
                strays.append(_line(element))
            continue
        number = _line(element)
        try:
            node = _node(element)
        except Unsure as error:
            what, hint = (
                "its namespace has braces, as no XML of a bank",
                "the file is damaged: ask for it again",
            )
            raise ReconError(Problem("xml-broken", source.at(number), what, hint)) from error
        yield Part(name, node, number)
        element.clear()
        before = element.getprevious()
        if before is not None and parent is not None and _local(before.tag) == name:
            parent.remove(before)  # the empty shell of the one before


def _line(element: etree._Element) -> int:
    """The line that an element of lxml begins on."""
    return element.sourceline if isinstance(element.sourceline, int) else 1


@lru_cache(maxsize=4096)
def _local(tag: object) -> str:
    """A name without its namespace; comments and instructions have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def prolog(source: Source) -> bytes:
    """The file's head as bytes of ASCII letters, whatever its encoding; b"" if it is no XML."""
    head = source.head
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:4] in (b"<\x00?\x00", b"\x00<\x00?"):
        head = head.replace(b"\x00", b"").lstrip(b"\xff\xfe")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return head if head.startswith(b"<") else b""


def _elements(source: Source, names: Sequence[str]) -> Iterator[etree._Element]:
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

"""A workbook's package: which part is which sheet and table, its defined names, content types and relations.

Nothing is changed in place: edited parts are kept aside in `edits` and come out in `packed()`, every other member as
it was.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from lxml import etree

from recon.workbook.container import Container, Part

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
# lxml takes None for the default namespace; its stubs do not say so.
_RELATIONS_MAP: Final = cast("dict[str, str]", {None: _PACKAGE_RELATIONS})
_CONTENT_TYPES: Final = "[Content_Types].xml"
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, load_dtd=False)

Element = etree._Element  # noqa: SLF001 - lxml's only name for it


class BrokenError(Exception):
    """The package is no workbook, or one that breaks the format; says how."""


@dataclass(frozen=True)
class Relation:
    """One relationship of a part."""

    id: str
    type: str  # the last word of its type: worksheet, table, drawing, ...
    target: str  # path of the part; "" where it is outside the package
    full_type: str


@dataclass(frozen=True)
class SheetPart:
    """One sheet: its name and its part; `index` counts all sheets of the workbook from 0."""

    name: str
    path: str
    index: int


def parse(data: bytes) -> Element:
    """XML, without entities or outside access.

    Raises:
        BrokenError: it is not well-formed, or declares a document type.
    """
    if b"<!DOCTYPE" in data:
        raise BrokenError("a part declares a document type")
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        raise BrokenError("a part is not well-formed XML") from error


def serialise(root: Element) -> bytes:
    """XML as Office writes it."""
    return _DECLARATION + etree.tostring(root, encoding="UTF-8")


def tag(name: str) -> str:
    """An element of the main namespace, as lxml names it."""
    return f"{{{MAIN}}}{name}"


class Package:
    """A workbook's parts.

    Raises:
        BrokenError: the bytes are no workbook.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._container = Container(data)
        except (zipfile.BadZipFile, ValueError, OverflowError) as error:
            raise BrokenError(str(error) or "the file is no zip container") from error
        self.edits: dict[str, Part | None] = {}
        self.workbook_path = self._main_part()
        self.workbook = parse(self.read(self.workbook_path))
        if self.workbook.tag != tag("workbook"):
            raise BrokenError("the package holds no workbook of the usual kind (.xlsx or .xlsm)")

    @property
    def names(self) -> list[str]:
        """The parts' names, edits included."""
        old = [name for name in self._container.names if self.edits.get(name, b"") is not None]
        return old + [
            name for name, data in self.edits.items() if name not in self._container and data is not None
        ]

    @property
    def checksums(self) -> dict[str, tuple[int, int]]:
        """What tells each part, as it was, from another one: the checksum and size of its bytes."""
        return self._container.checksums()

    def read(self, name: str) -> bytes:
        """A part's bytes, as edited.

        Raises:
            BrokenError: there is no such part, or it is damaged.
        """
        if name in self.edits:
            data = self.edits[name]
            if data is None:
                raise BrokenError(f"the part {name} is missing")
            return b"".join(data()) if callable(data) else data
        try:
            return self._container.read(name)
        except (KeyError, zipfile.BadZipFile) as error:
            raise BrokenError(f"the part {name} is missing or damaged") from error

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part's bytes piece by piece; raises as `read`."""
        if name in self.edits:
            yield self.read(name)
            return
        try:
            yield from self._container.pieces(name)
        except (KeyError, zipfile.BadZipFile) as error:
            raise BrokenError(f"the part {name} is missing or damaged") from error

    def packed(self) -> bytes:
        """The package with its edits."""
        changed = {
            name: data
            for name, data in self.edits.items()
            if name not in self._container
            or not isinstance(data, bytes)
            or data != self._container.read(name)
        }
        return self._container.replaced(changed)

    # --- relations and types

    def relations(self, part: str) -> list[Relation]:
        """A part's relationships, in order; none if it has no list of them."""
        path = relations_path(part)
        if path not in self.names:
            return []
        folder = posixpath.dirname(part)
        found = []
        for node in parse(self.read(path)):
            outside = node.get("TargetMode") == "External"
            raw = "" if outside else node.get("Target", "")
            target = (
                raw.lstrip("/") if raw.startswith("/") else posixpath.normpath(posixpath.join(folder, raw))
            )
            full = node.get("Type", "")
            found.append(
                Relation(node.get("Id", ""), full.rsplit("/", 1)[-1], "" if outside else target, full)
            )
        return found

    def add_relation(self, part: str, full_type: str, target: str) -> str:
        """Add a relationship from one part to another; its id."""
        path = relations_path(part)
        if path in self.names:
            root = parse(self.read(path))
        else:
            root = etree.Element(f"{{{_PACKAGE_RELATIONS}}}Relationships", nsmap=_RELATIONS_MAP)
        taken = {node.get("Id") for node in root}
        number = len(root) + 1
        while f"rId{number}" in taken:
            number += 1
        etree.SubElement(
            root,
            f"{{{_PACKAGE_RELATIONS}}}Relationship",
            Id=f"rId{number}",
            Type=full_type,
            Target=f"/{target}",
        )
        self.edits[path] = serialise(root)
        return f"rId{number}"

    def drop(self, part: str, owner: str) -> None:
        """Leave a part out, with its relationship from `owner` and its content type."""
        self.edits[part] = None
        path = relations_path(owner)
        wanted = {relation.id for relation in self.relations(owner) if relation.target == part}
        root = parse(self.read(path))
        for node in list(root):
            if node.get("Id") in wanted:
                root.remove(node)
        self.edits[path] = serialise(root)
        self.drop_type(part)

    def drop_type(self, part: str) -> None:
        """Leave out the content type of a part that is gone."""
        types = parse(self.read(_CONTENT_TYPES))
        for node in list(types):
            if node.get("PartName") == f"/{part}":
                types.remove(node)
        self.edits[_CONTENT_TYPES] = serialise(types)

    def content_type(self, part: str) -> str:
        """A part's content type; "" if none is given."""
        types = parse(self.read(_CONTENT_TYPES))
        for node in types:
            if node.get("PartName", "").lower() == f"/{part}".lower():
                return str(node.get("ContentType"))
        extension = part.rsplit(".", 1)[-1].lower()
        for node in types:
            if node.get("Extension", "").lower() == extension:
                return str(node.get("ContentType"))
        return ""

    def add_part(self, part: str, data: bytes, content_type: str) -> None:
        """Add a part with its content type."""
        self.edits[part] = data
        if self.content_type(part) == content_type:
            return
        types = parse(self.read(_CONTENT_TYPES))
        etree.SubElement(types, f"{{{_TYPES}}}Override", PartName=f"/{part}", ContentType=content_type)
        self.edits[_CONTENT_TYPES] = serialise(types)

    def _main_part(self) -> str:
        if _CONTENT_TYPES not in self._container:
            raise BrokenError("the file is a zip container, but no workbook")
        for relation in self.relations(""):
            if relation.type == "officeDocument":
                return relation.target
        raise BrokenError("the package names no main part")

    # --- the workbook part

    def sheets(self) -> list[SheetPart]:
        """The worksheets in their order; chart sheets and the like are left out."""
        targets = {relation.id: relation for relation in self.relations(self.workbook_path)}
        found = []
        for index, node in enumerate(self.workbook.iterfind(f"{tag('sheets')}/{tag('sheet')}")):
            relation = targets.get(node.get(f"{{{RELATIONS}}}id", ""))
            if relation is not None and relation.type == "worksheet":
                found.append(SheetPart(node.get("name", ""), relation.target, index))
        return found

    def tables(self) -> dict[str, tuple[str, SheetPart]]:
        """The tables by their name: each one's part and sheet."""
        found = {}
        for sheet in self.sheets():
            for relation in self.relations(sheet.path):
                if relation.type == "table":
                    name = parse(self.read(relation.target)).get("displayName", "")
                    found[name] = (relation.target, sheet)
        return found

    def defined_names(self) -> dict[str, str]:
        """The names that hold for the whole workbook, and what they stand for."""
        return {
            node.get("name", ""): node.text or ""
            for node in self.workbook.iterfind(f"{tag('definedNames')}/{tag('definedName')}")
            if node.get("localSheetId") is None
        }

    def set_name(self, name: str, text: str) -> None:
        """Give the workbook a hidden name that stands for a formula; nothing changes if it does, or for no text."""
        if not text or self.defined_names().get(name) == text:
            return
        names = defined_names_node(self.workbook)
        node = next(
            (one for one in names if one.get("name") == name and one.get("localSheetId") is None), None
        )
        if node is None:
            node = etree.Element(tag("definedName"), name=name, hidden="1")
            # Excel keeps names in their order; a sheet's own come by their name, too.
            later = [at for at, one in enumerate(names) if one.get("name", "").lower() > name.lower()]
            names.insert(later[0] if later else len(names), node)
        node.text = text
        self.save_workbook()

    @property
    def dates_from_1904(self) -> bool:
        """Whether its dates count from 1904, as old Mac workbooks do."""
        node = self.workbook.find(tag("workbookPr"))
        return node is not None and node.get("date1904") in ("1", "true")

    def save_workbook(self) -> None:
        """Keep the changed workbook part among the edits."""
        self.edits[self.workbook_path] = serialise(self.workbook)

    def calculate_on_load(self) -> None:
        """Make Excel calculate everything when it opens the book; changes one attribute."""
        text = self.read(self.workbook_path)
        if re.search(rb"<calcPr[^>]*fullCalcOnLoad=\"(1|true)\"", text):
            return
        node = self.workbook.find(tag("calcPr"))
        if node is None:
            node = etree.Element(tag("calcPr"))
            _insert(self.workbook, node, before=_AFTER_CALC)
        node.set("fullCalcOnLoad", "1")
        self.save_workbook()

    def calc_chain(self) -> str:
        """The part that lists all formula cells; "" if there is none."""
        for relation in self.relations(self.workbook_path):
            if relation.type == "calcChain" and relation.target in self.names:
                return relation.target
        return ""


# What may follow calcPr and definedNames in a workbook part (CT_Workbook is a sequence).
_AFTER_CALC: Final = (
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
)


def defined_names_node(workbook: Element) -> Element:
    """The list of defined names, made where it belongs if there is none."""
    node = workbook.find(tag("definedNames"))
    if node is None:
        node = etree.Element(tag("definedNames"))
        _insert(workbook, node, before=("calcPr", *_AFTER_CALC))
    return node


def _insert(root: Element, node: Element, before: tuple[str, ...]) -> None:
    """Insert a child before the first of those that must follow it."""
    following = {tag(name) for name in before}
    for at, child in enumerate(root):
        if child.tag in following or not str(child.tag).startswith(f"{{{MAIN}}}"):
            root.insert(at, node)
            return
    root.append(node)


def relations_path(part: str) -> str:
    """Where a part's relationships are; "" is the package itself."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels") if part else "_rels/.rels"

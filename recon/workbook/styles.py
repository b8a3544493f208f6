"""Looks of the template added to another workbook's styles: only what is used, and only what it lacks."""

from __future__ import annotations

import copy
from typing import Final

from lxml import etree

from recon.workbook.package import RELATIONS, Element, Package, parse, serialise, tag

_STYLES_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_OWN_FORMATS: Final = 164  # number formats from here on are the workbook's own
# The order of a style sheet's parts (CT_Stylesheet is a sequence).
_ORDER: Final = (
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
)


class Styles:
    """The style sheet of a workbook, receiving looks of the template."""

    def __init__(self, package: Package, template: Package) -> None:
        self._package = package
        self._theirs = parse(template.read(_path(template)))
        self._path = _path(package)
        if not self._path:
            # A workbook without styles: the template's are as good as any.
            self._path = "xl/styles.xml"
            package.add_part(self._path, template.read(_path(template)), _STYLES_TYPE)
            package.add_relation(package.workbook_path, f"{RELATIONS}/styles", self._path)
        self._ours = parse(package.read(self._path))
        self._cells: dict[int, int] = {}
        self._differentials: dict[int, int] = {}
        self._changed = False

    def cell(self, number: int) -> int:
        """The number in this workbook of a cell format of the template."""
        if number not in self._cells:
            node = copy.deepcopy(_list(self._theirs, "cellXfs")[number])
            for name, group in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
                source = _list(self._theirs, group)[int(node.get(name, "0"))]
                node.set(name, str(self._add(group, source)))
            node.set("numFmtId", str(self._number_format(int(node.get("numFmtId", "0")))))
            node.set("xfId", "0")
            self._cells[number] = self._add("cellXfs", node)
        return self._cells[number]

    def differential(self, number: int) -> int:
        """The number in this workbook of a differential format of the template."""
        if number not in self._differentials:
            node = copy.deepcopy(_list(self._theirs, "dxfs")[number])
            for inner in node.iter(tag("numFmt")):
                inner.set(
                    "numFmtId",
                    str(self._number_format(int(inner.get("numFmtId", "0")), inner.get("formatCode"))),
                )
            self._differentials[number] = self._add("dxfs", node)
        return self._differentials[number]

    def save(self) -> None:
        """Keep the style sheet among the package's edits, if anything was added."""
        if self._changed:
            self._package.edits[self._path] = serialise(self._ours)

    def _add(self, group: str, node: Element) -> int:
        """The number of an equal node in a group of this workbook; added if there is none."""
        parent = self._group(group)
        wanted = _plain(node)
        for at, there in enumerate(parent):
            if _plain(there) == wanted:
                return at
        parent.append(copy.deepcopy(node))
        parent.set("count", str(len(parent)))
        self._changed = True
        return len(parent) - 1

    def _number_format(self, number: int, code: str | None = None) -> int:
        if code is None:
            if number < _OWN_FORMATS:
                return number
            codes = {
                node.get("numFmtId"): node.get("formatCode", "") for node in _list(self._theirs, "numFmts")
            }
            code = codes[str(number)]
        parent = self._group("numFmts")
        for node in parent:
            if node.get("formatCode") == code:
                return int(node.get("numFmtId", "0"))
        new = max([_OWN_FORMATS - 1, *(int(node.get("numFmtId", "0")) for node in parent)]) + 1
        etree.SubElement(parent, tag("numFmt"), numFmtId=str(new), formatCode=code)
        parent.set("count", str(len(parent)))
        self._changed = True
        return new

    def _group(self, name: str) -> Element:
        """A group of this workbook's style sheet, made where it belongs if there is none."""
        node = self._ours.find(tag(name))
        if node is None:
            node = etree.Element(tag(name))
            later = {tag(other) for other in _ORDER[_ORDER.index(name) + 1 :]}
            at = next((at for at, child in enumerate(self._ours) if child.tag in later), len(self._ours))
            self._ours.insert(at, node)
        return node


def _list(root: Element, name: str) -> Element:
    node = root.find(tag(name))
    assert node is not None, f"the template's styles have {name}"
    return node


def _plain(node: Element) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=True)


def _path(package: Package) -> str:
    for relation in package.relations(package.workbook_path):
        if relation.type == "styles" and relation.target in package.names:
            return relation.target
    return ""

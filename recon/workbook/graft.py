"""Our sheets put into a workbook that lacks them: a user's own, or one in which a sheet of ours was deleted.

They come out of the template, under new part names, with their looks added to the workbook's styles. Macros stay
as they are: a workbook that is not ours gets no macro project and no buttons.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping

import polars as pl
from lxml import etree

from recon import resources
from recon.workbook import columns, grid, named
from recon.workbook.package import (
    MAIN,
    RELATIONS,
    Package,
    SheetPart,
    defined_names_node,
    parse,
    relations_path,
    serialise,
    tag,
)
from recon.workbook.styles import Styles

_TEMPLATE = "recon.xlsm"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_SHARED = ("pivotCacheDefinition", "slicerCache", "person")  # what other sheets may relate to, as well
_SHEET_RELATION = f"{RELATIONS}/worksheet"


def complete(package: Package, have: Collection[str]) -> None:
    """Add the sheets of ours that the workbook lacks; changes nothing if none is missing.

    Args:
        package: the workbook.
        have: our tables that it has, under whatever name.

    Home and Dashboard come only with a first table: whoever deleted them in a workbook of ours wanted that.
    """
    missing = [sheet.name for sheet in columns.TABLES if sheet.table not in have]
    if not missing:
        return
    if len(missing) == len(columns.TABLES):
        missing = [columns.HOME, columns.DASHBOARD, *missing]
    template = Package((resources.folder("workbooks") / _TEMPLATE).read_bytes())
    graft = Graft(package, template, missing)
    for sheet in template.sheets():
        if sheet.name in missing:
            graft.add(sheet)
    graft.finish()


class Graft:
    """One workbook receiving sheets of the template, or of another workbook of ours."""

    def __init__(
        self, package: Package, template: Package, missing: list[str], there: Mapping[str, str] | None = None
    ) -> None:
        """`there` are sheets that the workbook has already, with their names in it: they are replaced."""
        self._package = package
        self._template = template
        self._styles = Styles(package, template)
        self._shared = _strings(template)
        self._places: dict[str, int] = {}  # template sheet -> its index in the workbook
        self._replaced: set[str] = set()  # indexes of sheets that are replaced
        self._gone: list[str] = []  # parts that hung on them
        taken = {node.get("name", "").lower() for node in self._sheets()}
        self._names = {name: free_name(name, taken) for name in missing} | dict(there or {})

    def _sheets(self) -> list[etree._Element]:
        return list(self._package.workbook.iterfind(f"{tag('sheets')}/{tag('sheet')}"))

    def name_of(self, sheet: str) -> str:
        """What a sheet is called in this workbook."""
        return self._names[sheet]

    def add(self, sheet: SheetPart) -> None:
        """Add one sheet with all that hangs on it."""
        part = self._new_name("xl/worksheets/sheet.xml")
        self._package.add_part(part, self._text(sheet).encode(), _SHEET_TYPE)
        self._copy_relations(sheet.path, part, buttons=sheet.name != columns.HOME)
        sheets = self._package.workbook.find(tag("sheets"))
        assert sheets is not None
        number = max((int(node.get("sheetId", "0")) for node in sheets), default=0) + 1
        node = etree.SubElement(sheets, tag("sheet"), name=self._names[sheet.name], sheetId=str(number))
        relation = self._package.add_relation(self._package.workbook_path, _SHEET_RELATION, part)
        node.set(f"{{{RELATIONS}}}id", relation)
        self._places[sheet.name] = len(sheets) - 1

    def replace(self, sheet: SheetPart, there: SheetPart, code_name: str) -> None:
        """Put a sheet in the place of one that the workbook has; it keeps that one's names."""
        text = self._text(sheet)
        if code_name:
            safe = grid.escaped(pl.Series([code_name])).item()
            text = re.sub(r"<sheetPr\b", f'<sheetPr codeName="{safe}"', text, count=1)
        self._forget(there.path)
        self._package.edits[there.path] = text.encode()
        self._copy_relations(sheet.path, there.path, buttons=True)
        self._places[sheet.name] = there.index
        self._replaced.add(str(there.index))

    def _forget(self, part: str) -> None:
        """Leave out what a part relates to and nothing else does; `finish` sees to what does not come back."""
        for relation in self._package.relations(part):
            if relation.target in self._package.names and relation.type not in _SHARED:
                self._forget(relation.target)
                self._package.edits[relation.target] = None
                self._gone.append(relation.target)
        if relations_path(part) in self._package.names:
            self._package.edits[relations_path(part)] = None

    def _text(self, sheet: SheetPart) -> str:
        """A sheet's part with this workbook's styles, and its texts in its cells."""
        text = self._template.read(sheet.path).decode()
        text = re.sub(r' codeName="[^"]*"| tabSelected="1"', "", text)
        if sheet.name == columns.HOME:
            text = re.sub(r"<drawing [^>]*/>", "", text)  # its buttons would start nothing
        text = re.sub(r'(<c r="[A-Z]+\d+"(?: s="\d+")?) t="s"><v>(\d+)</v>', self._inline, text)
        text = re.sub(r'(<col [^>]*?\bstyle=")(\d+)(")', self._restyled, text)
        return re.sub(r'(<c r="[A-Z]+\d+" s=")(\d+)(")', self._restyled, text)

    def finish(self) -> None:
        """Add the defined names of the added sheets, and the styles."""
        wanted = []
        for node in self._template.workbook.iterfind(f"{tag('definedNames')}/{tag('definedName')}"):
            text = node.text or ""
            owner = text.split("!")[0].strip("'")
            if owner not in self._places or (node.get("name") == named.CELL_PYTHON):
                continue
            made = etree.Element(tag("definedName"), name=node.get("name", ""))
            if node.get("localSheetId") is not None:
                made.set("localSheetId", str(self._places[owner]))
            made.text = self._renamed(text)
            wanted.append(made)
        if wanted or self._replaced:
            self._name(wanted)
        for part in self._gone:
            if part not in self._package.names:
                self._package.drop_type(part)
        self._styles.save()
        self._package.save_workbook()

    def _name(self, wanted: list[etree._Element]) -> None:
        """Names into the workbook; those of a replaced sheet's print set-up stand for what the new one has."""
        names = defined_names_node(self._package.workbook)
        told = {(node.get("name"), node.get("localSheetId")): node for node in wanted}
        there = {(node.get("name"), node.get("localSheetId")): node for node in names}
        for key, node in there.items():
            if key[1] in self._replaced and str(key[0]).startswith("_xlnm."):
                if key in told:
                    node.text = told[key].text
                else:
                    names.remove(node)
        names.extend(node for key, node in told.items() if key not in there)

    def _inline(self, found: re.Match[str]) -> str:
        text = self._shared[int(found.group(2))]
        return f'{found.group(1)} t="inlineStr"><is><t xml:space="preserve">{text}</t></is>'

    def _restyled(self, found: re.Match[str]) -> str:
        return f"{found.group(1)}{self._styles.cell(int(found.group(2)))}{found.group(3)}"

    def _renamed(self, text: str) -> str:
        """A reference with the sheet's name in this workbook."""
        for old, new in self._names.items():
            quoted = new.replace("'", "''")
            text = re.sub(rf"(?<![\w'])(?:'{re.escape(old)}'|{re.escape(old)})!", f"'{quoted}'!", text)
        return text

    def _copy_relations(self, old: str, new: str, *, buttons: bool) -> None:
        """Copy what a part relates to, and what that relates to, under new names."""
        path = relations_path(old)
        if path not in self._template.names:
            return
        root = parse(self._template.read(path))
        targets = {relation.id: relation for relation in self._template.relations(old)}
        for node in list(root):
            relation = targets[node.get("Id", "")]
            if relation.type == "drawing" and not buttons:
                root.remove(node)
                continue
            copied = self._new_name(re.sub(r"\d+(\.\w+)$", r"\1", relation.target))
            self._package.add_part(
                copied,
                self._adapted(relation.type, relation.target),
                self._template.content_type(relation.target),
            )
            self._copy_relations(relation.target, copied, buttons=buttons)
            node.set("Target", f"/{copied}")
        if len(root):
            self._package.edits[relations_path(new)] = serialise(root)

    def _adapted(self, kind: str, part: str) -> bytes:
        """A part of the template as it has to be in this workbook."""
        data = self._template.read(part)
        if kind == "chart":
            return re.sub(
                rb"(<c:f>)([^<]*)(</c:f>)",
                lambda found: (
                    found.group(1) + self._renamed(found.group(2).decode()).encode() + found.group(3)
                ),
                data,
            )
        if kind != "table":
            return data
        root = parse(data)
        numbers = [
            int(parse(self._package.read(path)).get("id", "0")) for path, _ in self._package.tables().values()
        ]
        pending = [
            int(parse(edit).get("id", "0"))
            for name, edit in self._package.edits.items()
            if isinstance(edit, bytes) and name.startswith("xl/tables/") and name.endswith(".xml")
        ]
        root.set("id", str(max([0, *numbers, *pending]) + 1))
        for node in root.iter(tag("tableColumn")):
            if (dxf := node.get("dataDxfId")) is not None:
                node.set("dataDxfId", str(self._styles.differential(int(dxf))))
        return serialise(root)

    def _new_name(self, stem: str) -> str:
        """A part name that is free: `xl/tables/table.xml` -> `xl/tables/table7.xml`."""
        base, extension = posixpath.splitext(stem)
        taken = {name.lower() for name in self._package.names}
        number = 1
        while f"{base}{number}{extension}".lower() in taken:
            number += 1
        return f"{base}{number}{extension}"


def free_name(wanted: str, taken: set[str]) -> str:
    """A sheet name that the workbook doesn't have; marks it as taken."""
    name = wanted
    number = 1
    while name.lower() in taken:
        name = f"{wanted} (recon)" if number == 1 else f"{wanted} (recon {number})"
        number += 1
    taken.add(name.lower())
    return name


def _strings(template: Package) -> list[str]:
    """The template's shared strings in their order, as they stand in XML."""
    for relation in template.relations(template.workbook_path):
        if relation.type == "sharedStrings":
            items = parse(template.read(relation.target)).iterfind(tag("si"))
            texts = ["".join(node.text or "" for node in item.iter(f"{{{MAIN}}}t")) for item in items]
            return grid.escaped(pl.Series(map(grid.decode, texts), dtype=pl.String)).to_list()
    return []

"""Parts of a workbook that few libraries know, made from text: what a person's own workbook may hold."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from pathlib import Path

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MS = "http://schemas.microsoft.com/office"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_TC = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_EXCEL = "application/vnd.ms-excel"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def picture() -> bytes:
    """A picture of one red dot (PNG)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    dot = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", dot) + chunk(b"IEND", b"")


class Package:
    """The parts of a workbook, to which some are added; `save` writes it anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}

    def save(self) -> None:
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.parts.items():
                archive.writestr(name, data)

    def add(self, name: str, text: str, kind: str, owner: str = "", relation: str = "") -> str:
        """A part with its content type, related to by its owner; the relation's id."""
        assert name not in self.parts
        self.parts[name] = (_HEAD + text).encode()
        self.into("[Content_Types].xml", "</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/>')
        return self.relate(owner, relation, f"/{name}") if relation else ""

    def relate(self, owner: str, relation: str, target: str, *, outside: bool = False) -> str:
        folder, base = posixpath.split(owner)
        path = posixpath.join(folder, "_rels", f"{base}.rels") if owner else "_rels/.rels"
        empty = (
            f'{_HEAD}<Relationships xmlns="{_OFFICE.replace("officeDocument", "package")}"></Relationships>'
        )
        self.parts.setdefault(path, empty.encode())
        number = f"rIdMine{self.parts[path].count(b'<Relationship ') + 1}"
        mode = ' TargetMode="External"' if outside else ""
        self.into(
            path,
            "</Relationships>",
            f'<Relationship Id="{number}" Type="{relation}" Target="{target}"{mode}/>',
        )
        return number

    def into(self, name: str, before: str, text: str) -> None:
        """Text into a part, before some other."""
        whole = self.parts[name].decode()
        assert before in whole, (name, before)
        self.parts[name] = whole.replace(before, text + before, 1).encode()

    def before_any(self, name: str, tags: tuple[str, ...], text: str) -> None:
        """Text into a part, before the first of those elements that it has at its end."""
        whole = self.parts[name].decode()
        at = next(at for tag in tags if (at := whole.rfind(f"<{tag}")) >= 0)
        self.parts[name] = (whole[:at] + text + whole[at:]).encode()

    def extend(self, name: str, end: str, extension: str) -> None:
        """An extension into a part's list of them."""
        if b"<extLst>" in self.parts[name]:
            whole = self.parts[name].decode()
            at = whole.rindex("</extLst>")
            self.parts[name] = (whole[:at] + extension + whole[at:]).encode()
        else:
            self.into(name, end, f"<extLst>{extension}</extLst>")


def add_all(path: Path, sheet: str, table: str) -> None:
    """To a workbook whose `sheet` part has comments: all that hangs on a sheet, and all that hangs on the book.

    One pivot cache reads the user's own cells, the other one the table of the given name.
    """
    package = Package(path)
    add_to_sheet(package, sheet, "1")
    _pivots(package, sheet, table)
    workbook = "xl/workbook.xml"
    link = package.add(
        "xl/externalLinks/externalLink1.xml",
        f'<externalLink xmlns="{_MAIN}"><externalBook xmlns:r="{_OFFICE}" r:id="rIdMine1"><sheetNames>'
        '<sheetName val="Other"/></sheetNames></externalBook></externalLink>',
        f"{_SHEET_ML}.externalLink+xml",
        workbook,
        f"{_OFFICE}/externalLink",
    )
    package.relate(
        "xl/externalLinks/externalLink1.xml", f"{_OFFICE}/externalLinkPath", "other.xlsx", outside=True
    )
    package.before_any(
        workbook,
        ("definedNames", "calcPr"),
        f'<externalReferences><externalReference r:id="{link}"/></externalReferences>',
    )
    package.add(
        "xl/persons/person.xml",
        f'<personList xmlns="{_TC}"><person displayName="A. Person" id="{{00000000-0000-0000-0000-000000000001}}" '
        'userId="me" providerId="None"/></personList>',
        f"{_EXCEL}.person+xml",
        workbook,
        f"{_MS}/2017/10/relationships/person",
    )
    cache = package.add(
        "xl/slicerCaches/slicerCache1.xml",
        f'<slicerCacheDefinition xmlns="{_X14}" name="Slicer_a" sourceName="a"/>',
        f"{_EXCEL}.slicerCache+xml",
        workbook,
        f"{_MS}/2007/relationships/slicerCache",
    )
    package.extend(
        workbook,
        "</workbook>",
        f'<ext uri="{{BBE1A952-AA13-448e-AADC-164F8A28A991}}" xmlns:x14="{_X14}"><x14:slicerCaches>'
        f'<x14:slicerCache r:id="{cache}"/></x14:slicerCaches></ext>',
    )
    package.add(
        "customUI/customUI14.xml",
        '<customUI xmlns="http://schemas.microsoft.com/office/2009/07/customui"><ribbon/></customUI>',
        "application/xml",
        "",
        f"{_MS}/2007/relationships/ui/extensibility",
    )
    package.add("customXml/item1.xml", "<mine xmlns='urn:mine'>kept</mine>", "application/xml")
    package.save()


def add_to_sheet(package: Package, sheet: str, number: str) -> None:
    """What hangs on one sheet: a threaded comment, a slicer, a control, a validation that reads another sheet."""
    package.add(
        f"xl/threadedComments/threadedComment{number}.xml",
        f'<ThreadedComments xmlns="{_TC}"><threadedComment ref="A2" dT="2026-10-01T08:00:00.00" '
        'personId="{00000000-0000-0000-0000-000000000001}" id="{00000000-0000-0000-0000-00000000000A}">'
        "<text>why?</text></threadedComment></ThreadedComments>",
        f"{_EXCEL}.threadedcomments+xml",
        sheet,
        f"{_MS}/2017/10/relationships/threadedComment",
    )
    slicer = package.add(
        f"xl/slicers/slicer{number}.xml",
        f'<slicers xmlns="{_MAIN}"><slicer name="a" cache="Slicer_a" rowHeight="1"/></slicers>',
        f"{_EXCEL}.slicer+xml",
        sheet,
        f"{_MS}/2007/relationships/slicer",
    )
    control = package.add(
        f"xl/ctrlProps/ctrlProp{number}.xml",
        f'<formControlPr xmlns="{_X14}" objectType="CheckBox" lockText="1" noThreeD="1"/>',
        f"{_EXCEL}.controlproperties+xml",
        sheet,
        f"{_OFFICE}/ctrlProp",
    )
    package.before_any(
        sheet,
        ("tableParts", "extLst", "/worksheet"),
        f'<controls><control shapeId="1" r:id="{control}" name="Check"/></controls>',
    )
    xm = 'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"'
    package.extend(
        sheet,
        "</worksheet>",
        f'<ext uri="{{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}}" xmlns:x14="{_X14}"><x14:dataValidations {xm} count="1">'
        '<x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>Other!$A$1:$A$3</xm:f></x14:formula1>'
        "<xm:sqref>AZ2</xm:sqref></x14:dataValidation></x14:dataValidations></ext>"
        f'<ext uri="{{A8765BA9-456A-4dab-B4F3-ACF838C121DE}}" xmlns:x14="{_X14}"><x14:slicerList>'
        f'<x14:slicer r:id="{slicer}"/></x14:slicerList></ext>',
    )


def _pivots(package: Package, sheet: str, table: str) -> None:
    """Two pivot tables with their caches."""
    sources = ('ref="A1:B6" sheet="Plan"', f'name="{table}"')
    ids = []
    for number, source in enumerate(sources, 1):
        cache = f"xl/pivotCache/pivotCacheDefinition{number}.xml"
        ids.append(
            package.add(
                cache,
                f'<pivotCacheDefinition xmlns="{_MAIN}" xmlns:r="{_OFFICE}" r:id="rIdMine1" refreshedBy="me" '
                f'createdVersion="8" recordCount="0"><cacheSource type="worksheet"><worksheetSource {source}/>'
                '</cacheSource><cacheFields count="1">'
                '<cacheField name="month" numFmtId="0"><sharedItems/></cacheField>'
                "</cacheFields></pivotCacheDefinition>",
                f"{_SHEET_ML}.pivotCacheDefinition+xml",
                "xl/workbook.xml",
                f"{_OFFICE}/pivotCacheDefinition",
            )
        )
        package.add(
            f"xl/pivotCache/pivotCacheRecords{number}.xml",
            f'<pivotCacheRecords xmlns="{_MAIN}" count="0"/>',
            f"{_SHEET_ML}.pivotCacheRecords+xml",
            cache,
            f"{_OFFICE}/pivotCacheRecords",
        )
        pivot = f"xl/pivotTables/pivotTable{number}.xml"
        package.add(
            pivot,
            f'<pivotTableDefinition xmlns="{_MAIN}" name="Pivot{number}" cacheId="{number}" dataCaption="Values">'
            f'<location ref="BA{number * 9}:BB{number * 9 + 2}" firstHeaderRow="1" '
            'firstDataRow="1" firstDataCol="1"/>'
            "</pivotTableDefinition>",
            f"{_SHEET_ML}.pivotTable+xml",
            sheet,
            f"{_OFFICE}/pivotTable",
        )
        package.relate(pivot, f"{_OFFICE}/pivotCacheDefinition", f"/{cache}")
    told = "".join(f'<pivotCache cacheId="{at}" r:id="{one}"/>' for at, one in enumerate(ids, 1))
    package.into("xl/workbook.xml", "</workbook>", f"<pivotCaches>{told}</pivotCaches>")

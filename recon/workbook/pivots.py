"""Pivot tables fed by our tables are refreshed when Excel opens the workbook; no other pivot cache is touched."""

from __future__ import annotations

import re
from collections.abc import Collection

from recon.workbook import blocks
from recon.workbook.package import RELATIONS, Package, parse, tag

_ROOT = re.compile(rb"<(?:\w+:)?pivotCacheDefinition\b[^>]*>")
_FLAG = re.compile(rb'\srefreshOnLoad="[^"]*"')


def refresh(package: Package, tables: Collection[str], sheets: Collection[str]) -> None:
    """Set refreshOnLoad on the caches that read one of these tables, or cells of one of these sheets."""
    lower = {name.lower() for name in tables}
    places = {name.lower() for name in sheets}
    for relation in package.relations(package.workbook_path):
        if relation.type != "pivotCacheDefinition" or relation.target not in package.names:
            continue
        data = package.read(relation.target)
        source = parse(data).find(f"{tag('cacheSource')}/{tag('worksheetSource')}")
        if source is None or source.get(f"{{{RELATIONS}}}id"):  # another workbook's
            continue
        name = source.get("name", "")
        there = blocks.target(package.defined_names().get(name, "")) if name else None
        place = there[0] if there else source.get("sheet", "")
        if name.lower() in lower or place.lower() in places:
            package.edits[relation.target] = _flagged(data)


def _flagged(data: bytes) -> bytes:
    found = _ROOT.search(data)
    assert found is not None, "parse has found the root"
    root = found.group()
    if re.search(rb'\srefreshOnLoad="(?:1|true)"', root):
        return data
    root = _FLAG.sub(b"", root)
    name = re.match(rb"<[\w:]+", root)
    assert name is not None
    new = name.group() + b' refreshOnLoad="1"' + root[name.end() :]
    return data[: found.start()] + new + data[found.end() :]

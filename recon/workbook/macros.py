"""The sources in a macro project (vbaProject.bin), after [MS-OVBA] and [MS-CFB]: are a workbook's macros still ours?

Excel writes the project anew when it saves: with compiled code before each source, other letter cases and blanks. So
sources are compared, not bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from recon.workbook.package import BrokenError, Package

SIZE_MAX: Final = 32 << 20
_SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER: Final = 512
_HEADER_FAT: Final = 109
_ENTRY: Final = 128
_LAST: Final = 0xFFFFFFF9  # a sector number above this is a mark: free, end, ...
_STREAM, _ROOT = 2, 5
_CHUNK: Final = 4096
_VERSION, _NAME, _STREAM_NAME, _OFFSET, _CODE_PAGE, _MODULE_ENDS = 0x09, 0x19, 0x1A, 0x31, 0x03, 0x2B


def of_package(package: Package) -> dict[str, str]:
    """The macros of a workbook: source text by module; none if it has no macros.

    Raises:
        BrokenError: the project is damaged.
    """
    for relation in package.relations(package.workbook_path):
        if relation.type == "vbaProject" and relation.target in package.names:
            return sources(package.read(relation.target))
    return {}


def changed(theirs: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Our modules that are missing or say something else; modules that somebody added don't count."""
    return [name for name, text in ours.items() if name not in theirs or _bare(theirs[name]) != _bare(text)]


def _bare(text: str) -> list[str]:
    """A source without what Excel changes when it saves: attributes, letter case, blanks, empty lines."""
    lines = [" ".join(line.casefold().split()) for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("attribute vb_")]


def sources(project: bytes) -> dict[str, str]:
    """Source text by module.

    Raises:
        BrokenError: the project is damaged, or too large to be one.
    """
    try:
        streams = _streams(project)
        return {
            name: _decompressed(streams[stream][offset:]).decode(page, "replace")
            for name, stream, offset, page in _modules(_decompressed(streams["dir"]))
        }
    except (struct.error, IndexError, KeyError, LookupError, UnicodeDecodeError) as error:
        raise BrokenError("the macro project is damaged") from error


# --- the compound file


def _streams(data: bytes) -> dict[str, bytes]:
    """The streams by their name; storages don't matter, since no two streams of a project share a name."""
    if not data.startswith(_SIGNATURE) or len(data) > SIZE_MAX:
        raise BrokenError("the macro project is no compound file")
    shift, mini_shift = struct.unpack_from("<HH", data, 30)
    fat_count, directory = struct.unpack_from("<I", data, 44)[0], struct.unpack_from("<I", data, 48)[0]
    cutoff, mini_fat = struct.unpack_from("<II", data, 56)
    size = 1 << shift
    count = len(data) // size
    if fat_count > _HEADER_FAT or shift not in (9, 12) or mini_shift != 6:  # noqa: PLR2004 - the sizes that there are
        raise BrokenError("the macro project is of an unusual kind")

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    fat = _numbers(b"".join(sector(at) for at in struct.unpack_from(f"<{fat_count}I", data, 76)))

    def chain(start: int) -> bytes:
        return b"".join(sector(at) for at in _follow(start, fat, count))

    entries = chain(directory)
    found = [_entry(entries[at : at + _ENTRY]) for at in range(0, len(entries) - _ENTRY + 1, _ENTRY)]
    small = b"".join(chain(start) for _, kind, start, _ in found if kind == _ROOT)
    small_fat = _numbers(chain(mini_fat))

    def content(start: int, length: int) -> bytes:
        if length >= cutoff:
            return chain(start)[:length]
        pieces = _follow(start, small_fat, len(small_fat)) if length else []
        return b"".join(small[at << mini_shift : (at + 1) << mini_shift] for at in pieces)[:length]

    return {name: content(start, length) for name, kind, start, length in found if kind == _STREAM}


def _entry(raw: bytes) -> tuple[str, int, int, int]:
    """A directory entry: name, kind, first sector, length."""
    letters = struct.unpack_from("<H", raw, 64)[0]
    name = raw[: max(0, min(letters, 64) - 2)].decode("utf-16-le")
    start, length = struct.unpack_from("<II", raw, 116)
    return name, raw[66], start, length


def _numbers(raw: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])


def _follow(start: int, table: tuple[int, ...], most: int) -> list[int]:
    """A chain of sectors; one that bites its tail is damaged."""
    chain: list[int] = []
    while start <= _LAST:
        if len(chain) > most:
            raise BrokenError("the macro project is damaged: its sectors go in a circle")
        chain.append(start)
        start = table[start]
    return chain


# --- the project in it


def _modules(records: bytes) -> list[tuple[str, str, int, str]]:
    """What the `dir` stream (2.3.4.2) says of each module: name, stream, where its source begins, code page."""
    found: list[tuple[str, str, int, str]] = []
    page, name, stream, offset = "cp1252", "", "", 0
    at = 0
    while at + 6 <= len(records):
        kind, size = struct.unpack_from("<HI", records, at)
        data = records[at + 6 : at + 6 + size]
        at += 6 + size + (2 if kind == _VERSION else 0)  # its size field says 4 though six bytes follow
        if kind == _CODE_PAGE:
            page = f"cp{struct.unpack_from('<H', data)[0]}"
        elif kind == _NAME:
            name = data.decode(page)
        elif kind == _STREAM_NAME:
            stream = data.decode(page)
        elif kind == _OFFSET:
            offset = struct.unpack_from("<I", data)[0]
        elif kind == _MODULE_ENDS:
            found.append((name, stream, offset, page))
    return found


def _decompressed(data: bytes) -> bytes:
    """A compressed container (2.4.1): a signature, then chunks of up to 4096 bytes."""
    if data[:1] != b"\x01":
        raise BrokenError("the macro project is damaged")
    out = bytearray()
    at = 1
    while at + 2 <= len(data):
        head = struct.unpack_from("<H", data, at)[0]
        end = at + 3 + (head & 0x0FFF)
        if head & 0x8000:
            out += _chunk(data[at + 2 : end])
        else:
            out += data[at + 2 : at + 2 + _CHUNK]
        at = end
    return bytes(out)


def _chunk(tokens: bytes) -> bytes:
    """One chunk: flag bytes, each for eight tokens, which are a byte or a copy of earlier bytes."""
    out = bytearray()
    at = 0
    while at < len(tokens):
        flags = tokens[at]
        at += 1
        for bit in range(8):
            if at >= len(tokens):
                break
            if not flags >> bit & 1:
                out.append(tokens[at])
                at += 1
                continue
            token = struct.unpack_from("<H", tokens, at)[0]
            at += 2
            bits = max((len(out) - 1).bit_length(), 4)
            length, back = (token & (0xFFFF >> bits)) + 3, (token >> (16 - bits)) + 1
            for _ in range(length):
                out.append(out[-back])
            if len(out) > _CHUNK:
                raise BrokenError("the macro project is damaged")
    return bytes(out)

"""A compound file ([MS-CFB] version 3) out of streams: what Office keeps a macro project in.

Only what a macro project needs: two levels, sectors of 512 bytes, no properties, no times. The same streams give
the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

SECTOR = 512
MINI_SECTOR = 64
MINI_CUTOFF = 4096  # a stream shorter than this lives in the mini stream

_FREE = 0xFFFFFFFF
_END = 0xFFFFFFFE
_FAT = 0xFFFFFFFD
_NONE = 0xFFFFFFFF  # "no such entry" in the directory
_HEADER_FAT_SECTORS = 109  # as many as the header itself can list: 7 MB of file
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1


@dataclass
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    left: int = _NONE
    right: int = _NONE
    child: int = _NONE
    colour: int = _BLACK
    start: int = _END
    members: list[int] = field(default_factory=list)


def build(streams: Mapping[str, bytes]) -> bytes:
    """The bytes of a compound file.

    Args: streams by path; `VBA/dir` is the stream `dir` in the storage `VBA`.

    Raises:
        ValueError: a name is longer than 31 characters, or the file would be larger than 7 MB.
    """
    entries = _directory(streams)
    mini, mini_fat = _mini_stream(entries)
    sectors: list[bytes] = []
    fat: list[int] = []

    def add(data: bytes) -> int:
        """Append data as a chain of sectors; the first one's number."""
        first = len(fat)
        count = -(-len(data) // SECTOR)
        for number in range(count):
            sectors.append(data[number * SECTOR : (number + 1) * SECTOR].ljust(SECTOR, b"\0"))
            fat.append(first + number + 1 if number + 1 < count else _END)
        return first if count else _END

    for entry in entries:
        if entry.kind == _STREAM and len(entry.data) >= MINI_CUTOFF:
            entry.start = add(entry.data)
    entries[0].start = add(mini)
    mini_fat_start = add(_numbers(mini_fat))
    directory = b"".join(_pack(entry, len(mini)) for entry in entries)
    directory_start = add(directory + _unused() * (-(len(directory) // 128) % 4))
    fat_start, fat_count = _append_fat(fat, sectors)
    header = _header(
        directory_start,
        mini_fat_start,
        -(-len(mini_fat) * 4 // SECTOR),
        range(fat_start, fat_start + fat_count),
    )
    return header + b"".join(sectors)


def _directory(streams: Mapping[str, bytes]) -> list[_Entry]:
    """Root, storages and streams, each level's names linked as a balanced tree."""
    entries = [_Entry("Root Entry", _ROOT)]
    storages: dict[str, int] = {}
    for path, data in streams.items():
        *folders, name = path.split("/")
        assert len(folders) <= 1, "a macro project has two levels"
        parent = 0
        for folder in folders:
            if folder not in storages:
                storages[folder] = len(entries)
                entries[0].members.append(len(entries))
                entries.append(_Entry(folder, _STORAGE))
            parent = storages[folder]
        entries[parent].members.append(len(entries))
        entries.append(_Entry(name, _STREAM, data))
    for entry in entries:
        if len(entry.name) > 31:  # noqa: PLR2004 - 64 bytes of UTF-16 with the terminator
            raise ValueError(f"{entry.name}: a name in a compound file has at most 31 characters")
        entry.child = _link(entries, sorted(entry.members, key=lambda at: _order(entries[at].name)))
    return entries


def _order(name: str) -> tuple[int, str]:
    """Siblings are sorted by length, then in upper case ([MS-CFB] 2.6.4)."""
    return len(name.encode("utf-16-le")), name.upper()


def _link(entries: list[_Entry], ordered: list[int]) -> int:
    """Link sorted siblings as a red-black tree; the top's number.

    A balanced tree in which only the deepest, incomplete level is red has as many black entries on each way down.
    """
    full_levels = (len(ordered) + 1).bit_length() - 1

    def link(span: list[int], depth: int) -> int:
        if not span:
            return _NONE
        middle = len(span) // 2
        entry = entries[span[middle]]
        entry.colour = _BLACK if depth < full_levels else _RED
        entry.left = link(span[:middle], depth + 1)
        entry.right = link(span[middle + 1 :], depth + 1)
        return span[middle]

    return link(ordered, 0)


def _mini_stream(entries: list[_Entry]) -> tuple[bytes, list[int]]:
    """All short streams in sectors of 64 bytes, and the chain of each."""
    stream = b""
    fat: list[int] = []
    for entry in entries:
        if entry.kind != _STREAM or not 0 < len(entry.data) < MINI_CUTOFF:
            continue
        entry.start = len(fat)
        count = -(-len(entry.data) // MINI_SECTOR)
        fat.extend(entry.start + number + 1 for number in range(count - 1))
        fat.append(_END)
        stream += entry.data.ljust(count * MINI_SECTOR, b"\0")
    return stream, fat


def _append_fat(fat: list[int], sectors: list[bytes]) -> tuple[int, int]:
    """Append the sectors of the table itself, which lists its own sectors too; first sector and count."""
    start, count = len(fat), 1
    while (start + count) * 4 > count * SECTOR:
        count += 1
    if count > _HEADER_FAT_SECTORS:
        raise ValueError("the macro project is larger than 7 MB")
    table = _numbers(fat + [_FAT] * count)
    sectors.extend(table[at : at + SECTOR] for at in range(0, len(table), SECTOR))
    return start, count


def _numbers(values: list[int]) -> bytes:
    """Numbers as whole sectors, the rest marked free."""
    padded = values + [_FREE] * (-len(values) % (SECTOR // 4))
    return struct.pack(f"<{len(padded)}I", *padded)


def _pack(entry: _Entry, mini_length: int) -> bytes:
    """One directory entry of 128 bytes."""
    name = entry.name.encode("utf-16-le") + b"\0\0"
    size = mini_length if entry.kind == _ROOT else len(entry.data)
    # A storage has no data: its start is 0, a stream without data starts nowhere.
    start = 0 if entry.kind == _STORAGE else entry.start
    return struct.pack(
        "<64sHBBIII16sI8s8sIQ",
        name,
        len(name),
        entry.kind,
        entry.colour,
        entry.left,
        entry.right,
        entry.child,
        b"",
        0,
        b"",
        b"",
        start,
        size,
    )


def _unused() -> bytes:
    return struct.pack("<64sHBBIII16sI8s8sIQ", b"", 0, 0, 0, _NONE, _NONE, _NONE, b"", 0, b"", b"", 0, 0)


def _header(directory: int, mini_fat: int, mini_fat_count: int, fat_sectors: range) -> bytes:
    """The first 512 bytes ([MS-CFB] 2.2)."""
    listed = list(fat_sectors) + [_FREE] * (_HEADER_FAT_SECTORS - len(fat_sectors))
    return struct.pack(
        "<8s16sHHHHH6sIIIIIIIII109I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"",
        0x3E,  # minor version
        3,  # major version: sectors of 512 bytes
        0xFFFE,  # little-endian
        9,  # 2 ** 9 = 512
        6,  # 2 ** 6 = 64
        b"",
        0,  # directory sectors: always 0 in version 3
        len(fat_sectors),
        directory,
        0,  # transactions
        MINI_CUTOFF,
        mini_fat,
        mini_fat_count,
        _END,  # no further FAT sectors than the header lists
        0,
        *listed,
    )

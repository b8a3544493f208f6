"""A macro project (vbaProject.bin) out of source text, after [MS-OVBA]: sources only, no compiled code.

Office compiles on first use: `_VBA_PROJECT` says version 0xFFFF and holds no cache (2.3.4.1). The same sources give
the same bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from recon.workbook import cfb

CODE_PAGE: Final = "cp1252"
NAME_LENGTH_MAX: Final = 31  # a longer module name makes Excel remove the project
PROJECT_ID: Final = "{7A3C6E51-2B0D-4F1E-9C58-61B0E4D2A977}"
PROJECT_NAME: Final = "ReconProject"

_CHUNK = 4096
_LITERALS_MAX = (
    3640  # a chunk of nothing but literals grows by an eighth; longer ones don't fit into 4096 bytes
)
_SEED = 0x5A  # of the protection fields; any byte will do, a fixed one keeps the bytes the same
_VERSION = (1361024421, 6)  # of the project; Office rewrites it on saving


class ModuleKind(Enum):
    """What a module is; the value is its VB_Base where it belongs to a document."""

    PROCEDURAL = ""
    CLASS = "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}"
    WORKBOOK = "0{00020819-0000-0000-C000-000000000046}"
    WORKSHEET = "0{00020820-0000-0000-C000-000000000046}"

    @property
    def document(self) -> bool:
        """Whether it belongs to the workbook or to a sheet."""
        return self in (ModuleKind.WORKBOOK, ModuleKind.WORKSHEET)


@dataclass(frozen=True)
class Module:
    """One module: its code name, its kind and its source without `Attribute` lines, line ends LF."""

    name: str
    kind: ModuleKind
    source: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", self.name) or len(self.name) > NAME_LENGTH_MAX:
            raise ValueError(
                f"{self.name}: a module's name has a letter first, letters, digits or _ after it, 31 at most"
            )

    @property
    def text(self) -> str:
        """The whole text as Office keeps it: attributes, then the source, CRLF at every line's end."""
        lines = [f'Attribute VB_Name = "{self.name}"']
        if self.kind is not ModuleKind.PROCEDURAL:
            shared = str(self.kind.document)
            lines += [
                f'Attribute VB_Base = "{self.kind.value}"',
                "Attribute VB_GlobalNameSpace = False",
                "Attribute VB_Creatable = False",
                f"Attribute VB_PredeclaredId = {shared}",
                f"Attribute VB_Exposed = {shared}",
                "Attribute VB_TemplateDerived = False",
                f"Attribute VB_Customizable = {shared}",
            ]
        return "\r\n".join([*lines, *self.source.splitlines()]) + "\r\n"


def project(modules: Sequence[Module]) -> bytes:
    """The bytes of vbaProject.bin.

    Raises:
        ValueError: two modules have the same name.
        UnicodeEncodeError: a source holds a character that code page 1252 lacks.
    """
    names = [module.name.lower() for module in modules]
    if len(set(names)) != len(names):
        raise ValueError("two modules have the same name (upper and lower case are the same)")
    streams = {
        "PROJECT": _project_text(modules).encode(CODE_PAGE),
        "PROJECTwm": _names(modules),
        "VBA/dir": compress(_dir(modules)),
        "VBA/_VBA_PROJECT": b"\xcc\x61\xff\xff\x00\x00\x00",
    }
    streams |= {f"VBA/{module.name}": compress(module.text.encode(CODE_PAGE)) for module in modules}
    return cfb.build(streams)


def compress(data: bytes) -> bytes:
    """Data as a compressed container ([MS-OVBA] 2.4.1): a signature, then chunks of 4096 bytes each.

    Raises:
        ValueError: the last chunk can't be compressed and is too short to stand as it is.
    """
    chunks = (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))
    return b"\x01" + b"".join(_compress_chunk(chunk) for chunk in chunks)


def _compress_chunk(chunk: bytes) -> bytes:
    packed = _tokens(chunk)
    if len(packed) < _CHUNK or (len(packed) == _CHUNK and len(chunk) == _CHUNK):
        return struct.pack("<H", (len(packed) - 1) | 0xB000) + packed
    if len(chunk) == _CHUNK:
        return struct.pack("<H", 0x3FFF) + chunk
    assert len(chunk) > _LITERALS_MAX
    raise ValueError("the end of a module can't be compressed; a raw chunk would be padded with noughts")


def _tokens(chunk: bytes) -> bytes:
    """The chunk as groups of eight tokens, each a byte or a copy of earlier bytes (2.4.1.3.7)."""
    seen: dict[bytes, list[int]] = {}
    out = bytearray()
    group = bytearray()
    flags = count = at = 0
    while at < len(chunk):
        bits = max((at - 1).bit_length(), 4)  # of the offset; the rest of 16 bits is the length
        start, length = _longest(chunk, at, seen, (0xFFFF >> bits) + 3)
        if length:
            flags |= 1 << count
            group += struct.pack("<H", ((at - start - 1) << (16 - bits)) | (length - 3))
        else:
            length = 1
            group.append(chunk[at])
        for place in range(at, at + length):
            seen.setdefault(chunk[place : place + 3], []).append(place)
        at += length
        count += 1
        if count == 8:  # noqa: PLR2004 - a flag byte speaks of eight tokens
            out.append(flags)
            out += group
            group.clear()
            flags = count = 0
    if count:
        out.append(flags)
        out += group
    return bytes(out)


def _longest(chunk: bytes, at: int, seen: dict[bytes, list[int]], length_max: int) -> tuple[int, int]:
    """Where the longest earlier run of what stands at `at` begins, and its length; 0 if shorter than three."""
    limit = min(length_max, len(chunk) - at)
    best_start = best = 0
    for start in reversed(seen.get(chunk[at : at + 3], [])):
        length = 0
        while length < limit and chunk[start + length] == chunk[at + length]:
            length += 1
        if length > best:
            best_start, best = start, length
        if best == limit:
            break
    return (best_start, best) if best >= 3 else (0, 0)  # noqa: PLR2004 - the shortest copy there is


def _dir(modules: Sequence[Module]) -> bytes:
    """The records of the `dir` stream (2.3.4.2), without references: the host adds its own libraries."""
    name = PROJECT_NAME.encode(CODE_PAGE)
    out = [
        _record(0x01, struct.pack("<I", 1)),  # 32 bits; says nothing about which Excel may open it
        _record(0x02, struct.pack("<I", 0x409)),
        _record(0x14, struct.pack("<I", 0x409)),
        _record(0x03, struct.pack("<H", 1252)),
        _record(0x04, name),
        _record(0x05, b"") + _record(0x40, b""),
        _record(0x06, b"") + _record(0x3D, b""),
        _record(0x07, struct.pack("<I", 0)),
        _record(0x08, struct.pack("<I", 0)),
        struct.pack("<HIIH", 0x09, 4, *_VERSION),  # its size field is 4 though six bytes follow
        _record(0x0C, b"") + _record(0x3C, b""),
        _record(0x0F, struct.pack("<H", len(modules))),
        _record(0x13, struct.pack("<H", 0xFFFF)),
    ]
    out += [_module_records(module) for module in modules]
    out.append(_record(0x10, b""))
    return b"".join(out)


def _module_records(module: Module) -> bytes:
    narrow, wide = module.name.encode(CODE_PAGE), module.name.encode("utf-16-le")
    procedural = module.kind is ModuleKind.PROCEDURAL
    return b"".join(
        [
            _record(0x19, narrow),
            _record(0x47, wide),
            _record(0x1A, narrow) + _record(0x32, wide),
            _record(0x1C, b"") + _record(0x48, b""),
            _record(0x31, struct.pack("<I", 0)),  # the source begins at once: no compiled code before it
            _record(0x1E, struct.pack("<I", 0)),
            _record(0x2C, struct.pack("<H", 0xFFFF)),
            _record(0x21 if procedural else 0x22, b""),
            _record(0x2B, b""),
        ]
    )


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HI", number, len(data)) + data


def _project_text(modules: Sequence[Module]) -> str:
    """The PROJECT stream (2.3.1): which modules there are, and that nothing is protected."""
    declared = {ModuleKind.PROCEDURAL: "Module={}", ModuleKind.CLASS: "Class={}"}
    lines = [
        f'ID="{PROJECT_ID}"',
        *(declared.get(module.kind, "Document={}/&H00000000").format(module.name) for module in modules),
        f'Name="{PROJECT_NAME}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{_encrypt(bytes(4))}"',
        f'DPB="{_encrypt(bytes(1))}"',
        f'GC="{_encrypt(bytes([0xFF]))}"',
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{module.name}=0, 0, 0, 0, C" for module in modules),
    ]
    return "\r\n".join(lines) + "\r\n"


def _names(modules: Iterable[Module]) -> bytes:
    """The PROJECTwm stream (2.3.3): each name in the code page and in UTF-16."""
    pairs = (
        module.name.encode(CODE_PAGE) + b"\0" + module.name.encode("utf-16-le") + b"\0\0"
        for module in modules
    )
    return b"".join(pairs) + b"\0\0"


def _encrypt(data: bytes) -> str:
    """A protection field of the PROJECT stream (2.4.3.2). No secret: its key stands beside it."""
    key = sum(PROJECT_ID.encode(CODE_PAGE)) & 0xFF
    out = bytearray([_SEED, _SEED ^ 2, _SEED ^ key])
    plain = key
    ignored = bytes((_SEED & 6) // 2)
    for byte in ignored + struct.pack("<I", len(data)) + data:
        out.append(byte ^ ((out[-2] + plain) & 0xFF))
        plain = byte
    return out.hex().upper()

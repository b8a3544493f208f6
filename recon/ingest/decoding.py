"""Bytes -> text: BOM, then strict UTF-8, then the profile's codec, then cp1252. No detector ever guesses."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
FALLBACK = "cp1252"


@dataclass(frozen=True)
class Text:
    """Decoded text, the codec that did it, and how many characters it could not read."""

    text: str
    codec: str
    lost: int = 0


def is_text(head: bytes) -> bool:
    """Whether bytes can be text: a BOM, or no NUL byte among them."""
    return head.startswith(tuple(bom for bom, _ in _BOMS)) or b"\x00" not in head


def decode(data: bytes, codec: str = "") -> Text:
    """Text of bytes; what no codec can read becomes U+FFFD and is counted in `lost`.

    Args:
        data: the bytes.
        codec: the profile's own codec, tried after UTF-8.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _forced(data[len(bom) :], name)
    for name in ("utf-8", codec or FALLBACK):
        try:
            return Text(data.decode(name), name)
        except (UnicodeDecodeError, LookupError):
            continue
    return _forced(data, FALLBACK)


@dataclass(frozen=True)
class Recoded:
    """The same text as UTF-8, and how many characters could not be read."""

    data: bytes
    lost: int = 0


def recode(data: bytes, codec: str = "") -> Recoded:
    """Bytes as UTF-8, read as `decode` reads them; most are it already, and stay as they are."""
    plain = data.removeprefix(codecs.BOM_UTF8)
    if data.isascii() or (not data.startswith(_WIDE) and _is_utf8(plain)):
        return Recoded(plain)
    read = decode(data, codec)
    return Recoded(read.text.encode(errors="replace"), read.lost)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _forced(data: bytes, codec: str) -> Text:
    text = data.decode(codec, errors="replace")
    return Text(text, codec, text.count("\ufffd"))

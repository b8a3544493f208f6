"""Bytes -> text: BOM, then strict UTF-8, then the profile's codec, then cp1252. No detector ever guesses."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
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


def _forced(data: bytes, codec: str) -> Text:
    text = data.decode(codec, errors="replace")
    return Text(text, codec, text.count("\ufffd"))

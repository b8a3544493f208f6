"""Bytes -> text: BOM, then strict UTF-8, then the profile's codec, then cp1252. No detector ever guesses."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Protocol

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
FALLBACK = "cp1252"
_BOM_LENGTH = 3


class Opened(Protocol):
    """A file that can be opened, more than once."""

    def open(self) -> BinaryIO:
        """Its bytes, from the beginning."""


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


@dataclass
class Blocks:
    """The text of a file in blocks of whole lines, so that it is never in memory as a whole.

    Attributes:
        lost: how many characters could not be read, so far.
    """

    source: Opened
    lost: int = 0

    size: ClassVar[int] = 4 << 20  # bytes of a block

    def __iter__(self) -> Iterator[str]:
        """The blocks, in their order."""
        begin, name, forced = self._how()
        decoder = codecs.getincrementaldecoder(name)(errors="replace")
        pending: list[str] = []
        with self.source.open() as stream:
            stream.seek(begin)
            while True:
                data = stream.read(self.size)
                text = decoder.decode(data, final=not data)
                self.lost += text.count("\ufffd") if forced else 0
                end = (text.rfind("\n") if "\n" in text else text.rfind("\r", 0, -1)) + 1
                if end and data:
                    yield "".join([*pending, text[:end]])
                    pending = []
                pending.append(text[end if data else 0 :])
                if not data:
                    break
        rest = "".join(pending)
        if rest:
            yield rest

    def _how(self) -> tuple[int, str, bool]:
        """Where the text begins, the codec that reads it, and whether characters may be lost; as `decode` decides."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self.source.open() as stream:
            data = stream.read(max(self.size, _BOM_LENGTH))
            for bom, name in _BOMS:
                if data.startswith(bom):
                    return len(bom), name, True
            try:
                while data:
                    decoder.decode(data)
                    data = stream.read(self.size)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return 0, FALLBACK, True
        return 0, "utf-8", False


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _forced(data: bytes, codec: str) -> Text:
    text = data.decode(codec, errors="replace")
    return Text(text, codec, text.count("\ufffd"))

"""OFX and QFX: bytes -> text with plain tags. SGML (1.x) and XML (2.x) are read alike, and nothing is ever expanded.

Source: Open Financial Exchange 1.0.3 to 2.2, chapter 2 (header, encodings, SGML without end tags, entities).
"""

from __future__ import annotations

import html
import re
from typing import Final

from recon.ingest import decoding
from recon.ingest.source import Source
from recon.problems import Problem, ReconError

_SAID: Final = re.compile(rb'(?i)(?:CHARSET\s*[:=]\s*"?|encoding\s*=\s*["\'])\s*([\w.-]+)')
# Only these may be named by a header: other codecs of Python are slow, or no encodings of text.
_CODEC: Final = re.compile(
    r"(?i)^(iso-?)?(8859-\d{1,2})$|^(?:cp|windows-?)?(125\d)$|^(gbk|big5|shift_jis|euc-kr)$"
)
_DECLARED: Final = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_TAG: Final = re.compile(r"<(/?)\s*(?:[A-Za-z][\w-]*:)?([A-Za-z][\w.]*)\s*(/?)>")
_SPACED: Final = re.compile(r"STMTTRN[ \t\n]")
_ENTITY: Final = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));")
NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}
_SURROGATES: Final = range(0xD800, 0xE000)


def is_mine(head: bytes) -> bool:
    """Whether a file's beginning is that of an OFX file."""
    wide = _wide(head) or head.startswith((b"\xff\xfe", b"\xfe\xff"))
    plain = head.replace(b"\x00", b"") if wide else head
    if b"\x00" in plain:
        return False
    return re.search(rb"(?i)<(?:[\w-]+:)?OFX\s*>", plain) is not None


def _wide(head: bytes) -> str:
    """UTF-16 that does not say so by its first bytes: every other one is nought."""
    if head[1:4:2] == b"\x00\x00" and head[:1] != b"\x00":
        return "utf-16-le"
    return "utf-16-be" if head[:4:2] == b"\x00\x00" and head[1:2] != b"\x00" else ""


def text_of(source: Source) -> tuple[str, list[Problem]]:
    """The file as text: Unix breaks, tags in upper case without a namespace, no comments, CDATA as escaped text.

    Raises:
        ReconError: `xml-unsafe` if it declares a document type or entities, or is too large.
    """
    decoded = _decoded(source)
    text = decoded.text
    problems = []
    if decoded.lost:
        what = f"{decoded.lost:,} characters are in no encoding that is known"
        problems.append(Problem("encoding", source.name, what, "ask the bank for UTF-8"))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "<!" in text:
        text = _without(text, "<![CDATA[", "]]>", keep=True)
        text = _without(text, "<!--", "-->", keep=False)
        if _DECLARED.search(text):
            what = "the file declares a document type or entities, which no statement needs"
            hint = "don't trust the file; ask the bank for it again"
            raise ReconError(Problem("xml-unsafe", source.name, what, hint))
    plain_tags = text.count("<STMTTRN>") + text.count("</STMTTRN>")
    upper = text.upper()
    if not plain_tags or _SPACED.search(upper) or upper.count("STMTTRN>") != plain_tags:
        text = _TAG.sub(lambda tag: f"<{tag[1]}{tag[2].upper()}{tag[3]}>", text)
    return text, problems


def _decoded(source: Source) -> decoding.Text:
    data = source.load()
    wide = _wide(source.head)
    if wide:
        plain = data.decode(wide, errors="replace")
        return decoding.Text(plain, wide, plain.count("\ufffd"))
    return decoding.decode(data, _codec(source.head))


def _codec(head: bytes) -> str:
    """The codec that the header names, where it is one of those it may name; tried after UTF-8, since some lie."""
    for said in _SAID.findall(head[:4096]):
        found = _CODEC.match(said.decode("ascii", errors="replace"))
        if found:
            return f"iso-{found[2]}" if found[2] else f"cp{found[3]}" if found[3] else found[4]
    return ""


def _without(text: str, begin: str, end: str, *, keep: bool) -> str:
    """Text without its comments, or with what CDATA holds as escaped text; line breaks stay where they are."""
    parts, done = [], 0
    while (at := text.find(begin, done)) >= 0:
        stop = text.find(end, at + len(begin))
        if stop < 0:
            break
        inner = text[at + len(begin) : stop]
        parts += [text[done:at], html.escape(inner, quote=False) if keep else "\n" * inner.count("\n")]
        done = stop + len(end)
    return "".join([*parts, text[done:]])


def plain(text: str) -> str:
    """Text with its entities as the characters they stand for, once; unknown ones stay as they are."""
    return _ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    if entity[3]:
        return NAMED[entity[3]]
    code = int(entity[1]) if entity[1] else int(entity[2], 16)
    return "\ufffd" if code in _SURROGATES or code > 0x10FFFF or code == 0 else chr(code)  # noqa: PLR2004 - the last

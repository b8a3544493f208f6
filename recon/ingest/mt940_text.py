"""The `:86:` of a statement line: who paid, and with what words, in the dialects that banks speak.

| dialect | looks like |
|---|---|
| German, Polish | `166?00UEBERWEISUNG?20EREF+INV-1?21SVWZ+INV-1?31DE..?32NAME` |
| Dutch and others | `/EREF/INV-1//CNTP/NL../BIC/NAME///REMI/USTD//INV-1/`, `/TRTP/SEPA OVERBOEKING/IBAN/..` |
| ABN AMRO, older | `SEPA OVERBOEKING   IBAN: NL..   NAAM: ..   OMSCHRIJVING: ..   KENMERK: ..` |
| anybody | free text |

Banks break the text every 65 characters, also within a word; keywords are looked for in the joined text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from recon.ingest.grid import clean

_WIDTH = 65
_PIECE = 27  # length of a German ?20..?29; a full one goes on in the next
_GERMAN = re.compile(r"^\s*\d{3}\s*([?~^<@])(?=\d\d)")
_FIELDS = {mark: re.compile(re.escape(mark) + r"(\d\d)") for mark in "?~^<@"}
SEPA_NAMES = "EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|COAM|OAMT|PURP|RREF|RTRN"
_SEPA = re.compile(rf"({SEPA_NAMES})\+")
SLASH_NAMES = (
    r"ACCW|ADDR|BENM|BIC|BO1|CDTRREF|CDTRREFTP|CHGS|CNTP|CREF|CSID|EREF|EXCH|FT|IBAN|INIT|INV|IREF|ISDT|MARF|MREF"
    r"|NAME|NRTX|OAMT|OCMT|ORDP|PREF|PURP|REMI|RTRN|SVCL|SWOD|TRCD|TRTP|ULTB|ULTC|ULTD|USTD|STRD"
)
_SLASH = re.compile(rf"/({SLASH_NAMES})/")
_COLON = re.compile(r"\b(IBAN|BIC|NAAM|OMSCHRIJVING|KENMERK|MACHTIGING|INCASSANT|BETALINGSKENM\.):\s*")
_LEADING_IBAN = re.compile(r"^([A-Z]{2}\d{2}[A-Z0-9]{11,30})\b\s*")
_MARKERS = ("USTD//", "USTD/", "STRD/CUR/", "STRD/")


class Details(NamedTuple):
    """What the text of a line says."""

    name: str = ""
    account: str = ""
    reference: str = ""
    narrative: str = ""
    booking_text: str = ""
    returned: bool = False
    raw: str = ""  # all of it, as one text


def details(texts: Sequence[Sequence[str]]) -> Details:
    """All `:86:` of one line, in whatever dialect."""
    text, mark = joined(texts)
    return _dialect(text, mark) if text else Details()


def one_text(lines: str) -> str:
    """As `joined`, of lines that are one text already. Where all lines but the last are full, all dialects agree."""
    if "\n" not in lines:
        return lines
    parts = lines.split("\n")
    if min(map(len, parts[:-1])) >= _WIDTH and not any(map(str.isspace, parts)) and parts[-1]:
        return "".join(parts)
    return joined([parts])[0]


def joined(texts: Sequence[Sequence[str]]) -> tuple[str, str]:
    """All `:86:` of one line as one text, and what parts its German fields; "" if it has none."""
    lines = [line for text in texts for line in text if line.strip()]
    if not lines:
        return "", ""
    german = _GERMAN.match(lines[0])
    return ("".join(lines), german[1]) if german else (_join(lines), "")


def _dialect(joined: str, mark: str) -> Details:
    if mark:
        return _german(joined, mark)
    if joined.lstrip().startswith("/") and _SLASH.search(joined):
        return _slashes(joined)
    if joined.count(":") > 1 and len(_COLON.findall(joined)) > 1:
        return _colons(joined)
    return _free(joined)


def _join(lines: Sequence[str]) -> str:
    """Lines as one text: without a blank where the line was full, or where a keyword was broken."""
    if len(lines) == 1:
        return lines[0]
    text = lines[0]
    for before, line in pairwise(lines):
        broken = (
            "/" in before[-8:]
            and any(
                match.start() < 8 < match.end()  # noqa: PLR2004 - the seam lies behind 8 characters
                for match in _SLASH.finditer(before[-8:].rjust(8) + line[:8])
            )
        )
        full = len(before) >= _WIDTH or line.startswith("/") or broken
        text += line if full else " " + line
    return text


def _german(text: str, mark: str) -> Details:
    parts = _FIELDS[mark].split(text)
    fields: dict[int, str] = {}
    purpose: list[str] = []
    for code, value in zip(parts[1::2], parts[2::2], strict=False):
        number = int(code)
        if 20 <= number <= 29 or 60 <= number <= 63:  # noqa: PLR2004 - the numbers of the standard
            purpose.append(value)
        else:
            fields[number] = fields.get(number, "") + value
    words = _sepa(_pieces(purpose))
    narrative = " ".join(text for text in (words.get("", ""), words.get("SVWZ", "")) if text)
    return Details(
        name=clean(words.get("ABWA", "") or fields.get(32, "") + fields.get(33, "")),
        account="".join((words.get("IBAN", "") or fields.get(38, "") or fields.get(31, "")).split()),
        reference=words.get("EREF", "") or words.get("KREF", ""),
        narrative=clean(narrative),
        booking_text=clean(fields.get(0, "")),
        returned="RTRN" in words,
        raw=clean(text),
    )


def _pieces(pieces: Sequence[str]) -> str:
    """Pieces of 27 characters as one text; one that is not full has ended, a keyword begins anew."""
    text, last = "", "x" * _PIECE
    for piece in pieces:
        text += piece if len(last) >= _PIECE else " " + piece
        last = piece
    return text


def _sepa(text: str) -> dict[str, str]:
    parts = _SEPA.split(text)
    words = {"": clean(parts[0])}
    for word, value in zip(parts[1::2], parts[2::2], strict=False):
        known = words.get(word)
        words[word] = clean(f"{known} {value}" if known else value)
    return words


def _slashes(text: str) -> Details:
    parts = _SLASH.split(text)
    words: dict[str, str] = {}
    for word, value in zip(parts[1::2], parts[2::2], strict=False):
        known, more = words.get(word), value.strip("/ ").strip()
        words[word] = f"{known} {more}".strip() if known else more
    name, account = words.get("NAME", ""), words.get("IBAN", "")
    for word in ("CNTP", "ORDP", "BENM"):
        if words.get(word):
            pieces = words[word].split("/")
            if word == "CNTP":
                account = account or pieces[0]
                name = name or (pieces[2] if len(pieces) > 2 else "")  # noqa: PLR2004 - account/bank/name
            elif not name:
                name = pieces[0]
    narrative = [parts[0].strip("/ "), words.get("USTD", ""), words.get("STRD", "").removeprefix("CUR/")]
    narrative += [_remittance(words.get("REMI", "")), words.get("CDTRREF", ""), words.get("INV", "")]
    if not any([*narrative, name, account, *words.values()]):
        narrative = [text]
    return Details(
        name=clean(name),
        account="".join(account.split()),
        reference=clean(words.get("EREF", "") or words.get("CREF", "")),
        narrative=clean(" ".join(part for part in narrative if part)),
        booking_text=clean(words.get("TRTP", "")),
        returned="RTRN" in words,
        raw=clean(text),
    )


def _remittance(text: str) -> str:
    for marker in _MARKERS:
        text = text.removeprefix(marker)
    return text.strip("/ ")


def _colons(text: str) -> Details:
    parts = _COLON.split(text)
    words = {word: clean(value) for word, value in zip(parts[1::2], parts[2::2], strict=False)}
    narrative = [words.get("OMSCHRIJVING", ""), words.get("BETALINGSKENM.", "")]
    return Details(
        name=words.get("NAAM", ""),
        account=words.get("IBAN", "").split(" ")[0],
        reference=words.get("KENMERK", ""),
        narrative=" ".join(part for part in narrative if part) or clean(text),
        booking_text=clean(parts[0]),
        raw=clean(text),
    )


def _free(text: str) -> Details:
    plain = clean(text)
    match = _LEADING_IBAN.match(plain)
    if match is None:
        return Details(narrative=plain, raw=plain)
    return Details(account=match[1], narrative=plain[match.end() :], raw=plain)

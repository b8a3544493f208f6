"""What a file that nobody reads looks like, in words; never its text, which may be personal."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from pathlib import PurePosixPath
from typing import Final

from recon.ingest import damage, package
from recon.ingest.decoding import decode, is_text
from recon.ingest.source import Source
from recon.problems import Problem

_ZIP: Final = b"PK\x03\x04"
_UNPACK: Final = "unpack it, and give the files that are in it"
_PACKED: Final = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
)
# No public source says how ARUCS names its parts.
_REPORTS: Final = (
    (b"<ARUCS", "of returned credits (ARUCS), whose layout is not known here"),
    (b"<ADDACS", "of changed or cancelled Direct Debit instructions (ADDACS): it holds no receipts"),
    (b"<AUDDIS", "of Direct Debit instructions that banks took or refused (AUDDIS): it holds no receipts"),
    (b"<AWACS", "of accounts that were wrong or have moved (AWACS): it holds no receipts"),
    (
        b"<MessagingAdvice",
        "of changed, cancelled or refused instructions (ADDACS, AUDDIS or AWACS): it holds no receipts",
    ),
)
_WORKBOOKS: Final = (".xlsx", ".xlsm", ".ods")
_ENDINGS_MAX: Final = 5  # kinds of files in an archive that are told
PROPOSE: Final = (
    "`recon profile FILE` proposes a profile for its columns; or export it as CSV, MT940 or camt.053"
)
_EXPORT: Final = "export it where it comes from as CSV, XLSX, MT940, camt.053 or OFX"
_TEXT: Final = "ask for what it shows as a file: CSV, XLSX, MT940 or camt.053"
_AGAIN: Final = "only the beginning of such a file is there: get it again"
_BINARY: Final = "whatever its name says, no statement or table is written so: get it again, or\n" + _EXPORT
_PAGE: Final = (
    "look at it in a browser: it may be a page of the bank's site, as for signing in, in place of the file;\n"
    + _EXPORT
)
_NO_COLUMNS: Final = (
    "a table has a heading and several columns, parted by commas, semicolons, tabs or pipes;\n" + _EXPORT
)
_NO_PART: Final = (
    "what is read of this kind is in docs/data.md: X12 820 and 835, EDIFACT REMADV, for --remittance"
)
_SIGNATURES = (
    (b"%PDF", "a PDF document", _TEXT),
    (_ZIP, "a workbook or document whose headings are in no profile", PROPOSE),
    (b"\xd0\xcf\x11\xe0", "an old Office document, or a workbook whose headings are in no profile", PROPOSE),
    (b"\x89PNG", "a picture", _TEXT),
    (b"\xff\xd8\xff", "a picture", _TEXT),
    (b"ISA", "an X12 interchange", _NO_PART),
    (b"UNA", "an EDIFACT interchange", _NO_PART),
    (b"UNB", "an EDIFACT interchange", _NO_PART),
    (b"OFXHEADER", "an OFX file without its tags", _AGAIN),
    (b"!Type:", "a QIF file", _EXPORT),
    (b"01,", "perhaps a BAI2 file, without a group (02)", _AGAIN),
    (b"{", "perhaps JSON", _EXPORT),
)


def problem(source: Source) -> Problem:
    """`file-unknown` for a file that nobody reads: what it looks like, and what to do."""
    packed = _packed(source)
    if packed:
        return Problem("file-unknown", source.name, f"this is {packed}; nothing in it was read", _UNPACK)
    if b"<BACSDocument" in source.head:
        what = f"this is a Bacs report {_report(source.head)}; nothing in it was read"
        return Problem("file-unknown", source.name, what, "give the bank statement, which has the money")
    what, hint = _described(source)
    return Problem("file-unknown", source.name, f"no reader knows this file: {what}", hint)


def _report(head: bytes) -> str:
    """Which of Bacs' reports it is, besides ARUDD, which is read."""
    return next((words for tag, words in _REPORTS if tag in head), "of a kind that is not known")


def _packed(source: Source) -> str:
    """Which archive the file is, and what kinds of files a zip has; "" if it is none."""
    for signature, words in _PACKED:
        if source.head.startswith(signature):
            return words
    if not source.head.startswith(_ZIP) or package.is_workbook(source.data):
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir()]
    except damage.PACKAGE:
        if PurePosixPath(source.name.lower()).suffix in _WORKBOOKS:
            return "a workbook that is damaged, or of which only a part is there"
        return "a zip archive, and a damaged one"
    if "[Content_Types].xml" in names or "mimetype" in names:
        return ""  # a document of an office program
    endings = Counter(PurePosixPath(name).suffix.lower() for name in names)
    told = [ending for ending, _ in endings.most_common() if re.fullmatch(r"\.[a-z0-9]{1,5}", ending)]
    kinds = f" ({', '.join(told[:_ENDINGS_MAX])})" if told else ""
    return f"a zip archive of {len(names):,} {'file' if len(names) == 1 else 'files'}{kinds}"


def _described(source: Source) -> tuple[str, str]:
    """What the file looks like, in a few words, and what to do: only where there are columns can a profile help."""
    head = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"<OFX>" in head:  # a profile was named, or a format
        return "an OFX file", "leave out --profile: it needs none"
    for signature, words, hint in _SIGNATURES:
        if head.startswith(signature):
            return words, hint
    if head.startswith(b"<"):
        return "an XML or HTML file of another kind", _PAGE
    if not is_text(source.head):
        return "binary data", _BINARY
    quoted = re.compile(r'"[^"\n]*"')  # a comma in there parts nothing
    lines = [quoted.sub("", line) for line in decode(source.head).text.splitlines() if line.strip()]
    counts = {name: max((line.count(mark) for line in lines), default=0) for name, mark in _MARKS.items()}
    most = max(counts, key=lambda name: counts[name])
    if counts[most] == 0:
        many = "a line of text" if len(lines) == 1 else f"text of {len(lines)} lines"
        return f"{many} without columns", _NO_COLUMNS
    return f"text with {counts[most] + 1} columns parted by {most}, whose heading is in no profile", PROPOSE


_MARKS = {"commas": ",", "semicolons": ";", "tabs": "\t", "pipes": "|"}

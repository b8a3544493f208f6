"""What is in a mail: its attachments and its text, out of all its envelopes. Names become labels, never paths."""

from __future__ import annotations

import email
import email.errors
import email.header
import email.message
import email.policy
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from recon.ingest import decoding
from recon.ingest.grid import clean
from recon.ingest.source import HEAD_SIZE, Source

BYTES_MAX: Final = 64 << 20
PARTS_MAX: Final = 500
DEPTH_MAX: Final = 5  # mails in mails
# The standard parser looks at every line once for each open part, and at long headers again and again.
_LOOKS_MAX: Final = 10_000_000  # lines times parts that may be open
_OPEN_MAX: Final = 200
_HEADERS_MAX: Final = 50_000
_LONG_HEADER: Final = re.compile(
    rb"(?im)^[a-z][a-z-]{0,60}:(?:[^\n]{20000}|(?:[^\n]*\n[ \t]){500})", re.ASCII
)
_HEADER_LINE: Final = re.compile(rb"(?m)^[A-Za-z][A-Za-z-]{0,60}:")
_NAME_MAX: Final = 80
_HEADERS: Final = frozenset(
    b"from to cc date subject sender reply-to message-id mime-version received return-path delivered-to "
    b"content-type content-transfer-encoding references in-reply-to dkim-signature".split()
)
_OF_MAILS: Final = frozenset(b"from received return-path message-id mime-version delivered-to".split())
_HEADER: Final = re.compile(rb"([A-Za-z][A-Za-z0-9-]{0,60}):")
_ENOUGH: Final = 2
_LINES_LOOKED_AT: Final = 200
_SLASH: Final = re.compile(r"[\\/]")
_BAD: Final = re.compile(r"[:*?\"<>|\x00-\x1f]+")
# Parts that never hold data.
_MUTE: Final = frozenset(
    [
        "text/calendar",
        "application/ics",
        "text/vcard",
        "text/x-vcard",
        "text/rfc822-headers",
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "message/delivery-status",
        "message/disposition-notification",
        "message/external-body",
    ]
)
_ENCRYPTED: Final = frozenset(
    ["application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"]
)


@dataclass(frozen=True)
class Leaf:
    """A part without parts: its label, its kind (`text/csv`), its bytes."""

    label: str
    kind: str
    content: bytes


@dataclass
class Parts:
    """A mail taken apart. Bodies that say the same in several ways stand together."""

    attached: list[Leaf] = field(default_factory=list)
    bodies: list[list[Leaf]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)  # labels of pictures that somebody attached
    encrypted: list[str] = field(default_factory=list)
    too_deep: list[str] = field(default_factory=list)
    mails: Counter[str] = field(default_factory=Counter)  # by what they are in


def is_mail(head: bytes) -> bool:
    """Whether a file begins as mails do: lines of headers, some of which only mails have."""
    lines = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").splitlines()[:_LINES_LOOKED_AT]
    found = set()
    for number, line in enumerate(lines):
        if not line.strip():
            break
        if line[:1] in b" \t" or (number == 0 and line.startswith(b"From ")):
            continue
        name = _HEADER.match(line)
        if name is None:
            return False
        found.add(name[1].lower())
    return len(found & _HEADERS) >= _ENOUGH and bool(found & _OF_MAILS)


def parts(source: Source) -> Parts:
    """All that is in a mail.

    Raises:
        ReconError: `file-unreadable` if it is too large, or made of too many parts.
    """
    if source.size > BYTES_MAX:
        what = f"the mail has {source.size:,} bytes; at most {BYTES_MAX:,} are read"
        raise source.refusal(what, "save its attachments and read these")
    data = source.load()
    too_many = source.refusal("the mail has too many parts", "save its attachments and read these")
    if _excessive(data):
        raise too_many
    made = Parts()
    try:
        message = email.message_from_bytes(data.lstrip(b"\r\n"), policy=email.policy.compat32)
        for number, _ in enumerate(_walk(message, "", 0, made)):
            if number >= PARTS_MAX:
                raise too_many
    except RecursionError as error:
        raise too_many from error
    return made


def _excessive(data: bytes) -> bool:
    """Whether the parser would take very long."""
    open_parts = data.lower().count(b"boundary=")
    return (
        open_parts > _OPEN_MAX
        or open_parts * data.count(b"\n") > _LOOKS_MAX
        or data.count(b"\n--") > _HEADERS_MAX
        or sum(1 for _ in _HEADER_LINE.finditer(data)) > _HEADERS_MAX
        or _LONG_HEADER.search(data) is not None
    )


def _walk(message: email.message.Message, prefix: str, depth: int, made: Parts) -> Iterator[None]:
    """Each leaf into its place; yields at each part."""
    yield
    kind = message.get_content_type()
    if kind == "message/rfc822":
        inner = message.get_payload()
        label = _numbered(prefix, made)
        if depth >= DEPTH_MAX:
            made.too_deep.append(label)
        else:
            for one in _messages(inner):
                yield from _walk(one, f"{label}:", depth + 1, made)
    elif message.is_multipart():
        payload = message.get_payload()
        before = len(made.bodies)
        for one in _messages(payload):
            yield from _walk(one, prefix, depth, made)
        if kind == "multipart/alternative" and len(made.bodies) > before:
            made.bodies[before:] = [[leaf for group in made.bodies[before:] for leaf in group]]
    else:
        _leaf(message, kind, prefix, made)


def _messages(payload: object) -> list[email.message.Message]:
    return (
        [one for one in payload if isinstance(one, email.message.Message)]
        if isinstance(payload, list)
        else []
    )


def _leaf(message: email.message.Message, kind: str, prefix: str, made: Parts) -> None:
    content = message.get_payload(decode=True)
    name = _name(message)
    attached = bool(name) or message.get_content_disposition() == "attachment"
    if not isinstance(content, bytes) or not content.strip() or kind in _MUTE:
        return
    if kind in _ENCRYPTED:
        made.encrypted.append(_labelled(prefix, message, made, "encrypted"))
    elif kind.startswith("image/"):
        # Pictures of the text (logos, signatures) have an id by which it names them.
        if message.get_content_disposition() == "attachment" and not message.get("Content-ID"):
            made.pictures.append(_labelled(prefix, message, made, "picture"))
    elif kind in ("text/plain", "text/html") and not attached:
        made.bodies.append([Leaf(f"{prefix}body", kind, _as_utf8(message, content))])
    else:
        if kind.startswith("text/"):
            content = _as_utf8(message, content)
        made.attached.append(Leaf(_labelled(prefix, message, made, "attachment"), kind, content))


def _as_utf8(message: email.message.Message, content: bytes) -> bytes:
    """Text in the encoding that everybody knows, if the mail says truly which it is in."""
    codec = str(message.get_param("charset") or "").strip("'\" ") or "utf-8"
    if not decoding.is_text(content[:HEAD_SIZE]):
        return content
    try:
        return content.decode(codec).encode()
    except (UnicodeError, LookupError, ValueError):
        return content


def _labelled(prefix: str, message: email.message.Message, made: Parts, otherwise: str) -> str:
    """A part's label: its name without what could be a way to somewhere; two of one name are told apart."""
    name = clean(_BAD.sub("_", _SLASH.split(_name(message))[-1])).strip(". ")[-_NAME_MAX:] or otherwise
    taken = {leaf.label for leaf in made.attached} | {*made.pictures, *made.encrypted, *made.too_deep}
    if name.casefold().endswith((".eml", ".msg")):
        return _numbered(prefix, made, name[-4:].casefold())
    label, number = f"{prefix}{name}", 2
    while label in taken:
        label, number = f"{prefix}{name} ({number})", number + 1
    return label


def _numbered(prefix: str, made: Parts, ending: str = ".eml") -> str:
    """A mail within a mail has its subject for a name, and that may name a person: it gets a number."""
    made.mails[prefix] += 1
    return f"{prefix}message-{made.mails[prefix]}{ending}"


def _name(message: email.message.Message) -> str:
    """The file name that the sender gave, whichever of the three ways it is written in."""
    try:
        raw = message.get_filename() or ""
        pieces = email.header.decode_header(raw) if "=?" in raw else [(raw, None)]
        return "".join(
            piece if isinstance(piece, str) else piece.decode(codec or "utf-8", "replace")
            for piece, codec in pieces
        )
    except (email.errors.MessageError, UnicodeError, LookupError, ValueError, TypeError):
        return ""

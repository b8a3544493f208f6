"""PDF documents made by hand: text at places, pages turned, a picture instead of text, a password.

Coordinates are points from the left and from the *top* of an A4 page. The font is Helvetica, or Courier.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 595, 842
_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
# Widths of Helvetica in thousandths of its size: enough of them to set numbers flush right.
_WIDTHS = (
    dict.fromkeys("0123456789", 556) | dict.fromkeys(",. ", 278) | dict.fromkeys("()-", 333) | {"*": 389}
)


def width(text: str, size: float = 9) -> float:
    """How wide a text is in Helvetica; letters are taken as figures are."""
    return sum(_WIDTHS.get(one, 556) for one in text) * size / 1000


@dataclass
class Paper:
    """One page: what is drawn on it, in the order in which it is drawn."""

    rotate: int = 0
    drawn: list[str] = field(default_factory=list)
    picture: bool = False
    fields: list[tuple[float, float, str]] = field(default_factory=list)

    def typed(self, x: float, y: float, text: str) -> Paper:
        """A field of a form, with what somebody typed into it."""
        self.fields.append((x, y, text))
        return self

    def text(self, x: float, y: float, text: str, size: float = 9) -> Paper:
        """Text that begins at x."""
        up = HEIGHT - y
        place = {0: f"1 0 0 1 {x} {up}", 90: f"0 1 -1 0 {y} {x}", 180: f"-1 0 0 -1 {WIDTH - x} {y}"}[
            self.rotate
        ]
        self.drawn.append(f"BT /F1 {size} Tf {place} Tm ({_escaped(text)}) Tj ET")
        return self

    def right(self, x: float, y: float, text: str, size: float = 9) -> Paper:
        """Text that ends at x."""
        return self.text(round(x - width(text, size), 2), y, text, size)

    def slanted(self, x: float, y: float, text: str) -> Paper:
        """Text across the page, as watermarks are."""
        self.drawn.append(
            f"BT /F1 60 Tf 0.7071 0.7071 -0.7071 0.7071 {x} {HEIGHT - y} Tm ({_escaped(text)}) Tj ET"
        )
        return self

    def rule(self, y: float, left: float = 30, right: float = 560) -> Paper:
        """A line across an upright page."""
        self.drawn.append(f"0.5 w {left} {HEIGHT - y} m {right} {HEIGHT - y} l S")
        return self

    def row(self, y: float, cells: Sequence[tuple[float, str]]) -> Paper:
        """Cells of a line: those at a negative place end there."""
        for x, text in cells:
            self.text(x, y, text) if x >= 0 else self.right(-x, y, text)
        return self


def pdf(*pages: Paper, lock: str | None = None, drawn: bool = True, form: str = "") -> bytes:
    """The document; with a lock of no letters it is encrypted and all may open it.

    Fields are `drawn` as programs draw them once they are filled, or left to whoever shows them; `form` is what
    else the form has.
    """
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    pixel = (
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
    )
    objects.append(_stream(b"\x80", pixel[2:]))
    kids, fields = [], list[str]()
    for page in pages:
        content = "\n".join(page.drawn).encode("cp1252")
        if page.picture:
            content += b"\nq 500 0 0 700 40 40 cm /I1 Do Q"
        objects.append(_stream(content))
        resources = f"<< /Font << /F1 3 0 R >> /XObject << /I1 4 0 R >> >> /Contents {len(objects)} 0 R"
        turned = f"/Rotate {page.rotate} " if page.rotate else ""
        box = f"/MediaBox [0 0 {WIDTH} {HEIGHT}]"
        own = [_field(objects, *one, drawn=drawn) for one in page.fields]
        box += f" /Annots [{' '.join(own)}]" if own else ""
        fields += own
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} {turned}/Resources {resources} >>".encode())
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    adobe = "/NeedsRendering true" if "/XFA" in form else ""
    if fields or form:
        objects[0] = (
            f"<< /Type /Catalog /Pages 2 0 R {adobe} /AcroForm << /Fields [{' '.join(fields)}] /DA (/F1 9 Tf 0 g) "
            f"/DR << /Font << /F1 3 0 R >> >> {form} >> >>"
        ).encode()
    return _written(objects, lock)


def _field(objects: list[bytes], x: float, y: float, text: str, *, drawn: bool) -> str:
    """A field of a form; the objects that it is made of are added."""
    seen = ""
    if drawn:
        box = b"/Type /XObject /Subtype /Form /BBox [0 0 100 14] /Resources << /Font << /F1 3 0 R >> >>"
        objects.append(_stream(f"/Tx BMC q BT /F1 9 Tf 2 4 Td ({_escaped(text)}) Tj ET Q EMC".encode(), box))
        seen = f"/AP << /N {len(objects)} 0 R >>"
    place = f"[{x - 2} {HEIGHT - y - 4} {x + 98} {HEIGHT - y + 10}]"
    name = f"field {len(objects)}"
    objects.append(
        f"<< /Type /Annot /Subtype /Widget /FT /Tx /T ({name}) /V ({_escaped(text)}) /F 4 /DA (/F1 9 Tf 0 g) "
        f"/Rect {place} {seen} >>".encode()
    )
    return f"{len(objects)} 0 R"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (more, len(content), content)


def _written(objects: Sequence[bytes], lock: str | None) -> bytes:
    own_id = hashlib.md5(b"".join(objects)).digest()  # noqa: S324 - the format's own
    secret = _padded(lock or "")
    owner = _rc4(hashlib.md5(secret).digest()[:5], secret)  # noqa: S324 - the format's own
    rights = (0xFFFFFFFC).to_bytes(4, "little")
    key = hashlib.md5(secret + owner + rights + own_id).digest()[:5]  # noqa: S324 - the format's own
    made, places = b"%PDF-1.4\n", []
    if lock is not None:
        check = _rc4(key, _PAD)
        handler = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>"
        objects = [_locked(one, key, number) for number, one in enumerate(objects, 1)]
        objects.append(handler % (owner.hex().encode(), check.hex().encode()))
    for number, one in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    handled = b" /Encrypt %d 0 R" % len(objects) if lock is not None else b""
    trailer = b"<< /Size %d /Root 1 0 R /ID [<%s> <%s>]%s >>"
    end = trailer % (len(objects) + 1, own_id.hex().encode(), own_id.hex().encode(), handled)
    start = len(made)
    return made + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
        end,
        start,
    )


def _locked(one: bytes, key: bytes, number: int) -> bytes:
    """An object with its stream encrypted."""
    if b"\nstream\n" not in one:
        return one
    head, _, rest = one.partition(b"\nstream\n")
    content = rest.removesuffix(b"\nendstream")
    own = hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10]  # noqa: S324 - the format's own
    return head + b"\nstream\n" + _rc4(own, content) + b"\nendstream"


def _padded(lock: str) -> bytes:
    return (lock.encode("cp1252") + _PAD)[:32]


def _rc4(key: bytes, data: bytes) -> bytes:
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)

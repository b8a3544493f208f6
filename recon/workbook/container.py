"""A zip container in which members that don't change keep their very bytes: headers, compression and order.

`zipfile` can only decompress and compress again; here an unchanged member is one slice of the old file. A member may
come in pieces, which are compressed one after the other: a large sheet never stands in memory as a whole.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

PART_SIZE_MAX: Final = 2**31 - 1  # of one member, unpacked
_PIECE: Final = 1 << 20  # bytes that are unpacked at once
_LEVEL: Final = 3  # twice as fast as the usual 6, some percent larger
_EPOCH: Final = (0, 0x21)  # 1 January 1980, 00:00, as zip writes it: no clock in the bytes
_LOCAL: Final = "<4sHHHHHIIIHH"
_CENTRAL: Final = "<4sHHHHHHIIIHHHHHII"
_END: Final = "<4sHHHHIIH"

Pieces = Callable[[], Iterator[bytes]]  # a member in pieces; may be asked for again
Part = bytes | Pieces


class Container:
    """The members of a zip file held in memory.

    Raises:
        zipfile.BadZipFile: the bytes are no zip file, or one that no office program writes (a name twice,
            encrypted or oversized members).
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._infos = {info.filename: info for info in self._zip.infolist()}
        infos = self._zip.infolist()
        if len(self._infos) != len(infos):
            raise zipfile.BadZipFile("a member is there twice")
        if any(info.flag_bits & 1 or info.file_size > PART_SIZE_MAX for info in infos):
            raise zipfile.BadZipFile("a member is encrypted or too large")

    @property
    def names(self) -> list[str]:
        """The members' names, in order."""
        return list(self._infos)

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def checksums(self) -> dict[str, tuple[int, int]]:
        """What tells each member from another: the checksum and size of its bytes, unpacked."""
        return {name: (info.CRC, info.file_size) for name, info in self._infos.items()}

    def read(self, name: str) -> bytes:
        """A member's bytes, unpacked.

        Raises:
            KeyError: there is no such member.
            zipfile.BadZipFile: its bytes are damaged.
        """
        try:
            return self._zip.read(self._infos[name])
        except (zlib.error, EOFError, NotImplementedError) as error:
            raise zipfile.BadZipFile(str(error)) from error

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member's bytes, unpacked piece by piece; raises as `read`."""
        try:
            with self._zip.open(self._infos[name]) as member:
                while piece := member.read(_PIECE):
                    yield piece
        except (zlib.error, EOFError, NotImplementedError) as error:
            raise zipfile.BadZipFile(str(error)) from error

    def replaced(self, parts: Mapping[str, Part | None], *, store: bool = False) -> bytes:
        """The container with some members replaced in place, left out (None) or added at the end.

        A member that comes in pieces and is what it was keeps its old bytes. `store` leaves what is written
        uncompressed, so that the bytes don't hang on a compression library.
        """
        out = io.BytesIO()
        central: list[bytes] = []
        ends = self._ends()
        for name, info in self._infos.items():
            if name not in parts:
                central.append(self._entry(info, out.tell()))
                out.write(self._data[info.header_offset : ends[name]])
            elif (data := parts[name]) is not None:
                start = out.tell()
                entry, crc, size = _write(out, name, data, store=store)
                if callable(data) and (crc, size) == (info.CRC, info.file_size):
                    out.seek(start)
                    out.truncate()
                    entry = self._entry(info, start)
                    out.write(self._data[info.header_offset : ends[name]])
                central.append(entry)
        for name, data in parts.items():
            if name not in self._infos and data is not None:
                central.append(_write(out, name, data, store=store)[0])
        _close(out, central)
        return out.getvalue()

    def _ends(self) -> dict[str, int]:
        """Where each member's bytes end: at the next one, or at the directory."""
        ordered = sorted(self._infos.values(), key=lambda info: info.header_offset)
        starts = [info.header_offset for info in ordered[1:]] + [self._zip.start_dir]
        return {info.filename: end for info, end in zip(ordered, starts, strict=True)}

    def _entry(self, info: zipfile.ZipInfo, offset: int) -> bytes:
        """A member's directory entry as zipfile read it, at its new place."""
        name = info.filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")
        stamp = info.date_time
        date = (stamp[0] - 1980) << 9 | stamp[1] << 5 | stamp[2]
        time = stamp[3] << 11 | stamp[4] << 5 | stamp[5] // 2
        head = struct.pack(
            _CENTRAL,
            b"PK\1\2",
            info.create_system << 8 | info.create_version,
            info.extract_version,
            info.flag_bits,
            info.compress_type,
            time,
            date,
            info.CRC,
            info.compress_size,
            info.file_size,
            len(name),
            0,  # the extra field is left out: it repeats what the member's own header says
            0,
            0,
            info.internal_attr,
            info.external_attr,
            offset,
        )
        return head + name


def make(parts: Mapping[str, bytes]) -> bytes:
    """A container of the given members, uncompressed: the same bytes on every machine."""
    out = io.BytesIO()
    central = [_write(out, name, data, store=True)[0] for name, data in parts.items()]
    _close(out, central)
    return out.getvalue()


def _write(out: io.BytesIO, name: str, data: Part, *, store: bool) -> tuple[bytes, int, int]:
    """Write one member; its directory entry, its checksum and its size unpacked."""
    method = 0 if store else 8
    encoded = name.encode("ascii")  # part names of OPC are ASCII
    offset = out.tell()
    out.write(bytes(struct.calcsize(_LOCAL)) + encoded)
    start = out.tell()
    crc = size = 0
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    for piece in data() if callable(data) else (data,):
        crc = zlib.crc32(piece, crc)
        size += len(piece)
        if size > PART_SIZE_MAX:
            raise zipfile.BadZipFile(f"{name} would be too large")
        out.write(piece if store else deflate.compress(piece))
    if not store:
        out.write(deflate.flush())
    end = out.tell()
    sizes = (crc, end - start, size, len(encoded))
    out.seek(offset)  # what the header says is known only now
    out.write(struct.pack(_LOCAL, b"PK\3\4", 20, 0, method, *_EPOCH, *sizes, 0))
    out.seek(end)
    entry = struct.pack(_CENTRAL, b"PK\1\2", 20, 20, 0, method, *_EPOCH, *sizes, 0, 0, 0, 0, 0, offset)
    return entry + encoded, crc, size


def _close(out: io.BytesIO, central: list[bytes]) -> None:
    start = out.tell()
    directory = b"".join(central)
    out.write(directory)
    out.write(struct.pack(_END, b"PK\5\6", 0, 0, len(central), len(central), len(directory), start, 0))

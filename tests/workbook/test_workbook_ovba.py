"""The macro project: the checklist of [MS-OVBA] and [MS-CFB], read by independent readers."""

from __future__ import annotations

import io
import random
import struct

import olefile  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oletools.olevba import VBA_Parser, decompress_stream

from recon.workbook import cfb, ovba
from recon.workbook.ovba import Module, ModuleKind

MODULES = [
    Module("ThisWorkbook", ModuleKind.WORKBOOK, "Option Explicit\n"),
    Module("shHome", ModuleKind.WORKSHEET),
    Module("Plain", ModuleKind.PROCEDURAL, 'Sub A()\n  MsgBox "\u2013 €"\nEnd Sub\n' * 400),
    Module("Thing", ModuleKind.CLASS, "Public X As Long\n"),
]


@pytest.fixture(scope="module")
def project() -> olefile.OleFileIO:
    return olefile.OleFileIO(io.BytesIO(ovba.project(MODULES)), raise_defects=olefile.DEFECT_UNSURE)


def stream(project: olefile.OleFileIO, name: str) -> bytes:
    data: bytes = project.openstream(name).read()
    return data


def unpacked(project: olefile.OleFileIO, name: str) -> bytes:
    return bytes(decompress_stream(bytearray(stream(project, name))))


def test_an_independent_reader_finds_no_defect(project: olefile.OleFileIO) -> None:
    assert project.parsing_issues == []
    assert sorted("/".join(path) for path in project.listdir()) == sorted(
        ["PROJECT", "PROJECTwm", "VBA/dir", "VBA/_VBA_PROJECT", *(f"VBA/{module.name}" for module in MODULES)]
    )


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_source_comes_out_as_it_went_in_with_crlf_and_cp1252(
    project: olefile.OleFileIO, module: Module
) -> None:
    text = unpacked(project, f"VBA/{module.name}").decode("cp1252")
    assert text.replace("\r\n", "\n").endswith(module.source)
    assert "\n" not in text.replace("\r\n", "")
    assert text.startswith(f'Attribute VB_Name = "{module.name}"\r\n')


def test_olevba_finds_the_modules_by_name() -> None:
    parser = VBA_Parser("vbaProject.bin", data=ovba.project(MODULES))
    assert {name for _, _, name, _ in parser.extract_macros()} == {
        "ThisWorkbook.cls",
        "shHome.cls",
        "Plain.bas",
        "Thing.cls",
    }


def test_the_records_of_dir_stand_in_the_order_that_excel_writes(project: olefile.OleFileIO) -> None:
    data, at, seen = unpacked(project, "VBA/dir"), 0, []
    while at < len(data):
        number, size = struct.unpack_from("<HI", data, at)
        at += 6 + (6 if number == 0x09 else size)  # VERSION says 4 and holds 6
        seen.append(number)
    head = [0x01, 0x02, 0x14, 0x03, 0x04, 0x05, 0x40, 0x06, 0x3D, 0x07, 0x08, 0x09, 0x0C, 0x3C, 0x0F, 0x13]
    module = [0x19, 0x47, 0x1A, 0x32, 0x1C, 0x48, 0x31, 0x1E, 0x2C]
    assert seen == [
        *head,
        *(number for m in MODULES for number in [*module, 0x21 if m.name == "Plain" else 0x22, 0x2B]),
        0x10,
    ]


def test_there_is_no_compiled_code(project: olefile.OleFileIO) -> None:
    assert stream(project, "VBA/_VBA_PROJECT") == b"\xcc\x61\xff\xff\x00\x00\x00"
    assert unpacked(project, "VBA/dir").count(b"\x31\x00\x04\x00\x00\x00\x00\x00\x00\x00") == len(MODULES)


def test_the_names_are_the_same_in_every_list(project: olefile.OleFileIO) -> None:
    text = stream(project, "PROJECT").decode("cp1252")
    declared = [line for line in text.split("\r\n") if line.startswith(("Document=", "Module=", "Class="))]
    assert declared == [
        "Document=ThisWorkbook/&H00000000",
        "Document=shHome/&H00000000",
        "Module=Plain",
        "Class=Thing",
    ]
    assert "\n" not in text.replace("\r\n", "")
    pairs = b"".join(m.name.encode() + b"\0" + m.name.encode("utf-16-le") + b"\0\0" for m in MODULES)
    assert stream(project, "PROJECTwm") == pairs + b"\0\0"


def test_document_modules_say_whose_they_are(project: olefile.OleFileIO) -> None:
    assert b"0{00020819-0000-0000-C000-000000000046}" in unpacked(project, "VBA/ThisWorkbook")
    sheet = unpacked(project, "VBA/shHome").decode()
    assert "0{00020820-0000-0000-C000-000000000046}" in sheet
    for name in ("PredeclaredId", "Exposed", "Customizable"):
        assert f"Attribute VB_{name} = True" in sheet


def decrypted(text: str) -> tuple[int, bytes]:
    """A protection field of PROJECT after [MS-OVBA] 2.4.3.3: its project key and its data."""
    seed, version, key, *rest = bytes.fromhex(text)
    assert seed ^ version == 2
    plain, first, second = seed ^ key, key, version
    out = []
    for byte in rest:
        plain = byte ^ ((second + plain) & 0xFF)
        second, first = first, byte
        out.append(plain)
    body = bytes(out[(seed & 6) // 2 :])
    assert struct.unpack("<I", body[:4])[0] == len(body) - 4
    return seed ^ key, body[4:]


def test_nothing_is_protected(project: olefile.OleFileIO) -> None:
    fields = dict(
        line.split("=", 1)
        for line in stream(project, "PROJECT").decode().split("\r\n")
        if line.count('"') == 2
    )
    key = sum(fields["ID"].strip('"').encode()) & 0xFF
    assert decrypted(fields["CMG"].strip('"')) == (key, bytes(4))
    assert decrypted(fields["DPB"].strip('"')) == (key, b"\0")
    assert decrypted(fields["GC"].strip('"')) == (key, b"\xff")


def test_siblings_are_sorted_by_length_then_upper_case(project: olefile.OleFileIO) -> None:
    entries = project.direntries

    def walk(at: int) -> list[str]:
        if at == olefile.NOSTREAM:
            return []
        entry = entries[at]
        return [*walk(entry.sid_left), entry.name, *walk(entry.sid_right)]

    for parent in (entry for entry in entries if entry is not None and entry.sid_child != olefile.NOSTREAM):
        names = walk(parent.sid_child)
        assert names == sorted(names, key=lambda name: (len(name), name.upper()))


@pytest.mark.parametrize("sizes", [[0], [1, 63, 64, 65], [4095, 4096, 4097], [100_000] * 9])
def test_streams_of_every_size_come_back(sizes: list[int]) -> None:
    streams = {f"S{at}": bytes([at + 1]) * size for at, size in enumerate(sizes)}
    read = olefile.OleFileIO(io.BytesIO(cfb.build(streams)), raise_defects=olefile.DEFECT_UNSURE)
    for name, data in streams.items():
        assert stream(read, name) == data


def test_a_file_over_seven_megabytes_is_refused() -> None:
    with pytest.raises(ValueError, match="7 MB"):
        cfb.build({"S": bytes(8_000_000)})


@pytest.mark.parametrize("name", ["1st", "with space", "Ünicode", "a" * 32, ""])
def test_a_module_name_that_excel_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="module's name"):
        Module(name, ModuleKind.PROCEDURAL)


def test_two_modules_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        ovba.project([Module("A", ModuleKind.PROCEDURAL), Module("a", ModuleKind.PROCEDURAL)])


def test_a_character_outside_the_code_page_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        ovba.project([Module("A", ModuleKind.PROCEDURAL, "' ☃\n")])


def test_the_same_sources_give_the_same_bytes() -> None:
    assert ovba.project(MODULES) == ovba.project(list(MODULES))


@given(st.text(alphabet="abc \r\nEndSub", max_size=9000))
def test_compressed_text_comes_back(text: str) -> None:
    data = text.encode()
    assert bytes(decompress_stream(bytearray(ovba.compress(data)))) == data


def test_whole_chunks_that_cannot_be_compressed_come_back_and_a_short_one_is_refused() -> None:
    noise = bytes((at * at * 7919 + at // 3) >> 3 & 0xFF for at in range(4096))
    assert bytes(decompress_stream(bytearray(ovba.compress(noise)))) == noise
    rest = random.Random(1).randbytes(4000)  # noqa: S311 - noise, no secret
    with pytest.raises(ValueError, match="can't be compressed"):
        ovba.compress(rest)

"""camt: versions and envelopes, and XML that is made to harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recon import ingest
from recon.ingest import xml
from recon.problems import Problem, ReconError

Write = Callable[[str, "str | bytes"], Path]

ENTRY = (
    "<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
    "<BookgDt><Dt>2026-03-03</Dt></BookgDt>{more}</Ntry>"
)


def message(entries: str, root: str = "BkToCstmrStmt", part: str = "Stmt", namespace: str = "") -> str:
    declared = f" xmlns='{namespace}'" if namespace else ""
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><Document{declared}><{root}><{part}><Id>1</Id>"
        f"<Acct><Id><IBAN>DE02100100100006820101</IBAN></Id></Acct>{entries}</{part}></{root}></Document>"
    )


def refused(path: Path) -> Problem:
    with pytest.raises(ReconError) as caught:
        ingest.read(path)
    assert path.name in str(caught.value)
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("root", "part", "form"),
    [
        ("BkToCstmrStmt", "Stmt", "camt.053"),
        ("BkToCstmrAcctRpt", "Rpt", "camt.052"),
        ("BkToCstmrAcctRptV01", "Rpt", "camt.052"),
        ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "camt.054"),
    ],
)
@pytest.mark.parametrize("namespace", ["", "urn:iso:std:iso:20022:tech:xsd:camt.053.001.14"])
def test_messages(write: Write, root: str, part: str, form: str, namespace: str) -> None:
    text = message(ENTRY.format(amount="5.00", more=""), root, part, namespace)
    for content in (
        text.encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.replace("UTF-8", "UTF-16").encode("utf-16"),
    ):
        reading = ingest.read(write("b.txt", content))
        assert (reading.format, reading.table["amount"].to_list()) == (form, ["5.00"])


def test_prefixed_names(write: Write) -> None:
    text = message(ENTRY.format(amount="5.00", more="")).replace("<Document>", "<n:Document xmlns:n='urn:x'>")
    text = (
        text.replace("</Document>", "</n:Document>").replace("<BkTo", "<n:BkTo").replace("</BkTo", "</n:BkTo")
    )
    assert ingest.read(write("b.xml", text)).table.height == 1


def test_another_message_is_not_ours(write: Write) -> None:
    problem = refused(write("b.xml", "<Document><CstmrPmtStsRpt/></Document>"))
    assert problem.code == "file-unknown"


LAUGHS = "<!DOCTYPE lolz [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '&{before};&{before};&{before};&{before};&{before};&{before};&{before};&{before};'>"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "declared",
    [
        "<!DOCTYPE Document>",
        "<!DOCTYPE Document [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE Document SYSTEM 'http://localhost/x.dtd'>",
        LAUGHS,
        "<!--" + "x" * 70_000 + "--><!DOCTYPE Document [<!ENTITY x 'y'>]>",
    ],
)
def test_document_types_and_entities_are_refused_before_they_are_read(write: Write, declared: str) -> None:
    text = message(ENTRY.format(amount="5.00", more="<AddtlNtryInf>&x;</AddtlNtryInf>")).replace(
        "?>", "?>" + declared, 1
    )
    for content in (text.encode(), text.replace("UTF-8", "UTF-16").encode("utf-16")):
        assert refused(write("b.xml", content)).code in ("xml-unsafe", "file-unknown")


@pytest.mark.parametrize(
    "text", [message(ENTRY.format(amount="5.00", more=""))[:-40], message("<Ntry>" * 5_000)]
)
def test_broken_xml_is_refused_with_its_line(write: Write, text: str) -> None:
    problem = refused(write("b.xml", text))
    assert problem.code == "xml-broken"
    assert problem.where.endswith(":1")


def test_a_namespace_with_braces_is_refused(write: Write) -> None:
    text = message(ENTRY.format(amount="5.00", more=""), namespace="urn:\n-}\nx")
    assert refused(write("b.xml", text)).code == "xml-broken"


def test_entity_references_lose_no_text(write: Write) -> None:
    text = message(
        ENTRY.format(amount="5.00", more="<AddtlNtryInf>A &amp; B &lt;x&gt; <!-- c -->&#65;</AddtlNtryInf>")
    )
    assert ingest.read(write("b.xml", text)).table["narrative"].to_list() == ["A & B <x> A"]


def test_many_entries_in_one_line_stay_countable(write: Write) -> None:
    entries = ENTRY.format(amount="5.00", more="") * 400 + ENTRY.format(amount="x", more="")
    reading = ingest.read(write("b.xml", message(entries)))
    assert reading.table.height == 400
    assert reading.table["line_id"].n_unique() == 400
    assert "entry 401:" in reading.problems[0].what


def test_a_statement_twice_counts_once(write: Write) -> None:
    text = message(ENTRY.format(amount="5.00", more=""))
    inner = text[text.index("<Stmt>") : text.index("</BkTo")]
    reading = ingest.read(write("b.xml", text.replace(inner, inner * 2)))
    assert reading.table["line_id"].n_unique() == 1
    assert [problem.code for problem in reading.problems] == ["statement-twice"]


ODD = [
    ENTRY.format(amount="5.00", more=""),
    ENTRY.format(amount="5.00", more="<!-- <Ntry> -->\n<AddtlNtryInf>a\n<!-- x -->b</AddtlNtryInf>"),
    ENTRY.format(amount="5.00", more="<AddtlNtryInf><![CDATA[<Ntry> & more]]></AddtlNtryInf>\n") * 3,
    "\n\n" + ENTRY.format(amount="6.00", more="<NtryDtls><TxDtls/><TxDtls/></NtryDtls>"),
]


@pytest.mark.parametrize("block", [7, 64, 1 << 20])
@pytest.mark.parametrize("entries", [*ODD, "\n".join(ODD)])
def test_the_two_ways_in_read_the_same(
    write: Write, monkeypatch: pytest.MonkeyPatch, entries: str, block: int
) -> None:
    """In blocks of any size; what looks like an entry inside of a comment sends the reader the careful way."""
    path = write("b.xml", message(entries))
    monkeypatch.setattr(xml, "_BLOCK", block)
    either = ingest.read(path)
    monkeypatch.setattr(xml, "parts", _unsure)
    careful = ingest.read(path)
    assert either.table.equals(careful.table)
    assert either.problems == careful.problems


def _unsure(*_arguments: object) -> Iterator[xml.Part]:
    raise xml.Unsure


@pytest.mark.parametrize("block", [7, 1 << 20])
def test_the_fast_way_takes_a_plain_file(write: Write, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    path = write("b.xml", message("\n".join(ENTRY.format(amount=f"{n}.00", more="") for n in range(1, 4))))
    monkeypatch.setattr(xml, "_BLOCK", block)
    monkeypatch.setattr(xml, "parts_carefully", _unsure)
    assert ingest.read(path).table["position"].to_list() == [1, 2, 3]

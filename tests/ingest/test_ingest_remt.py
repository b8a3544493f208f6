"""remt.001, and camt.054 given as a remittance; what a whole file gives is in remt/."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mutations import Change, changed, money_is_money, mutated, read_or_refused

from recon import ingest
from recon.model import Kind, Reading
from recon.problems import ReconError

Write = Callable[[str, "str | bytes"], Path]
HERE = Path(__file__).parent
DUE = '<DuePyblAmt Ccy="EUR">12.00</DuePyblAmt>'
MORE = (
    '<AdjstmntAmtAndRsn><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Rsn>X</Rsn></AdjstmntAmtAndRsn>'
)
COLUMNS = ["doc_no", "gross_amount", "deduction_amount", "deduction_type", "paid_amount"]


def strd(number: str, amounts: str, kind: str = "CINV") -> str:
    told = f"<Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Nb>{number}</Nb>"
    return f"<Strd><RfrdDocInf>{told}</RfrdDocInf><RfrdDocAmt>{amounts}</RfrdDocAmt></Strd>"


def message(
    body: str, paid: str = '<Amt><InstdAmt Ccy="EUR">10.00</InstdAmt></Amt>', version: str = "04"
) -> str:
    payment = f"<OrgnlPmtInf><Refs><EndToEndId>E-1</EndToEndId></Refs>{paid}</OrgnlPmtInf>"
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:remt.001.001.{version}"><RmtAdvc><GrpHdr><MsgId>M</MsgId>'
        f"</GrpHdr><RmtInf><RmtId>R</RmtId>{body}{payment}</RmtInf></RmtAdvc></Document>"
    )


def codes(reading: Reading) -> list[str]:
    return [problem.code for problem in reading.problems]


@pytest.mark.parametrize("version", ["01", "02", "03", "05", "06", "07"])
def test_versions_read_alike(write: Write, version: str) -> None:
    body = strd("INV-1", '<RmtdAmt Ccy="EUR">10.00</RmtdAmt>')
    reading = ingest.read(write("r.xml", message(body, version=version)))
    assert (reading.kind, reading.format) == (Kind.REMITTANCE, "remt.001")
    assert reading.table.select(COLUMNS).rows() == [("INV-1", "", "", "", "10.00")]
    assert codes(reading) == []


@pytest.mark.parametrize(
    ("amounts", "kind", "row", "said"),
    [
        ('<DuePyblAmt Ccy="EUR">10.00</DuePyblAmt>', "CINV", ("10.00", "0.00", "", "10.00"), []),
        ('<RmtdAmt Ccy="EUR">10.00</RmtdAmt>', "CREN", ("", "", "", "10.00"), []),
        (
            f'{DUE}<TaxAmt><Amt Ccy="EUR">2.00</Amt></TaxAmt><RmtdAmt Ccy="EUR">10.00</RmtdAmt>',
            "CINV",
            ("12.00", "2.00", "TAX", "10.00"),
            [],
        ),
        (
            f'{DUE}<DscntApldAmt Ccy="EUR">2.00</DscntApldAmt>',
            "CINV",
            ("12.00", "2.00", "DISC", "10.00"),
            [],
        ),
        (
            f'{MORE}<RmtdAmt Ccy="EUR">10.00</RmtdAmt>',
            "CINV",
            ("9.00", "-1.00", "X", "10.00"),
            [],
        ),
        # A credit note within an invoice is taken off what is due.
        (
            f'{DUE}<CdtNoteAmt Ccy="EUR">2.00</CdtNoteAmt>',
            "CINV",
            ("12.00", "2.00", "CREN", "10.00"),
            [],
        ),
        ('<RmtdAmt Ccy="EUR">9.00</RmtdAmt>', "CINV", ("", "", "", "9.00"), ["remittance-foots-not"]),
        (
            '<RmtdAmt Ccy="USD">10.00</RmtdAmt>',
            "CINV",
            ("", "", "", ""),
            ["remittance-foots-not", "value-missing"],
        ),
    ],
)
def test_amounts(write: Write, amounts: str, kind: str, row: tuple[str, ...], said: list[str]) -> None:
    reading = ingest.read(write("r.xml", message(strd("D-1", amounts, kind))))
    assert reading.table.select(COLUMNS[1:]).rows() == [row]
    assert sorted(codes(reading)) == said


def test_a_location_of_remittances_is_none(write: Write) -> None:
    with pytest.raises(ReconError):
        ingest.read(write("r.xml", '<Document xmlns="x"><RmtLctnAdvc><GrpHdr/></RmtLctnAdvc></Document>'))


def test_a_document_type_is_refused(write: Write) -> None:
    text = message(strd("INV-1", '<RmtdAmt Ccy="EUR">&x;</RmtdAmt>'))
    with pytest.raises(ReconError) as caught:
        ingest.read(write("r.xml", f'<!DOCTYPE d [<!ENTITY x "9">]>{text}'))
    assert caught.value.problems[0].code == "xml-unsafe"


CAMT_054 = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.04">
<BkToCstmrDbtCdtNtfctn><Ntfctn><Id>1</Id>
<Ntry><Amt Ccy="EUR">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-03-03</Dt></BookgDt>
<NtryDtls>
<TxDtls><Refs><EndToEndId>E-1</EndToEndId></Refs><Amt Ccy="EUR">20.00</Amt>
<RltdPties><Dbtr><Nm>Acme Test</Nm></Dbtr></RltdPties>
<RmtInf>{one}{two}</RmtInf></TxDtls>
<TxDtls><Amt Ccy="EUR">10.00</Amt><RmtInf><Ustrd>INV-9</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts></Ntry>
</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""


def test_a_camt_054_is_a_remittance_where_it_is_given_as_one(write: Write) -> None:
    one = strd("INV-1", '<RmtdAmt Ccy="EUR">25.00</RmtdAmt>')
    two = strd("CN-1", '<CdtNoteAmt Ccy="EUR">5.00</CdtNoteAmt>', "CREN")
    path = write("n.xml", CAMT_054.format(one=one, two=two))
    assert ingest.read(path).kind is Kind.BANK
    reading = ingest.read(path, kind=Kind.REMITTANCE)
    columns = ["remittance_id", "payer", "payment_reference", "payment_amount", "doc_no", "paid_amount"]
    assert reading.table.select(columns).rows() == [
        ("E-1", "Acme Test", "E-1", "20.00", "INV-1", "25.00"),
        ("E-1", "Acme Test", "E-1", "20.00", "CN-1", "-5.00"),
    ]
    assert str(reading.table["payment_date"][0]) == "2026-03-03"
    assert [(one.code, one.what.split()[0]) for one in reading.problems] == [("row-text", "2")]


SEEDS = [(HERE / "remt" / name).read_bytes() for name in ("advice.xml", "typed.xml")]
PIECES = [
    b"",
    b"<",
    b">",
    b"</Strd>",
    b"<Strd>",
    b"<RmtInf>",
    b"-",
    b"1e9",
    b"9" * 19,
    b"\xff",
    b"\x00",
    b"&amp;",
    b"<!--",
]


@mutated(SEEDS, PIECES, 0, 3000)
def test_no_mutation_breaks_the_reading(write: Write, data: bytes, changes: list[Change]) -> None:
    reading = read_or_refused(write("m.xml", changed(data, changes)))
    if reading is not None:
        money_is_money(reading)

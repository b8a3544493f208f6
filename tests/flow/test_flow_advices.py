"""Advices as they arrive, a folder of them, through the whole run: what they pay is found, what is wrong is told."""

from __future__ import annotations

from email.message import EmailMessage

import papers
from flow_cases import Desk, recon, unbalanced
from paper import Paper, pdf

# Sums that no single item has, and no number of an item in the text: only the advices say what is paid.
BANK = """account,booking_date,amount,currency,type,counterparty,reference,narrative
20-00-00 12345678,2026-03-04,180.50,GBP,BGC,NORTHSIDE CARE LTD,P-770,PAYMENT
20-00-00 12345678,2026-03-04,95.00,GBP,BGC,SOUTHSIDE CARE LTD,BACS-881,PAYMENT
20-00-00 12345678,2026-03-04,55.25,GBP,BGC,WESTSIDE CARE LTD,E2E-990,PAYMENT
"""
ITEMS = """item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount
INV-1001,C1,Northside Care Ltd,invoice,INV-1001,2026-02-01,2026-03-01,GBP,120.50,120.50
INV-1002,C1,Northside Care Ltd,invoice,INV-1002,2026-02-02,2026-03-02,GBP,70.00,70.00
CN-1003,C1,Northside Care Ltd,credit_note,CN-1003,2026-02-02,2026-03-02,GBP,-10.00,-10.00
INV-1004,C1,Northside Care Ltd,invoice,INV-1004,2026-02-03,2026-03-03,GBP,60.00,60.00
INV-2001,C2,Southside Care Ltd,invoice,INV-2001,2026-02-03,2026-03-03,GBP,55.00,55.00
INV-2002,C2,Southside Care Ltd,invoice,INV-2002,2026-02-03,2026-03-03,GBP,40.00,40.00
INV-2003,C2,Southside Care Ltd,invoice,INV-2003,2026-02-03,2026-03-03,GBP,45.00,45.00
INV-3001,C3,Westside Care Ltd,invoice,INV-3001,2026-02-03,2026-03-03,GBP,50.25,50.25
INV-3002,C3,Westside Care Ltd,invoice,INV-3002,2026-02-03,2026-03-03,GBP,5.00,5.00
"""
PAID = [("INV-1001", "120.50"), ("INV-1002", "70.00"), ("CN-1003", "10.00-")]
TEXT = """Payment ref: BACS-881
Payment date: 04/03/2026

Invoice No     Invoice Date     Amount Paid
INV-2001       03/02/2026             55.00
INV-2002       03/02/2026             40.00
                        Total         95.00
"""
STRD = """<Strd><RfrdDocInf><Nb>{0}</Nb></RfrdDocInf>
<RfrdDocAmt><RmtdAmt Ccy="GBP">{1}</RmtdAmt></RfrdDocAmt></Strd>"""
REMT = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:remt.001.001.04"><RmtAdvc><GrpHdr><MsgId>M</MsgId></GrpHdr>
<RmtInf>{STRD.format("INV-3001", "50.25")}{STRD.format("INV-3002", "5.00")}
<OrgnlPmtInf><Refs><EndToEndId>E2E-990</EndToEndId></Refs><Amt><InstdAmt Ccy="GBP">55.25</InstdAmt></Amt>
<ReqdExctnDt><Dt>2026-03-04</Dt></ReqdExctnDt></OrgnlPmtInf></RmtInf></RmtAdvc></Document>"""


def mail(text: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["Date"], made["Message-ID"] = (
        "a@payer.example",
        "Wed, 04 Mar 2026 10:00:00 +0000",
        "<1@p>",
    )
    made.set_content(text)
    return made


def test_a_folder_of_advices_and_two_that_can_not_be_read(desk: Desk) -> None:
    desk.put("bank.csv", BANK)
    desk.put("items.csv", ITEMS)
    desk.put("advices/north.pdf", papers.advice("P-770", "04/03/2026", PAID, "180.50"))
    desk.put("advices/south.eml", bytes(mail(TEXT)))
    desk.put("advices/west.xml", REMT)
    desk.put("advices/locked.pdf", pdf(Paper().text(40, 40, "x"), lock="x"))
    desk.put("advices/scan.pdf", pdf(Paper(picture=True)))
    ran = desk.run("--remittance", desk.root / "advices")
    assert ran.code == 0, ran.err
    allocated = {(row["item_id"], row["amount"], row["rule"]) for row in desk.rows("allocations.csv")}
    assert {(item, amount) for item, amount, _ in allocated} == {
        ("INV-1001", "120.50"),
        ("INV-1002", "70.00"),
        ("CN-1003", "-10.00"),
        ("INV-2001", "55.00"),
        ("INV-2002", "40.00"),
        ("INV-3001", "50.25"),
        ("INV-3002", "5.00"),
    }
    assert {row["outcome"] for row in desk.rows("lines.csv")} == {"auto"}
    told = {row["where"].rsplit("/", 1)[-1]: row["code"] for row in desk.rows("problems.csv")}
    assert told["locked.pdf"] == "file-locked"
    assert told["scan.pdf"] == "file-image"
    assert unbalanced(desk.root / "out") == []


def test_an_advice_that_does_not_add_up_posts_nothing_alone(desk: Desk) -> None:
    desk.put("bank.csv", BANK.splitlines()[0] + "\n" + BANK.splitlines()[1] + "\n")
    desk.put("items.csv", ITEMS)
    lines = [("INV-1001", "120.50"), ("INV-1004", "60.00"), ("INV-1002", "70.00")]
    desk.put("advices/north.pdf", papers.advice("P-770", "04/03/2026", lines, "180.50"))
    assert desk.run("--remittance", desk.root / "advices").code == 0
    assert {row["outcome"] for row in desk.rows("lines.csv")} != {"auto"}
    assert "remittance-foots-not" in {row["code"] for row in desk.rows("problems.csv")}


def test_read_writes_the_rows_of_a_pdf(desk: Desk) -> None:
    path = desk.put("north.pdf", papers.advice("P-770", "04/03/2026", PAID, "180.50"))
    ran = recon("read", path, "--out", desk.root / "read")
    assert ran.code == 0, ran.err
    rows = desk.rows("north.remittance.csv", "read")
    assert [(row["doc_no"], row["paid_amount"], row["payment_reference"]) for row in rows] == [
        ("INV-1001", "120.50", "P-770"),
        ("INV-1002", "70.00", "P-770"),
        ("CN-1003", "-10.00", "P-770"),
    ]


def test_a_mail_and_its_forwarded_copy_count_once(desk: Desk) -> None:
    desk.put("bank.csv", "\n".join(BANK.splitlines()[:3:2]) + "\n")
    desk.put("items.csv", ITEMS)
    desk.put("advices/a.eml", bytes(mail(TEXT)))
    desk.put("advices/b.eml", bytes(mail("Begin forwarded message\n\n" + TEXT)))
    assert desk.run("--remittance", desk.root / "advices").code == 0
    assert [row["outcome"] for row in desk.rows("lines.csv")] == ["auto"]
    assert {row["item_id"] for row in desk.rows("allocations.csv")} == {"INV-2001", "INV-2002"}
    told = [row["where"] for row in desk.rows("problems.csv") if row["code"] == "file-twice"]
    assert [where.rsplit("/", 1)[-1] for where in told] == ["b.eml"]


def test_an_advice_in_another_currency_posts_nothing_alone(desk: Desk) -> None:
    desk.put("bank.csv", "\n".join(BANK.replace("P-770", "0008123470").splitlines()[:2]) + "\n")
    desk.put("items.csv", ITEMS)
    lines = [("INV-1001", "$120.50"), ("INV-1004", "$60.00")]
    desk.put("advices/north.pdf", papers.advice("0008123470", "04/03/2026", lines, "$180.50"))
    assert desk.run("--remittance", desk.root / "advices").code == 0
    [line] = desk.rows("lines.csv")
    assert (line["outcome"] != "auto", "EX-CCY" in str(line)) == (True, True)


def test_two_advices_of_one_number_in_two_currencies_post_nothing_alone(desk: Desk) -> None:
    desk.put("bank.csv", "\n".join(BANK.replace("P-770", "0008123470").splitlines()[:2]) + "\n")
    desk.put("items.csv", ITEMS)
    head = "remittance_id,payment_date,payment_reference,currency,doc_no,paid_amount\n"
    rows = "R1,2026-03-04,0008123470,GBP,INV-1001,120.50\nR2,2026-03-04,0008123470,USD,INV-1004,60.00\n"
    sides = [("two", rows, "EX-CCY"), ("one", rows.replace("R2", "R1"), "EX-REMSUM")]
    for name, text, code in sides:
        desk.put(f"{name}.csv", head + text)
        assert desk.run("--remittance", desk.root / f"{name}.csv").code == 0
        [line] = desk.rows("lines.csv")
        assert (name, line["outcome"] != "auto", line["code"]) == (name, True, code)

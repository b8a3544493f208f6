"""E-mails: what is in them, what is left alone, and mails that mean harm; a whole mail is in mail/."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import papers
import pytest
from mutations import Change, changed, money_is_money, mutated
from paper import Paper, pdf

from recon import ingest
from recon.ingest.source import Budget
from recon.model import Kind, Reading
from recon.problems import Problem, ReconError
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
HERE = Path(__file__).parent
CSV = b"""remittance_id,payer,payment_date,payment_reference,payment_amount,currency,doc_no,paid_amount
R1,Acme Test,2026-03-03,UTR1,10.00,GBP,INV-1,10.00
"""
WHO = "Somebody Confidential"


def mail(text: str = "Please see attached.") -> EmailMessage:
    made = EmailMessage()
    made["From"] = f"{WHO} <{WHO.replace(' ', '.')}@payer.example>"
    made["Subject"] = f"Payment for {WHO}"
    made["Date"] = "Tue, 03 Mar 2026 10:00:00 +0000"
    made["Message-ID"] = "<1@payer.example>"
    made.set_content(text)
    return made


def attach(
    made: EmailMessage, content: bytes, name: str, kind: str = "application/octet-stream"
) -> EmailMessage:
    main, _, sub = kind.partition("/")
    made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return made


def read(write: Write, made: EmailMessage, profiles: list[Profile], **more: Kind) -> Reading:
    return ingest.read(write("m.eml", bytes(made)), profiles, **more)


def refused(write: Write, made: EmailMessage | bytes, profiles: list[Profile]) -> tuple[Problem, ...]:
    with pytest.raises(ReconError) as caught:
        ingest.read(write("m.eml", bytes(made)), profiles)
    return caught.value.problems


def labels(reading: Reading) -> list[str]:
    start = len(reading.path) + 1
    return [source[start:] for source in reading.table["source"].unique(maintain_order=True)]


def test_several_advices_of_several_kinds(write: Write, profiles: list[Profile]) -> None:
    made = attach(mail(), papers.advice("P-1", "03/03/2026", [("INV-5", "5.00")], "5.00"), "advice.pdf")
    attach(made, CSV, "advice.csv", "text/csv")
    attach(made, (HERE / "remt" / "advice.xml").read_bytes(), "advice.xml", "application/xml")
    attach(made, (HERE / "x12" / "remittances.edi").read_bytes(), "advice.820")
    reading = read(write, made, profiles)
    assert (reading.kind, reading.format) == (Kind.REMITTANCE, "mail")
    assert labels(reading)[:2] == ["advice.csv", "advice.xml"]
    assert labels(reading)[-1] == "advice.pdf:1"
    alone = ingest.read(HERE / "x12" / "remittances.edi", profiles)
    assert reading.table.height == 1 + 4 + 1 + alone.table.height
    assert set(reading.table["digest"]) == {reading.digest}


def test_the_same_advice_twice_counts_once(write: Write, profiles: list[Profile]) -> None:
    made = attach(mail(), papers.advice("P-1", "03/03/2026", [("INV-1", "10.00")], "10.00"), "advice.pdf")
    reading = read(write, attach(made, CSV, "advice.csv"), profiles)
    assert labels(reading) == ["advice.csv"]
    assert [one.where for one in reading.problems if one.code == "file-twice"] == [
        f"{reading.path}:advice.pdf"
    ]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("D:\\in\\a.csv", "a.csv"),
        ("a\tb:c?.csv", "a_b_c_.csv"),
        ("", "attachment"),
        ("...", "attachment"),
        ("x" * 300 + ".csv", "x" * 76 + ".csv"),
    ],
)
def test_names_become_labels_and_no_paths(
    write: Write, profiles: list[Profile], name: str, label: str
) -> None:
    made = bytes(attach(mail(), CSV, "placeholder.csv"))
    text = made.replace(b"placeholder.csv", name.replace("\\", "\\\\").encode())
    reading = ingest.read(write("m.eml", text), profiles)
    assert labels(reading) == [label]


def test_names_in_other_alphabets(write: Write, profiles: list[Profile]) -> None:
    reading = read(write, attach(mail(), CSV, "Überweisung März.csv"), profiles)
    assert labels(reading) == ["Überweisung März.csv"]


def test_who_sent_it_is_never_told(write: Write, profiles: list[Profile]) -> None:
    made = attach(mail(f"Dear {WHO}"), b"\x00\x01", "junk.bin")
    attach(made, pdf(Paper(picture=True)), "scan.pdf", "application/pdf")
    said = refused(write, made, profiles)
    assert {problem.code for problem in said} == {"file-image", "file-unknown"}
    held = "text and 1 PDF document, 1 attachment of another kind"
    assert said[-1].what == f"the mail has {held}, and no table that a profile knows"
    assert "Confidential" not in str(said)


@pytest.mark.parametrize(
    ("content", "kind", "code", "words"),
    [
        (b"\x78\x9f\x3e\x22xx", "application/ms-tnef", "file-unknown", "winmail.dat"),
        (b"\x30\x82xx", "application/pkcs7-mime", "file-locked", "encrypted"),
        (b"\x89PNG", "image/png", "file-image", "picture"),
        (pdf(Paper().text(1, 1, "x"), lock="x"), "application/pdf", "file-locked", "password"),
    ],
)
def test_what_can_not_be_read_is_told(
    write: Write, profiles: list[Profile], content: bytes, kind: str, code: str, words: str
) -> None:
    made = attach(attach(mail(), content, "thing.x", kind), CSV, "advice.csv")
    reading = read(write, made, profiles)
    [problem] = reading.problems
    assert (problem.code, words in problem.what, bool(problem.hint)) == (code, True, True)
    assert reading.table.height == 1


def test_an_outlook_message_says_what_to_do(write: Write, profiles: list[Profile]) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "__substg1.0_0037001F".encode("utf-16-le")
    [problem] = refused(write, content, profiles)
    assert (problem.code, "Outlook message" in problem.what, ".eml" in problem.hint) == (
        "file-unknown",
        True,
        True,
    )


def test_mails_in_mails(write: Write, profiles: list[Profile]) -> None:
    made = attach(mail(), CSV, "advice.csv")
    for _ in range(5):
        outer = mail("forwarded")
        outer.add_attachment(made)
        made = outer
    assert labels(read(write, made, profiles)) == ["message-1.eml:" * 5 + "advice.csv"]
    outer = mail("once more")
    outer.add_attachment(made)
    assert "packed into one another" in str(refused(write, outer, profiles))


def test_a_mail_that_is_attached_as_a_file(write: Write, profiles: list[Profile]) -> None:
    inner = attach(mail(), CSV, "advice.csv")
    # Its name is its subject, which may name a person: it is told by a number.
    outer = attach(attach(mail(), bytes(inner), f"FW {WHO}.eml"), b"junk", f"Re {WHO}.eml")
    outer.add_attachment(
        attach(mail(), CSV.replace(b"UTR1,10", b"UTR2,10").replace(b"INV-1", b"INV-2"), "b.csv")
    )
    reading = read(write, outer, profiles)
    assert labels(reading) == ["message-1.eml:advice.csv", "message-3.eml:b.csv"]
    assert "Confidential" not in str(reading.problems)
    for _ in range(8):
        inner = attach(mail(), bytes(inner), "fwd.eml")
    assert "packed into one another" in str(refused(write, inner, profiles))


def test_a_bank_file_in_a_mail(write: Write, profiles: list[Profile]) -> None:
    made = attach(mail(), (HERE / "mt940" / "german.sta").read_bytes(), "night.sta")
    reading = read(write, made, profiles, kind=Kind.BANK)
    assert (reading.kind, sum(one.lines for one in reading.statements)) == (Kind.BANK, reading.table.height)
    attach(made, CSV, "advice.csv")
    reading = read(write, made, profiles)
    assert (reading.kind, [one.code for one in reading.problems][-1]) == (Kind.REMITTANCE, "file-kind")


def test_plain_text_with_a_table_of_tabs(write: Write, profiles: list[Profile]) -> None:
    reading = read(
        write, mail("Hello\n\nInvoice No\tAmount\nINV-1\t10.00\nINV-2\t2.00\nTotal\t12.00\n"), profiles
    )
    assert reading.table.select("doc_no", "paid_amount", "payment_amount").rows() == [
        ("INV-1", "10.00", "12.00"),
        ("INV-2", "2.00", "12.00"),
    ]


def test_html_and_plain_text_of_one_body_count_once(write: Write, profiles: list[Profile]) -> None:
    made = mail("Invoice No   Amount\nINV-1       10.00\n")
    made.add_alternative("<table><tr><th>Invoice No<th>Amount<tr><td>INV-1<td>10.00</table>", subtype="html")
    assert read(write, made, profiles).table["doc_no"].to_list() == ["INV-1"]


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 5000 + "<table><tr><td>x",
        "<table>" * 3000,
        "<tr>" * 100_000,
        "<table><tr><td colspan=999999 rowspan=999999>x</td></tr></table>" * 100,
        "<table>" + "<tr>" + "<td colspan=100>x" * 200 + "</tr>" * 200,
        "<!DOCTYPE html [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><p>&a;",
        "&#0;&#x110000;" * 1000,
        "",
    ],
)
def test_hostile_html_ends_soon(write: Write, profiles: list[Profile], html: str) -> None:
    made = attach(mail(), CSV, "advice.csv")
    made.add_attachment(html.encode(), maintype="text", subtype="html", disposition="inline")
    began = time.monotonic()
    reading = read(write, made, profiles)
    assert reading.table.height == 1
    assert "root:" not in str(reading.problems)
    assert time.monotonic() - began < 20


def test_too_many_parts_are_refused(write: Write, profiles: list[Profile]) -> None:
    head = b"From: a@b.example\nDate: x\nMessage-ID: <1@b>\nMIME-Version: 1.0\n"
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(300))
    assert "too many parts" in str(refused(write, head + deep, profiles))
    mixed = b'Content-Type: multipart/mixed; boundary="b"\n\n'
    long = b"Content-Disposition: attachment; filename=" + b"=?utf-8?q?x?= " * 5000 + b"\n\nx"
    lines = b"".join(b'boundary="%d"\n' % number for number in range(100)) + b"x\n" * 200_000
    for more in (mixed + b"--b\n\nx\n" * 1000, b"X-A: y\n" * 60_000, long, mixed + lines):
        assert "too many parts" in str(refused(write, head + more, profiles))


def test_a_memo_is_no_mail(write: Write, profiles: list[Profile]) -> None:
    with pytest.raises(ReconError) as caught:
        ingest.read(write("memo.txt", "Date: today\nSubject: money\n\nInvoice,Amount\n"), profiles)
    assert "the mail" not in str(caught.value)


def test_a_text_that_is_too_long_is_told_and_not_cut(write: Write, profiles: list[Profile]) -> None:
    text = "Invoice No     Amount\n" + "INV-1          10.00\n"
    long = attach(mail(text + "x\n" * 10_000 + "INV-2          10.00\n"), CSV, "advice.csv")
    large = attach(mail(text + ("x" * 60 + "\n") * 9_000 + "y " * 2_000_000), CSV, "advice.csv")
    for made, words in ((long, "more than 9,999 lines"), (large, "too large")):
        reading = read(write, made, profiles)
        [problem] = reading.problems
        assert (problem.code, words in problem.what) == ("file-unreadable", True)
        assert labels(reading) == ["advice.csv"]


def test_cells_that_reach_down_and_across_end_soon(write: Write, profiles: list[Profile]) -> None:
    rows = "<tr><td rowspan=99 colspan=99>x</td></tr>" * 60
    made = attach(mail(), CSV, "advice.csv")
    made.add_attachment(
        f"<table>{rows}</table>".encode(), maintype="text", subtype="html", disposition="inline"
    )
    began = time.monotonic()
    assert read(write, made, profiles).table.height == 1
    assert time.monotonic() - began < 5


def test_a_mail_has_one_budget_for_its_documents(
    write: Write, profiles: list[Profile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest.mail, "Budget", lambda: Budget(documents=2))
    made = mail()
    for number in range(1, 5):
        paid = [(f"INV-{number}", "10.00")]
        attach(made, papers.advice(f"P-{number}", "03/03/2026", paid, "10.00"), f"{number}.pdf")
    reading = read(write, made, profiles)
    assert labels(reading) == ["1.pdf:1", "2.pdf:1"]
    told = [problem.where for problem in reading.problems if problem.code == "file-unreadable"]
    assert told == [f"{reading.path}:3.pdf", f"{reading.path}:4.pdf"]
    assert Budget(seconds=0.0).spent


def test_a_quoted_table_is_read_where_there_is_no_other(write: Write, profiles: list[Profile]) -> None:
    quoted = "On Tuesday somebody wrote:\n> Invoice No     Amount\n> INV-1          10.00\n"
    assert read(write, mail(quoted), profiles).table["doc_no"].to_list() == ["INV-1"]
    answered = "Invoice No     Amount\nINV-2          12.00\n\n" + quoted
    assert read(write, mail(answered), profiles).table["doc_no"].to_list() == ["INV-2"]


SEEDS = [
    (HERE / "mail" / "attachments.eml").read_bytes(),
    (HERE / "profiles" / "remit_generic.eml").read_bytes(),
]
PIECES = [
    b"",
    b"--b1\n",
    b"--b2--\n",
    b"\n\n",
    b"Content-Type: ",
    b'boundary="b1"',
    b"=?utf-8?b?/w==?=",
    b"base64",
]
PIECES += [
    b"<table>",
    b"</td>",
    b"<tr>",
    b"\xff",
    b"\x00",
    b"message/rfc822",
    b"charset=utf-16",
    b"9" * 19,
    b"(",
    b"-",
]


@mutated(SEEDS, PIECES, 0, 3000)
def test_no_mutation_breaks_the_reading(
    write: Write, profiles: list[Profile], data: bytes, changes: list[Change]
) -> None:
    try:
        reading = ingest.read(write("m.eml", changed(data, changes)), profiles)
    except ReconError:
        return
    if reading.kind is Kind.REMITTANCE:
        money_is_money(reading)

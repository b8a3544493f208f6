"""One advice that comes twice counts once; two that only look alike count both."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import papers
import pytest

from recon import ingest
from recon.ingest import twins
from recon.model import Reading
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
HEAD = "remittance_id,payment_date,payment_reference,payment_amount,currency,doc_no,paid_amount\n"
ONE = ["R1,2026-03-12,P1,600.00,GBP,INV-1,500.00", "R1,2026-03-12,P1,600.00,GBP,INV-2,100.00"]
TABLE = """<p>Payment ref: P-9</p><table><tr><th>Invoice No<th>Amount Paid<tr><td>INV-1<td>10.00
<tr><td>INV-2<td>5.00<tr><td>Total<td>15.00</table>"""


def mail(*attached: tuple[str, str | bytes], html: str = "") -> bytes:
    made = EmailMessage()
    made["From"], made["Message-ID"], made["Date"] = "a@b.example", "<1@b>", "Tue, 03 Mar 2026 10:00:00 +0000"
    made.set_content("Please see below.")
    if html:
        made.add_alternative(html, subtype="html")
    for name, content in attached:
        data = content.encode() if isinstance(content, str) else content
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return bytes(made)


def csv(*rows: str) -> str:
    return HEAD + "\n".join(rows) + "\n"


def numbers(reading: Reading) -> list[tuple[str, str]]:
    return reading.table.select("payment_reference", "doc_no").rows()


def twice(reading: Reading) -> list[str]:
    return [one.where.rpartition(":")[2] for one in reading.problems if one.code == "file-twice"]


@pytest.mark.parametrize(
    "other",
    [
        "R2,2026-03-19,P2,500.00,GBP,INV-1,500.00",  # a second payment of a part
        "R2,2026-03-19,,600.00,GBP,INV-1,500.00",
        "R2,,P1,500.00,GBP,INV-1,500.00",
        "R2,2026-03-12,P2,600.00,GBP,INV-1,500.00",
        "R2,2026-03-12,P1,600.00,EUR,INV-1,500.00",
        "R2,2026-03-12,P1,600.00,GBP,INV-1,500.01",
        "R2,2026-03-12,P1,600.00,GBP,INV-3,500.00",
    ],
)
def test_two_payments_are_no_twins(write: Write, other: str) -> None:
    reading = ingest.read(write("m.eml", mail(("a.csv", csv(*ONE)), ("b.csv", csv(other)))))
    assert reading.table.height == 3
    assert twice(reading) == []


@pytest.mark.parametrize("last", [False, True])
def test_the_longer_of_two_twins_stays(write: Write, *, last: bool) -> None:
    short, long = ("short.csv", csv(ONE[0])), ("long.csv", csv(*ONE))
    reading = ingest.read(write("m.eml", mail(*((short, long) if last else (long, short)))))
    assert numbers(reading) == [("P1", "INV-1"), ("P1", "INV-2")]
    assert twice(reading) == ["short.csv"]


def test_one_of_several_advices_may_be_a_twin(write: Write) -> None:
    more = "R3,2026-03-13,P3,7.00,GBP,INV-7,7.00"
    reading = ingest.read(write("m.eml", mail(("a.csv", csv(*ONE)), ("b.csv", csv(more, *ONE)))))
    assert sorted(numbers(reading)) == [("P1", "INV-1"), ("P1", "INV-2"), ("P3", "INV-7")]
    assert twice(reading) == ["b.csv"]


def test_a_printed_form_may_bear_another_number(write: Write, profiles: list[Profile]) -> None:
    printed = papers.advice("P-77", "12/03/2026", [("INV-1", "500.00"), ("INV-2", "100.00")], "600.00")
    reading = ingest.read(write("m.eml", mail(("a.csv", csv(*ONE)), ("a.pdf", printed))), profiles)
    assert numbers(reading) == [("P1", "INV-1"), ("P1", "INV-2")]
    assert twice(reading) == ["a.pdf"]


def test_a_table_that_a_reply_quotes_counts_once(write: Write, profiles: list[Profile]) -> None:
    reading = ingest.read(write("m.eml", mail(html=f"{TABLE}<p>You wrote:</p>{TABLE}")), profiles)
    assert numbers(reading) == [("P-9", "INV-1"), ("P-9", "INV-2")]
    assert twice(reading) == ["body"]
    assert reading.table["payment_amount"].unique().to_list() == ["15.00"]


def test_across_files_only_the_very_same_is_a_twin(write: Write) -> None:
    texts = [csv(*ONE), csv(*ONE) + " ", csv(ONE[0]), csv(*(row.replace("P1", "P2") for row in ONE))]
    readings = [ingest.read(write(f"remit{number}.csv", text)) for number, text in enumerate(texts)]
    kept, told = twins.once(readings, exact=True)
    assert [one.table.height for one in kept] == [2, 0, 1, 2]
    assert [one.where for one in told] == [readings[1].path]


def test_many_alike_end_soon(write: Write) -> None:
    rows = [f"R{number},2026-03-12,P{number},1.00,GBP,INV-1,1.00" for number in range(5_000)]
    reading = ingest.read(write("m.eml", mail(("a.csv", csv(*rows)), ("b.csv", csv(*rows[::-1])))))
    assert 5_000 <= reading.table.height <= 10_000

"""Small differences that an earlier night gave count in the next one, through the store."""

from __future__ import annotations

from flow_cases import Desk

BANK = "account,booking_date,amount,currency,type,counterparty,reference,narrative\n"
ITEMS = "item_id,customer_id,customer_name,doc_type,doc_no,issue_date,due_date,currency,amount,open_amount\n"


def short(day: int) -> str:
    return f"20-00-00 12345678,2026-03-{day:02},1995.10,GBP,BGC,MEDCO LTD,INV-{1000 + day},\n"


def test_the_tolerance_of_a_year_is_that_of_all_nights(desk: Desk) -> None:
    numbers = range(1, 13)
    desk.put(
        "items.csv",
        ITEMS
        + "".join(
            f"INV-{1000 + n},C1,Medco Ltd,invoice,INV-{1000 + n},2026-02-01,2026-03-01,GBP,2000.00,2000.00\n"
            for n in numbers
        ),
    )
    desk.put("first.csv", BANK + "".join(short(n) for n in range(1, 11)))
    desk.put("second.csv", BANK + short(11))
    store = ("--store", f"sqlite:///{(desk.root / 'kept.db').as_posix()}")
    assert desk.run(*store, bank=["first.csv"], out="one").code == 0
    assert {outcome for _, outcome in desk.outcomes("one")} == {"auto"}
    assert desk.run(*store, bank=["second.csv"], out="two").code == 0
    assert [outcome for _, outcome in desk.outcomes("two")] == ["suggested"]
    assert [row["code"] for row in desk.rows("exceptions.csv", "two")] == ["EX-TOLPAT", "EX-TOLCAP"]
    assert desk.run(bank=["second.csv"], out="alone").code == 0  # no store, no memory
    assert [outcome for _, outcome in desk.outcomes("alone")] == ["auto"]

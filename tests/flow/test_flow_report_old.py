"""Which report sheets of another day a pack empties: those of its own, whatever people wrote above them."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest

from recon.flow.books import Book
from recon.flow.report_old import emptied
from recon.flow.report_pages import ANEW
from recon.workbook.pages import draw

DAY = date(2026, 4, 30)


class Sheets:
    """A workbook of report sheets, as their keys and first cells."""

    def __init__(self, **titles: str) -> None:
        self._titles = titles

    def page_keys(self) -> list[str]:
        return list(self._titles)

    def read_page(self, key: str, _height: int, _width: int) -> list[list[str]]:
        return [[self._titles[key]], [f"What it is. {ANEW}"], ["As at 31/03/2026."]]


def of(**titles: str) -> tuple[list[Any], list[Any]]:
    return emptied(cast("Book", Sheets(**titles)), {"ageing"}, DAY)


def test_a_remark_behind_the_title_is_no_part_of_the_sheets_name() -> None:
    (page,), (told,) = of(management="Management: March, kept", ageing="Ageing")
    assert (page.name, page.title) == ("Management", "Management: not made as at 30/04/2026")
    assert page.begins("Management: March, kept"), "it goes onto that sheet"
    assert (told.code, told.where) == ("report-emptied", "Management")
    assert draw([page])


@pytest.mark.parametrize(
    "title", ["Board 03/2026", "Board March, keep", "'Management", "Management " * 4, "", "Board: Management"]
)
def test_a_sheet_with_a_title_of_a_persons_own_stays(title: str) -> None:
    assert of(management=title) == ([], [])


@pytest.mark.parametrize(
    "title", ["KPIs/by customer", "KPIs?by [customer]", "KPIs by" + " " * 30 + "customer"]
)
def test_what_no_sheet_can_be_called_is_no_title_of_a_report(title: str) -> None:
    assert of(kpis_by_customer=title) == ([], [])
    assert of(kpis_by_customer="KPIs by customer")[0]

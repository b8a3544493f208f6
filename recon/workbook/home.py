"""Home in the template: what to do next, the buttons, the state beside them, inputs and set-up."""

from __future__ import annotations

import re
from typing import Any, Final

from recon.workbook import columns, look, named

# Macro -> (the button's words, what it does): those of every day, from top to bottom.
DAILY: Final = {
    "ReconImport": (
        "Import files",
        "Reads the files named under Inputs and shows what is in them, and what is wrong. Matches nothing yet.",
    ),
    "ReconMatch": (
        "Match",
        "Reads the files and proposes, for every bank line, the open items that it pays.",
    ),
    "ReconApply": (
        "Apply decisions",
        "Takes what you chose on Suggestions and Exceptions, records it, and shows what happened in Result.",
    ),
    "ReconPost": (
        "Post",
        "Writes what is accepted as a posting file for the ledger. Nothing is sent anywhere.",
    ),
    "ReconReports": (
        "Reports",
        "Writes the report sheets behind Run log anew: ageing, unapplied cash, exception codes, match quality.",
    ),
}
# Those of now and then, side by side.
SELDOM: Final = {
    "ReconNewFile": (
        "New file",
        "Proposes on a sheet how to read the first file under Inputs that recon does not know.",
    ),
    "ReconRefresh": ("Refresh", "Shows the sheets anew from what is recorded; typed decisions stay."),
    "ReconUndo": (
        "Undo",
        "Puts the sheets back as they were before the last button; what is recorded stays.",
    ),
    "ReconSettings": ("Settings", "Checks rules, files and set-up, and shows the rules on Rules."),
}
BUTTONS: Final = DAILY | SELDOM

_NEXT_ROW, _BUTTON_ROW, _STRIP_ROW, _STATUS_ROW, _INPUT_ROW = 4, 8, 18, 22, 26  # from 0
_LABEL, _VALUE, _STATE, _STATE_VALUE = 1, 2, 4, 5  # sheet columns, from 0
_STRIP_STEP: Final = 157  # pixels from one small button to the next: they end where the words above do
_WIDTH, _STRIP_WIDTH = 155, 149  # pixels of a button
_SETUP: Final = (
    "Python: where recon is installed; `recon excel new` writes it here. Job folder: leave it empty, unless your "
    "company forbids Excel to start programs, or on a Mac: then `recon excel listen` says what to write here. "
    "Macros blocked? Keep this workbook in a trusted folder of this computer. Everything works from the command "
    "line, too: recon run --book, recon apply --book, recon post --book."
)


def draw(book: Any, sheet: Any) -> None:
    """Draw the sheet and name its cells."""
    sheet.hide_gridlines(2)
    for at, width in enumerate((2, 22, 66, 3, 24, 42)):
        sheet.set_column(at, at, width)
    sheet.set_row(0, 36)
    sheet.write_string(
        0, _LABEL, "Reconciliation", book.add_format(look.text(22, bold=True, font_color=look.NAVY))
    )
    told = "Which open items each bank receipt paid, and why. What is not sure waits for your word."
    sheet.write_string(1, _LABEL, told, book.add_format(look.text(11, font_color=look.GREY)))
    for row in range(_NEXT_ROW, _INPUT_ROW + 8):
        sheet.set_row(row, 21)
    _next(book, sheet)
    _buttons(book, sheet)
    _state(book, sheet)
    _inputs(book, sheet)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.activate()


def _heading(book: Any, sheet: Any, words: str, *, row: int, first: int, last: int) -> None:
    made = look.text(12, bold=True, font_color=look.NAVY, bottom=2, bottom_color=look.NAVY)
    sheet.set_row(row, 22)
    sheet.write_string(row, first, words, book.add_format(made))
    for at in range(first + 1, last + 1):
        sheet.write_blank(row, at, None, book.add_format(made))


def _next(book: Any, sheet: Any) -> None:
    _heading(book, sheet, "What to do next", row=_NEXT_ROW - 1, first=_LABEL, last=_VALUE)
    made = book.add_format(look.text(12, text_wrap=True, bg_color=look.PAPER, indent=1))
    first = "No bank lines yet. Name the files under Inputs, and press Match."
    sheet.merge_range(_NEXT_ROW, _LABEL, _NEXT_ROW + 2, _VALUE, first, made)
    _name(book, named.CELL_NEXT, _NEXT_ROW, _LABEL)


def _buttons(book: Any, sheet: Any) -> None:
    words = book.add_format(look.text(11, text_wrap=True, indent=1))
    # Under each button stands its name, for workbooks without macros, which have no buttons.
    name = book.add_format(look.text(12, bold=True, font_color=look.NAVY, indent=1))
    for number, (label, what) in enumerate(DAILY.values()):
        row = _BUTTON_ROW + 2 * number
        sheet.merge_range(row, _VALUE, row + 1, _VALUE, what, words)
        sheet.merge_range(row, _LABEL, row + 1, _LABEL, label, name)
        _button(sheet, label, what, look.NAVY, row=row, left=1, height=42)
    for number, (label, what) in enumerate(SELDOM.values()):
        left = 1 + number * _STRIP_STEP
        _button(sheet, label, what, look.TEAL, row=_STRIP_ROW, left=left, height=32, width=_STRIP_WIDTH)
    small = book.add_format(look.text(10, font_color=look.GREY, text_wrap=True, indent=1))
    told = "  ".join(f"{label}: {what}" for label, what in SELDOM.values())
    sheet.merge_range(_STRIP_ROW + 2, _LABEL, _STRIP_ROW + 3, _VALUE, told, small)
    sheet.write_string(_STATUS_ROW, _LABEL, "Status", book.add_format(look.text(11, bold=True, indent=1)))
    made = look.text(11, font_color=look.TEAL, text_wrap=True, indent=1, num_format="@", valign="top")
    sheet.merge_range(_STATUS_ROW, _VALUE, _STATUS_ROW + 1, _VALUE, "Ready", book.add_format(made))
    _name(book, named.CELL_STATUS, _STATUS_ROW, _VALUE)


def _button(
    sheet: Any, label: str, what: str, colour: str, *, row: int, left: int, height: int, width: int = _WIDTH
) -> None:
    """A shape that `with_macros` makes a button, beside the upper edge of its row."""
    sheet.insert_textbox(
        row,
        _LABEL,
        label,
        {
            "width": width,
            "height": height,
            "x_offset": left,
            "y_offset": 7,
            "object_position": 1,
            "fill": {"color": colour},
            "line": {"none": True},
            "font": {"name": look.FONT, "size": 12, "bold": True, "color": "#FFFFFF"},
            "align": {"vertical": "middle", "horizontal": "center"},
            "description": f"Button: {what}",
        },
    )


def with_macros(drawing: bytes) -> bytes:
    """The drawing with each text box made a button: its macro, rounded corners, a hand for a pointer."""
    macros = iter(BUTTONS)
    drawing = re.sub(rb'<xdr:sp macro=""', lambda _: f'<xdr:sp macro="[0]!{next(macros)}"'.encode(), drawing)
    assert next(macros, None) is None, "every button has its macro"
    return drawing.replace(b'prst="rect"', b'prst="roundRect"')


def _state(book: Any, sheet: Any) -> None:
    _heading(book, sheet, "State", row=_NEXT_ROW - 1, first=_STATE, last=_STATE_VALUE)
    label = book.add_format(look.text(11, font_color=look.GREY, bottom=1, bottom_color=look.LINE))
    value = book.add_format(look.text(11, align="right", num_format="@", bottom=1, bottom_color=look.LINE))
    height = named.BLOCKS["recon_state"].height
    for row in range(_NEXT_ROW, _NEXT_ROW + height):
        sheet.write_blank(row, _STATE, None, label)
        sheet.write_blank(row, _STATE_VALUE, None, value)
    sheet.write_string(_NEXT_ROW, _STATE, "Last run", label)
    sheet.write_string(_NEXT_ROW, _STATE_VALUE, "none yet", value)
    _name(book, "recon_state", _NEXT_ROW, _STATE, (_NEXT_ROW + height - 1, _STATE_VALUE))


def _inputs(book: Any, sheet: Any) -> None:
    _heading(book, sheet, "Inputs", row=_INPUT_ROW - 1, first=_LABEL, last=_VALUE)
    label = book.add_format(look.text(11, indent=1, bottom=1, bottom_color=look.LINE))
    typed = look.text(11, bg_color=look.TYPED, indent=1, num_format="@", locked=False)
    value = book.add_format(typed | {"bottom": 1, "bottom_color": look.LINE})
    for number, words in enumerate(named.INPUTS.values()):
        sheet.write_string(_INPUT_ROW + number, _LABEL, words, label)
        sheet.write_blank(_INPUT_ROW + number, _VALUE, None, value)
    last = _INPUT_ROW + len(named.INPUTS) - 1
    _name(book, "recon_inputs", _INPUT_ROW, _VALUE, (last, _VALUE))
    told = "Files or folders, several with ; between. Paths may start at this workbook's folder."
    sheet.write_string(last + 1, _VALUE, told, book.add_format(look.text(9, font_color=look.GREY, indent=1)))
    _heading(book, sheet, "Set-up", row=_INPUT_ROW - 1, first=_STATE, last=_STATE_VALUE)
    cells = (("Python", named.CELL_PYTHON), ("Job folder", named.CELL_JOBS))
    for row, (words, name) in enumerate(cells, _INPUT_ROW):
        sheet.write_string(row, _STATE, words, label)
        sheet.write_blank(row, _STATE_VALUE, None, value)
        _name(book, name, row, _STATE_VALUE)
    small = book.add_format(look.text(10, font_color=look.GREY, text_wrap=True, valign="top"))
    sheet.merge_range(_INPUT_ROW + len(cells), _STATE, last + 1, _STATE_VALUE, _SETUP, small)


def _name(book: Any, name: str, row: int, at: int, end: tuple[int, int] | None = None) -> None:
    """Give cells of Home a defined name; `end` is the last one's row and column."""
    book.define_name(name, named.reference(columns.HOME, row, at, *(end or (None, None))))

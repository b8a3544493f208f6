"""PDF advices: one oddity each, the refusals, and documents that mean harm."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import papers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import Change, changed, money_is_money
from paper import Paper, pdf

from recon import ingest
from recon.ingest import pdf as reader
from recon.ingest import printed, printed_table
from recon.ingest.printed import Word
from recon.model import Kind, Reading
from recon.problems import Problem, ReconError
from recon.rules.profile import Profile

Write = Callable[[str, "str | bytes"], Path]
HERE = Path(__file__).parent / "pdf"
XFA = "/XFA [(template) 4 0 R]"  # that there is one is enough


def refused(path: Path, profiles: list[Profile]) -> Problem:
    with pytest.raises(ReconError) as caught:
        ingest.read(path, profiles, kind=Kind.REMITTANCE)
    return caught.value.problems[0]


def codes(reading: Reading) -> set[str]:
    return {problem.code for problem in reading.problems}


@pytest.mark.parametrize("name", sorted(papers.ODDITIES))
def test_oddity(
    name: str,
    write: Write,
    profiles: list[Profile],
    golden: Callable[[Path, str], None],
    told: Callable[[Reading], tuple[str, str]],
) -> None:
    reading = ingest.read(write(f"{name}.pdf", papers.ODDITIES[name]()), profiles)
    table, said = told(reading)
    golden(HERE / f"{name}.table.csv", table)
    golden(HERE / f"{name}.said.txt", said)


@pytest.mark.parametrize("rotate", [0, 90, 180])
def test_a_page_may_be_turned(write: Write, profiles: list[Profile], rotate: int) -> None:
    reading = ingest.read(write("a.pdf", papers.upright(rotate)), profiles)
    columns = ["payment_reference", "payer", "payment_amount", "doc_no", "paid_amount", "position"]
    assert reading.table.select(columns).rows() == [
        ("R-77", "Example Council", "1224.50", "INV-1", "1234.50", 4),
        ("R-77", "Example Council", "1224.50", "INV-2", "-10.00", 5),
    ]
    assert codes(reading) == {"row-text"}


def test_rows_know_page_and_line(write: Write, profiles: list[Profile]) -> None:
    path = write("two.pdf", papers.sap())
    reading = ingest.read(path, profiles)
    places = [f"{source}:{line}" for source, line in reading.table.select("source", "position").rows()]
    assert places == [f"{path.as_posix()}:{place}" for place in ("1:5", "1:7", "2:5")]
    assert set(reading.table["digest"]) == {reading.digest}


@pytest.mark.parametrize(
    ("made", "code", "words"),
    [
        (lambda: pdf(Paper().text(40, 40, "Invoice Amount"), lock="x"), "file-locked", "password"),
        (lambda: pdf(Paper(picture=True)), "file-image", "no text, only pictures"),
        (lambda: pdf(Paper().text(40, 40, "Please wait"), form=XFA), "file-unreadable", "form (XFA)"),
        (lambda: papers.india()[:400], "file-unreadable", "damaged"),
        (lambda: b"%PDF-1.7\nnothing of the kind", "file-unreadable", "damaged"),
        (lambda: pdf(*[Paper().text(40, 40, "x")] * 501), "file-unreadable", "too many pages"),
        (
            lambda: pdf(Paper().text(40, 40, "Dear Sir")),
            "file-unknown",
            "no table whose heading is in a profile",
        ),
    ],
)
def test_refusals(
    write: Write, profiles: list[Profile], made: Callable[[], bytes], code: str, words: str
) -> None:
    problem = refused(write("a.pdf", made()), profiles)
    assert (problem.code, words in problem.what, bool(problem.hint)) == (code, True, True)


def test_an_encrypted_document_that_all_may_open_is_read(write: Write, profiles: list[Profile]) -> None:
    page = Paper().row(60, [(40, "Invoice"), (200, "Amount")]).row(80, [(40, "INV-1"), (200, "10.00")])
    reading = ingest.read(write("a.pdf", pdf(page, lock="")), profiles)
    assert reading.table.select("doc_no", "paid_amount").rows() == [("INV-1", "10.00")]


@pytest.mark.parametrize(("drawn", "form"), [(True, ""), (False, ""), (False, "/NeedAppearances true")])
def test_what_was_typed_into_a_form_is_read(
    write: Write, profiles: list[Profile], *, drawn: bool, form: str
) -> None:
    page = Paper().row(60, [(40, "Invoice"), (200, "Amount")]).typed(40, 80, "INV-1").typed(200, 80, "10.00")
    page.row(100, [(40, "INV-2"), (200, "20.00")])
    reading = ingest.read(write("a.pdf", pdf(page, drawn=drawn, form=form)), profiles)
    rows = reading.table.select("doc_no", "paid_amount").rows()
    assert rows == [("INV-1", "10.00"), ("INV-2", "20.00")]


def test_lines_before_the_document_do_no_harm(write: Write, profiles: list[Profile]) -> None:
    plain = papers.advice("P-1", "03/03/2026", [("INV-1", "10.00")], "10.00")
    assert ingest.read(write("a.pdf", b"HTTP/1.1 200\r\n" + plain), profiles).table.height == 1


def test_another_profile_that_was_named(write: Write, profiles: list[Profile]) -> None:
    with pytest.raises(ReconError) as caught:
        ingest.read(write("a.pdf", papers.upright(0)), profiles, profile="remit_sap")
    assert caught.value.problems[0].code == "column-missing"
    assert "`Your Document`" in caught.value.problems[0].hint


@pytest.mark.parametrize(
    ("program", "what"),
    [
        ("import os; os.abort()", "damaged"),
        ("import time; time.sleep(60)", "can't be read within"),
        ("bytes(4 << 30)", "damaged"),
        ("print('no json')", "damaged"),
    ],
)
def test_whatever_becomes_of_the_child_we_go_on(
    write: Write,
    profiles: list[Profile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    what: str,
) -> None:
    child = tmp_path / "child.py"
    child.write_text(program, encoding="utf-8")
    monkeypatch.setattr(reader, "_CHILD", child)
    monkeypatch.setattr(reader, "SECONDS_MAX", 1)
    reader._taken_apart.cache_clear()
    began = time.monotonic()
    problem = refused(write("a.pdf", papers.upright(0)), profiles)
    reader._taken_apart.cache_clear()
    assert (problem.code, what in problem.what) == ("file-unreadable", True)
    assert time.monotonic() - began < 20


def test_much_text_ends_soon(write: Write, profiles: list[Profile]) -> None:
    page = Paper()
    for line in range(9000):
        page.text(40, 10 + line * 0.09, "1.00" * 28)
    problem = refused(write("a.pdf", pdf(page)), profiles)
    assert problem.code in ("file-unreadable", "file-unknown")


@pytest.mark.slow
@given(
    data=st.sampled_from([papers.india(), papers.sap()]),
    changes=st.lists(
        st.tuples(
            st.integers(0, 4000),
            st.integers(0, 12),
            st.sampled_from(
                [b"", b"obj", b"endstream", b"0", b"\xff", b"/Kids [2 0 R]", b"Tj", b"9" * 12, b"<<", b"nan"]
            ),
        ),
        min_size=1,
        max_size=12,
    ),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mutation_breaks_the_reading(
    write: Write, profiles: list[Profile], data: bytes, changes: list[Change]
) -> None:
    try:
        reading = ingest.read(write("m.pdf", changed(data, changes)), profiles, kind=Kind.REMITTANCE)
    except ReconError:
        return
    money_is_money(reading)


_TEXTS = st.sampled_from(
    ["INV-1", "8QD", "10.00", "(5.00)", "1,23,45", "6.78", "Total", "tds", "words", "Page", "Invoice"]
)
_WORDS = st.lists(
    st.tuples(_TEXTS, st.integers(0, 500), st.integers(0, 600).map(lambda y: -float(y)), st.integers(1, 12)),
    max_size=60,
)


@given(_WORDS)
@settings(max_examples=200)
def test_every_line_is_in_a_row_or_told(found: list[tuple[str, int, float, int]]) -> None:
    profile = Profile(
        name="p",
        title="p",
        kind=Kind.REMITTANCE,
        header=("Invoice", "Amount"),
        columns={"doc_no": "Invoice", "paid_amount": "Amount"},
        skip=("(?i)^page",),
    )
    heading = [Word("Invoice", 40, 70, 10.0, 10.0), Word("Amount", 300, 330, 10.0, 10.0)]
    words = [Word(text, x, x + 5 * len(text), y - 10, height) for text, x, y, height in found]
    lines = printed.lines(1, [*heading, *words])
    table = printed_table.table(lines, profile)
    assert table is not None
    left = {position for position, _ in table.left}
    read = "".join("".join(cells) for _, cells in table.rows)
    assert len({position for position, _ in table.rows}) == len(table.rows)
    assert left.isdisjoint(position for position, _ in table.rows)
    of_heading = {line.position for head in table.heads for line in lines[head.first : head.last + 1]}
    for line in lines:
        if line.position not in left | of_heading:
            assert all(word.text in read for word in line.words), line

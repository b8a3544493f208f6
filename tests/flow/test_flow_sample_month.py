"""The month-end of the sample jobs: every report finds something, and what must agree does."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_cases import recon, rows

from recon.bench.payers import Flavour
from recon.bench.sample import SIZES
from recon.reports import REPORTS
from recon.resources import folder

pytestmark = pytest.mark.slow

# What a job has no inputs for: nobody deducts tax in the United Kingdom, nobody lives with the Indian company.
WITHOUT = {"uk": {"tds"}, "india": {"billing"}}
# Nothing of it can be there: limitation is years away, nothing is posted yet, the law is that of pounds.
EMPTY = {
    "report_legal_limitation.csv",
    "report_run_control_postings.csv",
    "report_kpis_lag.csv",
    "report_late_payment.csv",
    "report_late_payment_debts.csv",
}


@pytest.fixture(scope="module", params=tuple(SIZES))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Flavour, Path]:
    flavour: Flavour = request.param
    desk = tmp_path_factory.mktemp(flavour)
    sample = folder("sample_data") / flavour
    given = ["--bank", sample / "bank", "--items", sample / "items.csv", "--customers", sample / "customers"]
    given += ["--remittance", sample / "remittances.csv", "--out", desk / "run", "--store", desk / "store.db"]
    assert recon("run", *given).code == 0
    ran = recon(
        "report", "all", "--store", desk / "store.db", "--data", sample / "month", "--out", desk / "out"
    )
    assert ran.code == 0, ran.err
    return flavour, desk / "out"


def test_every_report_is_made_and_has_rows(made: tuple[Flavour, Path]) -> None:
    flavour, out = made
    found = {path.name for path in out.glob("report_*.csv")}
    lacking = {name for name in REPORTS if not any(one.startswith(f"report_{name}") for one in found)}
    assert lacking == WITHOUT[flavour]
    assert {path.name for path in out.glob("report_*.csv") if not rows(path)} <= EMPTY


def test_what_must_agree_does(made: tuple[Flavour, Path]) -> None:
    _, out = made
    assert [row["where"] for row in rows(out / "problems.csv") if row["code"] == "report-break"] == []
    for name in ("roll_forward", "control_account", "bank_reconciliation", "customer_statement"):
        checks = {row["check"] for row in rows(out / f"report_{name}.csv")}
        assert checks & {"agrees", "not said"}, name
        assert "differs" not in checks, name
    [journal] = [
        row for row in rows(out / "report_control_account_items.csv") if row.get("level", "item") == "item"
    ]
    assert (journal["reference"], journal["effect"]) == ("JV-2603-07", "1850.00")

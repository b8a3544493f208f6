"""Reports: tables in, tables out. Each file is one report; this is the list of them.

A report says which tables it needs (`TABLES`) and declares its columns; the file and the sheet are written from that
one declaration. `aged` tells each open item's age, for whichever report wants it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from recon.reports import (
    adjustments,
    ageing,
    bank_reconciliation,
    billing,
    chase,
    contacts,
    control_account,
    customer_statement,
    daily,
    data_quality,
    dso,
    exceptions,
    exposure,
    forecast,
    kpis,
    late_payment,
    legal,
    management,
    monthly,
    plans,
    promises,
    provision,
    quality,
    queries,
    renewals,
    risks,
    roll_forward,
    run_control,
    submissions,
    tds,
    unapplied,
)
from recon.reports.shape import RANK, Chart, Column, Inputs, Kind, Look, Made, Part, Report
from recon.reports.tables import TABLES

__all__ = ["RANK", "REPORTS", "TABLES", "Chart", "Column", "Inputs", "Kind", "Look", "Made", "Part", "Report"]

REPORTS: Final[Mapping[str, Report]] = {
    report.name: report
    for report in (  # in the order of a printed pack
        management.REPORT,
        monthly.REPORT,
        ageing.REPORT,
        unapplied.REPORT,
        exceptions.REPORT,
        quality.REPORT,
        run_control.REPORT,
        roll_forward.REPORT,
        control_account.REPORT,
        bank_reconciliation.REPORT,
        dso.REPORT,
        kpis.REPORT,
        provision.REPORT,
        exposure.REPORT,
        risks.REPORT,
        late_payment.REPORT,
        tds.REPORT,
        customer_statement.REPORT,
        billing.REPORT,
        adjustments.REPORT,
        daily.REPORT,
        chase.REPORT,
        promises.REPORT,
        plans.REPORT,
        contacts.REPORT,
        legal.REPORT,
        queries.REPORT,
        submissions.REPORT,
        renewals.REPORT,
        forecast.REPORT,
        data_quality.REPORT,
    )
}

"""The stairs: the only place where files, engine, store and workbook meet. Each function is a whole story."""

from recon.flow.demo import demo, demo_job, new_book
from recon.flow.gather import Progress, silent
from recon.flow.reading import read, reading_facts, write_readings
from recon.flow.reconcile import OUT_DEFAULT, Job, Report, reconcile
from recon.flow.review import Collected, Posted, collect, post, refresh

__all__ = [
    "OUT_DEFAULT",
    "Collected",
    "Job",
    "Posted",
    "Progress",
    "Report",
    "collect",
    "demo",
    "demo_job",
    "new_book",
    "post",
    "read",
    "reading_facts",
    "reconcile",
    "refresh",
    "silent",
    "write_readings",
]

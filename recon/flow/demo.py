"""The main job on the sample data that comes with recon; and a fresh workbook."""

from __future__ import annotations

from pathlib import Path

from recon.flow import books, deliver
from recon.flow.gather import Progress, silent
from recon.flow.reconcile import Job, Report, reconcile
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.resources import folder

STORIES = {"uk": "uk_care", "india": "india_care"}
DEMO_BOOK = "recon-demo.xlsm"


def demo_job(out: Path, story: str = "uk") -> Job:
    """The main job on the sample data, into a folder.

    Raises:
        ReconError: if there is no such story.
    """
    if story not in STORIES:
        raise ReconError(
            Problem("file-missing", story, "there is no such story", f"choose one of: {', '.join(STORIES)}")
        )
    data = folder("sample_data") / story
    customers = data / "customers"
    return Job(
        bank=[str(data / "bank")],
        items=[str(data / "items.csv")],
        remittance=[str(data / "remittances.csv")],
        customers=[str(customers)],
        rules=STORIES[story],
        book=out / DEMO_BOOK,
        out=out,
    )


def demo(job: Job, progress: Progress = silent) -> Report:
    """The demo, always from the start: a workbook and store of an earlier demo are replaced.

    Raises:
        ReconError: EXIT_JOB, if the folder can't be written or the workbook is open.
    """
    assert isinstance(job.book, Path)
    assert job.out is not None
    with deliver.ready(job.out):
        if job.book.exists():
            books.check(job.book)
        try:
            books.store_beside(job.book).unlink(missing_ok=True)
            job.book.unlink(missing_ok=True)
        except OSError as error:
            what = f"the earlier demo can't be replaced: {error.strerror or error}"
            hint = "close what has it open, or choose another folder with --out"
            raise ReconError(Problem("out-unwritable", job.out.as_posix(), what, hint), EXIT_JOB) from error
        return reconcile(job, progress)

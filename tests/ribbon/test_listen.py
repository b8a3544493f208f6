"""The waiting process: what is a job, in which order, by whom it is done, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon import listen
from recon.desk import jobs, lock
from recon.desk.jobs import Job, RefusedError
from recon.listen import Done, Listener
from recon.problems import EXIT_DONE, EXIT_JOB, ReconError

WORDS = frozenset({"run", "post"})
HOSTILE = 'July; rm -rf $(HOME) "Ü" %PATH% & 日本 💷.xlsm'

# Stands for the project in the child, so that no Excel is needed: it writes down what it was asked.
STUB = """
import json, pathlib, sys, time
COMMANDS = {"run": None, "post": None}
if __name__ == "__main__":
    log = pathlib.Path(__file__).with_name("asked.jsonl")
    if "slow" in sys.argv[2]:
        log.with_name("began").touch()
        time.sleep(1.5)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(sys.argv[1:]) + "\\n")
    if "broken" in sys.argv[2]:
        raise ValueError("Mrs Example, 12 High Street")
    if "refused" in sys.argv[2]:
        sys.stderr.write("Home: nothing is filled in\\n    write\\x1b[2J it there\\n")
        sys.exit(2)
"""


def units(name: str, *, signed: bool = True) -> str:
    """A name as VBA writes it: AscW of each UTF-16 unit."""
    data = name.encode("utf-16-le")
    codes = struct.unpack(f"<{len(data) // 2}{'h' if signed else 'H'}", data)
    return " ".join(map(str, codes))


def text(what: str = "run", name: str = "july.xlsm", window: str = "0", *more: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (what, units(name) + " ", window, *more)).encode("ascii")


def leave(folder: Path, name: str, content: bytes, age: float = 0.0) -> Path:
    """Leave a job as VBA does: under another name first."""
    part = folder / f"recon-{name}.part"
    part.write_bytes(content)
    moment = time.time() - age
    os.utime(part, (moment, moment))
    return part.rename(part.with_suffix(".job"))


class Recorded:
    """Jobs that were run, without a child."""

    def __init__(self, code: int = EXIT_DONE, said: str = "") -> None:
        self.jobs: list[Job] = []
        self.done = Done(code, said)

    def __call__(self, job: Job) -> Done:
        self.jobs.append(job)
        return self.done


def listener(folder: Path, run: Recorded, said: list[str] | None = None) -> Listener:
    told: list[str] = [] if said is None else said
    return Listener(folder, WORDS, told.append, run)


def all_of(one: Listener) -> None:
    while one.step():
        pass


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of that name, which the children find first; the file where it says what it was asked."""
    package = tmp_path / "stub" / "recon"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "ribbon.py").write_text(STUB, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    return package / "asked.jsonl"


def asked(stub: Path) -> list[list[str]]:
    return [json.loads(line) for line in stub.read_text(encoding="utf-8").splitlines()]


# --- what a job is


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=120
    ),
    st.booleans(),
)
def test_a_name_comes_through_as_it_was(name: str, signed: bool) -> None:
    content = f"post\r\n{units(name, signed=signed)}\r\n-12\r\n".encode("ascii")
    assert jobs.parse(content, WORDS) == Job("post", name, -12)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_job_or_refused(content: bytes) -> None:
    try:
        job = jobs.parse(content, WORDS)
    except RefusedError:
        return
    assert job.what in WORDS
    assert job.book


@pytest.mark.parametrize("more", [(), ("",), ("2026-11-22 08:15",), ("2026-11-22 08:15", "", "")])
def test_the_time_of_writing_may_be_missing(more: tuple[str, ...]) -> None:
    assert jobs.parse(text("run", "a.xlsm", "77", *more), WORDS) == Job("run", "a.xlsm", 77)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "0 lines"),
        (b"run\n", "1 lines"),
        (text() + b"\r\n1\r\n2\r\n", "6 lines"),
        (text("rm"), "no button"),
        (text("RUN"), "no button"),
        (text("run --wb=x"), "no button"),
        (text(window="Excel"), "no window"),
        (text(window="1" * 30), "no window"),
        (b"run\n\n0\n", "no name"),
        (b"run\n" + b"106 " * 300 + b"\n0\n", "no name"),
        (b"run\n106 x\n0\n", "character codes"),
        (b"run\n70000\n0\n", "character codes"),
        (b"run\n-32769\n0\n", "character codes"),
        (b"run\n-10180\n0\n", "half of a character"),
        (text(name="..\\evil.xlsm"), "path"),
        (text(name="a/b.xlsm"), "path"),
        (text(name="a\nb.xlsm"), "control"),
        (text(name="a\0.xlsm"), "control"),
        ("run\r\nü\r\n0\r\n".encode(), "plain letters"),
        (text() + b"x" * 20_000, "longer"),
    ],
)
def test_what_is_no_job_is_refused_with_its_reason(content: bytes, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        jobs.parse(content, WORDS)


# --- which are done, in which order


def test_jobs_are_done_in_the_order_of_their_times(tmp_path: Path) -> None:
    leave(tmp_path, "a", text(name="last.xlsm"), age=1)
    leave(tmp_path, "b", text("post", "first.xlsm", "7"), age=3)
    leave(tmp_path, "c", text(name="middle.xlsm"), age=2)
    (tmp_path / "recon-d.part").write_bytes(text(name="unfinished.xlsm"))
    (tmp_path / "other.job").write_bytes(text(name="other.xlsm"))
    run = Recorded()
    one = listener(tmp_path, run)
    all_of(one)
    assert run.jobs == [
        Job("post", "first.xlsm", 7),
        Job("run", "middle.xlsm", 0),
        Job("run", "last.xlsm", 0),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.job", "recon-d.part"]
    assert not one.failed


def test_a_refused_job_is_set_aside_and_told_without_what_is_in_it(tmp_path: Path) -> None:
    leave(tmp_path, "bad", b"format c:\r\n106\r\n0\r\n", age=1)
    leave(tmp_path, "good", text())
    run, said = Recorded(), list[str]()
    one = listener(tmp_path, run, said)
    all_of(one)
    assert [job.book for job in run.jobs] == ["july.xlsm"]
    assert one.failed
    assert said[0] == (
        "recon-bad.job: this is no job that can be done: it asks for no button that there is\n    it was set aside"
    )
    assert "format" not in "".join(said)
    assert [path.name for path in tmp_path.iterdir()] == ["recon-bad.refused"]


def test_a_job_from_another_day_is_not_done(tmp_path: Path) -> None:
    leave(tmp_path, "old", text(name="old.xlsm"), age=listen.STALE_SECONDS + 60)
    leave(tmp_path, "new", text(name="new.xlsm"), age=listen.STALE_SECONDS - 60)
    run, said = Recorded(), list[str]()
    all_of(listener(tmp_path, run, said))
    assert [job.book for job in run.jobs] == ["new.xlsm"]
    assert said[0].startswith("recon-old.job: the job is 11 minutes old and was not done")
    assert [path.name for path in tmp_path.iterdir()] == ["recon-old.stale"]


def test_a_job_that_waited_behind_long_ones_is_done_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    for number in range(3):
        leave(tmp_path, str(number), text(name=f"{number}.xlsm"), age=3 - number)
    done: list[str] = []

    def slow(job: Job) -> Done:
        nonlocal now
        now += 2 * listen.STALE_SECONDS
        done.append(job.book)
        if job.book == "0.xlsm":  # pressed while the first one runs
            leave(tmp_path, "3", text(name="3.xlsm"), age=2 * listen.STALE_SECONDS - 1)
        return Done(EXIT_DONE)

    all_of(Listener(tmp_path, WORDS, lambda _said: None, slow))
    assert done == ["0.xlsm", "1.xlsm", "2.xlsm", "3.xlsm"]


def test_two_that_take_jobs_never_take_the_same(tmp_path: Path) -> None:
    for number in range(120):
        leave(tmp_path, f"{number:03}", text(name=f"{number}.xlsm"))
    runs = [Recorded() for _ in range(4)]
    threads = [threading.Thread(target=all_of, args=(listener(tmp_path, run),)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    books = sorted(job.book for run in runs for job in run.jobs)
    assert books == sorted(f"{number}.xlsm" for number in range(120))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_is_no_job(tmp_path: Path) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    (tmp_path / "elsewhere").write_bytes(text())
    (folder / "recon-link.job").symlink_to(tmp_path / "elsewhere")
    run, said = Recorded(), list[str]()
    all_of(listener(folder, run, said))
    assert run.jobs == []
    assert "no plain file" in said[0]


def test_what_an_earlier_listener_left_is_told_and_cleared(tmp_path: Path) -> None:
    (tmp_path / "recon-1.taken").write_bytes(text())
    old = leave(tmp_path, "2", text(), age=30 * 86_400)
    old.rename(old.with_suffix(".refused"))
    (tmp_path / "recon-3.stale").touch()
    said: list[str] = []
    listener(tmp_path, Recorded(), said).tidy()
    assert said == ["recon-1.taken: the listener was cut off in the midst of this job\n    press it again"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recon-1.stale", "recon-3.stale"]


# --- the child


def test_a_job_is_done_as_if_its_button_had_started_python(stub: Path, tmp_path: Path) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    leave(folder, "1", text("post", HOSTILE, "1312340"))
    said: list[str] = []
    assert listen.listen(folder, said.append, once=True) == EXIT_DONE
    assert asked(stub) == [["post", f"--wb={HOSTILE}", "--from_xl=1", "--hwnd=1312340"]]
    assert said[0] == f"waiting for jobs in {folder}; Ctrl+C ends it"
    assert f" post in {HOSTILE}: done, " in said[1]
    assert len(said) == 2


def test_a_child_that_fails_is_told_without_data_and_the_next_goes_on(stub: Path, tmp_path: Path) -> None:
    leave(tmp_path, "1", text(name="broken.xlsm"), age=3)
    leave(tmp_path, "2", text(name="refused.xlsm"), age=2)
    leave(tmp_path, "3", text(name="fine.xlsm"), age=1)
    said: list[str] = []
    assert listen.listen(tmp_path, said.append, once=True) == EXIT_JOB
    assert len(asked(stub)) == 3
    assert said[2] == "    recon has broken off with an error of its own (ValueError)"
    assert "run in refused.xlsm: not done, exit code 2" in said[3]
    assert said[4] == "    Home: nothing is filled in\n        write?[2J it there"
    assert "fine.xlsm: done" in said[5]
    assert "Example" not in "".join(said)


def test_the_words_are_those_of_the_buttons() -> None:
    from recon import ribbon  # noqa: PLC0415 - the listener itself asks a child

    assert listen.buttons() == frozenset(ribbon.COMMANDS)


def test_a_python_that_can_do_no_job_is_told_at_once(
    tmp_path: Path, stub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.with_name("ribbon.py").write_text("import a_library_that_is_missing", encoding="utf-8")
    with pytest.raises(ReconError) as caught:
        listen.listen(tmp_path, lambda _said: None, once=True)
    assert caught.value.problems[0].code == "setup-refused"
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(ReconError):
        listen.listen(tmp_path, lambda _said: None, once=True)


def test_a_folder_of_that_name_where_it_was_started_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recon").mkdir()
    (tmp_path / "recon" / "__init__.py").write_text("raise SystemExit(9)", encoding="utf-8")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "run" in listen.buttons()


# --- the process


def test_a_process_that_only_waits_is_small(stub: Path, tmp_path: Path) -> None:
    assert stub.parent.is_dir()
    code = "import sys; from recon.listen import listen; from pathlib import Path; "
    code += "listen(Path(sys.argv[1]), print, once=True); print(*sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    loaded = set(ran.stdout.splitlines()[-1].split())
    assert "recon.listen" in loaded
    assert not {"polars", "xlwings", "recon.workbook", "recon.ribbon", "recon.match"} & loaded


def start(folder: Path, *more: str) -> subprocess.Popen[str]:
    code = "import sys; sys.path.pop(0); from recon import cli; sys.argv[0] = 'recon'; cli.main()"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONUNBUFFERED": "1", "STUB": os.environ.get("PYTHONPATH", "")}
    # The listener is the real one; only its children find the stub.
    code = f"import os; os.environ['PYTHONPATH'] = os.environ['STUB']; {code}"
    return subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, "excel", "listen", str(folder), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=environment,
        start_new_session=sys.platform != "win32",
    )


def ctrl_c(one: subprocess.Popen[str]) -> None:
    """As a terminal sends it: to the process and to all that it has started in its group."""
    if sys.platform != "win32":
        os.killpg(one.pid, signal.SIGINT)


def test_a_second_listener_on_the_folder_says_so(tmp_path: Path) -> None:
    with lock.alone(tmp_path / lock.NAME) as mine:
        assert mine
        said, _ = start(tmp_path).communicate(timeout=60)
    assert said == (
        f"{tmp_path}: another listener waits for jobs in this folder\n    one is enough: leave it running\n"
    )
    with lock.alone(tmp_path / lock.NAME) as again:
        assert again


def test_a_second_listener_ends_with_its_code_and_a_killed_one_leaves_no_lock(
    stub: Path, tmp_path: Path
) -> None:
    assert stub.parent.is_dir()
    folder = tmp_path / "jobs"
    first = start(folder)
    assert first.stdout is not None
    try:
        assert first.stdout.readline().startswith("waiting for jobs in ")
        second = start(folder)
        second.communicate(timeout=60)
        assert second.returncode == EXIT_JOB
    finally:
        first.kill()
        first.communicate()
    third = start(folder, "--once")
    third.communicate(timeout=60)
    assert third.returncode == EXIT_DONE


def _until(path: Path) -> None:
    for _ in range(300):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(path)


@pytest.mark.skipif(sys.platform == "win32", reason="a process can't be sent Ctrl+C there")
def test_ctrl_c_ends_it_and_lets_a_job_come_to_its_end(stub: Path, tmp_path: Path) -> None:
    folder = tmp_path / "jobs"
    one = start(folder)
    assert one.stdout is not None
    assert one.stdout.readline().startswith("waiting for jobs in ")
    leave(folder, "1", text(name="slow.xlsm"))
    _until(stub.with_name("began"))
    ctrl_c(one)
    said, _ = one.communicate(timeout=60)
    assert one.returncode == EXIT_DONE, said
    assert asked(stub) == [["run", "--wb=slow.xlsm", "--from_xl=1", "--hwnd=0"]]
    assert "run in slow.xlsm: done" in said
    assert said.endswith("ended\n")
    assert [path.name for path in folder.iterdir()] == [lock.NAME]


@pytest.mark.skipif(sys.platform == "win32", reason="a process can't be sent Ctrl+C there")
def test_ctrl_c_while_it_waits(stub: Path, tmp_path: Path) -> None:
    assert stub.parent.is_dir()
    one = start(tmp_path)
    assert one.stdout is not None
    assert one.stdout.readline().startswith("waiting for jobs in ")
    ctrl_c(one)
    said, _ = one.communicate(timeout=60)
    assert (one.returncode, said.splitlines()[-1]) == (EXIT_DONE, "ended")

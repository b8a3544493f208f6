"""Set recon up in this folder and run it, with nothing but Python.

    python bootstrap.py demo           the main job on the sample data (adds --out DIR and the like to it)
    python bootstrap.py test           the fast tests
    python bootstrap.py recon ...      any recon command: python bootstrap.py recon run --bank night.csv ...
    python bootstrap.py TASK ...       any task of pyproject.toml: format, lint, test-all, golden, all

Makes .venv beside this file if it isn't there, installs into it what the command needs, and hands back the
command's exit code. When nothing has changed since the last time it starts the command at once.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - older Pythons shall get this sentence, not a SyntaxError
    sys.exit(
        "recon needs Python 3.11 or later; this is {}.{}.\n"
        "Get it from https://www.python.org/downloads/ and run: python3.11 bootstrap.py demo".format(
            *sys.version_info[:2]
        )
    )

import hashlib
import importlib.util
import os
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "recon-bootstrap.txt"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
PYTHON = SCRIPTS / f"python{SUFFIX}"
RUNS_ALONE = ("demo", "recon")  # commands that need no tools of development
EXIT_SETUP = 3  # as recon's own: the job could not run


def main(arguments: list[str]) -> int:
    """Set up what the first argument needs, run it, and return its exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    first, *rest = arguments
    extra = "" if first in RUNS_ALONE else "dev"
    try:
        set_up(extra)
        if first == "recon":
            return run(script("recon"), *rest)
        if first == "demo":
            return run(script("recon"), "demo", *rest)
        return run(script("poe"), "-C", str(ROOT), first, *rest)
    except SetupError as error:
        print(error, file=sys.stderr)
        return EXIT_SETUP
    except KeyboardInterrupt:
        return 130


class SetupError(Exception):
    """The environment can't be made; the message says why and what to do."""


def set_up(extra: str) -> None:
    """Make .venv and install recon with the extra into it, unless that was done for this pyproject.toml."""
    version = version_of(PYTHON)
    done = STAMP.read_text(encoding="utf-8").splitlines() if STAMP.exists() else []
    if version and done[:1] == [state(version)] and extra in ("", *done[1:]) and script("recon").exists():
        return
    if not version:
        make_venv()
    start = time.monotonic()
    say(f"installing recon into {VENV} (once, or when pyproject.toml changes) ...")
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--editable",
        target,
    ]
    STAMP.unlink(missing_ok=True)  # a set-up that breaks off is done again
    if subprocess.run(pip, check=False, env=environment()).returncode:
        raise SetupError(
            "recon: pip could not install the packages; its message is above.\n"
            "    Without a network, or behind a proxy, set PIP_INDEX_URL or HTTPS_PROXY and try again."
        )
    STAMP.write_text(f"{state(version_of(PYTHON))}\n{extra}\n", encoding="utf-8")
    say(f"installed in {time.monotonic() - start:.0f} s")


def state(version: str) -> str:
    """What an installation depends on: pyproject.toml, the Python and the place."""
    return f"{hashlib.sha256((ROOT / 'pyproject.toml').read_bytes()).hexdigest()} {version} {ROOT}"


def version_of(python: Path) -> str:
    """The version of a virtual environment's Python; empty if there is none, or it is too old."""
    code = "import sys; print('%d.%d' % sys.version_info[:2]) if sys.version_info >= (3, 11) else None"
    try:
        answer = subprocess.run(
            [str(python), "-c", code], check=False, capture_output=True, text=True, env=environment()
        )
    except OSError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def make_venv() -> None:
    """Make .venv with this Python; a broken one is made anew, a folder that is none is left alone."""
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists():
        raise SetupError(
            f"recon: {VENV} is there, but is no virtual environment. Move it away and try again."
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise SetupError(
            "recon: this Python can't make virtual environments: the module venv or ensurepip is missing.\n"
            f"    On Debian and Ubuntu: sudo apt-get install {package} (or python3-venv), then try again."
        )
    say(f"making {VENV} with Python {sys.version_info[0]}.{sys.version_info[1]} ...")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], check=False, capture_output=True, text=True
    )
    if made.returncode or not version_of(PYTHON):
        raise SetupError(f"recon: {VENV} could not be made.\n{made.stdout}{made.stderr}".rstrip())


def script(name: str) -> Path:
    """A command inside .venv."""
    return SCRIPTS / f"{name}{SUFFIX}"


def environment() -> dict[str, str]:
    """This environment with .venv in front."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    variables["VIRTUAL_ENV"] = str(VENV)
    variables["PATH"] = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
    return variables


def run(command: Path, *arguments: str) -> int:
    """Run a command of .venv in the folder one is in; its exit code, or 128 + signal as a shell says it."""
    code = subprocess.run([str(command), *arguments], check=False, env=environment()).returncode
    return code if code >= 0 else 128 - code


def say(text: str) -> None:
    """Speak on stderr, so that stdout is the command's own."""
    print(f"recon: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the user reads when a rules file or a column profile is wrong: each folder holds a file and the exact text.

`pytest --golden` writes the texts anew.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from recon import rules
from recon.problems import CATALOGUE, Problem, ReconError
from recon.resources import folder

HERE = Path(__file__).parent
CASES = sorted(path for name in ("rules", "profile") for path in HERE.glob(f"*/{name}.yaml"))


def shipped(name: str) -> tuple[str, str]:
    path = folder("rules") / f"{name}.yaml"
    if not path.exists():
        raise ReconError(Problem("file-missing", f"rules/{name}.yaml", "the file does not exist"))
    return path.read_text(encoding="utf-8"), f"rules/{name}.yaml"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_the_text_that_the_user_reads(path: Path, request: pytest.FixtureRequest) -> None:
    text = path.read_text(encoding="utf-8")
    parse = partial(rules.parse, read=shipped) if path.stem == "rules" else rules.parse_profile
    with pytest.raises(ReconError) as caught:
        parse(text, path.name)
    said = "\n".join(f"{problem.code}\n{problem}" for problem in caught.value.problems) + "\n"
    expected = path.with_name("expected.txt")
    if request.config.getoption("--golden", default=False):
        expected.write_text(said, encoding="utf-8", newline="\n")
    assert said == expected.read_text(encoding="utf-8")


def test_every_code_of_rules_has_its_case() -> None:
    told = {
        line for path in HERE.glob("*/expected.txt") for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert {code for code in CATALOGUE if code.startswith("rules-")} <= told

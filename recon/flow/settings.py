"""Rules and profiles, from the site's files or those that come with recon."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from recon import ingest, rules
from recon.problems import EXIT_INPUT, Problem, ReconError
from recon.resources import folder
from recon.rules.layout import Layout
from recon.rules.profile import Profile
from recon.rules.schema import Rules

DEFAULT = "default"
SIZE_MAX = 5_000_000


def shipped() -> list[str]:
    """The names of the rules files that come with recon."""
    return sorted(path.stem for path in folder("rules").glob("*.yaml"))


def load_rules(name: str = "") -> tuple[Rules, Path]:
    """Rules out of a file, or out of one that comes with recon (`default`, `uk_care`, ...); and where it is.

    Raises:
        ReconError: file-missing, file-unreadable, or every problem of the file at once.
    """
    path = _path(name or DEFAULT)
    return (_shipped(path) if path.parent == folder("rules") else _parsed(path)), path


def profile_of(name: str) -> tuple[Profile, Path] | None:
    """A column profile out of a file, and where it is; None if the file is meant as rules.

    Raises:
        ReconError: file-missing, file-unreadable, rules-yaml, or every problem of the profile at once.
    """
    path = _path(name or DEFAULT)
    text = _text(path)
    return (rules.parse_profile(text, _shown(path)), path) if rules.is_profile(text, _shown(path)) else None


GENERIC = "generic"  # the one posting format that is no layout


def posting_layout(name: str) -> Layout | None:
    """The layout of a posting format: one that comes with recon by its name, or a file of one's own.

    Returns:
        None for `generic`, which has no layout.

    Raises:
        ReconError: format-unknown with the formats there are; file-missing, file-unreadable, or every problem of the
            layout at once.
    """
    known = _layouts()
    if name == GENERIC:
        return None
    path = folder("rules") / "postings" / f"{name}.yaml"
    if name not in known:
        path = Path(name)
        if path.suffix.lower() not in {".yaml", ".yml"}:
            near = difflib.get_close_matches(name, [GENERIC, *known], n=1)
            hints = [
                f"known formats: {', '.join([GENERIC, *known])}, or a layout of your own as FILE.yaml",
                *(f"did you mean `{one}`?" for one in near),
            ]
            what = f"no posting format `{name}`"
            raise ReconError(Problem("format-unknown", "--format", what, "\n".join(hints)), EXIT_INPUT)
    made = rules.parse_layout(_text(path), _shown(path))
    if path.parent != folder("rules") / "postings" and made.name in [GENERIC, *known]:
        what, hint = f"name: `{made.name}` is a format that comes with recon", "give yours a name of its own"
        where = rules.place(_text(path), _shown(path), ("name",))
        raise ReconError(Problem("rules-value", where, what, hint))
    return made


def _layouts() -> list[str]:
    """The names of the posting layouts that come with recon."""
    return sorted(path.stem for path in (folder("rules") / "postings").glob("*.yaml"))


def layout_of(name: str) -> tuple[Layout, Path] | None:
    """A layout of posting files out of a file, and where it is; None if the file is meant as something else.

    Raises:
        ReconError: file-missing, file-unreadable, rules-yaml, or every problem of the layout at once.
    """
    path = _path(name or DEFAULT)
    text = _text(path)
    return (rules.parse_layout(text, _shown(path)), path) if rules.is_layout(text, _shown(path)) else None


def remarks(path: Path) -> tuple[Problem, ...]:
    """What in a rules file works but hardly as it is meant, with file and line.

    Raises:
        ReconError: as `load_rules`.
    """
    return (*rules.remarks(_text(path), _shown(path), _extended(path)), *_of_posting(path))


def _of_posting(path: Path) -> Iterator[Problem]:
    """What the rules say to posting layouts that come with recon, and these don't know."""
    from recon import posting  # noqa: PLC0415 - only who checks rules needs it

    loaded = load_rules(str(path))[0]

    def told(error: ReconError, key: tuple[str, ...] = ()) -> Iterator[Problem]:
        for one in error.problems:
            at = key or tuple(one.where.split("."))
            where = rules.place(_text(path), _shown(path), at, _extended(path))
            yield Problem(one.code, where, f"{'.'.join(at)}: {one.what}", one.hint)

    try:
        posting_layout(loaded.posting.format)
    except ReconError as error:
        yield from told(error, ("posting", "format"))
    for name in sorted(set(loaded.posting.settings) - set(_layouts())):
        near = difflib.get_close_matches(name, _layouts(), n=1)
        if near:  # else it is a layout of the site's own
            what = f"no layout that comes with recon is called `{name}`"
            wrong = ReconError(Problem("posting-setting", "", what, f"did you mean `{near[0]}`?"))
            yield from told(wrong, ("posting", "settings", name))
    for name in sorted(set(loaded.posting.settings) & set(_layouts())):
        layout = posting_layout(name)
        assert layout is not None
        try:
            posting.site_of(loaded, layout)
        except ReconError as error:
            yield from told(error)


def _parsed(path: Path) -> Rules:
    text = _text(path)
    try:
        return rules.parse(text, _shown(path), _extended(path))
    except ReconError as wrong:
        if not rules.is_profile(text, _shown(path)):
            raise
        what = "this is a column profile, no rules file"
        hint = "name it under `profiles` of your rules file; recon rules check says whether it is right"
        raise ReconError(Problem("file-kind", _shown(path), what, hint)) from wrong


def _extended(path: Path) -> Callable[[str], tuple[str, str]]:
    """What reads the file that a rules file extends: beside it, or one that comes with recon."""

    def read(named: str) -> tuple[str, str]:
        beside = path.parent / named
        base = beside if beside.is_file() else _path(named)
        return _text(base), _shown(base)

    return read


@cache
def _shipped(path: Path) -> Rules:
    """Rules that come with recon: they don't change while it runs, and reading them takes a tenth of a second."""
    return _parsed(path)


def load_profiles(loaded: Rules, path: Path) -> list[Profile]:
    """All column profiles there are; of one name the first counts.

    Those that the rules name beside their file come first, then those in a folder `profiles` there, then those in the
    person's own folder (`recon profile` writes into it), then those that come with recon.

    Raises:
        ReconError: file-missing, or every problem of a profile at once.
    """
    own = [_own_profile(path, number, name) for number, name in enumerate(loaded.profiles)]
    beside = [] if path.parent == folder("rules") else _of_folder(path.parent / "profiles")
    known: dict[str, Profile] = {}
    for profile in [*own, *beside, *_of_folder(profiles_folder()), *_built_in()]:
        known.setdefault(profile.name, profile)
    return list(known.values())


def profiles_folder() -> Path:
    """The folder of a person's own profiles, which every command and button looks into."""
    from recon.desk import places  # noqa: PLC0415 - as little as can be is loaded to read rules

    return places.profiles_folder()


def _of_folder(folder_: Path) -> list[Profile]:
    return ingest.load_profiles(folder_) if folder_.is_dir() else []


def _own_profile(path: Path, number: int, name: str) -> Profile:
    """A profile that a rules file names; if it is not there, the problem is in the line that names it."""
    if not (path.parent / name).is_file():
        where = rules.place(_text(path), _shown(path), ("profiles", number), _extended(path))
        what, hint = f"profiles: there is no file `{name}` beside the rules", "check its name"
        raise ReconError(Problem("file-missing", where, what, hint))
    return rules.parse_profile(_text(path.parent / name), name)


@cache
def _built_in() -> list[Profile]:
    return ingest.load_profiles(folder("rules") / "profiles")


def _path(name: str) -> Path:
    path = Path(name)
    if path.is_file():
        return path
    known = folder("rules") / f"{name.removesuffix('.yaml')}.yaml"
    if known.parent == folder("rules") and known.is_file():
        return known
    hint = f"give a file, or one of these names: {', '.join(shipped())}"
    raise ReconError(Problem("file-missing", name, "there is no such rules file", hint))


def _shown(path: Path) -> str:
    """How a rules file is called in messages."""
    if path.parent == folder("rules") / "postings":
        return f"rules/postings/{path.name}"
    return f"rules/{path.name}" if path.parent == folder("rules") else path.as_posix()


def _text(path: Path) -> str:
    read: Callable[[], bytes] = path.read_bytes
    try:
        data = read()
        assert len(data) <= SIZE_MAX
        return data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ReconError(
            Problem("file-missing", path.as_posix(), "there is no such file", "check its name")
        ) from error
    except (OSError, UnicodeDecodeError, AssertionError) as error:
        hint = "save it as a YAML text in UTF-8"
        raise ReconError(
            Problem("file-unreadable", path.as_posix(), "the file can't be read as text", hint)
        ) from error


def schema() -> dict[str, Any]:
    """The JSON Schema of rules files."""
    return rules.schema()

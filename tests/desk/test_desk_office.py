"""What is read out of the registry, and which folders Excel trusts by it."""

from __future__ import annotations

import pytest
from desk_cases import (
    APP_PATH,
    ASR,
    CLICK_TO_RUN,
    CLOUD,
    EXCEL,
    LOCATIONS,
    MANAGED,
    POLICY,
    POLICY_ALL,
    POLICY_LOCATIONS,
    RULE,
    SECURITY,
    FakeRegistry,
    location,
    with_excel,
)

from recon.desk import office, trust
from recon.desk.office import Setting
from recon.desk.registry import MACHINE, USER, NoRegistry, Value
from recon.problems import EXIT_JOB, ReconError

BOOKS = r"D:\Recon books"
ENVIRON = {"USERPROFILE": r"P:\Folk\ann", "TEMP": r"P:\Folk\ann\AppData\Local\Temp"}


def test_excel_its_version_and_its_bits() -> None:
    found = office.read(with_excel())
    assert (found.program, found.version, found.bits) == (EXCEL, "16.0.17328.20184", "64-bit")


@pytest.mark.parametrize(
    ("values", "bits"),
    [
        ([(MACHINE, APP_PATH, "", EXCEL), (MACHINE, CLICK_TO_RUN, "Platform", "x86")], "32-bit"),
        ([(USER, APP_PATH, "", f'"{EXCEL}"')], ""),
        (
            [(MACHINE, r"SOFTWARE\WOW6432Node\Microsoft\Office\16.0\Excel\InstallRoot", "Path", EXCEL)],
            "32-bit",
        ),
        ([(MACHINE, r"SOFTWARE\Microsoft\Office\16.0\Excel\InstallRoot", "Path", EXCEL)], "64-bit"),
    ],
)
def test_other_ways_in_which_excel_is_installed(values: list[tuple[str, str, str, Value]], bits: str) -> None:
    found = office.read(FakeRegistry(*values))
    assert (found.program, found.bits) == (EXCEL, bits)


def test_a_computer_without_registry_or_excel_says_nothing() -> None:
    for registry in (NoRegistry(), FakeRegistry()):
        found = office.read(registry)
        assert (found.program, found.version, found.bits, found.locations) == ("", "", "", ())
        assert found.macros == Setting(None)


def test_a_policy_counts_before_what_the_person_has_set() -> None:
    own = (USER, SECURITY, "VBAWarnings", 1)
    assert office.read(with_excel(own)).macros == Setting(1)
    for root, key in ((USER, POLICY), (MACHINE, POLICY), (USER, CLOUD)):
        found = office.read(with_excel(own, (root, key, "vbawarnings", 4)))
        assert found.macros == Setting(4, by_policy=True)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ([(MACHINE, ASR, RULE, "1")], "1"),
        ([(MACHINE, ASR, RULE.upper(), 2)], "2"),
        ([(MACHINE, ASR, "{" + RULE + "}", "0")], "0"),
        ([(MACHINE, MANAGED, "ASRRules", f"92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b=2|{RULE}=1")], "1"),
        ([(MACHINE, MANAGED, "ASRRules", "nonsense")], "None"),
        ([], "None"),
    ],
)
def test_the_rule_against_child_processes(values: list[tuple[str, str, str, Value]], rule: str) -> None:
    assert str(office.read(with_excel(*values)).child_processes.value) == rule


@pytest.mark.parametrize(
    ("trusted", "below", "folder", "does"),
    [
        (r"D:\Recon books", 0, BOOKS, True),
        ("d:\\recon BOOKS\\", 0, BOOKS, True),
        ("D:/Recon books/", 0, BOOKS, True),
        (r"D:\Recon", 1, BOOKS, False),
        ("D:\\", 1, BOOKS, True),
        ("D:\\", 0, BOOKS, False),
        (r"D:\Recon books", 0, BOOKS + r"\july", False),
        (r"D:\Recon books", 1, BOOKS + r"\july", True),
        (r"\\server\ar", 1, r"\\SERVER\ar\july", True),
    ],
)
def test_which_folders_are_trusted(trusted: str, below: int, folder: str, does: bool) -> None:
    found = office.read(with_excel(*location(3, trusted, below=below)))
    assert (trust.trusting(found, folder) is not None) is does


@pytest.mark.parametrize(
    "values",
    [
        [(USER, LOCATIONS, "AllLocationsDisabled", 1)],
        [(USER, POLICY_LOCATIONS, "alllocationsdisabled", 1)],
        [(USER, POLICY_ALL, "allow user locations", 0)],
    ],
)
def test_locations_that_are_switched_off_don_t_count(values: list[tuple[str, str, str, Value]]) -> None:
    found = office.read(with_excel(*location(0, BOOKS), *values))
    assert trust.trusting(found, BOOKS) is None
    with pytest.raises(ReconError) as caught:
        trust.add(with_excel(), found, BOOKS, network=False, environ=ENVIRON)
    assert caught.value.exit_code == EXIT_JOB
    assert caught.value.problems[0].code == "setup-refused"


def test_locations_of_a_policy_count_where_the_person_s_own_don_t() -> None:
    given = [*location(0, BOOKS, key=POLICY_ALL), (USER, POLICY_ALL, "allow user locations", 0)]
    found = trust.trusting(office.read(with_excel(*given)), BOOKS)
    assert found is not None
    assert found.by_policy


def test_a_folder_is_added_behind_the_others_and_taken_back() -> None:
    registry = with_excel(
        *location(0, "C:\\x\\"), *location(7, "C:\\y\\"), (USER, SECURITY, "VBAWarnings", 2)
    )
    before = {key: dict(values) for key, values in registry.held.items()}
    key = trust.add(registry, office.read(registry), BOOKS, network=False, environ=ENVIRON)
    assert key == rf"{LOCATIONS}\Location8"
    assert registry.held[USER, key.lower()] == {
        "path": BOOKS + "\\",
        "description": trust.DESCRIPTION,
        "allowsubfolders": 0,
    }
    assert trust.trusting(office.read(registry), BOOKS)
    assert trust.add(registry, office.read(registry), BOOKS, network=False, environ=ENVIRON) is None
    assert trust.remove(registry, key, BOOKS)
    assert registry.held == before
    assert not trust.remove(registry, key, BOOKS)


def test_a_location_that_somebody_changed_is_left() -> None:
    registry = with_excel()
    key = trust.add(registry, office.read(registry), BOOKS, network=False, environ=ENVIRON)
    assert key is not None
    registry.write(key, {"AllowSubfolders": 1})
    assert not trust.remove(registry, key, BOOKS)
    assert registry.value(USER, key, "Path")


def test_nothing_but_a_trusted_location_is_ever_removed() -> None:
    registry = with_excel(*((USER, SECURITY, name, value) for name, value in trust.values(BOOKS).items()))
    assert not trust.remove(registry, SECURITY, BOOKS)
    assert registry.value(USER, SECURITY, "Path")


@pytest.mark.parametrize(
    "folder",
    [
        "C:\\",
        "D:/",
        r"P:\Folk\ann",
        r"P:\Folk\ann\Downloads",
        r"p:\folk\ANN\desktop\\",
        r"P:\Folk\ann\x\..\Documents",
        r"P:\Folk\ann\AppData\Local\Temp",
    ],
)
def test_a_folder_where_anything_may_come_to_lie_is_refused(folder: str) -> None:
    registry = with_excel()
    with pytest.raises(ReconError, match="anything may come to lie"):
        trust.add(registry, office.read(registry), folder, network=False, environ=ENVIRON)
    assert registry.keys(USER, LOCATIONS) == []


def test_a_folder_on_the_network_needs_leave() -> None:
    registry = with_excel()
    for folder, network in ((r"\\server\ar\recon", False), (r"S:\ar", True)):
        with pytest.raises(ReconError, match="on the network"):
            trust.add(registry, office.read(registry), folder, network=network, environ=ENVIRON)
    allowed = with_excel((USER, POLICY_LOCATIONS, "AllowNetworkLocations", 1))
    assert trust.add(allowed, office.read(allowed), r"\\server\ar\recon", network=True, environ=ENVIRON)


def test_a_registry_that_may_not_be_written_is_told() -> None:
    registry = with_excel(writable=False)
    with pytest.raises(ReconError, match="can't be written"):
        trust.add(registry, office.read(registry), BOOKS, network=False, environ=ENVIRON)

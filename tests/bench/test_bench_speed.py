"""Speed: growth and page of timings made by hand, what is measured of a process, and one real small run."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from recon.bench import speed, speed_chart
from recon.bench.generate import generate
from recon.bench.skew import SKEWS
from recon.bench.speed import Timing
from recon.flow import bench, processes
from recon.flow import speed as flow_speed
from recon.problems import ReconError

MIB = 1024 * 1024
TIMINGS = [
    Timing("recon", 1_000, 1_100, 2.0, {"read": 0.2, "match": 0.5, "write": 0.1}, 200 * MIB, 1.75),
    Timing("Splink 4", 1_000, 1_100, 8.0, {"match": 7.0}, 400 * MIB),
    Timing("pandas + extractOne", 1_000, 1_100, 4.0, {"match": 3.0}),
    Timing("recon", 10_000, 11_000, 20.0, {"read": 2.0, "match": 5.0, "write": 1.0}, 600 * MIB, 7.0),
    Timing("Splink 4", 10_000, 11_000, 16.0, {"match": 14.0}, 900 * MIB),
    Timing("pandas + extractOne", 10_000, 11_000, None, why="not tried above 5,000 lines"),
]


def test_growth_is_from_each_size_to_the_next_of_the_same_engine() -> None:
    grown = {one.engine: one for one in speed.growths(TIMINGS)}
    assert set(grown) == {"recon", "Splink 4"}
    assert (grown["recon"].times, grown["Splink 4"].times) == (10.0, 2.0)
    assert grown["recon"].exponent == pytest.approx(1.0)
    assert grown["Splink 4"].exponent == pytest.approx(0.30103)
    assert (grown["recon"].work, grown["Splink 4"].work) == (4.0, None)
    assert grown["recon"].work_exponent == pytest.approx(0.60206)
    assert grown["Splink 4"].work_exponent is None


def test_the_page_has_every_run_the_ratios_and_who_did_not_run() -> None:
    told = speed.page(TIMINGS, {"machine": "two processors"}, "recon bench --speed")
    assert "| recon | 10,000 | 11,000 | 20.00 | 2.00 | 5.00 | 1.00 | 7.00 | 500 | 600 |" in told
    assert "| pandas + extractOne | 1,000 | 1,100 | 4.00 |  | 3.00 |  |  | 250 | not known |" in told
    assert "| recon | 1,000 | 1,100 | 2.00 | 0.20 | 0.50 | 0.10 | 1.75 | 500 | 200 |" in told
    assert "| 1,000 | Splink 4 | 4.00 |  | 2.00 |" in told
    assert "| 10,000 | Splink 4 | 0.80 |  | 1.50 |" in told  # where a peer is faster, it is told as well
    assert "- pandas + extractOne, 10,000 lines: not tried above 5,000 lines." in told
    assert "- machine: two processors" in told


def test_recon_alone_has_no_table_of_others() -> None:
    told = speed.page([one for one in TIMINGS if one.engine == "recon"], {}, "recon bench --speed")
    assert "## Beside other engines" not in told
    assert "## Not run" not in told


def test_the_picture_has_a_stroke_for_each_engine_inside_its_frame() -> None:
    root = ET.fromstring(speed_chart.chart(TIMINGS))  # noqa: S314 - our own text
    strokes = [one.attrib["points"] for one in root.iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(points.split()) for points in strokes] == [2, 2, 1]
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    places = [tuple(map(float, point.split(","))) for points in strokes for point in points.split()]
    assert all(0 < x < width and 0 < y < height for x, y in places)
    first, second = strokes[0].split()
    assert float(first.split(",")[1]) > float(second.split(",")[1])  # more seconds are higher up


def test_a_picture_of_nothing_is_still_a_picture() -> None:
    assert ET.fromstring(speed_chart.chart([])).attrib["role"] == "img"  # noqa: S314 - our own text


def test_figures_are_plain() -> None:
    told = json.loads(json.dumps(speed.figures(TIMINGS, {"machine": "two processors"})))
    assert told["timings"][0]["stages"] == {"read": 0.2, "match": 0.5, "write": 0.1}
    assert told["growth"][0]["exponent"] == 1.0


def test_a_command_is_measured_with_its_children() -> None:
    inner = "import time; held = bytearray(60_000_000); time.sleep(0.6)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{inner}'], check=True); print('done')"
    made = processes.measured([sys.executable, "-c", outer], 60)
    assert (made.code, made.output.strip()) == (0, "done")
    assert made.seconds > 0.6
    assert made.busy is None or made.busy > 0
    if sys.platform == "linux":
        assert made.peak_bytes is not None
        assert made.peak_bytes > 60_000_000
    else:
        assert made.peak_bytes is None


def test_a_command_that_fails_or_takes_too_long_says_so() -> None:
    failed = processes.measured([sys.executable, "-c", "raise SystemExit('no such luck')"], 60)
    assert (failed.code, failed.said.strip()) == (1, "no such luck")
    assert processes.measured([sys.executable, "-c", "import time; time.sleep(60)"], 0.2).code is None


def test_sizes_are_one_number_or_for_speed_several() -> None:
    assert bench.sizes_of("2000", several=False) == (2_000,)
    assert bench.sizes_of("1000, 10_000", several=True) == (1_000, 10_000)


@pytest.mark.parametrize(
    ("text", "several"), [("1000,2000", False), ("ten", True), ("10", True), ("300000", False)]
)
def test_sizes_that_make_no_sense_are_a_problem(text: str, several: bool) -> None:
    with pytest.raises(ReconError) as raised:
        bench.sizes_of(text, several=several)
    assert raised.value.problems[0].code == "bench-options"


def test_lopsided_ledgers_stand_beside_the_even_one_of_their_size() -> None:
    lopsided = Timing("recon", TIMINGS[0].lines, 5, 2 * (TIMINGS[0].seconds or 1), skew="one amount")
    timings = [*TIMINGS, lopsided]
    told = speed.page(timings, {}, "recon bench --speed --skew")
    assert f"| one amount | {lopsided.lines:,} | {lopsided.seconds:.2f} | 2.00 |" in told
    assert speed.growths(timings) == speed.growths(TIMINGS)
    assert speed_chart.chart(timings) == speed_chart.chart(TIMINGS)


@pytest.mark.parametrize("name", SKEWS)
def test_a_lopsided_ledger_has_the_size_of_the_even_one(name: str) -> None:
    even = generate("uk", 120, 3)
    made = SKEWS[name](even)
    assert made.bank_lines.height == even.bank_lines.height
    assert made.open_items.height == even.open_items.height
    assert made.bank_lines.schema == even.bank_lines.schema
    counts = {
        "one customer": made.open_items["customer_id"].value_counts(sort=True)["count"][0]
        / made.open_items.height,
        "one amount": made.open_items["open_amount"].value_counts(sort=True)["count"][0]
        / made.open_items.height,
        "one text": 1.0 / made.bank_lines["reference"].n_unique(),
    }
    assert counts[name] >= {"one customer": 0.4, "one amount": 1 / 6, "one text": 1.0}[name]


@pytest.mark.slow
def test_a_real_run_writes_its_page_picture_and_figures(tmp_path: Path) -> None:
    said: list[str] = []
    made = flow_speed.run([60], 1, tmp_path / "out", tell=said.append)
    assert [path.name for path in made.files] == list(flow_speed.FILES)
    assert said == ["60 lines: generating", "60 lines: recon"]
    (timing,) = made.figures["timings"]
    assert set(timing["stages"]) == {"read", "match", "write"}
    assert timing["seconds"] > sum(timing["stages"].values())
    assert (tmp_path / "out" / "speed.md").read_text("utf-8") == made.page

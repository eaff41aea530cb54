"""Folders of rules: what fails is listed, the rest runs, nothing leads out, the second load is from cache."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from cloudward.detect import load
from cloudward.errors import UsageError
from tests.detect.rules import hits, rule

GOOD = rule("s: {a: 1}\ncondition: s")


def test_what_fails_is_listed_and_the_rest_runs(tmp_path: Path) -> None:
    (tmp_path / "windows" / "deep").mkdir(parents=True)
    (tmp_path / "windows" / "deep" / "good.yml").write_text(GOOD)
    (tmp_path / "bad.yml").write_text(rule("s: {a|b: 1}\ncondition: s"))
    (tmp_path / "broken.yaml").write_text("a: [")
    (tmp_path / "old.yml").write_text(GOOD + "status: deprecated\n")
    (tmp_path / "other.yml").write_text("some: thing\n")
    (tmp_path / "twice.yml").write_text(GOOD + "id: good\n")
    (tmp_path / "notes.txt").write_text("no rule")
    (tmp_path / ".hidden.yml").write_text("a: [")
    found = load(tmp_path, built_in=False, use_cache=False)
    assert hits(found, [{"a": 1}]) == [(0, "good")]
    told = [str(each).removeprefix(f"{tmp_path}/") for each in found.failed]
    assert [each.partition(":")[0] for each in told] == ["bad.yml", "broken.yaml", "windows/deep/good.yml"]
    assert "is also in" in told[2]
    assert [each.message for each in found.left_out] == ["its status is deprecated"]


def test_links_that_lead_out_and_what_is_no_file_are_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "rules", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.yml").write_text(GOOD)
    (inside / "good.yml").write_text(GOOD)
    (inside / "link.yml").symlink_to(outside / "secret.yml")
    (inside / "folder").symlink_to(outside)
    (inside / "own.yml").symlink_to(inside / "good.yml")
    (inside / "round").symlink_to(inside)
    (inside / "dir.yml").mkdir()
    (inside / "large.yml").write_text(GOOD + "# " + "x" * 1_000_000)
    found = load(inside, built_in=False, use_cache=False)
    told = "\n".join(str(each) for each in found.failed)
    assert "folder: this link leads out of" in told
    assert "link.yml: this link leads out of" in told
    assert "large.yml: the file is larger than" in told
    assert "round/round" in told
    assert {each.id for each in found.detections} == {"good", "own"}


def test_a_correlation_of_ones_own_does_not_silence_a_built_in_detection(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text(rule("s: {a: 1}\ncondition: s"))
    (tmp_path / "both.yml").write_text(
        "title: Both\ncorrelation: {type: temporal, rules: [mine, aws-trail-stopped], timespan: 5m}\n"
    )
    found = load(tmp_path)
    assert not found.failed
    assert (found["mine"].alone, found["aws-trail-stopped"].alone) == (False, True)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        load(tmp_path / "nowhere")


def test_the_second_load_is_from_cache_and_a_change_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "rules"
    folder.mkdir()
    for name, detection in (
        ("one", "s: {a: 1, b|re: x, c|cidr: 10.0.0.0/8, d|gt: 1.5}\ncondition: not s"),
        ("bad", "x: 1"),
    ):
        (folder / f"{name}.yml").write_text(
            rule(detection, more="tags: [attack.impact]\nexamples: {alert: [{a: 2}]}")
        )
    first = load(folder, built_in=False)
    (kept,) = (tmp_path / "cache" / "cloudward").glob("detections-*.json")
    again = load(folder, built_in=False)
    assert again.all == first.all
    assert [str(each) for each in again.failed] == [str(each) for each in first.failed] != []
    kept.write_text(kept.read_text().replace('"title":"T"', '"title":"from cache"'))
    assert load(folder, built_in=False)["one"].title == "from cache"
    (folder / "one.yml").write_text(rule("s: {a: 1}\ncondition: s"))
    assert hits(load(folder, built_in=False), [{"a": 1}]) == [(0, "one")]


MANY = ", ".join(f"v{n}" for n in range(20_000))
HOSTILE = [
    "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "a: " + "[" * 5000 + "]" * 5000,
    rule("s: {a: 1}\ncondition: " + "(" * 500 + "s" + ")" * 500),
    rule("s: {a: 1}\ncondition: " + "not " * 500 + "s"),
    rule("s: {a: 1}\ncondition: " + " or ".join(["s"] * 1700)),
    rule(f"s: {{a: [{MANY}]}}\ncondition: s"),
    rule(f"s: {{a|windash: [{', '.join(['-a -b -c'] * 9000)}]}}\ncondition: s"),
    rule("s: {a|windash: '-a -b -c -d -e -f -g -h'}\ncondition: s"),
    rule("s: {a|re: '" + "(" * 3000 + "x" + ")" * 3000 + "'}\ncondition: s"),
    rule("s: {a|re: '((((x{100}){100}){100}){100})'}\ncondition: s"),
    rule("s: {a|re: '" + "|".join(f"x{n}.*y{n}" for n in range(9000)) + "'}\ncondition: s"),
    rule("s: {a|cidr: " + "1" * 5000 + "/8}\ncondition: s"),
    rule("s: {" + "f" * 5000 + ": x}\ncondition: s"),
    rule("s: {a|" + "contains|" * 3000 + "all: x}\ncondition: s"),
    rule("\n".join(f"s{n}: {{a: {n}}}" for n in range(300)) + "\ncondition: " + "1 of s* or " * 400 + "s1"),
    rule("s: {? [a, b] : c}\ncondition: s"),
    rule("s: !!python/object:os.system {a: b}\ncondition: s"),
    "---\n" * 500 + GOOD,
    "title: T\ndetection: 5\nlogsource: 7\n",
    "title: T\nlogsource: {product: [a]}\ndetection: {s: {a: 1}, condition: s}\n",
    "title: T\nlogsource: {product: test}\ndetection: {s: {a: 1}, condition: {a: b}}\n",
    "\x00\x01",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_rule_costs_little_and_gives_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(text)
    begun = time.process_time()
    found = load(tmp_path, built_in=False, use_cache=False)
    assert time.process_time() - begun < 3
    for error in found.failed:
        assert str(error).startswith(f"{tmp_path}/bad.yml")
        assert "\n" not in str(error)
        assert len(str(error)) < 700
    begun = time.process_time()
    list(found.match([{"a": "x" * 100_000 + "-a"}, {"a": [["y"]] * 1000}], "linux-log"))
    hits(found, [{"a": "x" * 100_000 + "-a"}, {"a": [["y"]] * 1000}])
    assert time.process_time() - begun < 3


def test_all_but_a_few_hostile_rules_are_refused(tmp_path: Path) -> None:
    for place, text in enumerate(HOSTILE):
        (tmp_path / f"r{place:02}.yml").write_text(text)
    found = load(tmp_path, built_in=False, use_cache=False)
    assert len(found.failed) + len(list(found.detections)) >= len(HOSTILE)
    assert len(found.failed) >= 18


def test_hostile_events_are_survived(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text(
        rule("s: {a|contains: '1', a.b.c: null}\nk: [zz]\nr: {a|re: x}\ncondition: 1 of them")
    )
    found = load(tmp_path, built_in=False, use_cache=False)
    deep: object = "1"
    for _ in range(5000):
        deep = [deep]
    wide: object = "1"
    for _ in range(5000):
        wide = {"a": wide}
    events: list[dict[str, Any]] = [
        {"a": deep},
        {"a": wide},
        {"a": 10**5000},
        {"a": "\ud800x1"},
        {"a": float("inf")},
        {"a": float("nan")},
        {},
    ]
    assert [place for place, _ in hits(found, events)] == [0, 2, 3]

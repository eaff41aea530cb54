"""Each word of Sigma does what its specification says, on one event each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cloudward.detect import Detection
from tests.detect.rules import PLAIN, hits, loaded, rule

YES, NO = True, False
CASES: list[tuple[str, dict[str, Any], bool]] = [
    ("a: x", {"a": "X"}, YES),
    ("a: x", {"a": "xy"}, NO),
    ("a: x", {}, NO),
    ("a: x", {"a": None}, NO),
    ("a: ß", {"a": "ẞ"}, YES),
    ("a|cased: x", {"a": "X"}, NO),
    ("a|contains|cased: Ab", {"a": "xAbx"}, YES),
    ("a|contains|cased: Ab", {"a": "xabx"}, NO),
    ("a: 'x*z'", {"a": "xyyz"}, YES),
    ("a: 'x?z'", {"a": "xyz"}, YES),
    ("a: 'x?z'", {"a": "xz"}, NO),
    ("a: 'x?z'", {"a": "xßz"}, YES),
    ("a: 'x*z'", {"a": "x\nz"}, YES),
    (r"a: 'x\*z'", {"a": "x*z"}, YES),
    (r"a: 'x\*z'", {"a": "xyz"}, NO),
    (r"a: 'x\\*z'", {"a": r"x\yz"}, YES),
    (r"a: 'x\y'", {"a": r"x\y"}, YES),
    (r"a: 'x\\y'", {"a": r"x\y"}, YES),
    ("a: '*'", {"a": ""}, YES),
    ("a: '*'", {"a": None}, NO),
    ("a: '*'", {}, NO),
    ("a: ''", {"a": ""}, YES),
    ("a: ''", {}, NO),
    ("a: ''", {"a": None}, NO),
    ("a: null", {}, YES),
    ("a: null", {"a": None}, YES),
    ("a: Null", {"a": None}, YES),
    ("a: null", {"a": ""}, NO),
    ("a|exists: true", {"a": None}, YES),
    ("a|exists: true", {}, NO),
    ("a|exists: false", {}, YES),
    ("a|exists: False", {"a": ""}, NO),
    ("a: [x, y]", {"a": "y"}, YES),
    ("a|contains|all: [x, y]", {"a": "axby"}, YES),
    ("a|contains|all: [x, y]", {"a": "ax"}, NO),
    ("a|startswith: x", {"a": "Xy"}, YES),
    ("a|endswith: x", {"a": "yX"}, YES),
    ("a|endswith: x", {"a": "xy"}, NO),
    ("a: 5", {"a": 5}, YES),
    ("a: 5", {"a": "5"}, YES),
    ("a: 5", {"a": 5.0}, YES),
    ("a: '5'", {"a": 5}, YES),
    ("a: 5", {"a": "05"}, NO),
    ("a: 1", {"a": True}, NO),
    ("a: true", {"a": True}, YES),
    ("a: true", {"a": "True"}, YES),
    ("a|lt: 5", {"a": "4"}, YES),
    ("a|lt: 5", {"a": 5}, NO),
    ("a|lte: 5", {"a": 5.0}, YES),
    ("a|gt: 5", {"a": "5.5"}, YES),
    ("a|gte: 5", {"a": "many"}, NO),
    ("a|gte: 0", {"a": True}, NO),
    ("a|re: 'x[0-9]+'", {"a": "ax12"}, YES),
    ("a|re: 'x[0-9]+'", {"a": "X12"}, NO),
    ("a|re|i: 'x[0-9]+'", {"a": "X12"}, YES),
    ("a|re: '^b$'", {"a": "a\nb"}, NO),
    ("a|re|m: '^b$'", {"a": "a\nb"}, YES),
    ("a|re: 'a.b'", {"a": "a\nb"}, NO),
    ("a|re|s: 'a.b'", {"a": "a\nb"}, YES),
    ("a|re: '\\d+'", {"a": 12}, YES),
    ("a|cidr: 10.0.0.0/8", {"a": "10.2.3.4"}, YES),
    ("a|cidr: 10.0.0.0/23", {"a": "10.0.2.0"}, NO),
    ("a|cidr: 10.0.0.0/8", {"a": "::ffff:10.1.1.1"}, YES),
    ("a|cidr: 2001:db8::/32", {"a": "2001:DB8:1::1"}, YES),
    ("a|cidr: 10.0.0.0/8", {"a": "ten"}, NO),
    ("a|base64: foo", {"a": "Zm9v"}, YES),
    ("a|base64offset|contains: foobar", {"a": "eGZvb2Jhcg=="}, YES),
    ("a|wide|base64offset|contains: ping", {"a": "cABpAG4AZwA="}, YES),
    ("a|utf16le|base64offset|contains: ping", {"a": "cABpAG4AZwA="}, YES),
    ("a|windash|contains: ' -enc'", {"a": "p /enc x"}, YES),
    ("a|windash|contains: ' -enc'", {"a": "p \u2014enc x"}, YES),
    ("a|windash|contains: ' -enc'", {"a": "p +enc x"}, NO),
    ("a|fieldref: b", {"a": "x", "b": "X"}, YES),
    ("a|fieldref: b", {"a": "x"}, NO),
    ("a|fieldref: b", {}, NO),
    ("a|fieldref|endswith: b", {"a": "xy", "b": "y"}, YES),
    ("a|fieldref|contains: b", {"a": "xyz", "b": "Y"}, YES),
    ("a|neq: x", {"a": "y"}, YES),
    ("a|neq: x", {"a": "x"}, NO),
    ("a: x", {"a": ["y", ["X"]]}, YES),
    ("a: [x, y]", {"a": []}, NO),
    ("a: null", {"a": []}, YES),
    ("a|contains|all: [x, y]", {"a": ["x", "y"]}, YES),
    ("a.b: x", {"a": {"b": "x"}}, YES),
    ("a.b: x", {"a.b": "x"}, YES),
    ("a.b: x", {"a": [{"c": 1}, {"b": ["x"]}]}, YES),
    ("a.b.c: x", {"a": {"b.c": "x"}}, YES),
    ("a|contains: '\"b\":1'", {"a": {"b": 1}}, YES),
    ("a|hour: 3", {"a": "2026-01-02T03:04:05Z"}, YES),
    ("a|week: 1", {"a": "2026-01-02T03:04:05Z"}, YES),
    ("a|year: 2026", {"a": "soon"}, NO),
]


@pytest.mark.parametrize(("line", "event", "expected"), CASES)
def test_a_line_asks_what_sigma_says(
    line: str, event: dict[str, Any], expected: bool, tmp_path: Path
) -> None:
    detections = loaded(tmp_path, rule(f"s:\n  {line}\ncondition: s"))
    assert not detections.failed
    assert bool(hits(detections, [event])) is expected
    assert all(
        leaf.result is expected or line.startswith(("a|exists: f", "a|exists: F", "a|neq"))
        for leaf in detections.explain("r0", event, PLAIN)[:1]
    )


CONDITIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("a", {"a": 1}, YES),
    ("not a", {}, YES),
    ("a and not b", {"a": 1}, YES),
    ("a and not b", {"a": 1, "b": 1}, NO),
    ("a or b and c", {"a": 1}, YES),
    ("(a or b) and c", {"a": 1}, NO),
    ("1 of s_*", {"x": 1}, YES),
    ("all of s_*", {"x": 1}, NO),
    ("all of s_*", {"x": 1, "y": 1}, YES),
    ("1 of them", {"h": 1}, NO),
    ("1 of _*", {"h": 1}, YES),
    ("not 1 of s_* and a", {"a": 1}, YES),
    ("any of s_*", {"y": 1}, YES),
    ("[a, b]", {"b": 1}, YES),
]


@pytest.mark.parametrize(("condition", "event", "expected"), CONDITIONS)
def test_a_condition_joins_selections(
    condition: str, event: dict[str, Any], expected: bool, tmp_path: Path
) -> None:
    named = "\n".join(f"{name}: {{{name}: 1}}" for name in "abc")
    text = rule(f"{named}\ns_x: {{x: 1}}\ns_y: {{y: 1}}\n_h: {{h: 1}}\ncondition: {condition}")
    assert bool(hits(loaded(tmp_path, text), [event])) is expected


KEYWORDS: list[tuple[str, dict[str, Any], bool]] = [
    ("[foo, bar]", {"m": "a FOO b"}, YES),
    ("[foo, bar]", {"m": {"n": ["x", "bar"]}}, YES),
    ("[foo, bar]", {"foo": "x"}, NO),
    ("[4625]", {"id": 4625}, YES),
    ("['a*c']", {"m": "xabcx"}, YES),
    ("{'|all': [a, b]}", {"m": "a", "n": "b"}, YES),
    ("{'|all': [a, b]}", {"m": "a"}, NO),
    ("{'|re': 'b+$'}", {"m": "abb"}, YES),
    ("foo", {"m": "foo"}, YES),
    ("[{a: 1}, {b: 2}]", {"b": 2}, YES),
]


@pytest.mark.parametrize(("keywords", "event", "expected"), KEYWORDS)
def test_keywords_ask_the_whole_event(
    keywords: str, event: dict[str, Any], expected: bool, tmp_path: Path
) -> None:
    detections = loaded(tmp_path, rule(f"k: {keywords}\ncondition: k"))
    assert not detections.failed
    assert bool(hits(detections, [event])) is expected


def test_placeholders_need_values(tmp_path: Path) -> None:
    text = rule("s:\n  user|expand: '%admins%'\ncondition: s")
    assert "placeholder %admins% has no values" in str(loaded(tmp_path, text).failed[0])
    filled = loaded(tmp_path, text, placeholders={"admins": ["ann", "bo*"]})
    assert [place for place, _ in hits(filled, [{"user": "Bob"}, {"user": "eve"}, {"user": "ANN"}])] == [0, 2]


REFUSED = [
    ("s: {a|containz: x}\ncondition: s", "r0.yml:4:", "no modifier 'containz'; did you mean 'contains'?"),
    ("sel: {a: x}\ncondition: sell", "r0.yml:5:", "no search identifier 'sell'; did you mean 'sel'?"),
    ("s: {a|re: 'x(?!y)'}\ncondition: s", "r0.yml:4:", "negative lookahead `(?!`"),
    ("s: {a|re: '(a)\\1'}\ncondition: s", "r0.yml:4:", "back reference"),
    ("s: {a|re: '(x{1000}){1000}'}\ncondition: s", "r0.yml:4:", "RE2 does not take"),
    ("s: {a|re: 'x('}\ncondition: s", "r0.yml:4:", "RE2 does not take"),
    ("s: {a|cidr: 10.0.0.300/8}\ncondition: s", "r0.yml:4:", "CIDR"),
    ("s: {a: {b: c}}\ncondition: s", "r0.yml:4:", "not a mapping"),
    ("s: {a: []}\ncondition: s", "r0.yml:4:", "empty list"),
    ("s: {a: x}\ncondition: s | count() > 5", "r0.yml:5:", "write a correlation"),
    ("s: {a: x}\ntimeframe: 5m\ncondition: s", "r0.yml:5:", "write a correlation"),
    ("s: {a: x}\ncondition: 1 of t*", "r0.yml:5:", "fits no search identifier"),
    ("s: {a: x}", "r0.yml:4:", "condition: it is missing"),
    ("s: {a: x}\ncondition: s and and s", "r0.yml:5:", "condition:"),
    ("s: {a|base64: 'x*'}\ncondition: s", "r0.yml:4:", "wildcards"),
    ("s: {a: x, a: y}\ncondition: s", "r0.yml:4:", "given twice"),
    ("s: [null]\ncondition: s", "r0.yml:4:", "null needs a field"),
]


@pytest.mark.parametrize(("detection", "where", "said"), REFUSED)
def test_what_is_not_understood_is_refused_with_its_place(
    detection: str, where: str, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    failed = loaded(tmp_path, rule(detection)).failed
    assert len(failed) == 1
    assert where in str(failed[0])
    assert said in str(failed[0])
    assert "\n" not in str(failed[0])
    assert capfd.readouterr() == ("", "")


def test_a_detection_says_what_it_is(tmp_path: Path) -> None:
    more = """
    id: 08fbc97d-0a2f-491c-ae21-8ffcfd3174e9
    level: critical
    tags: [attack.persistence, attack.privilege_escalation, attack.t1098.001]
    alert_type: ARM_Something
    equivalents: {panther: AWS.Rule}
    examples: {alert: [{a: 1}], quiet: [{a: 2}]}
    """
    found = loaded(tmp_path, rule("s: {a: 1}\ncondition: s", more=more))[
        "08fbc97d-0a2f-491c-ae21-8ffcfd3174e9"
    ]
    assert isinstance(found, Detection)
    assert (found.severity, found.tactics, found.techniques) == ("high", ("TA0003", "TA0004"), ("T1098.001",))
    assert (found.alert_type, found.equivalents) == (("ARM_Something",), {"panther": ("AWS.Rule",)})
    assert (found.alerting, found.quiet, found.fields) == (({"a": 1},), ({"a": 2},), ("a",))


def test_a_file_holds_several_rules(tmp_path: Path) -> None:
    text = "---\n".join(rule(f"s: {{a: {n}}}\ncondition: s") for n in range(3)) + "---\n"
    assert hits(loaded(tmp_path, text), [{"a": 1}]) == [(0, "r0-2")]

"""Standards: what their files say, and what is wrong with them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cloudward import pack
from cloudward.errors import BrokenContentError, ContentError
from cloudward.model import Control, Provider
from cloudward.pack.standards import section_of
from tests.pack.content import POLICY, SMALL, write

STANDARD = """\
title: Small Benchmark
version: 1.2.0
publisher: Small Institute
source: https://small.example/benchmark
providers: [aws]
sections: {"1": Buckets, "1.2": Copies of buckets, "10": People}
controls:
  "1.1": {title: Old versions are kept, policies: [aws-s3-bucket-versioning]}
  "1.2.1": {title: Copies are looked at, policies: [aws-s3-bucket-versioning], manual: Look at a copy.}
  "10.1": {title: People are trained, manual: Everybody was trained this year.}
  "10.2": {title: Doors are shut, uncovered: Doors are not in a cloud.}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and little that is built in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = {**SMALL, "standards/small-1.2.0.yaml": STANDARD}
    monkeypatch.setattr(pack, "BUILT_IN", write(tmp_path / "built-in", files))
    return tmp_path / "cache" / "cloudward"


def problems(folder: Path, text: str) -> list[str]:
    loaded = pack.load(write(folder, {"standards/own.yaml": text}))
    with pytest.raises(ContentError) as caught:
        loaded.standards  # noqa: B018 read when asked for
    error = caught.value
    errors = error.errors if isinstance(error, BrokenContentError) else (error,)
    return [str(each).replace(f"{folder}/standards/", "") for each in errors]


def test_a_standard_says_what_it_asks_for_and_what_answers() -> None:
    standard = pack.load().standards["small-1.2.0"]
    assert (standard.title, standard.version, standard.publisher, standard.providers) == (
        "Small Benchmark",
        "1.2.0",
        "Small Institute",
        (Provider.AWS,),
    )
    assert standard.sections == {"1": "Buckets", "1.2": "Copies of buckets", "10": "People"}
    assert standard.controls == (
        Control("1.1", "Old versions are kept", "1", ("aws-s3-bucket-versioning",)),
        Control(
            "1.2.1",
            "Copies are looked at",
            "1.2",
            ("aws-s3-bucket-versioning",),
            manual="Look at a copy.",
        ),
        Control("10.1", "People are trained", "10", manual="Everybody was trained this year."),
        Control("10.2", "Doors are shut", "10", uncovered="Doors are not in a cloud."),
    )


@pytest.mark.parametrize(
    ("control", "section"),
    [
        ("1.4", "1"),
        ("10.4", ""),
        ("1a", "1"),
        ("2.3.1", "2.3"),
        ("2.31", "2"),
        ("AC-2(1)", "AC-2"),
        ("AC-20", "AC"),
        ("CC6.1", "CC6"),
        ("CC61", "CC"),
        ("A.5.1", "A.5"),
        ("164.312(a)(1)", "164.312(a)"),
        ("164.312(b)", "164.312"),
    ],
)
def test_a_control_belongs_to_the_longest_section_that_begins_it(control: str, section: str) -> None:
    sections = ("1", "2", "2.3", "A", "A.5", "AC", "AC-2", "CC", "CC6", "164.312", "164.312(a)")
    assert section_of(control, sections) == section


CATALOGUE = """\
title: Hub
version: 1.0.0
publisher: Small Institute
source: https://small.example/hub
providers: [aws]
equivalents: security_hub
controls:
  S3.1: {title: Nobody unknown comes in, uncovered: No policy answers it yet.}
  S3.14: {title: Old versions are kept}
  S3.15: {title: Copies are kept, uncovered: No policy answers it yet.}
  S3.16: {title: Copies are looked at, policies: [aws-s3-bucket-versioning]}
"""


def naming(*ids: str) -> dict[str, str]:
    """A policy of one's own that names these ids of a catalogue."""
    return {"policies/my-own.yaml": f"{POLICY}equivalents: {{security_hub: [{', '.join(ids)}]}}\n"}


def test_a_catalogue_is_answered_by_the_policies_that_name_its_ids(tmp_path: Path) -> None:
    files = {**naming("S3.14", "S3.15", "S3.16"), "standards/hub.yaml": CATALOGUE}
    controls = pack.load(write(tmp_path / "mine", files)).standards["hub"].controls
    assert [(each.id, each.policies, each.uncovered) for each in controls] == [
        ("S3.1", (), "No policy answers it yet."),
        ("S3.14", ("my-own",), ""),
        ("S3.15", ("my-own",), ""),
        ("S3.16", ("aws-s3-bucket-versioning", "my-own"), ""),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CATALOGUE, "ours.yaml:9:10: S3.14: needs policies, manual or uncovered"),
        (
            CATALOGUE.replace("security_hub", "securityhub"),
            "equivalents: no policy has equivalents in 'securityhub'; did you mean 'security_hub'?",
        ),
    ],
)
def test_what_nobody_names_is_no_answer(tmp_path: Path, text: str, message: str) -> None:
    loaded = pack.load(write(tmp_path / "mine", {**naming("S3.99"), "standards/ours.yaml": text}))
    with pytest.raises(ContentError, match=re.escape(message)):
        loaded.standards  # noqa: B018


def test_ones_own_standards_stand_beside_the_built_in_ones(tmp_path: Path) -> None:
    files = {
        "policies/my-own.yaml": POLICY,
        "standards/ours.yaml": STANDARD.replace("[aws-s3", "[my-own, aws-s3"),
    }
    standards = pack.load(write(tmp_path / "mine", files)).standards
    assert list(standards) == ["ours", "small-1.2.0"]
    assert standards["ours"].controls[0].policies == ("my-own", "aws-s3-bucket-versioning")


def test_a_folder_of_standards_alone_holds_no_policies(tmp_path: Path) -> None:
    loaded = pack.load(write(tmp_path / "mine", {"standards/ours.yaml": STANDARD}))
    assert set(loaded.policies) == {"aws-s3-bucket-versioning"}
    assert "ours" in loaded.standards


def test_what_is_built_in_is_not_declared_again(tmp_path: Path) -> None:
    loaded = pack.load(write(tmp_path / "mine", {"standards/small-1.2.0.yaml": STANDARD}))
    with pytest.raises(
        ContentError, match=r"standard small-1\.2\.0 is declared twice: also in content/stand"
    ):
        loaded.standards  # noqa: B018


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "publisher:",
            "publishr:",
            "own.yaml:3:1: a standard has no key 'publishr'; did you mean 'publisher'?",
        ),
        (
            "https://small.example/benchmark",
            "small",
            "own.yaml:4:9: source: expected the address of its text",
        ),
        (
            "[aws]",
            "[awz]",
            "own.yaml:5:12: providers: 'awz' is not one of aws, azure, gcp, kubernetes; did you",
        ),
        ("[aws]", "[]", "own.yaml:5:12: providers: expected a list of different providers"),
        ("version: 1.2.0", "version: 1.2", "own.yaml:2:10: version: expected text, not 1.2"),
        (
            "kept, policies: [aws-s3-bucket-versioning]",
            "kept, policies: [aws-s3-bucket-versoning]",
            "own.yaml:8:52: policies: unknown policy 'aws-s3-bucket-versoning'; did you mean 'aws-s3-bucket",
        ),
        (
            "kept, policies: [aws-s3-bucket-versioning]",
            "kept, policies: [aws-s3-bucket-versioning, aws-s3-bucket-versioning]",
            "own.yaml:8:78: policies: aws-s3-bucket-versioning is named twice",
        ),
        ("[aws]", "[azure]", "own.yaml:8:52: policies: aws-s3-bucket-versioning is a policy for aws"),
        ("kept, policies:", "kept, polices:", "own.yaml:8:41: a control has no key 'polices'; did you mean"),
        (
            ", policies: [aws-s3-bucket-versioning]}",
            "}",
            "own.yaml:8:10: 1.1: needs policies, manual or uncovered",
        ),
        (
            "shut, uncovered",
            "shut, manual: Look at them., uncovered",
            "own.yaml:11:69: uncovered: a control with policies or an attestation is covered",
        ),
        ('"10.2"', '"11.2"', "own.yaml:11:3: control 11.2 belongs to none of the sections 1, 1.2, 10"),
        ('"10.2"', '"10.1"', "own.yaml:11:3: key '10.1' is given twice; the first is in line 10"),
        ("title: Doors are shut, ", "", "own.yaml:11:11: title: it is missing"),
    ],
)
def test_what_is_wrong_names_file_line_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in STANDARD
    first, *_ = problems(tmp_path / "mine", STANDARD.replace(old, new, 1))
    assert first.startswith(message)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = STANDARD.replace("versioning]", "versoning]")
    assert [each.split(":")[1] for each in problems(tmp_path / "mine", text)] == ["8", "9"]


def test_a_standard_whose_name_is_no_id_is_refused(tmp_path: Path) -> None:
    loaded = pack.load(write(tmp_path / "mine", {"standards/My Own.yaml": STANDARD}))
    with pytest.raises(ContentError, match="'My Own' is no id"):
        loaded.standards  # noqa: B018


def test_a_second_look_comes_from_the_cache_and_a_change_does_not(tmp_path: Path, home: Path) -> None:
    mine = write(tmp_path / "mine", {"standards/ours.yaml": STANDARD})
    first, second = pack.load(mine).standards, pack.load(mine).standards
    assert first == second
    assert len(list(home.glob("standards-*.json"))) == 1
    write(mine, {"standards/ours.yaml": STANDARD.replace("Doors", "Gates")})
    third = pack.load(mine).standards
    assert third["ours"].controls[-1].title == "Gates are shut"
    assert third["ours"].hash != first["ours"].hash


def test_standards_cost_nothing_until_they_are_asked_for(tmp_path: Path, home: Path) -> None:
    mine = write(tmp_path / "mine", {"standards/ours.yaml": "broken: ["})
    loaded = pack.load(mine)
    assert loaded.policies
    assert not list(home.glob("standards-*.json"))
    with pytest.raises(ContentError, match=r"ours\.yaml:2:1: not YAML"):
        loaded.standards  # noqa: B018


def test_from_the_cache_no_yaml_is_parsed() -> None:
    code = "import sys\nfrom cloudward import pack\npack.load().standards\nprint('yaml' in sys.modules)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in runs] == ["True", "False"]

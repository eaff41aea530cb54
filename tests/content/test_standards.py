"""Every standard of content: what its controls are called, and what answers them."""

from __future__ import annotations

import re

import pytest

from cloudward.model import Control, Standard
from cloudward.pack import load

PACK = load()
BEST_PRACTICES = "aws-foundational-security-best-practices"
CONTROLS = {
    BEST_PRACTICES: 368,
    "cis-aws-3.0": 62,
    "cis-aws-5.0": 63,
    "hipaa": 69,
    "iso-27001-2022": 37 + 8 + 14 + 34,
    "microsoft-cloud-security-benchmark-v1": 10 + 9 + 8 + 8 + 5 + 7 + 7 + 7 + 3 + 4 + 7 + 11,
    "nist-800-53-r5": 287 + 25,
    "pci-dss-4.0": 152,
    "soc-2": 33 + 3 + 2 + 5 + 18,
}
"""As many as each publisher lists; of NIST's the moderate baseline and 25 enhancements beyond it."""
MANUAL = {
    "cis-aws-3.0": "1.1 1.2 1.3 1.6 1.7 1.11 1.21 1.22 2.1.2 2.1.3 5.5",
    "cis-aws-5.0": "1.1 1.2 1.5 1.6 1.10 1.20 1.21 2.1.2 2.1.3 2.2.4 5.1.2 5.6",
}
"""What CIS itself leaves to a person, besides the alarms of section 4."""


def standard(id: str) -> Standard:
    return PACK.standards[id]


def control(id: str, name: str) -> Control:
    return next(each for each in standard(id).controls if each.id == name)


def naming(catalogue: str, id: str) -> tuple[str, ...]:
    """The policies that give an id of a catalogue as their equivalent."""
    return tuple(
        sorted(name for name, policy in PACK.policies.items() if id in policy.equivalents.get(catalogue, {}))
    )


def test_every_standard_has_all_of_its_controls() -> None:
    assert {id: len(each.controls) for id, each in PACK.standards.items()} == CONTROLS


@pytest.mark.parametrize("id", CONTROLS)
def test_titles_are_short_and_name_one_control(id: str) -> None:
    titles = [each.title for each in standard(id).controls]
    assert [title for title in titles if len(title) > 72 or title.endswith(".")] == []
    assert sorted(titles) == sorted(set(titles))


@pytest.mark.parametrize("id", CONTROLS)
def test_every_control_is_answered_or_a_sentence_says_why_not(id: str) -> None:
    for each in standard(id).controls:
        texts = [text for text in (each.manual, each.uncovered) if text]
        assert each.policies or len(texts) == 1, each.id
        assert all(re.fullmatch(r"\S.*\s\S.*\.", text) for text in texts), each.id
        assert list(each.policies) == sorted(each.policies), each.id


@pytest.mark.parametrize("id", CONTROLS)
def test_every_section_has_controls(id: str) -> None:
    filled = {each.section for each in standard(id).controls}
    assert [name for name in standard(id).sections if not any(map(re.compile(name).match, filled))] == []


def test_best_practices_of_aws_are_answered_by_the_policies_that_name_them() -> None:
    for each in standard(BEST_PRACTICES).controls:
        assert each.policies == naming("security_hub", each.id), each.id


def test_four_fifths_of_the_best_practices_of_aws_are_automated() -> None:
    controls = standard(BEST_PRACTICES).controls
    assert sum(bool(each.policies) for each in controls) >= 0.8 * len(controls)


def test_recommendations_of_cis_are_answered_by_the_policies_that_name_them() -> None:
    for each in standard("cis-aws-3.0").controls:
        assert set(naming("cis", f"3.0.0/{each.id}")) <= set(each.policies), each.id


@pytest.mark.parametrize("id", MANUAL)
def test_what_cis_automates_is_automated(id: str) -> None:
    manual = {*MANUAL[id].split(), *(f"4.{n}" for n in range(1, 16))}
    assert manual < {each.id for each in standard(id).controls}
    lacking = [each.id for each in standard(id).controls if each.id not in manual and not each.policies]
    assert lacking == []


def test_alarms_are_answered_each_by_its_own() -> None:
    answers = [control("cis-aws-5.0", f"4.{n}").policies for n in range(1, 16)]
    assert all(len(each) == 1 for each in answers)
    assert len(set(answers)) == 15

"""Alerts in the shapes that other tools take."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import stix2  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema  # type: ignore[import-untyped]

from cloudward.model import AlertSeverity, AlertState, Entity
from cloudward.respond.detection_finding import finding
from cloudward.respond.microsoft import ENTITIES, INTENTS, security_alert
from cloudward.respond.ocsf import VERSION
from cloudward.respond.stix import bundle
from tests.store.test_alerts import ALERT, event

SHOWN = replace(
    ALERT,
    entities=(
        *ALERT.entities,
        Entity("credential", "AKIA"),
        Entity("host", "web-1"),
        Entity("process", "sh"),
    ),
    techniques=("T1562", "T1562.008"),
    alert_types=("ARM_X",),
)


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    document: Any = OcsfJsonSchemaEmbedded(get_ocsf_schema(VERSION)).get_class_schema("detection_finding")
    return Draft202012Validator(document)


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("severity", AlertSeverity)
def test_a_detection_finding_is_valid(
    schema: Draft202012Validator, state: AlertState, severity: AlertSeverity
) -> None:
    alert = replace(SHOWN, state=state, severity=severity, state_reason="known")
    made = finding(alert, [event(1)], product="1.0")
    assert [error.message for error in schema.iter_errors(made)] == []
    assert made["finding_info"]["uid"] == alert.id


def test_a_bare_alert_is_valid_too(schema: Draft202012Validator) -> None:
    bare = replace(ALERT, entities=(), tactics=(), resource="", region="", principal="", sample=True)
    made = finding(bare, [])
    assert [error.message for error in schema.iter_errors(made)] == []
    assert made["metadata"]["labels"] == ["sample"]


def test_the_shape_of_defender_for_cloud() -> None:
    properties = security_alert(SHOWN, ["Start it again."], "It is quiet.")["properties"]
    assert properties["alertType"] == "ARM_X"
    assert (properties["severity"], properties["status"], properties["intent"]) == (
        "High",
        "Active",
        "DefenseEvasion",
    )
    assert properties["techniques"] == ["T1562"]
    assert properties["subTechniques"] == ["T1562.008"]
    assert {"type": "ip", "address": "203.0.113.9"} in properties["entities"]
    assert properties["startTimeUtc"] == "2026-11-20T10:00:00Z"


def test_an_alert_without_tactics_has_an_unknown_intent() -> None:
    assert security_alert(replace(ALERT, tactics=()))["properties"]["intent"] == "Unknown"


def test_every_tactic_has_an_intent() -> None:
    from cloudward.detect.detection import TACTICS

    assert set(TACTICS.values()) == set(INTENTS)
    assert ENTITIES


def test_what_is_unusual_is_told_to_other_tools(schema: Draft202012Validator) -> None:
    alert = replace(ALERT, reasons=("On 7 days, never from KP", "Known: FR"))
    assert [error.message for error in schema.iter_errors(finding(alert, []))] == []
    assert finding(alert, [])["finding_info"]["desc"] == "On 7 days, never from KP. Known: FR"
    told = security_alert(alert)["properties"]["extendedProperties"]
    assert told["reasons"] == "On 7 days, never from KP. Known: FR"
    assert "desc" not in finding(ALERT, [])["finding_info"]


def strict(document: Any) -> Any:
    """The bundle as the reference library reads it, which refuses what the standard does not allow."""
    return stix2.parse(json.dumps(document), allow_custom=False)


def test_alerts_are_a_valid_bundle_of_stix() -> None:
    named = (Entity("ip", "2001:db8::1"), Entity("ip", "ec2.amazonaws.com"), Entity("file", "/etc/shadow"))
    shown = replace(SHOWN, entities=(*SHOWN.entities, *named), reasons=("Never seen before.",))
    made = bundle([shown, replace(shown, id="b" * 24, state=AlertState.DISMISSED)])
    strict(made)
    kinds = Counter(each["type"] for each in made["objects"])
    assert (kinds["sighting"], kinds["observed-data"], kinds["attack-pattern"], kinds["identity"]) == (
        2,
        2,
        1,
        1,
    )
    assert kinds.keys() >= {"ipv4-addr", "ipv6-addr", "domain-name", "file", "process", "user-account"}
    sighting = next(each for each in made["objects"] if each["type"] == "sighting")
    assert "Never seen before." in sighting["description"]
    pattern = next(each for each in made["objects"] if each["id"] == sighting["sighting_of_ref"])
    assert [each["external_id"] for each in pattern["external_references"]] == [
        SHOWN.detection,
        "T1562",
        "T1562.008",
    ]


def test_a_bundle_has_the_ids_of_the_standard() -> None:
    made = bundle([replace(SHOWN, entities=(Entity("ip", "198.51.100.3"),))])
    address = next(each for each in made["objects"] if each["type"] == "ipv4-addr")
    assert address["id"] == stix2.IPv4Address(value="198.51.100.3").id
    assert made == bundle([replace(SHOWN, entities=(Entity("ip", "198.51.100.3"),))])


def test_an_alert_that_names_nothing_is_a_bundle_too() -> None:
    bare = replace(ALERT, entities=(), tactics=(), techniques=(), resource="", region="", principal="")
    made = bundle([bare])
    strict(made)
    assert [each["type"] for each in made["objects"]] == ["identity", "attack-pattern", "sighting"]

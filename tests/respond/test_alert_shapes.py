"""Alerts in the shapes that other tools take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema  # type: ignore[import-untyped]

from cloudward.model import AlertSeverity, AlertState, Entity
from cloudward.respond.detection_finding import finding
from cloudward.respond.microsoft import ENTITIES, INTENTS, security_alert
from cloudward.respond.ocsf import VERSION
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

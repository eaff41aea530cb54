"""Analyzers as recorded after the service's model, which moto does not play."""

from __future__ import annotations

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

TYPE = "AWS::AccessAnalyzer::Analyzer"
ARN = "arn:aws:access-analyzer:us-east-1:123456789012:analyzer/"


def analyzer(name: str, kind: str, **more: object) -> dict[str, object]:
    made = {"arn": ARN + name, "name": name, "type": kind, "createdAt": "2024-01-01T00:00:00Z"}
    return {**made, "status": "ACTIVE", "tags": {"team": "red"}, **more}


def test_analyzers_of_every_page_and_kind_are_there(replay: Replay, scan: Scan) -> None:
    unused = {"configuration": {"unusedAccess": {"unusedAccessAge": 90}}}
    replay.record(
        "accessanalyzer",
        "ListAnalyzers",
        {"analyzers": [analyzer("outside", "ACCOUNT")], "nextToken": "more"},
        {"analyzers": [analyzer("unused", "ACCOUNT_UNUSED_ACCESS", **unused)]},
    )
    found = scan(replay, services=["accessanalyzer"])
    outside, idle = found.one(TYPE, "outside"), found.one(TYPE, "unused")
    assert (outside.id, outside.tags) == (ARN + "outside", {"team": "red"})
    assert outside.properties["Type"] == "ACCOUNT"
    assert outside.properties["Runtime"]["Status"] == "ACTIVE"
    configuration = idle.properties["AnalyzerConfiguration"]["UnusedAccessConfiguration"]
    assert configuration["UnusedAccessAge"] == 90
    assert {**outside.unread, **idle.unread} == {}


def test_none_is_evidence_and_denied_is_not(replay: Replay, scan: Scan) -> None:
    denied = refused("AccessDeniedException", "no", 403)
    replay.record("accessanalyzer", "ListAnalyzers", {"analyzers": []}, denied)
    assert scan(replay, services=["accessanalyzer"]).outcomes("access-analyzer:ListAnalyzers") == {
        Outcome.EMPTY: 0
    }
    assert scan(replay, services=["accessanalyzer"]).row("access-analyzer:ListAnalyzers", Outcome.DENIED)

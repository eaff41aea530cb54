"""Our detections on the labelled samples of Panther's rules: `python -m benchmarks.panther [--all]`.

The samples lie in ../shared/corpora. Those of the log sources below count; a rule is answered by the
detections that name it in `equivalents`. A sample that should match is a hit when one of them alerts; one
that should not is a false alarm when one does. All disagreements are listed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cloudward.connect.events import cutting
from cloudward.connect.events.recognising import named
from cloudward.detect import Detections, load

CORPUS = Path(__file__).parents[2] / "shared" / "corpora" / "detections-panther.jsonl.gz"
GOALS = {"answered": 0.60, "recall": 0.93, "false": 0.03}
SOURCES = {
    "AWS.CloudTrail": "aws-cloudtrail",
    "GCP.AuditLog": "gcp-audit",
    "Azure.MonitorActivity": "azure-activity",
    "Azure.Audit": "azure-audit",
    "Amazon.EKS.Audit": "kubernetes-audit",
    "GitHub.Audit": "github-audit",
    "Okta.SystemLog": "okta",
}
BLOBS = {"getblob", "putblob", "deleteblob", "listblobs", "getcontaineracl", "getblobserviceproperties"}
"""Operations that are storage logs though the sample has lost its category."""


def prepared(log: str, event: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The source of a sample and its events, as reading a file gives them. Samples are often cut down too
    far to be recognised, so the kind of log that the corpus states decides."""
    gke = named("gcp-gke")
    assert gke.fits is not None
    assert gke.turn is not None
    if log == "GCP.AuditLog" and gke.fits(event):
        return "kubernetes-audit", list(gke.turn(event))
    category = str(event.get("category"))
    if category == "kube-audit":
        return "kubernetes-audit", cutting.opened(event) or [event]
    if log.startswith("Azure."):
        if category.startswith("Storage") or str(event.get("operationName")).lower() in BLOBS:
            return "azure-storage", [event]
        if category.endswith("SignInLogs"):
            return "azure-signin", [event]
    return SOURCES[log], [event]


def samples() -> Iterator[Mapping[str, Any]]:
    with gzip.open(CORPUS, "rt") as file:
        for line in file:
            row = json.loads(line)
            if row["log_type"] in SOURCES:
                yield row


def answers(detections: Detections) -> dict[str, set[str]]:
    """Rule -> the detections that name it."""
    found: dict[str, set[str]] = {}
    for each in detections.all.values():
        for rule in each.equivalents.get("panther", ()):
            found.setdefault(rule, set()).add(each.id)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="also the rules without an equivalent")
    options = parser.parse_args()
    detections, rows = load(), list(samples())
    by_rule = answers(detections)
    rules = {row["rule_id"] for row in rows}
    count: Counter[tuple[str, bool]] = Counter()
    for row in rows:
        wanted = by_rule.get(row["rule_id"])
        if wanted is None:
            continue
        source, events = prepared(row["log_type"], row["event"])
        hits = {id for _, id in detections.match(events, source)} & wanted
        expected = row["expect"] == "match"
        count[row["expect"], bool(hits)] += 1
        if bool(hits) is not expected:
            word = "missed" if expected else "false alarm"
            print(f"{word}: {row['rule_id']} ({row['log_type']}), {', '.join(sorted(hits or wanted))}")
    if options.all:
        print("without an equivalent:", ", ".join(sorted(rules - by_rule.keys())))
    answered = len(rules & by_rule.keys()) / len(rules)
    matches = count["match", True] + count["match", False]
    quiet = count["nomatch", True] + count["nomatch", False]
    recall, false = count["match", True] / matches, count["nomatch", True] / quiet
    print(f"rules answered    {len(rules & by_rule.keys())} of {len(rules)} = {answered:.1%} (goal 60 %)")
    print(f"recall on match   {count['match', True]} of {matches} = {recall:.1%} (goal 93 %)")
    print(f"hits on nomatch   {count['nomatch', True]} of {quiet} = {false:.1%} (goal at most 3 %)")
    good = answered >= GOALS["answered"] and recall >= GOALS["recall"] and false <= GOALS["false"]
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

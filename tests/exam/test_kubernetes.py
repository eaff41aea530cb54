"""Other projects' verdicts on Kubernetes objects, through the same door that programs use."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import cloudward

pytestmark = pytest.mark.exam

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "kubernetes.jsonl.gz"
CATALOGUES = {"kubescape-regolibrary": "kubescape", "gatekeeper-library": "gatekeeper"}
BAD = {"fail", "deny"}

_CAPABILITY = "adds SYS_ADMIN without `privileged`: the standards' control of capabilities, which says so"
_EXEMPT = "the constraint exempts the image by a parameter; the container is what the standards forbid"
_BETA = "batch/v1beta1, which Kubernetes 1.25 removed, is a type that we do not read: the label is right"

DIFFER: dict[tuple[str, str], str] = {
    ("kubernetes-pod-privileged", "pod"): _CAPABILITY,
    ("kubernetes-pod-privileged", "pod-ephemeralcontainer"): _CAPABILITY,
    ("kubernetes-pod-privileged", "cronjob-initcontainer"): _CAPABILITY,
    ("kubernetes-pod-privileged", "cronjob"): _CAPABILITY,
    ("kubernetes-pod-privileged", "exempted-image"): _EXEMPT,
    ("kubernetes-pod-privilege-escalation", "exempted-path"): _EXEMPT,
    ("kubernetes-pod-host-pid", "cronjob"): _BETA,
    ("kubernetes-pod-host-port", "cronjob"): _BETA,
}
"""(policy, case) where our answer is not the label's, and why."""

Row = dict[str, Any]


def equivalents() -> dict[tuple[str, str], str]:
    """(catalogue, their policy) -> ours."""
    return {
        (catalogue, theirs): policy.id
        for policy in cloudward.policies()
        for catalogue in CATALOGUES.values()
        for theirs in policy.equivalents.get(catalogue, ())
    }


def rows() -> Iterator[tuple[str, Row]]:
    ours = equivalents()
    with gzip.open(CORPUS, "rt") as lines:
        for row in map(json.loads, lines):
            policy = ours.get((CATALOGUES[row["corpus"]], row["policy"]))
            if policy:
                yield policy, row


def says_bad(policy: str, row: Row, folder: Path) -> bool:
    """Whether one of the row's objects is unhealthy."""
    objects = row["resource"] if isinstance(row["resource"], list) else [row["resource"]]
    path = folder / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    statuses = [each.status.value for each in cloudward.scan_file(path, policies=[policy]).assessments]
    assert "unknown" not in statuses, (policy, row["case"], statuses)
    return "unhealthy" in statuses


@cache
def answers(folder: Path) -> tuple[tuple[str, str, bool, bool], ...]:
    """(policy, case, the label says bad, we say bad)."""
    return tuple(
        (policy, row["case"], row["expect"] in BAD, says_bad(policy, row, folder)) for policy, row in rows()
    )


def test_labels_and_verdicts_agree_where_both_ask_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answers(tmp_path)
    tallies: defaultdict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for policy, _, label, verdict in found:
        tallies[policy].append((label, verdict))
    with capsys.disabled():
        for policy, pairs in sorted(tallies.items()):
            print(f"\n{policy:50}{_figures(pairs)}", end="")
        print(f"\n{'all':50}{_figures([pair for pairs in tallies.values() for pair in pairs])}")
    assert len(found) > 10
    disagree = {(policy, case) for policy, case, label, verdict in found if label != verdict}
    assert disagree == set(DIFFER)


def _figures(pairs: list[tuple[bool, bool]]) -> str:
    hits = sum(label and verdict for label, verdict in pairs)
    bad, said = sum(label for label, _ in pairs), sum(verdict for _, verdict in pairs)
    return f"{len(pairs):4} rows  recall {_share(hits, bad)}  precision {_share(hits, said)}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "  -  "

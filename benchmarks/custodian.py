"""Runs Custodian's side of the mix; started by its own Python. Reads one JSON from stdin, answers with one.

in   {"rounds": 3, "round": 0.2, "groups": [{"resource": "aws.rds", "filters": [..], "documents": [..]}]}
out  {"groups": [{"seconds": .., "matched": [[true, ..], ..]}]}      CPU seconds of the fastest round
"""

from __future__ import annotations

import copy
import json
import sys
import time
from typing import Any


def main() -> None:
    from c7n.config import Config
    from c7n.loader import PolicyLoader
    from c7n.resources import load_resources

    asked = json.load(sys.stdin)
    load_resources({group["resource"] for group in asked["groups"]})
    options = {"account_id": "123456789012", "region": "eu-west-1", "regions": ["eu-west-1"]}
    loader = PolicyLoader(
        Config.empty(output_dir="null://", cache="memory", assume_role=None, profile=None, **options)
    )
    answer = [measured(loader, group, asked["rounds"], asked["round"]) for group in asked["groups"]]
    json.dump({"groups": answer}, sys.stdout)


def measured(loader: Any, group: dict[str, Any], rounds: int, least: float) -> dict[str, Any]:
    """All filters of one resource type over its documents, as its own `run` filters them."""
    policies = [
        {"name": f"policy-{place}", "resource": group["resource"], "filters": filters}
        for place, filters in enumerate(group["filters"])
    ]
    managers = [each.resource_manager for each in loader.load_data({"policies": policies}, "mix")]
    best, matched = float("inf"), []
    for _ in range(rounds):
        spent, times = 0.0, 0
        while spent < least:
            # Its filters write what matched into the documents, so each time has its own.
            documents = [
                {**document, "place": i} for i, document in enumerate(copy.deepcopy(group["documents"]))
            ]
            begun = time.process_time()
            found = [manager.filter_resources(documents) for manager in managers]
            spent, times = spent + time.process_time() - begun, times + 1
            matched = [{each["place"] for each in kept} for kept in found]
        best = min(best, spent / times)
    places = range(len(group["documents"]))
    return {"seconds": best, "matched": [[place in kept for place in places] for kept in matched]}


if __name__ == "__main__":
    main()

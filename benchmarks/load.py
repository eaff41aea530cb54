"""The server under load: 20 calls a second for a minute over a store of a million resources.

    python -m benchmarks.load [--resources N] [--scopes N] [--seconds N] [--rate N] [--folder FOLDER]
                              [--engine sqlite|postgresql] [--fill]

The server is a process of its own, and so are those that call it and the scan that writes meanwhile: all on
the same processors. Each call is made at its moment, whether or not the ones before were answered.
A folder that is given is kept, and used again; `--fill` does nothing else than fill it.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from benchmarks.scale import POLICIES, Estate, fill
from benchmarks.server import score
from cloudward.model import Provider, Scope
from cloudward.pack import Pack, load
from cloudward.store import Store

UNITS = 10
"""Organizational units that hold the accounts."""


def estate(pack: Pack, number: int, scopes: int) -> Estate:
    """Accounts of an organization, with what the built-in policies look at most."""
    held: dict[str, list[str]] = {}
    for policy in sorted(pack.policies.values(), key=lambda each: each.id):
        for kind in policy.resource:
            held.setdefault(kind, []).append(policy.id)
    kinds = {
        kind: sorted(ids)[:POLICIES]
        for kind, ids in sorted(held.items())
        if kind.startswith("AWS::") and len(ids) >= POLICIES and not kind.startswith("AWS::::")
    }
    aws = Provider.AWS
    root = Scope("o-root", aws, "organization", "Acme")
    units = [Scope(f"ou-{n:02}", aws, "organizational unit", f"Unit {n}", root.id) for n in range(UNITS)]
    accounts = [
        Scope(f"{n:012}", aws, "account", f"account-{n:03}", units[n % UNITS].id) for n in range(scopes)
    ]
    policies = sorted({policy for ids in kinds.values() for policy in ids})
    return Estate(number, accounts, kinds, (root, *units), partial(score, policies=policies))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--resources", type=int, default=1_000_000)
    parser.add_argument("--scopes", type=int, default=500)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--fill", action="store_true")
    asked = parser.parse_args()
    with Store.open(asked.folder) as store:
        if not store.scopes():
            fill(store, estate(load(), asked.resources, asked.scopes))


if __name__ == "__main__":
    main()

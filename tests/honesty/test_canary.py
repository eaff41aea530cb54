"""A secret that stands wherever one can stand is written nowhere and said nowhere."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from cloudward.pack import load
from cloudward.store import Store
from tests.cli.conftest import Cloudward
from tests.honesty.canary import (
    CHANGED,
    CORE,
    MARKER,
    SECRET,
    at,
    found,
    is_sealed,
    planted,
    said,
    secrets,
)

FIELDS = list(secrets(load()))
FORMATS = ("table", "json", "csv")
QUESTIONS: list[list[str]] = [
    ["inventory"],
    ["inventory", "--search", "e"],
    ["coverage"],
    ["coverage", "--all"],
    ["recommendations"],
    ["recommendations", "--status", "all", "--resources"],
    ["score", "--history"],
    ["diff", "--all"],
    ["query", "SELECT * FROM resources"],
]
TABLES = ("assessments", "coverage", "scopes", "resources_history", "assessments_history", "coverage_history")
FEW = 12


class Said:
    """All that the program has printed."""

    def __init__(self, cloudward: Cloudward) -> None:
        self._cloudward = cloudward
        self.all: list[tuple[tuple[str, ...], str]] = []

    def __call__(self, *words: object) -> str:
        ran = self._cloudward(*words)
        self.all.append((tuple(map(str, words)), ran.out + ran.err))
        return ran.out

    def ask_everything(self) -> None:
        """Every question in every form, then some resources whole and some verdicts explained."""
        for words in QUESTIONS:
            for form in FORMATS:
                self(*words, "-o", form)
        for table in TABLES:
            self("query", f"SELECT * FROM {table}", "-o", "json")
        self("recommendations", "--status", "all", "-o", "ocsf")
        self("doctor", "--offline")
        rows = json.loads(self("recommendations", "--status", "all", "--resources", "-o", "json"))["items"]
        picked = {(row["type"], row["status"]): row for row in rows}
        for row in list(picked.values())[:: len(picked) // FEW + 1]:
            self("inventory", row["resource"])
            self("explain", row["resource"])
            for form in FORMATS:
                self("explain", row["resource"], row["policy"], "-o", form)

    def leaks(self) -> list[tuple[str, ...]]:
        return [words for words, text in self.all if said(text)]


@pytest.fixture
def say(cloudward: Cloudward, monkeypatch: pytest.MonkeyPatch) -> Said:
    monkeypatch.setenv("CLOUDWARD_TRACEBACK", "1")
    return Said(cloudward)


def snapshot(secret: str) -> dict[str, Any]:
    """A resource for every field that is declared to hold a secret, which is there in every form."""
    values: list[Any] = [secret, {"KEY": secret}, [secret], [{"KEY": secret}], {"KEY": {"deep": [secret]}}]
    return {
        "resources": [
            {
                "id": f"{type} {path} {number}",
                "type": type,
                "provider": "aws" if type.startswith("AWS::") else "kubernetes",
                "scope": "111122223333" if type.startswith("AWS::") else "shop",
                "name": f"{MARKER} {number}",
                "properties": planted(path, value),
            }
            for type, path in FIELDS
            for number, value in enumerate(values)
        ]
    }


def test_no_field_that_is_declared_secret_is_ever_seen(say: Said, home: Path, cache: Path) -> None:
    folder = home / "exports"
    folder.mkdir()
    for secret, forms in ((SECRET, ["table"]), (CHANGED, ["json", "csv", "ocsf"])):
        (folder / "all.json").write_text(json.dumps(snapshot(secret)))
        for form in forms:
            say("scan", folder, "-o", form)
    say.ask_everything()
    assert say.leaks() == []
    assert found(home / "data") == []
    assert found(cache) == []
    assert sum(said(text, MARKER) for words, text in say.all) > 20
    assert any(name.endswith(".parquet") for name in found(home / "data", MARKER))
    assert any(name.endswith(".sqlite") for name in found(home / "data", MARKER))


def test_every_secret_field_is_sealed_or_unread(say: Said, home: Path) -> None:
    (home / "all.json").write_text(json.dumps(snapshot(SECRET)))
    say("scan", home / "all.json")
    with Store.open(home / "data" / "cloudward") as store:
        whole = hmac.digest(store.key, SECRET.encode(), "sha256").hex()
        for type, path in FIELDS:
            found = list(_resources(store, type, path))
            assert len(found) == 5, (type, path)
            values = [value for each in found for value in at(each, path)]
            assert all(is_sealed(value) for value in values if value), (type, path)
            assert whole in json.dumps(values), (type, path)


def _resources(store: Store, type: str, path: str) -> Iterator[Any]:
    for scope in store.scopes():
        for resource in store.snapshot(scope.id).resources(type):
            if resource.id.startswith(f"{type} {path} "):
                yield resource.properties


def cluster(secret: str) -> list[dict[str, Any]]:
    """Objects of a cluster, with what `kubectl apply` and others note on them."""
    coded = base64.b64encode(secret.encode()).decode()
    pods = {"containers": [{"name": MARKER, "image": "shop:1", "env": [{"name": "KEY", "value": secret}]}]}
    objects: list[dict[str, Any]] = [
        {"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"selector": {}, "template": {"spec": pods}}},
        {"kind": "Pod", "apiVersion": "v1", "spec": pods},
        {"kind": "Secret", "apiVersion": "v1", "data": {"password": coded}},
        {"kind": "Secret", "apiVersion": "v1", "stringData": {"password": secret}},
        {"kind": "ConfigMap", "apiVersion": "v1", "data": {"level": MARKER}},
    ]
    for number, each in enumerate(objects):
        whole = json.dumps(each)
        notes = {"kubectl.kubernetes.io/last-applied-configuration": whole, "kapp.k14s.io/original": whole}
        each["metadata"] = {"name": f"o{number}", "namespace": "web", "annotations": notes}
    return objects


def test_what_kubectl_notes_on_objects_is_not_kept(say: Said, home: Path) -> None:
    for number, secret in enumerate((SECRET, CHANGED)):
        listed = {"apiVersion": "v1", "kind": "List", "items": cluster(secret)}
        (home / "shop.json").write_text(json.dumps(listed))
        live = [{**each, "metadata": {**each["metadata"], "uid": f"{number}"}} for each in cluster(secret)]
        (home / "live.json").write_text(json.dumps({**listed, "items": live}))
        for file in ("shop.json", "live.json"):
            say("scan", home / file)
    say.ask_everything()
    assert say.leaks() == []
    assert found(home / "data") == []
    assert found(home / "data", MARKER)


BROKEN = {
    "half.json": '{"apiVersion": "v1", "kind": "Secret", "stringData": {"password": "%s',
    "tail.json": '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}} %s',
    "escape.json": '{"a": "%s\\q"}',
    "text.json": '"%s"',
    "list.json": '["%s", {"password": "%s"}]',
    "other.json": '{"name": "%s", "password": "%s"}',
    "nameless.json": '{"apiVersion": "v1", "kind": "Secret", "metadata": {}, "data": {"password": "%s"}}',
    "lines.ndjson": '{"id": "/subscriptions/s/x", "type": "T"}\n{"password": "%s"\n"%s"\n',
    "tab.yaml": "password: %s\n\tkey: %s\n",
    "alias.yaml": "password: *%s\n",
    "tag.yaml": "password: !!%s x\nkey: !!binary '%s'\n",
    "twice.yaml": "kind: Secret\napiVersion: v1\nmetadata: {name: s}\ndata: {password: '%s', ? [x] : '%s'}\n",
    "table.parquet": "PAR1%s",
}
"""Files that say a secret where they cannot be read."""


def test_what_cannot_be_read_is_not_quoted(say: Said, home: Path) -> None:
    folder = home / "exports"
    folder.mkdir()
    for name, text in BROKEN.items():
        (folder / name).write_text(text.replace("%s", CORE if name == "alias.yaml" else SECRET))
    (folder / "good.json").write_text(json.dumps(cluster(SECRET)[4]))
    for form in FORMATS:
        say("scan", folder, "-o", form)
        say("coverage", "--all", "-o", form)
    failed = say("query", "SELECT call FROM coverage WHERE outcome = 'failed'", "-o", "json")
    assert {name for name in BROKEN if name not in failed} == set()
    assert say.leaks() == []
    assert found(home / "data") == []


def fail(*_: Any, **__: Any) -> Any:
    raise RuntimeError("no more")


@pytest.mark.parametrize(
    ("breaks", "code"),
    [
        pytest.param((hmac, "digest"), 3, id="while it is sealed"),
        pytest.param((pq.ParquetWriter, "write_batch"), 70, id="while it is kept"),
        pytest.param((Console, "capture"), 70, id="while it is printed"),
    ],
)
def test_a_fault_tells_no_secret(
    cloudward: Cloudward, home: Path, monkeypatch: pytest.MonkeyPatch, breaks: tuple[Any, str], code: int
) -> None:
    """With the traceback that a person may ask for; what is left of the scan lies in the store."""
    monkeypatch.setenv("CLOUDWARD_TRACEBACK", "1")
    (home / "shop.json").write_text(json.dumps({"items": cluster(SECRET)}))
    with monkeypatch.context() as patch:
        patch.setattr(*breaks, fail)
        ran = cloudward("scan", home / "shop.json", "--fail-on", "never")
    assert ran.code == code
    assert ("Traceback" in ran.err) == (code == 70)
    assert not said(ran.out + ran.err)
    assert found(home / "data") == []

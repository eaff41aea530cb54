"""Connectors in files. Their ExternalId is the store's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloudward.apply.plan import apply, folder, plan
from cloudward.errors import BrokenContentError, ContentError
from cloudward.store import Store
from tests.assess.content import CONTENT

FILE = """\
connectors:
  acme: {provider: aws, role: cloudward, accounts: [111122223333, "012345678901"], regions: [eu-west-1]}
"""


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    with Store.open(begun(tmp_path / "store")) as opened:
        yield opened


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    place = tmp_path / "acme"
    place.mkdir()
    (place / "aws.yaml").write_text(FILE)
    return place


def done(store: Store, acme: Path) -> list[str]:
    changes = apply(store, CONTENT, folder(acme), "ci")
    assert plan(store, CONTENT, folder(acme), "ci") == []
    return [f"{each.action} {each.kind} {each.id}" for each in changes]


def test_a_connector_is_made_and_keeps_its_external_id_when_its_file_changes(
    store: Store, acme: Path
) -> None:
    assert done(store, acme) == ["add connector acme"]
    made = store.connector("acme")
    assert made.settings == {
        "role": "cloudward",
        "accounts": ["111122223333", "012345678901"],
        "regions": ["eu-west-1"],
    }
    assert (made.created_by, made.source, len(made.external_id) > 20) == ("ci", "acme/aws.yaml", True)
    assert done(store, acme) == []
    (acme / "aws.yaml").write_text("connectors:\n  acme: {provider: aws, role: other, organization: true}\n")
    assert done(store, acme) == ["change connector acme"]
    changed = store.connector("acme")
    assert (changed.settings, changed.external_id) == (
        {"role": "other", "organization": True},
        made.external_id,
    )
    (acme / "aws.yaml").write_text("connectors: {}\n")
    assert done(store, acme) == ["remove connector acme"]
    assert store.connectors() == []


def test_no_external_id_can_be_given_or_is_shown(store: Store, acme: Path) -> None:
    [change] = apply(store, CONTENT, folder(acme), "ci")
    assert store.connector("acme").external_id not in str(change)
    (acme / "aws.yaml").write_text(FILE.replace("role:", "external_id: mine, role:"))
    with pytest.raises(ContentError, match="connector acme has no key 'external_id'"):
        done(store, acme)


def test_what_is_wrong_is_told_with_its_place(store: Store, acme: Path) -> None:
    (acme / "aws.yaml").write_text(
        "connectors:\n"
        "  Acme: {provider: aws, role: cloudward, organization: true}\n"
        "  b: {provider: azur, role: cloudward, organization: true}\n"
        "  c: {provider: aws, role: cloudward, accounts: [1]}\n"
        "  d: {provider: aws, role: cloudward}\n"
        "  e: {provider: aws, organization: true}\n"
        "  f: {provider: aws, role: cloudward, organization: maybe}\n"
    )
    with pytest.raises(BrokenContentError) as refused:
        done(store, acme)
    assert [f"{error.line}: {error.message}" for error in refused.value.errors] == [
        "3: provider: 'azur' is not one of aws",
        "4: c: '1' is not an account's id",
        "5: d: which accounts?",
        "6: e: a connector needs the name of a role",
        "7: f: a setting is not what it should be: Expected `bool`, got `str` - at `$.organization`",
        "2: Acme: a connector's name has small letters, digits and -, at most 40",
    ]
    assert store.connectors() == []

"""Whatever is scanned one after the other, the store shows what a dictionary would."""

from __future__ import annotations

import tempfile
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward.model import Assessment, Resource, Severity, Status
from cloudward.store import Store
from tests.store.build import BUCKET, KEY, ONE, TWO, assessment, resource, scanned

SCOPES = (ONE, TWO)


def _resource(number: int, kind: str, scope: str, tags: dict[str, str]) -> Resource:
    return resource(f"r{number}", kind, scope, region=("a", "b", None)[number % 3], tags=tags)


RESOURCES = st.builds(
    _resource,
    st.integers(0, 3),
    st.sampled_from([BUCKET, KEY]),
    st.sampled_from(SCOPES),
    st.dictionaries(st.sampled_from(["k", "K"]), st.sampled_from(["", "v"])),
)
VERDICTS = st.tuples(
    st.sampled_from(["p", "q", "r"]),
    st.sampled_from(Status),
    st.sampled_from(Severity),
    st.sampled_from([None, "x1"]),
)
ROUNDS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(SCOPES), min_size=1),
        st.lists(RESOURCES, max_size=8),
        st.lists(st.tuples(RESOURCES, VERDICTS), max_size=12),
    ),
    min_size=1,
    max_size=4,
)


class Model:
    """What the store must show."""

    def __init__(self) -> None:
        self.read: dict[tuple[str, str, str], Resource] = {}
        self.headers: dict[tuple[str, str, str], tuple[str, str | None, dict[str, str]]] = {}
        self.assessments: dict[tuple[str, str, str, str], Assessment] = {}

    def scan(self, scopes: set[str], given: list[Resource], made: list[Assessment]) -> None:
        self.read = {key: item for key, item in self.read.items() if key[0] not in scopes}
        self.assessments = {key: item for key, item in self.assessments.items() if key[0] not in scopes}
        before, self.headers = self.headers, {k: v for k, v in self.headers.items() if k[0] not in scopes}
        for item in given:
            key = (item.scope, item.type, item.id)
            self.read[key] = item
            self.headers[key] = (item.name, item.region, dict(item.tags))
        for each in made:
            key = (each.scope, each.type, each.resource)
            self.assessments[(*key, each.policy)] = each
            if key not in self.headers:
                self.headers[key] = before.get(key, (each.resource, each.region, {}))


def _unique(items: list[Any], key: Any) -> list[Any]:
    return list({key(item): item for item in reversed(items)}.values())


@settings(max_examples=15, deadline=None)
@given(ROUNDS)
def test_the_store_shows_what_a_dictionary_would(rounds: list[Any]) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder, Store.open(folder) as store:
        for scopes, resources, verdicts in rounds:
            given = _unique([r for r in resources if r.scope in scopes], lambda r: (r.scope, r.type, r.id))
            made = [
                assessment(of, policy, status=status, severity=severity, exemption=exemption)
                for of, (policy, status, severity, exemption) in verdicts
                if of.scope in scopes
            ]
            made = _unique(made, lambda a: (a.scope, a.type, a.resource, a.policy))
            scanned(store, *given, assessments=made, scopes=sorted(scopes))
            model.scan(scopes, given, made)
            _same(store, model)


def _same(store: Store, model: Model) -> None:
    rows = {(a.scope, a.type, a.resource, a.policy): a for a in (r.assessment for r in store.assessments())}
    expected = model.assessments
    assert {key: _plain(row) for key, row in rows.items()} == {k: _plain(a) for k, a in expected.items()}
    headers = {(r.scope, r.type, r.id): (r.name, r.region, r.tags) for r in store.resources()}
    assert headers == model.headers
    assert {(r.scope, r.type, r.id) for r in store.resources() if r.read} == set(model.read)
    for key, item in model.read.items():
        assert store.resource(key[2], scope=key[0], type=key[1]) == item
    for scope in (None, *SCOPES):
        own = [a for a in expected.values() if scope in (None, a.scope)]
        for by in ("policy", "type", "status", "severity", "scope"):
            counted = {facet.value: facet.count for facet in store.facets(by, scope=scope)}
            assert counted == Counter(str(getattr(a, by)) for a in own)
        exempt = {facet.value: facet.count for facet in store.facets("exempt", scope=scope)}
        assert exempt == Counter("yes" if a.exemption else "no" for a in own)
        held = {facet.value: facet.count for facet in store.inventory(scope=scope)}
        assert held == Counter(item.type for item in model.read.values() if scope in (None, item.scope))
    for scope in SCOPES:
        for type in (BUCKET, KEY):
            ids = [a.resource for a in store.previous(scope, type)]
            assert ids == sorted(a.resource for a in expected.values() if (a.scope, a.type) == (scope, type))


def _plain(item: Assessment) -> tuple[Any, ...]:
    return item.status, item.severity, item.exemption, item.policy, item.resource, item.cause, item.key

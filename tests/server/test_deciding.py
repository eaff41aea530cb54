"""What people decide through the API: with the form that they read, and only where they may."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudward.model import Exemption, ExemptionCategory
from cloudward.pack import Pack
from cloudward.server.needs import Caller, Permission
from cloudward.store import Store
from tests.server.client import Client, only, serving
from tests.server.test_reading import uid
from tests.store.build import ONE, TWO

LATER = (datetime.now(UTC) + timedelta(days=30)).isoformat()
POLICY = "aws-iam-user-key-unused"
CONTROL = {"standard": "cis-aws-5.0", "control": "1.1"}


def exempted(client: Client, name: str = "bucket-0", **more: Any) -> Any:
    body = {"policy": "bucket-public", "uid": uid(client, name), "reason": "a web site", **more}
    return client("POST", "/api/v1/exemptions", json=body)


def test_an_exemption_is_made_changed_and_withdrawn(client: Client, store: Store) -> None:
    made = exempted(client, expires=LATER)
    assert made.status_code == 201
    path = made.headers["location"]
    assert client.get(path) == made.json()
    changed = client(
        "PUT",
        path,
        json={"category": "mitigated", "reason": "a filter stands before it"},
        headers={"If-Match": made.headers["etag"]},
    )
    assert changed.status_code == 200
    kept = store.exemptions()[0]
    assert (kept.category, kept.reason, kept.expires) == (
        ExemptionCategory.MITIGATED,
        "a filter stands before it",
        None,
    )
    assert client("DELETE", path).status_code == 204
    assert client("GET", path).status_code == 404
    assert [each.by for each in store.revisions("exemption")] == ["ann"] * 3


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(client: Client, store: Store) -> None:
    made = exempted(client)
    path, read = made.headers["location"], made.headers["etag"]
    body = {"reason": "another one"}
    assert client("PUT", path, json=body).status_code == 428
    assert client("PUT", path, json=body, headers={"If-Match": read}).status_code == 200
    stale = client("PUT", path, json={"reason": "a third one"}, headers={"If-Match": read})
    assert stale.status_code == 412
    assert store.exemptions()[0].reason == "another one"


def test_nobody_approves_an_exemption_of_his_own(client: Client, store: Store, pack: Pack) -> None:
    made = exempted(client)
    path, form = f"{made.headers['location']}/approval", {"If-Match": made.headers["etag"]}
    assert client("POST", path, headers=form).status_code == 422
    other = serving(store, pack, only([ONE]))
    assert other("POST", path, headers=form).json()["approved_by"] == "bob"


def test_nobody_approves_an_exemption_of_his_own_by_a_token(store: Store, pack: Pack, client: Client) -> None:
    signed_in = only([ONE])
    token = replace(signed_in, name="bob (token ci)", token="cw_1")
    for author, approver in ((signed_in, token), (token, signed_in)):
        made = exempted(serving(store, pack, author))
        path, form = f"{made.headers['location']}/approval", {"If-Match": made.headers["etag"]}
        assert serving(store, pack, approver)("POST", path, headers=form).status_code == 403
        assert client("POST", path, headers=form).json()["approved_by"] == "ann"


def test_many_are_exempted_or_none(client: Client, store: Store) -> None:
    pairs = [{"policy": "bucket-public", "uid": uid(client, f"bucket-{n}")} for n in range(3)]
    broken = [*pairs, {"policy": "none", "uid": pairs[0]["uid"]}]
    wrong = client("POST", "/api/v1/exemptions/bulk", json={"of": broken, "reason": "x"})
    assert (wrong.status_code, store.exemptions()) == (422, [])
    made = client("POST", "/api/v1/exemptions/bulk", json={"of": pairs, "reason": "a test account"})
    assert (made.status_code, len(store.exemptions())) == (201, 3)
    ids = [each["id"] for each in made.json()]
    assert client("POST", "/api/v1/exemptions/withdrawals", json={"ids": ids}).status_code == 204
    assert store.exemptions() == []


def test_who_may_read_everything_and_exempt_in_one_account_exempts_in_that_one(
    client: Client, store: Store, pack: Pack
) -> None:
    wide = frozenset([ONE, TWO])
    own = Caller("3", "eve", lambda p: wide if p is Permission.READ else frozenset([ONE]), lambda _: False)
    reader = serving(store, pack, own)
    assert exempted(reader, "bucket-1").status_code == 403
    assert exempted(reader, "bucket-0").status_code == 201
    narrow = serving(store, pack, only([ONE]))
    body = {"policy": "bucket-public", "scope": TWO, "reason": "x"}
    assert narrow("POST", "/api/v1/exemptions", json=body).status_code == 404
    assert store.exemptions()[0].scope == ONE


def test_what_a_file_owns_is_not_changed_by_hand(client: Client, store: Store) -> None:
    now, waiver = datetime.now(UTC), ExemptionCategory.WAIVER
    store.exempt(Exemption("x", "bucket-public", ONE, waiver, "r", "ci", now, source="a.yaml"))
    answer = client("DELETE", "/api/v1/exemptions/x")
    assert answer.status_code == 422
    assert "a.yaml" in answer.json()["detail"]


def test_a_policy_is_disabled_in_a_scope_and_that_is_told(client: Client, store: Store) -> None:
    given = {"policy": POLICY, "scope": ONE, "effect": "disabled", "reason": "no users"}
    made = client("POST", "/api/v1/assignments", json=given)
    assert made.status_code == 201
    found = client.get("/api/v1/recommendations", found="disabled")["items"]
    assert [(each["policy"], each["disabled"]) for each in found] == [(POLICY, [ONE])]
    in_force = client.get(f"/api/v1/policies/{POLICY}")["in_force"]
    assert {each["scope"]: each["effect"] for each in in_force} == {ONE: "disabled", TWO: "audit"}
    again = client("POST", "/api/v1/assignments", json={"policy": POLICY, "scope": ONE})
    assert (again.status_code, "already" in again.json()["detail"]) == (422, True)
    assert client("DELETE", made.headers["location"]).status_code == 204
    assert store.assignments() == []


def test_who_may_assign_in_one_account_does_not_assign_everywhere(narrow: Client, store: Store) -> None:
    everywhere = {"policy": POLICY, "effect": "disabled"}
    assert narrow("POST", "/api/v1/assignments", json=everywhere).status_code == 403
    assert store.assignments() == []
    given = {"policy": POLICY, "scope": ONE, "parameters": {POLICY: {"max_days": 30}}}
    made = narrow("POST", "/api/v1/assignments", json=given)
    assert made.json()["parameters"] == {POLICY: {"max_days": 30}}
    wrong = narrow("POST", "/api/v1/assignments", json={**given, "parameters": {POLICY: {"max_dais": 30}}})
    assert "did you mean 'max_days'" in wrong.json()["detail"]


def test_a_control_is_attested_and_the_word_withdrawn(client: Client, pack: Pack) -> None:
    controls = ((standard, each) for standard in pack.standards.values() for each in standard.controls)
    standard, control = next(pair for pair in controls if pair[1].manual and not pair[1].policies)
    body = {"standard": standard.id, "control": control.id, "state": "compliant", "owner": "Ann"}
    word = {**body, "statement": "looked at", "expires": LATER, "evidence": ["https://wiki.example.org/x"]}
    made = client("POST", "/api/v1/attestations", json=word)
    assert made.status_code == 201, made.text
    found = client.get(f"/api/v1/standards/{standard.id}/controls/{control.id}")
    if found["results"]:
        assert found["results"][0]["state"] == "passed"
    assert client("POST", f"/api/v1/attestations/{made.json()['id']}/withdrawal").json()["now"] == "withdrawn"
    assert client.get("/api/v1/attestations")["items"] == []
    script = client("POST", "/api/v1/attestations", json={**word, "evidence": ["javascript:alert(1)"]})
    assert script.status_code == 422


def test_standards_are_compared_with_the_scopes_of_the_caller(client: Client, narrow: Client) -> None:
    found = {each["id"]: each for each in client.get("/api/v1/standards", limit=500)["items"]}
    own = {each["id"]: each for each in narrow.get("/api/v1/standards", limit=500)["items"]}
    aws = next(id for id, each in found.items() if each["providers"] == ["aws"])
    assert (found[aws]["scopes"], own[aws]["scopes"]) == (2, 1)
    detail = narrow.get(f"/api/v1/standards/{aws}")
    assert [*detail["scanned"]] == [ONE]
    assert len(detail["controls"]) == detail["standard"]["controls"]


@pytest.mark.parametrize(("form", "start"), [("csv", "standard,"), ("html", "<!doctype"), ("oscal", "{")])
def test_a_standard_is_handed_on_as_a_file(client: Client, form: str, start: str) -> None:
    answer = client("GET", "/api/v1/standards/cis-aws-5.0/export", params={"form": form})
    assert answer.status_code == 200, answer.text
    assert answer.text.lower().startswith(start)
    assert answer.headers["content-disposition"].startswith("attachment; ")


def test_a_connector_is_made_with_its_role_and_changed(client: Client, narrow: Client, store: Store) -> None:
    body = {"name": "acme", "role": "cloudward", "organization": True}
    made = client("POST", "/api/v1/connectors", json=body)
    assert made.status_code == 201, made.text
    external = made.json()["external_id"]
    role = "arn:aws:iam::111122223333:role/scanner"
    for form in ("cloudformation", "terraform", "stackset", "principal"):
        text = client.get("/api/v1/connectors/acme/setup", form=form, principal=role)["text"]
        assert (external in text) == (form != "principal")
    settings = {"role": "cloudward", "accounts": ["111122223333"]}
    form_ = {"If-Match": made.headers["etag"]}
    changed = client("PUT", "/api/v1/connectors/acme", json=settings, headers=form_)
    assert (changed.json()["accounts"], changed.json()["external_id"]) == (["111122223333"], external)
    assert client("PUT", "/api/v1/connectors/acme", json=settings, headers=form_).status_code == 412
    wrong = client("POST", "/api/v1/connectors", json={"name": "both", "role": "x", "accounts": ["1"]})
    assert wrong.status_code == 422
    assert narrow("GET", "/api/v1/connectors").status_code == 403
    assert client("DELETE", "/api/v1/connectors/acme").status_code == 204
    assert store.connectors() == []

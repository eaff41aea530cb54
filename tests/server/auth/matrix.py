"""Every route, tried as everybody: what is found from the router itself, so that a new route is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import select
from starlette.testclient import TestClient

from cloudward.model import (
    Assignment,
    Attestation,
    Attested,
    CustomPolicy,
    Effect,
    Exemption,
    ExemptionCategory,
    Member,
    Suppression,
)
from cloudward.server.auth.guard import csrf, digest
from cloudward.server.auth.roles import ROLES
from cloudward.server.needs import PUBLIC, Needs, Permission
from cloudward.server.openapi import document
from cloudward.server.routes.custom_policies import EXAMPLE
from cloudward.server.sight import Uid
from cloudward.store import bindings, credentials, custom, incidents, jobs, sessions, tables, users
from cloudward.store.alerts import Alerts
from cloudward.store.credentials import CredentialKind
from cloudward.store.sessions import Session
from tests.server.auth.people import World, pack
from tests.store.build import DAY, NOW, ONE, TWO, alert, buckets, incident

WRITES = ("DELETE", "PUT", "PATCH", "POST")
OUTSIDE = ("account 2", *(each.name for each in buckets() if each.scope == TWO))
"""What nobody may read who has no role in the account outside."""
UNSAID = frozenset({TWO})
"""And this, where the call did not say it itself."""


@dataclass(frozen=True)
class Call:
    """A route with a verb, and what it says that it needs."""

    route: APIRoute
    method: str

    @property
    def need(self) -> Needs | None:
        calls = (each.call for each in self.route.dependant.dependencies)
        return next((call for call in calls if isinstance(call, Needs)), None)

    @property
    def public(self) -> bool:
        endpoint = self.route.endpoint
        while hasattr(endpoint, "__wrapped__"):
            endpoint = endpoint.__wrapped__
        return endpoint in PUBLIC

    def __str__(self) -> str:
        return f"{self.method} {self.route.path}"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, with a fresh proof."""

    name: str
    role: str | None
    everywhere: bool
    client: TestClient = field(repr=False)
    csrf: str = field(repr=False)

    def may(self, need: Needs) -> bool:
        held = need.permission is Permission.SELF or need.permission in ROLES.get(self.role or "", ())
        return held and (need.anywhere or self.everywhere or need.permission is Permission.SELF)


def calls(app: FastAPI) -> list[Call]:
    """Every route with every verb, those that change something first."""
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            found += [Call(route, method) for method in route.methods or () if method != "HEAD"]
    return sorted(
        found, key=lambda call: (call.route.name == "sign_out", call.method not in WRITES, str(call))
    )


def people(world: World) -> list[Person]:
    """One of each role in the account inside, an owner of everything, somebody without a role, nobody."""
    found = [_signed_in(world, f"{role}-inside", role, ONE) for role in ROLES]
    found.append(_signed_in(world, "none", None, ""))
    found.append(_signed_in(world, "root", "owner", ""))
    return found


def leaks(world: World, among: list[Call] | None = None) -> Iterator[str]:
    """A line for each answer that is not what it should be. Who may nothing comes first."""
    everybody = people(world)
    made = {each.name: things(world, each.name) for each in everybody}
    owner = next(each for each in everybody if each.role == "owner" and not each.everywhere)
    for call in calls(world.app) if among is None else among:
        if call.need is None:
            if not call.public:
                yield f"{call}: says no need"
            continue
        for inside in (False, True) if call.route.name != "sign_out" else (False,):
            yield from _nobody(world, call, made["root"], inside)
            for person in everybody:
                yield from _tried(world, call, person, made[person.name], inside)
        yield from _misspelt(call, owner, made[owner.name])


def _nobody(world: World, call: Call, made: Things, inside: bool) -> Iterator[str]:
    before = changes(world)
    path, query, body, _ = made.asked(call, inside)
    answer = world.client().request(call.method, path, params=query, json=body)
    if answer.status_code != 401:
        yield f"{call} as nobody: {answer.status_code}"
    if changes(world) != before:
        yield f"{call} as nobody: changed something"


def _tried(world: World, call: Call, person: Person, made: Things, inside: bool) -> Iterator[str]:
    assert call.need is not None
    path, query, body, told = made.asked(call, inside)
    before = changes(world)
    headers = {"x-csrf-token": person.csrf, "sec-fetch-site": "same-origin", "if-match": '"old"'}
    answer = person.client.request(call.method, path, params=query, json=body, headers=headers)
    status, who = answer.status_code, f"{call} as {person.name}, {'inside' if inside else 'outside'}"
    changed = changes(world) != before
    if status >= 500:
        yield f"{who}: {status}"
    if not person.may(call.need):
        if status != 403:
            yield f"{who}: {status}, not 403"
    elif told and not inside and not person.everywhere:
        if status != 404 and (told == "path" or status != 422):
            yield f"{who}: {status}, not 404"
    elif status in (401, 403) and str(call) != PROOF:
        yield f"{who}: {status}: {answer.text}"
    if status >= 400 and changed:
        yield f"{who}: refused, and changed something"
    if status < 300 and call.method in WRITES and not changed and str(call) not in UNLOGGED:
        yield f"{who}: {status}, and not in the log of changes"
    if status < 300 and not person.everywhere:
        words = [*OUTSIDE, *(() if TWO in f"{path}{query}{body}" else UNSAID)]
        yield from (f"{who}: tells of {word!r}" for word in words if word in answer.text)


def _misspelt(call: Call, person: Person, made: Things) -> Iterator[str]:
    """Whoever misspells the name of what he may not see is not told how it is spelt."""
    right, wrong = made.asked(call, inside=False), made.asked(call, inside=False, cut=1)
    path, query, body, _ = wrong
    if wrong == right or path.endswith("/"):
        return
    headers = {"x-csrf-token": person.csrf, "sec-fetch-site": "same-origin", "if-match": '"old"'}
    answer = person.client.request(call.method, path, params=query, json=body, headers=headers)
    said = {*right[0].split("/"), TWO} - {*path.split("/")}
    yield from (f"{call} as {person.name}: spells {each!r}" for each in said if each in answer.text)


PROOF = "POST /api/v1/session/proof"
"""Everybody may try, and what proves nothing is forbidden."""
UNLOGGED = frozenset(
    {
        "POST /api/v1/query",
        "POST /api/v1/custom-policies/checks",
        "POST /api/v1/custom-policies/tries",
        "POST /api/v1/suppressions/preview",
        "DELETE /api/v1/alerts/samples",
        "POST /api/v1/me/totp",
        "POST /api/v1/me/passkeys/start",
        "DELETE /api/v1/me/sessions",
        "DELETE /api/v1/users/{user}/sessions",
        "PATCH /api/v1/users/{user}",
        "DELETE /api/v1/settings/oidc",
        "PUT /api/v1/settings/security",
    }
)
"""What asks, makes a challenge and changes nothing yet, or does nothing where there is nothing to do."""


def changes(world: World) -> int:
    with world.store.database.read() as connection:
        return connection.scalar(select(tables.chain.c.length)) or 0


@dataclass(frozen=True)
class Things:
    """What stands for the parameters of paths: the part of the path before it -> (inside, outside)."""

    known: dict[str, tuple[str, str]]
    bodies: Any

    def asked(self, call: Call, inside: bool, cut: int = 0) -> tuple[str, dict[str, Any], Any, str]:
        """(path, query, body, and what tells where it lies: `path`, `body` or nothing). What tells it lacks
        its last letters, where some are cut."""
        parts: list[str] = []
        told = ""
        for part in call.route.path.split("/"):
            if part.startswith("{"):
                if parts[-1] not in self.known:
                    raise AssertionError(f"{call}: say in the matrix what {parts[-1]}/{part} is")
                pair = self.known[parts[-1]]
                told = "path" if pair[0] != pair[1] else told
                part = pair[0 if inside else 1]
                parts.append(part[:-cut] if cut and pair[0] != pair[1] else part)
            else:
                parts.append(part)
        operation = (
            self.bodies["paths"].get(call.route.path.replace(":path}", "}"), {}).get(call.method.lower(), {})
        )
        scope = (ONE if inside else TWO)[cut:]
        body, scoped = self._body(operation, scope)
        query = {}
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and parameter["name"] == "scope":
                query["scope"] = scope
            elif parameter["in"] == "query" and parameter.get("required"):
                query[parameter["name"]] = self._example(parameter["schema"])
        return "/".join(parts), query, body, told or ("body" if scoped else "")

    def _body(self, operation: Any, scope: str) -> tuple[Any, bool]:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return None, False
        made = self._example(content["schema"])
        properties = self._resolved(content["schema"]).get("properties", {})
        for name in {"scope", "scopes"} & set(properties):
            made[name] = [scope] if properties[name].get("type") == "array" else scope
        return made, bool({"scope", "scopes"} & set(properties))

    def _resolved(self, schema: Any) -> Any:
        while "$ref" in schema:
            schema = self.bodies["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _example(self, schema: Any) -> Any:
        """Something of a schema: its example, or the least that it takes."""
        schema = self._resolved(schema)
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        if "default" in schema or "const" in schema:
            return schema.get("default", schema.get("const"))
        if "anyOf" in schema:
            return self._example(schema["anyOf"][0])
        kind = schema.get("type")
        if kind == "object":
            return {name: self._example(schema["properties"][name]) for name in schema.get("required", ())}
        if kind == "string":
            return "x" * max(1, schema.get("minLength", 1))
        return {"integer": schema.get("minimum", 1), "number": 1, "boolean": False, "array": []}.get(kind)


def things(world: World, person: str) -> Things:
    """One of each that this person may see, and one that is outside or another's."""
    other, another = world.user(f"other-of-{person}"), "none" if person == "root" else "root"
    with world.store.database.write() as connection:
        pair = [bindings.new(other, "security-reader", scope, "test") for scope in (ONE, TWO)]
        for each in pair:
            bindings.keep(connection, each, "test")
        mine = users.named(connection, person)
        assert mine is not None
    first, second = buckets()[0], buckets()[1]
    scan = world.store.scans()[0].id
    uids = Uid(first.scope, first.type, first.id).text, Uid(second.scope, second.type, second.id).text
    policy = next(id for id, each in pack().policies.items() if "AWS::S3::Bucket" in each.resource)
    standard = next(iter(pack().standards))
    control = pack().standards[standard].controls[0].id
    made = {kind: (f"{kind}-{person}-{ONE}", f"{kind}-{person}-{TWO}") for kind in DECIDED}
    _decide(world, person, policy, standard, control)
    known = {
        "scopes": (ONE, TWO),
        "resources": uids,
        "sessions": (f"session-{person}-1", f"session-{another}-0"),
        "credentials": (f"passkey-{person}-1", f"passkey-{another}-0"),
        "bindings": (pair[0].id, pair[1].id),
        "tokens": (world.token(mine.id)[:15], world.token(other)[:15]),
        "users": (other, other),
        "policies": (policy, policy),
        "recommendations": (policy, policy),
        "explanations": (policy, policy),
        "exemptions": made["exemptions"],
        "assignments": made["assignments"],
        "attestations": made["attestations"],
        "connectors": ("acme", "acme"),
        "schedules": ("acme", "acme"),
        "plans": ("posture", "posture"),
        "standards": (standard, standard),
        "controls": (control, control),
        "scans": (scan, scan),
        "jobs": ("none", "none"),
        "exports": (_export(world, mine.id), _export(world, other)),
        "channels": ("none", "none"),
        "letters": ("none", "none"),
        "views": ("none", "none"),
        "alerts": made["alerts"],
        "incidents": made["incidents"],
        "suppressions": made["suppressions"],
        "custom-policies": made["custom-policies"],
    }
    return Things(known, document(world.app))


def _export(world: World, user: str) -> str:
    """A file that somebody asked for, and that is not made yet."""
    payload = {"of": "alerts", "address": "/api/v1/alerts/export", "user": user, "token": ""}
    with world.store.database.write() as connection:
        made = jobs.add(
            connection, "export", payload, by="test", now=datetime.now(UTC), lane=f"export/{user}"
        )
    return made.id


DECIDED = (
    "exemptions",
    "assignments",
    "attestations",
    "alerts",
    "suppressions",
    "custom-policies",
    "incidents",
)


def _decide(world: World, person: str, policy: str, standard: str, control: str) -> None:
    """One of each kind in both accounts."""
    ends = NOW + 3650 * DAY
    for scope in (ONE, TWO):
        ids = [f"{kind}-{person}-{scope}" for kind in DECIDED]
        kind = ExemptionCategory.WAIVER
        world.store.exempt(Exemption(ids[0], policy, scope, kind, "because", "test", NOW))
        world.store.assign(Assignment(ids[1], Effect.AUDIT, "test", NOW, scope, policy))
        word = Attestation(
            ids[2], standard, control, Attested.COMPLIANT, "so it is", "test", "test", NOW, ends, scope
        )
        world.store.attest(word)
        alerts, now = Alerts(world.store.database), datetime.now(UTC)
        alerts.keep([(alert(ids[3], scope=scope, title=f"in account {scope[:1]}"), (), ())])
        with world.store.database.write() as connection:
            incidents.add(connection, incident(ids[6], scopes=(scope,), title=f"in account {scope[:1]}"))
            incidents.put(connection, Member(ids[3], 1.0), ids[6])
        alerts.suppress(Suppression(ids[4], "", {}, scope, "because", "test", now, now + 30 * DAY))
        with world.store.database.write() as connection:
            custom.keep(connection, CustomPolicy(ids[5], scope, EXAMPLE, "test", NOW), "test")


def _signed_in(world: World, name: str, role: str | None, scope: str) -> Person:
    now = datetime.now(UTC)
    user, ends = world.user(name, role, scope), now + timedelta(hours=1)
    with world.store.database.write() as connection:
        for number in range(2):
            id, cookie = f"session-{name}-{number}", f"cookie-{number}-of-{name}"
            session = Session(id, user, "passkey", "127.0.0.1", "", now, now, now, ends)
            sessions.start(connection, session, digest(cookie), name)
            made = credentials.new(user, CredentialKind.PASSKEY, "{}", id=f"passkey-{name}-{number}")
            credentials.keep(connection, made, name)
    client = world.client()
    client.headers["cookie"] = f"cloudward=cookie-0-of-{name}"
    return Person(name, role, role is not None and not scope, client, csrf(f"cookie-0-of-{name}"))

"""Passkeys, with an authenticator that is made of a key and a counter."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

from tests.server.auth.people import Browser, World

ORIGIN = "http://localhost"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """What a phone or a key does, after its user put a finger on it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = b"credential-of-" + hashlib.sha256(str(id(self)).encode()).digest()
        self.count, self.flags, self.origin = 0, PRESENT | VERIFIED, ORIGIN

    def make(self, options: Any) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], self.flags | ATTESTED) + attested
        client = self._client("webauthn.create", options["challenge"])
        kept = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"attestationObject": kept, "clientDataJSON": client})

    def use(self, options: Any, user: str = "") -> dict[str, Any]:
        self.count += 1
        data = self._data(options["rpId"], self.flags)
        client = self._client("webauthn.get", options["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        found = {"authenticatorData": data, "clientDataJSON": client, "signature": signed}
        return self._answer(found | ({"userHandle": user.encode()} if user else {}))

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, type: str, challenge: str) -> bytes:
        return json.dumps({"type": type, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, parts: dict[str, bytes]) -> dict[str, Any]:
        id = bytes_to_base64url(self.id)
        response = {name: bytes_to_base64url(value) for name, value in parts.items()}
        return {"id": id, "rawId": id, "type": "public-key", "response": response}


def add(browser: Browser, device: Authenticator) -> Any:
    asked = browser.call("POST", "/api/v1/me/passkeys/start").json()
    given = {"ticket": asked["ticket"], "answer": device.make(asked["options"]), "name": "phone"}
    return browser.call("POST", "/api/v1/me/passkeys", given)


def start(browser: Browser) -> Any:
    return browser.call("POST", "/api/v1/session/passkey/start").json()


def sign_in(world: World, device: Authenticator) -> tuple[Browser, Any]:
    browser = Browser(world.client())
    asked = start(browser)
    given = {"ticket": asked["ticket"], "answer": device.use(asked["options"])}
    return browser, browser.call("POST", "/api/v1/session/passkey", given)


@pytest.fixture
def device(world: World) -> Authenticator:
    """One that the administrator added."""
    made = Authenticator()
    answer = add(world.signed_in(), made)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["codes"]) == 10
    return made


def test_a_passkey_signs_in_alone(world: World, device: Authenticator) -> None:
    browser, answer = sign_in(world, device)
    assert answer.status_code == 204, answer.text
    found = browser.learn()
    assert (found["name"], found["method"], found["to_do"]) == ("admin", "passkey", [])


def test_an_answer_is_good_once(world: World, device: Authenticator) -> None:
    browser = Browser(world.client())
    asked = start(browser)
    given = {"ticket": asked["ticket"], "answer": device.use(asked["options"])}
    assert browser.call("POST", "/api/v1/session/passkey", given).status_code == 204
    assert browser.call("POST", "/api/v1/session/passkey", given).status_code == 401


def test_an_answer_to_another_challenge_is_none(world: World, device: Authenticator) -> None:
    browser = Browser(world.client())
    given = {"ticket": start(browser)["ticket"], "answer": device.use(start(browser)["options"])}
    assert browser.call("POST", "/api/v1/session/passkey", given).status_code == 401


@pytest.mark.parametrize("wrong", ["origin", "unverified", "key", "count", "unknown"])
def test_what_a_device_must_not_say(world: World, device: Authenticator, wrong: str) -> None:
    if wrong == "origin":
        device.origin = "https://evil.example"
    elif wrong == "unverified":
        device.flags = PRESENT
    elif wrong == "key":
        device.key = ec.generate_private_key(ec.SECP256R1())
    elif wrong == "unknown":
        device.id = b"nobody"
    else:
        assert sign_in(world, device)[1].status_code == 204
        device.count = 0
    browser, answer = sign_in(world, device)
    assert answer.status_code == 401
    assert browser.client.get("/api/v1/session").status_code == 401


def test_a_passkey_proves_again_who_it_is(world: World, device: Authenticator) -> None:
    browser, _ = sign_in(world, device)
    browser.learn()
    old = browser.client.cookies["cloudward"]
    asked = start(browser)
    given = {"ticket": asked["ticket"], "answer": device.use(asked["options"])}
    assert browser.call("POST", "/api/v1/session/proof", given).status_code == 204
    assert browser.client.cookies["cloudward"] != old
    assert browser.learn()["fresh"] is True
    assert browser.call("POST", "/api/v1/session/proof", {"password": "x"}).status_code == 403


def test_the_passkey_of_another_proves_nothing(world: World, device: Authenticator) -> None:
    other = Authenticator()
    browser, _ = sign_in(world, device)
    browser.learn()
    asked = start(browser)
    given = {"ticket": asked["ticket"], "answer": other.use(asked["options"])}
    assert browser.call("POST", "/api/v1/session/proof", given).status_code == 403


def test_the_last_way_in_is_not_forgotten(world: World, device: Authenticator) -> None:
    browser, _ = sign_in(world, device)
    browser.learn()
    id = bytes_to_base64url(device.id)
    assert browser.call("DELETE", f"/api/v1/me/credentials/{id}").status_code == 422
    assert add(browser, Authenticator()).json()["codes"] == []
    assert browser.call("DELETE", f"/api/v1/me/credentials/{id}").status_code == 204
    assert sign_in(world, device)[1].status_code == 401

"""Names and passwords, codes, and recovery codes."""

from __future__ import annotations

import threading
import time
from typing import Any

import pyotp
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from cloudward.errors import BusyError, UsageError
from cloudward.server.auth import codes
from cloudward.server.auth.limits import Buckets
from cloudward.server.auth.passwords import QUEUE, Passwords, refuse_weak
from cloudward.store import credentials, security
from cloudward.store.credentials import CredentialKind
from tests.server.auth.people import Browser, World

GOOD = "four lazy herons dive"


def password(world: World, name: str, given: str = GOOD) -> str:
    """A user of this password; his id."""
    id = world.user(name, "owner")
    made = credentials.new(id, CredentialKind.PASSWORD, world.guard.passwords.hash(given))
    with world.store.database.write() as connection:
        credentials.keep(connection, made, name)
    return id


def one_factor(world: World) -> None:
    with world.store.database.write() as connection:
        security.keep(connection, "rules", {"second_factor": False}, "test")


def sign_in(world: World, name: str, given: str = GOOD, address: str = "127.0.0.1") -> tuple[Browser, Any]:
    browser = Browser(world.client(address=address))
    answer = browser.call("POST", "/api/v1/session/password", {"name": name, "password": given})
    return browser, answer


def test_a_password_alone_lets_in_to_set_up_a_second_factor_only(world: World) -> None:
    password(world, "ann")
    browser, answer = sign_in(world, " Ann ")
    assert answer.json() == {"second": [], "ticket": ""}
    assert browser.learn()["to_do"] == ["second"]
    assert browser.client.get("/api/v1/scopes").status_code == 403
    generator = browser.call("POST", "/api/v1/me/totp").json()
    code = pyotp.TOTP(generator["secret"]).now()
    made = browser.call("PUT", "/api/v1/me/totp", {"ticket": generator["ticket"], "code": code})
    assert len(made.json()["codes"]) == codes.CODES
    assert browser.client.get("/api/v1/scopes").status_code == 200


def test_where_the_owners_say_so_it_is_enough(world: World) -> None:
    one_factor(world)
    password(world, "ann")
    browser, _ = sign_in(world, "ann")
    assert browser.client.get("/api/v1/scopes").status_code == 200


@pytest.mark.parametrize("given", ["1ultimate2wolf", "1Ultimate2Wolf", "13897512zxcvbn"])
def test_a_common_password_is_refused_however_hard_it_looks(given: str) -> None:
    with pytest.raises(UsageError, match="among those that are tried first"):
        refuse_weak(given, [])


@pytest.mark.parametrize(("name", "given"), [("ann", "wrong"), ("nobody", GOOD), ("", ""), ("ann\x00", GOOD)])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(world: World, name: str, given: str) -> None:
    password(world, "ann")
    browser, answer = sign_in(world, name, given)
    assert (answer.status_code, answer.json()["detail"]) == (401, "the name or the password is wrong")
    assert browser.client.get("/api/v1/session").status_code == 401


def test_a_name_that_nobody_has_takes_as_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash is compared with each time, made with the same parameters: that is what takes long."""
    password(world, "ann")
    compared: list[str] = []
    verify = Argon2Hasher.verify

    def counted(self: Argon2Hasher, given: str | bytes, kept: str | bytes) -> bool:
        compared.append(str(kept).rpartition("$")[0].rpartition("$")[0])
        return verify(self, given, kept)

    monkeypatch.setattr(Argon2Hasher, "verify", counted)
    for name in ("ann", "nobody"):
        assert sign_in(world, name, "wrong")[1].status_code == 401
    ann, nobody = compared
    assert ann == nobody == "$argon2id$v=19$m=19456,t=2,p=1"


def test_tries_with_a_name_slow_down_who_tries_and_not_its_user(world: World) -> None:
    one_factor(world)
    password(world, "ann")
    mine, answer = sign_in(world, "ann")
    assert answer.status_code == 200
    statuses = [sign_in(world, "ann", "wrong", f"192.0.2.{number}")[1].status_code for number in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    again = mine.call("POST", "/api/v1/session/password", {"name": "ann", "password": GOOD})
    assert again.status_code == 200
    assert sign_in(world, "bob", "wrong")[1].status_code == 401


def test_tries_from_one_place_slow_down_that_place(world: World) -> None:
    world.guard.tries = Buckets(burst=30, rate=0.5, clock=lambda: 0)
    statuses = [sign_in(world, f"user{number}", "x")[1] for number in range(32)]
    assert {each.status_code for each in statuses[:30]} == {401}
    assert statuses[-1].status_code == 429
    assert int(statuses[-1].headers["retry-after"]) > 0
    assert sign_in(world, "user0", "x", "192.0.2.1")[1].status_code == 401


def test_who_finds_a_queue_is_told_to_come_back() -> None:
    passwords = Passwords()
    waiting = threading.Event()
    threads = [threading.Thread(target=lambda: passwords._run(waiting.wait)) for _ in range(QUEUE)]
    for each in threads:
        each.start()
    time.sleep(0.2)
    with pytest.raises(BusyError):
        passwords.right("x", None)
    waiting.set()
    for each in threads:
        each.join()
    assert not passwords.right("x", None)
    passwords.close()


def test_a_code_is_good_once(world: World) -> None:
    id = password(world, "ann")
    secret = codes.new_secret()
    sealed = world.store.vault.seal(secret, codes.PURPOSE)
    with world.store.database.write() as connection:
        credentials.keep(connection, credentials.new(id, CredentialKind.TOTP, sealed), "ann")
    code = pyotp.TOTP(secret).now()
    browser, half = sign_in(world, "ann")
    assert half.json()["second"] == ["totp"]
    assert browser.client.get("/api/v1/session").status_code == 401
    given = {"ticket": half.json()["ticket"], "code": code}
    assert browser.call("POST", "/api/v1/session/second", given | {"code": "000000"}).status_code == 401
    assert browser.call("POST", "/api/v1/session/second", given).status_code == 204
    assert browser.learn()["method"] == "password+totp"
    other, half = sign_in(world, "ann")
    again = {"ticket": half.json()["ticket"], "code": code}
    assert other.call("POST", "/api/v1/session/second", again).status_code == 401


def test_codes_cannot_be_tried_through(world: World) -> None:
    id = password(world, "ann")
    sealed = world.store.vault.seal(codes.new_secret(), codes.PURPOSE)
    with world.store.database.write() as connection:
        credentials.keep(connection, credentials.new(id, CredentialKind.TOTP, sealed), "ann")
    browser, half = sign_in(world, "ann")
    given = {"ticket": half.json()["ticket"], "code": "12345"}
    statuses = [browser.call("POST", "/api/v1/session/second", given).status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2


def test_a_recovery_code_is_good_once(world: World) -> None:
    id = password(world, "ann")
    shown, kept = codes.recovery(id)
    with world.store.database.write() as connection:
        credentials.keep(connection, kept, "ann")
    assert not any(code in kept.secret for code in shown)
    for status in (204, 401):
        browser, half = sign_in(world, "ann")
        given = {"ticket": half.json()["ticket"], "code": shown[0].upper()}
        assert browser.call("POST", "/api/v1/session/second", given).status_code == status


@pytest.mark.parametrize(
    "weak", ["short", "password1234", "annannannann", "cloudward2026", "a" * 12, "qwertyuiop12", "x" * 257]
)
def test_a_weak_password_is_refused(weak: str) -> None:
    with pytest.raises(UsageError):
        refuse_weak(weak, ["ann"])


def test_a_password_is_taken_as_it_is() -> None:
    passwords = Passwords()
    kept = passwords.hash("Four Lazy Herons " + "x" * 239)
    assert passwords.right("Four Lazy Herons " + "x" * 239, kept)
    for other in (
        "four lazy herons " + "x" * 239,
        "Four Lazy Herons " + "x" * 240,
        "Four Lazy Herons " + "x" * 238,
    ):
        assert not passwords.right(other, kept)
    passwords.close()


@pytest.mark.parametrize("good", [GOOD, "k7#mQ2vLp9xR", "ünïcödé wörds are fine", GOOD * 12])
def test_a_good_password_is_taken(good: str) -> None:
    refuse_weak(good, ["ann"])


def test_a_password_is_changed_by_who_knows_it_and_ends_all_other_sign_ins(world: World) -> None:
    one_factor(world)
    password(world, "ann")
    mine, _ = sign_in(world, "ann")
    other, _ = sign_in(world, "ann")
    mine.learn()
    new = {"password": "nine brisk otters swim", "current": "wrong"}
    assert mine.call("PUT", "/api/v1/me/password", new).status_code == 403
    old = mine.client.cookies["cloudward"]
    assert mine.call("PUT", "/api/v1/me/password", new | {"current": GOOD}).status_code == 204
    assert mine.client.cookies["cloudward"] != old
    assert mine.client.get("/api/v1/session").status_code == 200
    assert other.client.get("/api/v1/session").status_code == 401
    assert sign_in(world, "ann")[1].status_code == 401
    assert sign_in(world, "ann", "nine brisk otters swim")[1].status_code == 200

"""Codes of a generator (TOTP), and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import Connection

from cloudward.server.auth.guard import digest
from cloudward.store import Store, credentials, spent
from cloudward.store.credentials import Credential, CredentialKind

STEP = 30
CODES = 10
LENGTH = 24
"""Letters of a recovery code: 120 random bits, so that a plain hash is enough."""
PURPOSE = "totp"


def new_secret() -> str:
    """For a generator: 160 bits."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address(secret: str, name: str, server: str) -> str:
    """What a generator reads from the picture."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=server)


def step(secret: str, code: str) -> int | None:
    """The step of time of which this is the code: this one, or the one before or after it."""
    import pyotp

    now = int(datetime.now(UTC).timestamp()) // STEP
    generator = pyotp.TOTP(secret)
    given = code.strip().replace(" ", "").encode()
    found = [
        at
        for at in (now - 1, now, now + 1)
        if hmac.compare_digest(generator.generate_otp(at).encode(), given)
    ]
    return found[0] if found else None


def used(store: Store, connection: Connection, user: str, code: str) -> str | None:
    """`totp` or `recovery`, when the code is a good one of this user; it is good no more."""
    for credential in credentials.of(connection, user):
        if credential.kind is CredentialKind.TOTP and _totp(store, connection, credential, code):
            return "totp"
        if credential.kind is CredentialKind.RECOVERY and _recovery(connection, credential, code):
            return "recovery"
    return None


def recovery(user: str) -> tuple[list[str], Credential]:
    """New recovery codes, and what is kept of them."""
    codes = [base64.b32encode(secrets.token_bytes(15)).decode().lower() for _ in range(CODES)]
    kept = msgspec.json.encode([digest(code) for code in codes]).decode()
    shown = ["-".join(code[at : at + 6] for at in range(0, LENGTH, 6)) for code in codes]
    return shown, credentials.new(user, CredentialKind.RECOVERY, kept, "recovery codes")


def left(credential: Credential) -> int:
    """How many recovery codes were not used."""
    return len(msgspec.json.decode(credential.secret))


def _totp(store: Store, connection: Connection, credential: Credential, code: str) -> bool:
    at = step(store.vault.open(credential.secret, PURPOSE), code)
    if at is None:
        return False
    over = datetime.fromtimestamp((at + 3) * STEP, UTC) + timedelta(minutes=1)
    if not spent.spend(connection, f"totp:{credential.id}:{at}", over):
        return False
    credentials.use(connection, credential)
    return True


def _recovery(connection: Connection, credential: Credential, code: str) -> bool:
    given = digest(code.strip().replace("-", "").replace(" ", "").lower())
    kept: list[str] = msgspec.json.decode(credential.secret)
    if given not in kept:
        return False
    rest = msgspec.json.encode([each for each in kept if each != given]).decode()
    credentials.use(connection, credential, rest)
    return True

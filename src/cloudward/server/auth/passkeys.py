"""Passkeys: WebAuthn with the user verified by his device, so that one is two factors by itself."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from cloudward.errors import WhoError
from cloudward.store import credentials
from cloudward.store.credentials import Credential, CredentialKind
from cloudward.store.users import User

log = logging.getLogger("cloudward.auth")


class _Kept(msgspec.Struct):
    """What is kept of a passkey."""

    key: str
    """The public key, base64url."""
    count: int
    """How often it had signed when it was seen last; 0 for ever where the device does not count."""


def to_make(user: User, known: list[Credential], host: str, challenge: bytes) -> dict[str, Any]:
    """What a browser needs for making one."""
    import webauthn
    from webauthn.helpers import structs

    made = webauthn.generate_registration_options(
        rp_id=host,
        rp_name="cloudward",
        user_name=user.name,
        user_id=user.id.encode(),
        challenge=challenge,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            structs.PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(each.id)) for each in known
        ],
    )
    return _plain(webauthn.options_to_json(made))


def made(
    user: User, answer: dict[str, Any], name: str, host: str, origin: str, challenge: bytes
) -> Credential:
    """The passkey that a browser made."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        log.warning("a passkey was refused: %s", error)
        raise WhoError("this is no passkey that was made here") from error
    kept = _Kept(bytes_to_base64url(found.credential_public_key), found.sign_count)
    text = msgspec.json.encode(kept).decode()
    id = bytes_to_base64url(found.credential_id)
    return credentials.new(user.id, CredentialKind.PASSKEY, text, name, id)


def to_use(host: str, challenge: bytes) -> dict[str, Any]:
    """What a browser needs for signing in: nobody is named, so it tells nothing of who there is."""
    import webauthn
    from webauthn.helpers import structs

    asked = webauthn.generate_authentication_options(
        rp_id=host, challenge=challenge, user_verification=structs.UserVerificationRequirement.REQUIRED
    )
    return _plain(webauthn.options_to_json(asked))


def checked(credential: Credential, answer: dict[str, Any], host: str, origin: str, challenge: bytes) -> str:
    """What is to be kept of a passkey that signed the challenge; anything else is a `WhoError`."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    kept = msgspec.json.decode(credential.secret, type=_Kept)
    try:
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=webauthn.base64url_to_bytes(kept.key),
            credential_current_sign_count=kept.count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        log.warning("a sign-in by passkey %s was refused: %s", credential.id, error)
        raise WhoError("this passkey is none of ours") from error
    return msgspec.json.encode(_Kept(kept.key, found.new_sign_count)).decode()


def _plain(text: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(text)
    return found

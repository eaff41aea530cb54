"""Credentials are seen in the scripts that instances start with, whichever way these are packed."""

from __future__ import annotations

import gzip
from base64 import b64encode

import pytest

from cloudward.connect.aws.credentials import LONGEST, hold_credentials, user_data_holds_credentials

KEY = b"export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"


@pytest.mark.parametrize(
    "text", ["AKIAIOSFODNN7EXAMPLE", "-----BEGIN EC PRIVATE KEY-----", "db://app:x@host"]
)
def test_known_forms_are_seen(text: str) -> None:
    assert hold_credentials(f"a line\n{text}\n")


@pytest.mark.parametrize("text", [None, "", "prod", "https://example.com/a@b", "AKIA"])
def test_other_text_is_none(text: str | None) -> None:
    assert not hold_credentials(text)


@pytest.mark.parametrize("script", [KEY, gzip.compress(KEY)], ids=["plain", "packed"])
def test_script_is_looked_into(script: bytes) -> None:
    assert user_data_holds_credentials(b64encode(script).decode())


@pytest.mark.parametrize(
    "script", [b"", b"echo prod\n", gzip.compress(b"echo prod\n")], ids=["empty", "plain", "packed"]
)
def test_script_without_credentials_holds_none(script: bytes) -> None:
    assert not user_data_holds_credentials(b64encode(script).decode())


def test_no_user_data_hold_nothing() -> None:
    assert not user_data_holds_credentials(None)


def test_what_is_packed_larger_than_memory_is_looked_at_in_part() -> None:
    bomb = gzip.compress(KEY + b"\0" * 64 * LONGEST)
    assert user_data_holds_credentials(b64encode(bomb).decode())


@pytest.mark.parametrize("text", ["no base64!", b64encode(b"\x1f\x8bno gzip").decode()])
def test_what_cannot_be_unpacked_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        user_data_holds_credentials(text)

"""What credentials of well-known makers look like, where they stand in text that is not kept."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Mapping

KNOWN = re.compile(
    r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{36}|\bgithub_pat_\w{22}|\bglpat-[\w-]{20}|\bxox[abprs]-[\w-]{10}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|\bsk_live_\w{16}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|://[^/@:\s]+:[^/@\s]+@"
)
GZIP = b"\x1f\x8b"
LONGEST = 1 << 20
"""Bytes that are unpacked at most: AWS takes 16 KiB packed, which could hold far more."""


def hold_credentials(text: str | None) -> bool:
    """Whether something in the text has the form of a well-known kind of credentials."""
    return bool(KNOWN.search(text or ""))


def names_of_credentials(values: Mapping[str, str] | None) -> list[str]:
    """The names of the values that hold such, sorted."""
    return sorted(name for name, value in (values or {}).items() if hold_credentials(value))


def user_data_holds_credentials(user_data: str | None) -> bool:
    """The same of the script that an instance starts with, which is base64, and packed by gzip or plain.

    What is neither raises a ValueError.
    """
    script = b64decode(user_data or "", validate=True)
    if script.startswith(GZIP):
        script = _unpacked(script)
    return hold_credentials(script.decode(errors="replace"))


def _unpacked(script: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        return unpacker.decompress(script, LONGEST)
    except zlib.error as error:
        raise ValueError("user data starts like gzip and is none") from error

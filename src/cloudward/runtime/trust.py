"""Whom calls believe, and by which way they go: what the environment says, for every library alike.

`SSL_CERT_FILE` is a file of authorities, in place of those of the system; `HTTPS_PROXY`, `HTTP_PROXY` and
`NO_PROXY` are what they are everywhere.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from urllib.request import getproxies_environment, proxy_bypass

from cloudward.errors import UsageError

VARIABLE = "SSL_CERT_FILE"


def authorities() -> str | None:
    """The file of authorities that is named; None for those of the system."""
    named = os.environ.get(VARIABLE)
    if named and not Path(named).is_file():
        raise UsageError(f"{VARIABLE} names {named}, which is no file", "a file of certificates, PEM")
    return named or None


def context() -> ssl.SSLContext:
    """For a call: the other side has a certificate of its name from somebody who is believed."""
    return ssl.create_default_context(cafile=authorities())


def proxy(scheme: str, host: str, port: int) -> str | None:
    """The proxy through which such an address is called; None where it is called directly."""
    if proxy_bypass(f"{host}:{port}"):
        return None
    found = getproxies_environment()
    return found.get(scheme) or found.get("all")


def told(error: Exception) -> str:
    """What went wrong with a connection, with what to do where nobody is believed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not believed: {error.verify_message}; {VARIABLE} names private authorities"
        )
    return str(error) or type(error).__name__

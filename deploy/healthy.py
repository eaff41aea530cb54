"""Ask a cloudward server how it is: `python healthy.py [URL] [SECONDS]`; 0 when it can do its work.

It asks again until the seconds are over (0: once). The certificate is not looked at: the question comes from
the server's own machine and tells nothing.
"""

from __future__ import annotations

import ssl
import sys
import time
from http.client import HTTPException
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

PATHS = ("/health/live", "/health/ready")


def main(url: str = "https://127.0.0.1:8443", seconds: str = "0") -> int:
    """Exit code: 0 it can, 1 it cannot; then what it said is on stderr."""
    end = time.monotonic() + float(seconds)
    while reason := _wrong(url.rstrip("/")):
        if time.monotonic() >= end:
            sys.stderr.write(f"{reason}\n")
            return 1
        time.sleep(0.1)
    return 0


def _wrong(url: str) -> str:
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    calls = build_opener(ProxyHandler({}), HTTPSHandler(context=unchecked))
    try:
        for path in PATHS:
            with calls.open(url + path, timeout=5) as answer:
                answer.read()
    except (OSError, HTTPException) as error:
        return f"{url}{path}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

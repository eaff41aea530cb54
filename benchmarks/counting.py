"""A moto server that writes down, a line each, which service a request is for: PORT LOG."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

SIGNED = re.compile(r"Credential=[^/]+/\d{8}/[^/]*/([^/]+)/aws4_request")


def counting(app: Callable[..., Iterable[bytes]], log: Path) -> Callable[..., Iterable[bytes]]:
    """The same application; the service is taken from the signature of each request."""
    out = log.open("a", buffering=1)

    def called(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        signed = SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
        out.write(f"{signed[1] if signed else environ.get('PATH_INFO', '')}\n")
        return app(environ, start)

    return called


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    application = counting(DomainDispatcherApplication(create_backend_app), Path(sys.argv[2]))
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True)

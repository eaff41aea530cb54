"""A moto server that writes down, a line each, which service a request is for: PORT LOG [LATENCY] [ACCOUNT].

With a latency every request takes so many seconds longer. An account that is named refuses every request
of a role in it, as a service control policy would make it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sts.models import sts_backends
from werkzeug.serving import run_simple

App = Callable[..., Iterable[bytes]]
SIGNED = re.compile(r"Credential=([^/]+)/\d{8}/[^/]*/([^/]+)/aws4_request")
XML = ("ec2", "iam", "rds", "sns", "s3", "elasticloadbalancing", "redshift", "elasticache", "cloudformation")
SAID = "you are not authorized: explicit deny in a service control policy"
READERS = "role/cloudward"


def counting(app: App, log: Path, latency: float = 0.0, dark: str = "") -> App:
    """The same application; the service is taken from the signature of each request."""
    out = log.open("a", buffering=1)

    def called(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        signed = SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
        key, service = signed.groups() if signed else ("", environ.get("PATH_INFO", ""))
        out.write(f"{service}\n")
        time.sleep(latency)
        if dark and key in taken(dark):
            return denied(service, start)
        return app(environ, start)

    return called


def taken(account: str) -> set[str]:
    """The keys with which the role that scans was taken in the account."""
    roles = sts_backends[account]["aws"].assumed_roles
    return {role.access_key_id for role in roles if role.role_arn.endswith(READERS)}


def denied(service: str, start: Callable[..., Any]) -> Iterable[bytes]:
    """What AWS answers then."""
    if service in XML:
        start("403 Forbidden", [("Content-Type", "text/xml")])
        error = f"<Error><Code>AccessDenied</Code><Message>{SAID}</Message></Error>"
        return [(error if service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>").encode()]
    code = "AccessDeniedException"
    start("403 Forbidden", [("Content-Type", "application/json"), ("x-amzn-errortype", code)])
    return [json.dumps({"__type": code, "message": SAID}).encode()]


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    port, log, latency, dark = [*sys.argv[1:], *("", "", "0", "")[len(sys.argv) - 1 :]]
    moto = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(port), counting(moto, Path(log), float(latency), dark), threaded=True)

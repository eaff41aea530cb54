"""A small TAXII 2.1 server on loopback: one collection, pages, a name and a password."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KIND = "application/taxii+json;version=2.1"
PATH = "/api1/collections/91a7b528/objects/"
SIGN_IN = "Basic " + base64.b64encode(b"ana:secret").decode()


@contextmanager
def taxii(objects: list[dict[str, Any]], each: int = 2, *, endless: bool = False) -> Iterator[str]:
    """Gives the URL of the collection."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path != PATH:
                self._answer(404, {"title": "not here"})
            elif self.headers.get("Authorization") != SIGN_IN:
                self._answer(401, {"title": "who are you?"})
            elif self.headers.get("Accept") != KIND:
                self._answer(406, {"title": "not acceptable"})
            else:
                start = int(parse_qs(parts.query).get("next", ["0"])[0])
                more = start + each < len(objects) or endless
                page = {"more": more, "objects": objects[start : start + each]}
                self._answer(200, page | ({"next": str(0 if endless else start + each)} if more else {}))

        def _answer(self, status: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", KIND)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api1/collections/91a7b528/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

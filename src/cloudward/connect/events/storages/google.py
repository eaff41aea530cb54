"""Google Cloud Storage: `gs://BUCKET/PREFIX`, with the credentials that `google-auth` finds.

Two calls of its JSON interface are all that is needed: https://cloud.google.com/storage/docs/json_api/v1
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import quote

from cloudward.connect.events.storages import ChangedError, Object, endpoint
from cloudward.errors import InputError, SignInError, UsageError
from cloudward.runtime import trust

SCHEMES = ("gs://",)
FORM = "gs://BUCKET/PREFIX"
ENDPOINT = "STORAGE_EMULATOR_HOST"
"""Where the storage answers, as the libraries of Google call it."""
BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
READ = "https://www.googleapis.com/auth/devstorage.read_only"
FIELDS = "nextPageToken,items(name,size,updated,generation)"
PAGE = 1000
"""Objects of a page."""
AGAIN = (429, 500, 502, 503, 504)
SIGN_IN = "gcloud auth application-default login, or an identity of this machine"


class Bucket:
    """What is under a prefix of a bucket."""

    way = "google"

    def __init__(self, address: str) -> None:
        self.address = address
        self._bucket, _, self._prefix = address.removeprefix(SCHEMES[0]).partition("/")
        if not BUCKET.fullmatch(self._bucket):
            raise UsageError(f"{address!r} names no bucket", FORM)
        self._base = endpoint(ENDPOINT, "https://storage.googleapis.com")
        self._session: Any = None

    def objects(self) -> Iterator[Object]:
        params = {"prefix": self._prefix, "maxResults": str(PAGE), "fields": FIELDS}
        while True:
            with _told(self.address), self._get(self.address, "", params) as answer:
                page = json.loads(answer.content)
                found = [_object(each) for each in page.get("items", ())]
                params["pageToken"] = page.get("nextPageToken", "")
            yield from found
            if not params["pageToken"]:
                return

    def fetch(self, found: Object, start: int, file: IO[bytes]) -> None:
        params = {"alt": "media", "ifGenerationMatch": found.version}
        what, headers = self.name(found.key), {"Range": f"bytes={start}-"}
        with _told(what), self._get(what, f"/{quote(found.key, safe='')}", params, headers) as answer:
            if answer.headers.get("X-Goog-Generation", found.version) != found.version:
                raise ChangedError(f"{what} was written to in between")
            while data := answer.raw.read(1 << 20, decode_content=False):
                file.write(data)

    def name(self, key: str) -> str:
        return f"{SCHEMES[0]}{self._bucket}/{key}"

    def _get(self, what: str, path: str, params: Any, headers: Any = None) -> Any:
        url = f"{self._base}/storage/v1/b/{self._bucket}/o{path}"
        answer = self._signed().get(
            url, params=params, headers=headers, stream=True, timeout=(10, 60), allow_redirects=False
        )
        if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            with answer:
                raise _refused(what, answer)
        return answer

    def _signed(self) -> Any:
        if self._session is None:
            import google.auth
            from google.auth.transport.requests import AuthorizedSession, Request
            from requests import Session
            from requests.adapters import HTTPAdapter
            from urllib3 import Retry

            logging.getLogger("google.auth").setLevel(logging.ERROR)  # a project is not asked for
            asking = Session()
            credentials, _ = google.auth.default(scopes=[READ], request=Request(asking))
            made: Any = AuthorizedSession  # it says no types
            self._session = made(credentials, auth_request=Request(asking))
            retry = Retry(4, status_forcelist=AGAIN, backoff_factor=0.5, raise_on_status=False)
            for each in (asking, self._session):
                each.verify = trust.authorities() or True
                each.mount("https://", HTTPAdapter(max_retries=retry))
                each.mount("http://", HTTPAdapter(max_retries=retry))
        return self._session


opened = Bucket


def _object(each: Any) -> Object:
    return Object(
        each["name"], datetime.fromisoformat(each["updated"]), int(each["size"]), each["generation"]
    )


def _refused(what: str, answer: Any) -> InputError | SignInError:
    """What Google says of an error."""
    try:
        said = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        said = str(answer.reason)
    text = f"cannot read {what}: {said} ({answer.status_code})"
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return SignInError(text, SIGN_IN)
    if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
        return ChangedError(f"{what} was written to in between")
    return InputError(text)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """An error that is no answer, with what it is about."""
    from google.auth.exceptions import GoogleAuthError, TransportError
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (RequestException, HTTPError, TransportError) as error:
        raise InputError(f"cannot read {what}: {error}") from error
    except GoogleAuthError as error:
        raise SignInError(f"cannot read {what}: {error.args[0]}", SIGN_IN) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot read {what}: the answer is not one of Google Cloud Storage") from error

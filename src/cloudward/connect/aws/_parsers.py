"""botocore's parsers, made strict: what is no AWS answer is an error here, never an empty answer.

botocore takes a body that is no JSON for `{"message": body}` and so for an answer without any of its
members, and an HTML page that happens to be well-formed XML likewise. It also puts the whole body into
the text of its errors, which may hold secrets.
"""

from __future__ import annotations

from typing import Any

import orjson
from botocore import parsers

PAGES = (b"<!doctype", b"<html")


class GarbledError(Exception):
    """What came is no AWS answer. The text says nothing of the content."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what)
        self.status = status


class Parsers(parsers.ResponseParserFactory):
    """One strict parser per protocol, with times in our one form."""

    def __init__(self, timestamp_parser: Any) -> None:
        super().__init__()
        self._timestamp_parser = timestamp_parser
        self._made: dict[str, Any] = {}

    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name not in self._made:
            strict = _strict(parsers.PROTOCOL_PARSERS[protocol_name])
            self._made[protocol_name] = strict(timestamp_parser=self._timestamp_parser)
        return self._made[protocol_name]


def _strict(parser: Any) -> Any:
    class Strict(parser):  # type: ignore[misc]
        def parse(self, response: dict[str, Any], shape: Any) -> Any:
            body, status = response["body"], response["status_code"]
            if isinstance(body, bytes) and body[:64].lstrip().lower().startswith(PAGES):
                raise GarbledError("an HTML page", status)
            try:
                return super().parse(response, shape)
            except (parsers.ResponseParserError, ValueError, LookupError, TypeError, AttributeError) as error:
                raise GarbledError(f"cannot be parsed ({type(error).__name__})", status) from None

        def _parse_body_as_json(self, body_contents: bytes) -> Any:
            return orjson.loads(body_contents)

        def _initial_body_parse(self, body_contents: bytes) -> Any:
            if not body_contents:
                raise ValueError("nothing")
            return super()._initial_body_parse(body_contents)

    return Strict

"""A body is read up to a bound, whatever it claims to be."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.server.client import Client

SIZE = 1 << 20


async def pieces(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b" " * 65536


@pytest.mark.parametrize("claimed", [True, False])
def test_a_body_that_is_too_long_is_refused(client: Client, claimed: bool) -> None:
    content = b" " * (SIZE + 1) if claimed else pieces(17)
    answer = client("POST", "/api/v1/query", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request"] == answer.headers["x-request-id"]


def test_a_body_of_the_longest_question_is_taken(client: Client) -> None:
    answer = client("POST", "/api/v1/query", content=pieces(16), headers={"content-type": "application/json"})
    assert answer.status_code == 422

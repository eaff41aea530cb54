"""What every answer says to browsers."""

from __future__ import annotations

import pytest

from cloudward.server.auth.guard import Options
from cloudward.server.headers import LARGEST
from cloudward.server.serving import Place
from tests.server.auth.people import World
from tests.server.auth.people import world as made


@pytest.mark.parametrize("path", ["/api/v1/session", "/health/live", "/api/v1/nothing", "/"])
def test_an_answer_runs_nothing_and_stands_in_no_frame(world: World, path: str) -> None:
    found = world.client().get(path).headers
    policy = found["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert found["x-content-type-options"] == "nosniff"
    assert found["referrer-policy"] == "no-referrer"
    assert "server" not in found


def test_what_the_api_says_stays_in_no_cache(world: World) -> None:
    assert world.client().get("/api/v1/session").headers["cache-control"] == "no-store"


def test_over_https_browsers_stay_with_it(world: World) -> None:
    far = made(world.store, options=Options(url="https://cloudward.example", secure=True))
    assert "max-age=" in far.client().get("/health/live").headers["strict-transport-security"]
    assert "strict-transport-security" not in world.client().get("/health/live").headers


def test_a_body_without_end_is_cut_off(world: World) -> None:
    client = world.client()
    assert client.post("/api/v1/session/link", content=b"x" * (LARGEST + 1)).status_code == 413
    endless = (b"x" * 65536 for _ in range(LARGEST // 65536 + 2))
    assert client.post("/api/v1/session/link", content=endless).status_code in (400, 413, 422)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "169.254.169.254"])
def test_a_name_that_was_made_to_lead_here_is_not_served(world: World, host: str) -> None:
    near = made(world.store, options=Place().options)
    assert near.client().get("/health/live").status_code == 200
    assert near.client().get("/health/live", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("path", ["/assets/x.js", "/api/v1/session"])
def test_no_route_takes_trace(world: World, path: str) -> None:
    answer = world.client().request("TRACE", path, headers={"x-secret": "hush"})
    assert answer.status_code in (404, 405)
    assert "hush" not in answer.text


def test_pages_of_other_sites_get_no_leave_to_read(world: World) -> None:
    answer = world.client().options(
        "/api/v1/session", headers={"origin": "https://evil.example", "access-control-request-method": "GET"}
    )
    assert not [name for name in answer.headers if name.startswith("access-control-")]

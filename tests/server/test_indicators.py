"""Indicators through the API: listed page by page, from files and from a server of TAXII, and taken out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudward.server.jobs import indicators as reading
from cloudward.server.outgoing import Allowed
from cloudward.server.task import FinalError, Task
from cloudward.store import Store, jobs
from tests.connect.indicators.server import taxii
from tests.server.client import Client

PATH = "/api/v1/indicators"


def sent(client: Client, body: str | bytes, **asked: Any) -> Any:
    answer = client("POST", f"{PATH}/files", params={"source": "feed", **asked}, content=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(client: Client, **asked: Any) -> list[str]:
    return [each["value"] for each in client.get(PATH, **asked)["items"]]


FORMS = {
    "csv": "value,confidence,labels\n203.0.113.9,80,c2\nbad.example,40,phishing;spam\nnothing at all,1,\n",
    "lines": '{"value": "203.0.113.9", "confidence": 80}\n{"value": "bad.example"}\n{"value": "nothing"}\n',
    "stix": json.dumps(
        {
            "type": "bundle",
            "objects": [
                {
                    "type": "indicator",
                    "id": f"indicator--{number}",
                    "pattern": pattern,
                    "pattern_type": "stix",
                }
                for number, pattern in enumerate(
                    [
                        "[ipv4-addr:value = '203.0.113.9']",
                        "[domain-name:value = 'bad.example']",
                        "[x:y = 'z']",
                    ]
                )
            ],
        }
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_any_form_is_added_and_what_is_wrong_in_it_is_told(client: Client, form: str) -> None:
    found = sent(client, FORMS[form], confidence=70, label=["Feed"])
    assert (found["read"], found["said"], found["gone"], found["wrong"]) == (2, 2, 0, 1)
    assert len(found["problems"]) == 1
    (address, name) = client.get(PATH)["items"]
    assert (address["kind"], address["value"], address["source"]) == ("address", "203.0.113.9", "feed")
    assert address["confidence"] == (70 if form == "stix" else 80)
    assert "feed" in name["labels"]


def test_the_list_is_narrowed_and_read_page_by_page(client: Client) -> None:
    soon = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    sent(client, "".join(f"203.0.113.{number}\n" for number in range(1, 8)))
    sent(client, "bad.example\nworse.example\n", source="other", expires=soon)
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(PATH, limit=4, cursor=cursor)
        assert page["total"] == 9
        found += [each["value"] for each in page["items"]]
        cursor = page["next"]
    assert found == [*(f"203.0.113.{number}" for number in range(1, 8)), "bad.example", "worse.example"]
    assert listed(client, kind="domain") == ["bad.example", "worse.example"]
    assert listed(client, source="other", search="BAD") == ["bad.example"]
    assert listed(client, live=True) == found[:7]
    assert listed(client, live=False) == found[7:]
    assert client("GET", PATH, params={"kind": "adress"}).status_code == 422
    sources = client.get(f"{PATH}/sources")["items"]
    assert sources == [{"source": "feed", "indicators": 7}, {"source": "other", "indicators": 2}]


def test_what_a_source_says_no_more_is_taken_out(client: Client, store: Store) -> None:
    sent(client, "203.0.113.9\nbad.example\n")
    found = sent(client, "203.0.113.9\n", replace=True)
    assert (found["said"], found["gone"]) == (1, 1)
    sent(client, "worse.example\n", source="other")
    assert client("DELETE", PATH).status_code == 422
    assert client("DELETE", PATH, params={"value": "hxxp://no.example/"}).json() == {"removed": 0}
    assert client("DELETE", PATH, params={"value": "worse[.]example"}).json() == {"removed": 1}
    assert client("DELETE", PATH, params={"source": "feed"}).json() == {"removed": 1}
    assert listed(client) == []
    assert [each.by for each in store.revisions("indicators")] == ["ann"] * 5


@pytest.mark.parametrize("body", ["", "  \n", '{"type": "bundle", "objects": ['])
def test_what_is_no_file_of_indicators_adds_nothing(client: Client, body: str) -> None:
    answer = client("POST", f"{PATH}/files", params={"source": "feed"}, content=body)
    assert answer.status_code == 422 or answer.json()["read"] == 0
    assert listed(client) == []


def test_who_has_one_scope_reads_and_changes_nothing(client: Client, narrow: Client) -> None:
    sent(client, "203.0.113.9\n")
    assert listed(narrow) == ["203.0.113.9"]
    url = {"url": "https://taxii.example.com/x/", "source": "a"}
    assert narrow("POST", f"{PATH}/files", params={"source": "feed"}, content="x").status_code == 403
    assert narrow("POST", f"{PATH}/collections", json=url).status_code == 403
    assert narrow("DELETE", PATH, params={"source": "feed"}).status_code == 403


def asked(client: Client, store: Store, url: str, **more: Any) -> jobs.Job:
    given = {"url": url, "source": "partner", "user": "ana", "password": "secret", **more}
    answer = client("POST", f"{PATH}/collections", json=given)
    assert answer.status_code == 202, answer.text
    with store.database.read() as connection:
        return jobs.one(connection, answer.json()["id"])


def ran(store: Store, job: jobs.Job, *allowed: str) -> Any:
    return reading.run(Task(store, job, [], lambda: datetime.now(UTC), Allowed(allowed)))


def test_a_collection_of_taxii_is_read_by_a_job(client: Client, store: Store) -> None:
    patterns = ["[ipv4-addr:value = '203.0.113.9']", "[domain-name:value = 'bad.example']", "[x:y = 'z']"]
    objects = [
        {"type": "indicator", "id": f"indicator--{number}", "pattern": pattern, "pattern_type": "stix"}
        for number, pattern in enumerate(patterns)
    ]
    with taxii(objects) as url:
        job = asked(client, store, url, labels=["Partner"])
        assert "secret" not in json.dumps(job.payload)
        for _ in range(2):
            found = ran(store, job, "127.0.0.0/8")
            assert (found["read"], found["said"], found["wrong"]) == (2, 2, 1)
        assert listed(client, source="partner") == ["203.0.113.9", "bad.example"]
        assert client.get(PATH)["items"][0]["labels"] == ["partner"]
        with pytest.raises(FinalError, match="answers with 401"):
            ran(store, asked(client, store, url, password="wrong"), "127.0.0.0/8")
    assert [each.by for each in store.revisions("indicators")] == ["ann"] * 4
    assert "secret" not in str(store.revisions("indicators"))


def test_a_private_address_that_is_not_listed_is_not_called(client: Client, store: Store) -> None:
    with taxii([]) as url, pytest.raises(FinalError, match=r"127\.0\.0\.1, which is not called"):
        ran(store, asked(client, store, url))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/", "https://", "https://u:p@x.example/", "x"])
def test_only_http_is_a_place_of_a_collection(client: Client, url: str) -> None:
    answer = client("POST", f"{PATH}/collections", json={"url": url, "source": "a"})
    assert answer.status_code == 422

"""What is usual, from the command line: learnt, listed, unlearnt, forgotten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Cloudward
from tests.detect import mmdb


def trail(path: Path, days: range, address: str, per_day: int = 3) -> Path:
    records = [
        {
            "eventVersion": "1.08",
            "eventTime": f"2026-03-{day:02}T0{number}:00:00Z",
            "eventSource": "signin.amazonaws.com",
            "eventName": "ConsoleLogin",
            "eventID": f"{address}-{day}-{number}",
            "awsRegion": "eu-west-1",
            "recipientAccountId": "111122223333",
            "sourceIPAddress": address,
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana"},
            "responseElements": {"ConsoleLogin": "Success"},
            "additionalEventData": {"MFAUsed": "Yes"},
        }
        for day in days
        for number in range(per_day)
    ]
    path.write_text(json.dumps({"Records": records}))
    return path


NEW = "aws-console-login-from-new-country"


def odd(cloudward: Cloudward, store: Path, *paths: Path) -> list[dict[str, Any]]:
    words = ["detect", *map(str, paths), "--store", str(store), "-o", "json", "--fail-on", "never"]
    done = cloudward(*words).json
    return [each for each in done["items"] if each["detection"] == NEW]


def test_a_country_that_is_new_is_told_after_days_of_learning_and_a_day_is_unlearnt(
    cloudward: Cloudward, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    mmdb.write(
        store / "addresses" / "country.mmdb",
        {
            "203.0.113.0/24": {"country": {"iso_code": "FR"}},
            "198.51.100.0/24": {"country": {"iso_code": "KP"}},
        },
    )
    usual = trail(tmp_path / "1.json", range(1, 8), "203.0.113.9")
    strange = trail(tmp_path / "2.json", range(8, 9), "198.51.100.7")
    assert odd(cloudward, store, usual) == []
    assert odd(cloudward, store, usual) == []
    (found,) = odd(cloudward, store, strange)
    assert found["reasons"] == [
        (
            "In the 30 days before 2026-03-08, on 7 of them, 21 events of "
            "arn:aws:iam::111122223333:user/ana, never with the country KP (known: FR)"
        )
    ]
    again = trail(tmp_path / "3.json", range(9, 10), "198.51.100.7")
    assert odd(cloudward, store, again) == []

    taken = cloudward(
        "detections",
        "baseline",
        "unlearn",
        "--since",
        "2026-03-08",
        "--until",
        "2026-03-10",
        "--store",
        store,
    )
    assert "2 days unlearnt; " in taken.err
    later = trail(tmp_path / "4.json", range(10, 11), "198.51.100.7")
    assert [each["count"] for each in odd(cloudward, store, later)] == [3]
    assert odd(cloudward, store, strange) != []

    listed = cloudward("detections", "baseline", "list", "--store", store, "-o", "json").json
    (source,) = [each for each in listed["items"] if each["days"]]
    assert (source["source"], source["events"], source["unlearnt"]) == ("aws-cloudtrail", 24, 2)
    assert "entities forgotten" in cloudward("detections", "baseline", "reset", "--store", store).err
    assert odd(cloudward, store, trail(tmp_path / "5.json", range(12, 13), "198.51.100.8")) == []


def test_a_source_that_is_not_trusted_teaches_nothing(cloudward: Cloudward, tmp_path: Path) -> None:
    store = tmp_path / "store"
    mmdb.write(store / "addresses" / "c.mmdb", {"203.0.113.0/24": {"country": {"iso_code": "FR"}}})
    assert (
        "not learnt from"
        in cloudward("detections", "baseline", "distrust", "aws-cloudtrail", "--store", store).err
    )
    odd(cloudward, store, trail(tmp_path / "1.json", range(1, 8), "203.0.113.9"))
    table = cloudward("detections", "baseline", "list", "--store", store).out
    assert "0 entities in 0 KiB" in table
    wrong = cloudward("detections", "baseline", "trust", "aws-cloudtrial", "--store", store)
    assert wrong.code == 2
    assert "aws-cloudtrail" in wrong.err

"""A flood of bad tokens and bad sign-ins, as a process of its own: it must not slow down who measures.

    python -m tests.server.auth.flooding ADDRESS CONNECTIONS

It ends with its input, and says then how many answers of each status there were.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter

import httpx2 as httpx

PAUSE = 0.02
"""Seconds between the calls of a connection."""


def flood(url: str, number: int, over: threading.Event, answers: Counter[int]) -> None:
    """Bad tokens, or bad sign-ins."""
    with httpx.Client(base_url=url, timeout=30) as client:
        count = 0
        while not over.wait(PAUSE):
            count += 1
            if number % 2:
                bad = {"authorization": f"Bearer cw_{count:012x}_{'A' * 43}"}
                answer = client.get("/api/v1/recommendations", headers=bad)
            else:
                body = {"name": f"user{count % 7}", "password": "a wrong password"}
                answer = client.post("/api/v1/session/password", json=body)
            answers[answer.status_code] += 1


def main() -> None:
    over, answers = threading.Event(), Counter[int]()
    floods = [
        threading.Thread(target=flood, args=(sys.argv[1], number, over, answers))
        for number in range(int(sys.argv[2]))
    ]
    for each in floods:
        each.start()
    sys.stdin.read()
    over.set()
    for each in floods:
        each.join()
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main()

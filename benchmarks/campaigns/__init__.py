"""Attacks in the noise of a company, to measure incidents by: made before what joins alerts was written.

A seed gives two weeks of a made-up company: `CAMPAIGNS` attacks, each a course of techniques as real
providers log them, and what people, pipelines and strangers on the internet do besides that also raises
alerts. Logs are files as providers write them; the truth (which line belongs to which campaign) is kept
apart and never seen by what is measured. The same seed gives the same bytes.

What is tuned is tuned on `TUNING` alone; figures are told for `HELD_OUT`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from benchmarks.campaigns import attacks, background
from benchmarks.campaigns.company import Company
from benchmarks.campaigns.logs import Logs

TUNING = (1, 2, 3, 4)
HELD_OUT = (101, 102, 103, 104, 105, 106)
NOISE = (1, 2, 4, 8)
"""How much noise there is; at 1 some seventy alerts of it for each campaign."""
CAMPAIGNS = 12
STORIES = 480
"""So many things happen that are no attack, at 1."""
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 14


def made(seed: int, noise: int, campaigns: int = CAMPAIGNS) -> Logs:
    """The logs of a seed. More noise is added to what there is with less: the campaigns stay the same."""
    company, logs = Company(Random(f"company/{seed}")), Logs()
    for number in range(campaigns):
        random = Random(f"campaign/{seed}/{number}")
        logs.truth = f"{seed}/{number}"
        attacks.run(company, logs, random, number + seed, _moment(random))
    logs.truth = ""
    for number in range(STORIES * noise):
        random = Random(f"background/{seed}/{number}")
        background.run(company, logs, random, _working(random))
    return logs


def _moment(random: Random) -> datetime:
    """Attackers come at any hour, and need days at times."""
    return BEGIN + timedelta(seconds=random.uniform(0, (DAYS - 3) * 86400))


def _working(random: Random) -> datetime:
    """Most of what people do happens on working days between eight and six; machines do not care."""
    while True:
        at = BEGIN + timedelta(seconds=random.uniform(0, DAYS * 86400))
        busy = at.weekday() < 5 and 8 <= at.hour < 18
        if busy or random.random() < 0.25:
            return at

"""Incidents: alerts that tell one story, found again after each run of detections."""

from __future__ import annotations

from datetime import datetime, timedelta

from cloudward.model import AlertState
from cloudward.pack import Pack
from cloudward.respond.incidents.correlate import correlate
from cloudward.respond.incidents.posture import raised
from cloudward.store import Store
from cloudward.store.alerts import Alerts
from cloudward.store.incidentkeeping import Kept, keep

BACK = timedelta(days=30)
"""So far before the latest alert all are looked at; incidents that are older stay as they are."""


def update(store: Store, pack: Pack, now: datetime) -> Kept:
    """Find incidents among the alerts of a store, and keep them. What people did is never undone.

    Samples are left out, and so is what somebody or a suppression dismissed.
    """
    alerts = Alerts(store.database)
    latest = alerts.latest()
    if latest is None:
        return Kept()
    since = latest - BACK
    states = [each for each in AlertState if each is not AlertState.DISMISSED]
    found = alerts.every(since=since, states=states, samples=False)
    return keep(store.database, correlate(found, raised(store, pack, found)), since, now)

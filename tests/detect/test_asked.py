"""A detection says what it learns or looks up, and what it needs."""

from __future__ import annotations

import pytest

from cloudward.detect import Detections, load
from cloudward.detect.asked import There, needs, told


@pytest.fixture(scope="module")
def detections() -> Detections:
    return load()


def test_what_is_judged_says_what_it_asks_and_others_say_nothing(detections: Detections) -> None:
    for each in detections.all.values():
        assert bool(list(told(each))) is getattr(each, "judged", False), each.id


@pytest.mark.parametrize(
    ("id", "there", "missing"),
    [
        ("azure-storage-from-new-country", There(), ("an address database",)),
        ("azure-storage-from-new-country", There(addresses=True), ()),
        ("azure-storage-from-tor", There(), ("indicators",)),
        ("azure-storage-from-tor", There(indicators=[("address", ("tor",))]), ()),
        (
            "azure-storage-from-tor",
            There(indicators=[("address", ("c2",)), ("domain", ("tor",))]),
            ("indicators",),
        ),
        ("azure-storage-from-listed-address", There(indicators=[("address", ("tor",))]), ("indicators",)),
        ("azure-storage-from-listed-address", There(indicators=[("address", ())]), ()),
        ("azure-storage-much-read", There(), ()),
        ("aws-trail-stopped", There(), ()),
    ],
)
def test_what_is_missing_is_named(
    id: str, there: There, missing: tuple[str, ...], detections: Detections
) -> None:
    assert needs(detections[id], there) == missing

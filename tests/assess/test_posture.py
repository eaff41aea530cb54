"""What holds over several scopes together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cloudward.assess.evidence import Compliance, overall
from cloudward.assess.posture import Posture, trend
from cloudward.assess.score import Sums, combine, mean, together
from cloudward.model import (
    Attestation,
    Attested,
    ControlScore,
    Exemption,
    ExemptionCategory,
    Gain,
    Scope,
    Score,
    Status,
)
from cloudward.pack import load
from cloudward.store import Store
from tests.store.build import NOW, ONE, TWO, account, assessment, listed, resource, scanned

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


def scored(scope: str, percentage: float, weight: int = 10) -> Score:
    return Score(scope, 1.0, 2.0, percentage, weight, 1.0, percentage, weight_bounds=(weight, weight))


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 50)), min_size=2, max_size=6))
def test_the_mean_of_scores_is_that_of_the_whole_score(given: list[tuple[int, int]]) -> None:
    control = ControlScore("c", "c", 1.0, 1.0, 1.0, 1, 0, 0, 0, 1, 0.0, 0.0, 1.0)
    scores = [
        Score(str(n), 1.0, 1.0, p / 10_000, w, 1.0, p / 10_000, [control], weight_bounds=(w, w))
        for n, (p, w) in enumerate(given)
    ]
    whole = combine("all", scores)
    assert mean(scores) == (whole.percentage, whole.floor)


numbers = st.integers(0, 500)
floats = numbers.map(lambda n: n / 100)
controls = st.builds(
    ControlScore, st.sampled_from("ab"), st.just("t"), floats, floats, floats, *[numbers] * 5, *[floats] * 3,
    st.sampled_from([(), ("T",)]),
)  # fmt: skip
gains = st.builds(Gain, st.sampled_from("pqr"), numbers, numbers, floats, floats)
bounds = st.none() | st.tuples(numbers, numbers).map(lambda two: (min(two), max(two)))
scores = st.builds(
    Score, st.just("s"), floats, floats, floats, numbers, st.none(), st.none() | floats,
    st.lists(controls, max_size=3), st.lists(gains, max_size=4), st.sampled_from([(), ("T",)]), bounds,
)  # fmt: skip


@given(st.lists(scores, min_size=2, max_size=8), st.integers(1, 7))
def test_scores_come_to_the_same_in_whichever_parts_they_are_added(given: list[Score], at: int) -> None:
    parts = [Sums.of(given[:at]), Sums.of(given[at:])]
    for _ in range(2):  # adding them up leaves them as they are
        assert together("all", parts) == combine("all", given)


def test_a_day_has_the_last_score_of_each_scope_until_then() -> None:
    hour = timedelta(hours=1)
    kept = [
        (START + hour, scored("a", 0.2)),
        (START + 2 * hour, scored("a", 0.4)),
        (START + 2 * DAY + hour, scored("b", 0.8, weight=30)),
    ]
    points = trend(kept, START, START + 4 * DAY)
    assert [(point.at, point.percentage, point.scopes) for point in points] == [
        (START + DAY, 0.4, 1),
        (START + 2 * DAY, 0.4, 1),
        (START + 3 * DAY, 0.7, 2),
        (START + 4 * DAY, 0.7, 2),
    ]


def test_what_was_scanned_before_the_time_counts_from_its_start() -> None:
    points = trend([(START - 9 * DAY, scored("a", 0.5))], START, START + DAY / 2)
    assert [(point.at, point.percentage) for point in points] == [(START + DAY / 2, 0.5)]
    assert trend([(START + DAY, scored("a", 0.5))], START, START + DAY / 2) == []


def test_a_score_at_hand_is_that_of_the_last_scan(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        scanned(store, resource("a"), listed(), percentage=0.5)
        posture = Posture(store)
        assert posture.score().percentage == 0.5
        scanned(store, resource("a"), listed(), percentage=0.75)
        assert posture.score().percentage == 0.75
        assert posture.score([TWO]).weight == 0
        assert posture.score([ONE]).percentage == 0.75
        assert [score.percentage for _, score in store.trend()] == [0.5, 0.75]


POLICY, STANDARD = "aws-s3-bucket-versioning", "cis-aws-5.0"


def test_compliance_at_hand_is_what_the_store_says_now(tmp_path: Path) -> None:
    pack, scopes = load(), [account(ONE), account(TWO)]
    control = next(each.id for each in pack.standards[STANDARD].controls if each.manual and not each.policies)
    with Store.open(tmp_path / "store") as store:
        posture = Posture(store)
        known: list[Compliance] = []

        def changed(now: datetime = NOW, of: list[Scope] = scopes) -> bool:
            """Whether it is another than before; always it is what is worked out anew."""
            found = posture.compliance(pack, of, now)
            assert found == overall(store, pack, of, now) == posture.compliance(pack, of, now)
            known.append(found)
            return len(known) < 2 or found != known[-2]

        bucket, other = resource("a"), resource("b", scope=TWO)
        both = [assessment(each, POLICY) for each in (bucket, other)]
        scanned(store, bucket, other, listed(), listed(scope=TWO), assessments=both, scopes=(ONE, TWO))
        assert changed()
        assert not changed()
        bad = assessment(bucket, POLICY, status=Status.UNHEALTHY, exemption="x1")
        scanned(store, bucket, listed(), assessments=[bad])
        assert changed(), "one of the scopes was scanned again"
        store.exempt(Exemption("x1", POLICY, ONE, ExemptionCategory.WAIVER, "because", "test", NOW))
        assert changed(), "an exemption"
        word = Attestation(
            "w1", STANDARD, control, Attested.COMPLIANT, "so", "ann", "ann", NOW, NOW + DAY, ""
        )
        store.attest(word)
        assert changed(), "an attestation"
        assert changed(NOW + DAY), "it expires"
        store.withdraw("w1", "ann", NOW)
        assert not changed(), "it does not count any more"
        assert changed(of=scopes[:1]), "one scope alone"

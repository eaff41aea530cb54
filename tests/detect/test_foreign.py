"""Alerts of other products: theirs in what they say, ours in what is decided, and the later word counts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cloudward.connect.events import Event, Unparsed
from cloudward.connect.events.masking import masked
from cloudward.connect.events.reading import read
from cloudward.connect.events.sealing import seal
from cloudward.detect import Detections, load
from cloudward.detect.run import Run, Summary, replayed
from cloudward.model import Alert, AlertSeverity, AlertState, Original
from cloudward.pack import load as load_pack
from cloudward.pack.mappings import sources
from cloudward.respond import incidents
from cloudward.rules.completion import sealer
from cloudward.store import Store, revisions
from cloudward.store.alerts import Alerts
from cloudward.store.events import Events
from cloudward.store.originals import joined
from cloudward.store.suppressions import made

SAMPLES = Path(__file__).parents[1] / "connect" / "events" / "samples"
SEAL = sealer(b"test")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNT = "111122223333"
FOREIGN = [name for name, each in sources().items() if each.alert]


@pytest.fixture(scope="module")
def detections() -> Detections:
    return load()


@pytest.fixture
def store(tmp_path: Path, begun: Callable[[Path], Path]) -> Iterator[Store]:
    with Store.open(begun(tmp_path / "store")) as opened:
        yield opened


def at(minutes: float) -> str:
    return (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def guardduty(minutes: float = 0, *, archived: bool = False, **more: Any) -> dict[str, Any]:
    """A finding of GuardDuty as it exports it."""
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "id": "f1",
        "arn": f"arn:aws:guardduty:eu-west-1:{ACCOUNT}:detector/d/finding/f1",
        "type": "UnauthorizedAccess:IAMUser/ConsoleLogin",
        "title": "A console was signed in to from an odd place",
        "description": "ana signed in from 203.0.113.9.",
        "severity": 8,
        "createdAt": at(0),
        "updatedAt": at(minutes),
        "resource": {"accessKeyDetails": {"userName": "ana", "accessKeyId": "AKIAEXAMPLE"}},
        "service": {
            "serviceName": "guardduty",
            "archived": archived,
            "count": 1 + int(minutes),
            "eventFirstSeen": at(-5),
            "eventLastSeen": at(minutes),
            "action": {"awsApiCallAction": {"remoteIpDetails": {"ipAddressV4": "203.0.113.9"}}},
        },
        **more,
    }


def asff(minutes: float = 0, status: str = "NEW", record: str = "ACTIVE", **more: Any) -> dict[str, Any]:
    """A finding of Security Hub."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": "x/1",
        "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/macie",
        "ProductName": "Macie",
        "GeneratorId": "g",
        "AwsAccountId": ACCOUNT,
        "Region": "eu-west-1",
        "Types": ["Effects/Data Exfiltration/Odd"],
        "CreatedAt": at(0),
        "UpdatedAt": at(minutes),
        "Severity": {"Label": "HIGH"},
        "Title": "Much was read",
        "Description": "More than ever.",
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::main"}],
        "Workflow": {"Status": status},
        "RecordState": record,
        **more,
    }


def relayed(minutes: float = 0, status: str = "NEW", record: str = "ACTIVE", **more: Any) -> dict[str, Any]:
    """What Security Hub makes of `guardduty`."""
    arn = f"arn:aws:guardduty:eu-west-1:{ACCOUNT}:detector/d/finding/f1"
    product = "arn:aws:securityhub:eu-west-1::product/aws/guardduty"
    fields = {"aws/securityhub/FindingId": f"{product}/{arn}", "aws/securityhub/ProductName": "GuardDuty"}
    about = {"Id": arn, "ProductArn": product, "ProductName": "GuardDuty", "ProductFields": fields}
    return asff(minutes, status, record, **(about | more))


def lake(minutes: float = 0, status: int = 1, **more: Any) -> dict[str, Any]:
    """The same as an OCSF Detection Finding."""
    changed = int((NOON + timedelta(minutes=minutes)).timestamp() * 1000)
    product = {
        "name": "GuardDuty",
        "vendor_name": "Amazon",
        "uid": "arn:aws:securityhub:eu-west-1::productv2/aws/guardduty",
    }
    return {
        "class_uid": 2004,
        "metadata": {"product": product},
        "cloud": {"account": {"uid": ACCOUNT}, "region": "eu-west-1"},
        "finding_info": {"uid": relayed()["Id"], "title": "From the lake", "modified_time": changed},
        "severity_id": 4,
        "status_id": status,
        "time": changed,
        **more,
    }


def delivered(finding: dict[str, Any], minutes: float) -> dict[str, Any]:
    """As EventBridge brings it."""
    kind = "Security Hub Findings - Imported"
    return {"detail-type": kind, "time": at(minutes), "detail": {"findings": [finding]}}


def written(path: Path, records: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in records))
    return path


Batch = list[Event | Unparsed]


def batches(folder: Path, *given: Iterable[Any]) -> list[Batch]:
    """What files of these records hold, a file each."""
    paths = [written(folder / f"{number}.json", each) for number, each in enumerate(given)]
    found: list[Batch] = [[] for _ in paths]
    for each in read(paths):
        found[int(Path(each.file).stem)].append(each)
    return found


def run(store: Store, detections: Detections, batch: Iterable[Event | Unparsed]) -> Summary:
    kept = Events(store.folder, store.files)
    return Run(detections, Alerts(store.database), SEAL, kept).over(batch)


def ran(store: Store, detections: Detections, folder: Path, *records: Any) -> Summary:
    """A run over a file of these."""
    return run(store, detections, batches(folder, records)[0])


def one(store: Store) -> Alert:
    (found,) = Alerts(store.database).every()
    return found


def original(alert: Alert) -> Original:
    assert alert.original is not None
    return alert.original


def audited(store: Store) -> list[str]:
    """The states that alerts were given, the first first."""
    with store.database.read() as connection:
        found = revisions.every(connection, "alert")
    return [each.after["state"] for each in reversed(found) if each.after is not None]


def test_every_product_gives_an_alert_that_says_what_it_is(store: Store, detections: Detections) -> None:
    stems = {*FOREIGN, "aws-guardduty-answer", "azure-defender-export"}
    run(store, detections, read([file for file in SAMPLES.iterdir() if file.stem in stems]))
    found = {(each.source, each.title): each for each in Alerts(store.database).every()}
    assert {source for source, _ in found} == set(FOREIGN)
    assert all(original(each).id and original(each).product for each in found.values())
    defender = found["azure-defender", "Antimalware broad files exclusion"]
    assert defender.severity is AlertSeverity.MEDIUM
    assert defender.scope == "0000"
    assert defender.tactics == ("TA0003", "TA0005")
    assert defender.techniques == ("T1562", "T1562.001")
    assert {(each.kind, each.value) for each in defender.entities} >= {
        ("ip", "203.0.113.9"), ("principal", "ana"), ("host", "vm1"),
    }  # fmt: skip
    assert original(defender).link.startswith("https://portal.azure.com/")
    exported = found["azure-defender", "A process that looks wrong"]
    assert (exported.severity, exported.scope) == (AlertSeverity.HIGH, defender.scope)
    assert ("ip", "203.0.113.9") in {(each.kind, each.value) for each in exported.entities}
    hub = found["aws-securityhub", "An instance scans ports"]
    assert (original(hub).product, original(hub).status) == ("GuardDuty", "NEW")
    lake = found["ocsf", "An instance asks for a name of a miner"]
    assert (lake.principal, lake.tactics, original(lake).status) == ("ana", ("TA0040",), "New")


def test_what_is_posture_is_kept_and_no_alert(store: Store, detections: Detections, tmp_path: Path) -> None:
    checks = [
        asff(Id="c1", Compliance={"Status": "FAILED", "SecurityControlId": "S3.8"}),
        asff(Id="c2", Types=["Software and Configuration Checks/Vulnerabilities/CVE"]),
        {"class_uid": 2003, "metadata": {}, "time": 1_795_168_800_000, "severity_id": 4},
    ]
    summary = ran(store, detections, tmp_path, *checks)
    assert (sum(summary.events.values()), summary.unparsed) == (3, 0)
    assert Alerts(store.database).every() == []


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (0.5, "informational"),
        (1, "low"),
        (3.9, "low"),
        (4, "medium"),
        (6.9, "medium"),
        (7, "high"),
        (9.5, "high"),
    ],
)
def test_numbers_become_severities(severity: float, expected: str) -> None:
    scales = sources()["aws-guardduty"].alert
    assert scales is not None
    assert scales.severity[0].judged(severity) == expected


def test_a_state_of_the_product_comes_once_and_is_audited(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    first, both = batches(tmp_path, [guardduty()], [guardduty(), guardduty(10, archived=True)])
    run(store, detections, first)
    assert one(store).state is AlertState.ACTIVE
    for _ in range(3):
        run(store, detections, both)
    found = one(store)
    assert (found.state, found.state_by) == (AlertState.RESOLVED, "aws-guardduty")
    assert found.state_reason == "archived in Amazon GuardDuty"
    assert audited(store) == ["resolved"]
    assert found.count == 11


def test_an_older_word_changes_nothing(store: Store, detections: Detections, tmp_path: Path) -> None:
    later, earlier = guardduty(10, archived=True, title="Later"), guardduty(5, severity=2, title="Earlier")
    for each in batches(tmp_path, [later], [earlier]):
        run(store, detections, each)
    found = one(store)
    assert (found.state, found.title, found.severity) == (AlertState.RESOLVED, "Later", AlertSeverity.HIGH)
    assert audited(store) == []


@pytest.mark.parametrize(
    ("status", "record", "expected"),
    [
        ("NOTIFIED", "ACTIVE", AlertState.IN_PROGRESS),
        ("RESOLVED", "ACTIVE", AlertState.RESOLVED),
        ("SUPPRESSED", "ACTIVE", AlertState.DISMISSED),
        ("SUPPRESSED", "ARCHIVED", AlertState.DISMISSED),
        ("NEW", "ARCHIVED", AlertState.RESOLVED),
    ],
)
def test_security_hub_changes_a_state_without_moving_its_moment(
    store: Store, detections: Detections, tmp_path: Path, status: str, record: str, expected: AlertState
) -> None:
    for each in batches(tmp_path, [asff()], [asff(0, status, record)], [asff()]):
        run(store, detections, each)
    assert one(store).state is expected
    assert audited(store) == [expected.value]


def test_it_opens_again_when_eventbridge_says_when(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    said = [delivered(asff(), 1), delivered(asff(0, "RESOLVED"), 20), delivered(asff(), 40)]
    for each in batches(tmp_path, *([word] for word in said), said):
        run(store, detections, each)
    assert one(store).state is AlertState.ACTIVE
    assert audited(store) == ["resolved", "active"]


def test_the_later_word_wins_be_it_ours_or_theirs(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    alerts = Alerts(store.database)
    said = [
        guardduty(),
        guardduty(10, archived=True),
        guardduty(30),
        guardduty(50),
        guardduty(60, archived=True),
    ]
    words = iter(batches(tmp_path, *([word] for word in said)))
    run(store, detections, next(words))
    alerts.change(one(store).id, AlertState.IN_PROGRESS, "ann", NOON + timedelta(minutes=20))
    run(store, detections, next(words))
    assert (one(store).state, one(store).state_by) == (AlertState.IN_PROGRESS, "ann")
    assert original(one(store)).state is AlertState.RESOLVED
    run(store, detections, next(words))
    assert (one(store).state, one(store).state_by) == (AlertState.ACTIVE, "aws-guardduty")
    alerts.change(one(store).id, AlertState.DISMISSED, "ann", NOON + timedelta(minutes=40), "our drill")
    run(store, detections, next(words))
    assert one(store).state is AlertState.DISMISSED, "what it says again is no new word"
    run(store, detections, next(words))
    assert one(store).state is AlertState.RESOLVED


def test_a_moment_to_come_counts_as_now(store: Store, detections: Detections, tmp_path: Path) -> None:
    ran(store, detections, tmp_path, guardduty(updatedAt="2999-01-01T00:00:00Z"))
    assert original(one(store)).changed <= datetime.now(UTC)
    ran(store, detections, tmp_path, guardduty(archived=True, updatedAt="2999-01-01T00:00:01Z"))
    assert one(store).state is AlertState.RESOLVED


def test_a_suppression_hides_it_and_the_product_does_not_bring_it_back(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    alerts = Alerts(store.database)
    kind = "aws-guardduty/UnauthorizedAccess:IAMUser/ConsoleLogin"
    rule = made(kind, {"ip": ["203.0.113.*"]}, "", "our scanner", "bob", 10)
    alerts.suppress(rule)
    for each in batches(tmp_path, [guardduty()], [guardduty(10, archived=True)], [guardduty(20)]):
        run(store, detections, each)
        assert (one(store).state, one(store).suppression) == (AlertState.DISMISSED, rule.id)
    assert alerts.hidden() == {rule.id: 1}
    assert audited(store) == []


def test_the_same_records_in_any_order_and_parts_give_the_same_alerts(
    tmp_path: Path, detections: Detections
) -> None:
    dice = random.Random(7)
    records: list[Any] = []
    for number in range(4):
        for minute in range(6):
            archived = dice.random() < 0.5
            more = {"id": f"f{number}", "severity": dice.choice([2, 5, 8]), "title": f"title {minute}"}
            records.append(guardduty(minute, archived=archived, **more))
            status = dice.choice(["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"])
            records.append(delivered(asff(minute // 2, status, Id=f"x/{number}"), minute))
    records += json_lines("falco") + json_lines("wazuh")
    events = list(read([written(tmp_path / "all.json", records)]))
    shown = []
    for turn in range(4):
        mixed = random.Random(turn).sample(events, len(events))
        step = (len(mixed), 5, 1, 11)[turn]
        with Store.open(tmp_path / str(turn)) as store:
            for start in range(0, len(mixed), step):
                Run(detections, Alerts(store.database), SEAL).over(mixed[start : start + step])
            shown.append([same(each) for each in Alerts(store.database).every()])
    assert len(shown[0]) == 12
    assert shown[0] == shown[1] == shown[2] == shown[3]


def same(alert: Alert) -> Alert:
    """Without when it turned, which only who saw each turn knows."""
    told = replace(original(alert), turned=None)
    return replace(alert, original=told, state_by="", state_at=None, state_reason="")


def json_lines(name: str) -> list[Any]:
    return [json.loads(line) for line in (SAMPLES / f"{name}.log").read_text().splitlines()]


def test_of_two_words_the_order_in_which_they_come_does_not_matter() -> None:
    dice = random.Random(3)
    for _ in range(300):
        words = [
            Original(
                "p",
                "1",
                NOON + timedelta(minutes=dice.randrange(3)),
                status=state.value,
                state=state,
                delivered=NOON + timedelta(minutes=dice.randrange(9)),
            )
            for state in dice.choices([*AlertState], k=4)
        ]
        ends = set()
        for _ in range(6):
            first, *rest = dice.sample(words, 4)
            for each in rest:
                first = joined(first, each)
            ends.add((first.state, first.changed, first.delivered))
        assert len(ends) == 1


def test_what_was_kept_gives_the_same_alerts_again(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    ran(store, detections, tmp_path, guardduty(), delivered(asff(0, "RESOLVED"), 3))
    kept = Events(store.folder, store.files)
    before = Alerts(store.database).every()
    summary = Run(detections, Alerts(store.database), SEAL).over(replayed(kept, kept.sources(), None, None))
    assert (summary.new, summary.grown) == (0, 0)
    assert Alerts(store.database).every() == before
    with Store.open(tmp_path / "other") as other:
        again = Run(detections, Alerts(other.database), SEAL)
        again.over(replayed(kept, kept.sources(), None, None))
        assert Alerts(other.database).every() == before


@pytest.mark.parametrize("turn", [1, -1])
def test_a_finding_that_comes_directly_and_is_passed_on_is_one_alert(
    store: Store, detections: Detections, tmp_path: Path, turn: int
) -> None:
    said = [[guardduty(5)], [delivered(relayed(5), 6)], [lake(5)]]
    for each in batches(tmp_path, *said[::turn]):
        run(store, detections, each)
    found = one(store)
    assert (found.source, found.title) == ("aws-guardduty", guardduty()["title"]), "the product's own words"
    assert found.detection == "aws-guardduty/UnauthorizedAccess:IAMUser/ConsoleLogin"
    assert ("resource", "arn:aws:s3:::main") in {(each.kind, each.value) for each in found.entities}
    assert [each.source for each in original(found).words] == ["aws-guardduty", "aws-securityhub", "ocsf"]
    assert len(Alerts(store.database).evidence(found.id)) == 3


def test_the_alert_has_the_id_that_it_has_without_those_who_pass_it_on(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    ran(store, detections, tmp_path, guardduty())
    (id,) = (each.id for each in Alerts(store.database).every())
    with Store.open(tmp_path / "other") as other:
        ran(other, detections, tmp_path, relayed())
        found = one(other)
    assert (found.id, found.source, original(found).via) == (id, "aws-securityhub", "AWS Security Hub")


@pytest.mark.parametrize("turn", [1, -1])
def test_who_closes_it_in_security_hub_closes_it_though_guardduty_does_not_know(
    store: Store, detections: Detections, tmp_path: Path, turn: int
) -> None:
    said = [[guardduty()], [delivered(relayed(), 1)], [delivered(relayed(0, "RESOLVED"), 20)]]
    for each in batches(tmp_path, *said[::turn]):
        run(store, detections, each)
    found = one(store)
    assert (found.state, found.state_by) == (AlertState.RESOLVED, "aws-securityhub")
    assert found.state_reason == "RESOLVED in AWS Security Hub"
    assert original(found).status == "RESOLVED"
    assert audited(store) == (["resolved"] if turn == 1 else [])


def test_of_two_who_tell_of_it_the_later_word_wins(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    said = [
        ([guardduty()], AlertState.ACTIVE),
        ([delivered(relayed(0, "NOTIFIED"), 5)], AlertState.IN_PROGRESS),
        ([guardduty(10, archived=True)], AlertState.RESOLVED),
        ([delivered(relayed(10, "NOTIFIED", "ARCHIVED"), 12)], AlertState.RESOLVED),
        ([guardduty(30)], AlertState.ACTIVE),
        ([delivered(relayed(30, "SUPPRESSED"), 40)], AlertState.DISMISSED),
        ([delivered(relayed(30, "NEW"), 50)], AlertState.ACTIVE),
    ]
    for batch, (_, expected) in zip(batches(tmp_path, *(each for each, _ in said)), said, strict=True):
        run(store, detections, batch)
        assert one(store).state is expected
    assert len(audited(store)) == 5


def test_what_is_decided_here_stands_until_one_of_them_says_something_new(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    alerts = Alerts(store.database)
    words = iter(batches(tmp_path, [guardduty()], [relayed(15)], [guardduty(30)], [relayed(40, "RESOLVED")]))
    run(store, detections, next(words))
    alerts.change(one(store).id, AlertState.DISMISSED, "ann", NOON + timedelta(minutes=10), "our drill")
    for expected in (AlertState.DISMISSED, AlertState.DISMISSED, AlertState.RESOLVED):
        run(store, detections, next(words))
        assert one(store).state is expected


def test_whoever_tells_of_it_in_whatever_order_it_is_the_same_alert(
    tmp_path: Path, detections: Detections
) -> None:
    for seed in range(6):
        dice = random.Random(seed)
        records: list[Any] = []
        for minute in range(0, 20, 4):
            records.append(guardduty(minute, archived=dice.random() < 0.5, title=f"title {minute}"))
            status = dice.choice(["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"])
            records.append(delivered(relayed(minute, status), minute + dice.randrange(9)))
            records.append(lake(minute, dice.randrange(1, 5)))
        (events,) = batches(tmp_path, records)
        shown = []
        for turn in range(5):
            mixed = random.Random(turn).sample(events, len(events))
            step = (len(mixed), 1, 2, 5, 1)[turn]
            with Store.open(tmp_path / f"{seed}-{turn}") as store:
                for start in range(0, len(mixed), step):
                    Run(detections, Alerts(store.database), SEAL).over(mixed[start : start + step])
                found = one(store)
                assert found.state is original(found).state
                shown.append(same(found))
        assert all(each == shown[0] for each in shown)


@pytest.mark.parametrize(
    "other",
    [
        relayed(AwsAccountId="444455556666"),
        relayed(Id=f"arn:aws:guardduty:eu-west-1:{ACCOUNT}:detector/d/finding/f2"),
        relayed(ProductArn=f"arn:aws:securityhub:eu-west-1:{ACCOUNT}:product/{ACCOUNT}/default"),
        relayed(Id="f1"),
    ],
)
def test_a_finding_of_another_account_id_or_product_is_another_alert(
    store: Store, detections: Detections, tmp_path: Path, other: dict[str, Any]
) -> None:
    """A finding that somebody imports into Security Hub himself has an account in its product."""
    ran(store, detections, tmp_path, guardduty(), other)
    assert len(Alerts(store.database).every()) == 2


def test_defender_told_by_its_interface_its_export_and_ocsf_is_one_alert(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    told = json.loads((SAMPLES / "azure-defender.json").read_text())["value"][0]
    facts = told["properties"]
    exported = {each[:1].upper() + each[1:]: value for each, value in facts.items()}
    exported |= {"VendorName": "Microsoft", "AzureResourceId": told["id"], "ProcessingEndTime": at(5)}
    forwarded = lake(9, 4)
    forwarded["metadata"] = {"product": {"name": "Microsoft Defender for Cloud"}}
    forwarded["finding_info"]["uid"] = facts["systemAlertId"]
    forwarded["cloud"] = {"account": {"uid": one_scope(told["id"])}}
    ran(store, detections, tmp_path, forwarded, exported, told)
    found = one(store)
    assert (found.source, found.title) == ("azure-defender", facts["alertDisplayName"])
    assert {each.source for each in original(found).words} == {"azure-defender", "ocsf"}


def one_scope(id: str) -> str:
    return id.split("/")[2]


def test_falco_directly_and_through_what_forwards_it_is_one_alert(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    direct = {**json_lines("falco")[0], "rule": "Odd thing of our own"}
    direct.pop("uuid", None)
    ran(store, detections, tmp_path, {**direct, "uuid": "u1", "tags": ["x"]}, direct)
    assert one(store).title == "Odd thing of our own"


def test_an_account_cannot_speak_of_the_findings_of_another(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    records = [guardduty(), guardduty(10, archived=True, accountId="444455556666")]
    ran(store, detections, tmp_path, *records)
    states = {each.scope: each.state for each in Alerts(store.database).every()}
    assert states == {ACCOUNT: AlertState.ACTIVE, "444455556666": AlertState.RESOLVED}


def without(record: dict[str, Any], path: str) -> dict[str, Any]:
    found = deepcopy(record)
    node = found
    *above, last = path.split(".")
    for name in above:
        node = node[name]
    del node[last]
    return found


REJECTS: list[tuple[Any, str]] = [
    (without(guardduty(), "id"), "it has no id: no id"),
    (without(guardduty(), "severity"), "it does not say how severe it is: no severity"),
    (guardduty(severity="bananas"), "'bananas' is no severity"),
    (without(asff(), "Id"), "it has no id: no Id"),
    (asff(Severity={}), "it does not say how severe it is"),
    (without(without(asff(), "UpdatedAt"), "CreatedAt"), "it does not say when"),
    ({"class_uid": 2004, "metadata": {}, "time": 1, "severity_id": 4}, "it has no id: no finding_info.uid"),
    ({"class_uid": 2004, "metadata": {}, "finding_info": {"uid": "1"}, "time": 1}, "how severe it is"),
    ({"class_uid": 2004, "metadata": {}, "finding_info": {"uid": "1"}, "severity_id": 1}, "not say when"),
    (without(json_lines("wazuh")[0], "rule.level"), "it does not say how severe it is: no rule.level"),
    ({**json_lines("falco")[0], "priority": "Loud"}, "'Loud' is no severity"),
]


def test_what_is_no_alert_is_told_by_name_and_costs_itself_alone(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    records = [guardduty(id="good"), *(record for record, _ in REJECTS), guardduty(id="other")]
    summary = ran(store, detections, tmp_path, *records)
    assert [each.line for each in summary.problems] == [*range(2, len(REJECTS) + 2)]
    for each, (_, problem) in zip(summary.problems, REJECTS, strict=True):
        assert problem in each.problem
    assert {original(each).id for each in Alerts(store.database).every()} == {"good", "other"}
    kept = Events(store.folder, store.files)
    aside = [each for name in kept.sources() for each in kept.read(name, aside="unparsed")]
    assert {each.problem for each in aside} == {each.problem for each in summary.problems}


def test_falco_tells_events_and_a_detection_of_ours_says_more_of_them(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    shell = json_lines("falco")[0]
    other = {**shell, "rule": "Odd thing of our own"}
    many = [{**each, "uuid": f"{number}-{each['rule']}"} for number in range(5) for each in (shell, other)]
    ran(store, detections, tmp_path, *many)
    found = {each.title: each for each in Alerts(store.database).every()}
    assert {title: each.count for title, each in found.items()} == {shell["rule"]: 5, other["rule"]: 5}
    assert found[shell["rule"]].detection == "falco-web-shell"
    assert found[shell["rule"]].alert_types == ("K8S.NODE_Webshell",)
    assert found[other["rule"]].detection == "falco/Odd thing of our own"
    assert all(each.severity is AlertSeverity.LOW for each in found.values())


def test_a_rule_of_a_user_alerts_beside_the_product(store: Store, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.yml").write_text(
        "title: Mine\nid: 11111111-2222-3333-4444-555555555555\nlevel: high\n"
        "logsource: {product: aws, service: guardduty}\n"
        "detection: {selection: {severity|gte: 7}, condition: selection}\n"
    )
    ran(store, load(tmp_path / "rules"), tmp_path, guardduty())
    assert {each.title for each in Alerts(store.database).every()} == {"Mine", guardduty()["title"]}


def test_a_sample_of_the_product_is_a_sample_here(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    sample = guardduty()
    sample["service"]["additionalInfo"] = {"sample": True}
    ran(store, detections, tmp_path, sample)
    assert one(store).sample


def test_foreign_alerts_become_part_of_incidents(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    kinds = ("UnauthorizedAccess:IAMUser/X", "Persistence:IAMUser/X", "Discovery:IAMUser/X", "Impact:S3/X")
    records = [guardduty(number * 3, id=f"f{number}", type=kind) for number, kind in enumerate(kinds)]
    ran(store, detections, tmp_path, *records)
    kept = incidents.update(store, load_pack(), NOON)
    assert len(kept.new) == 1


def test_a_link_is_taken_only_when_a_browser_may_open_it(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    title = "<img src=x onerror=alert(1)>\x1b[31m\x00=cmd|"
    links = ["javascript:alert(1)", "data:text/html,x", "https://", "//evil.example", "http://a b", "ftp://x"]
    records = [asff(Id=link, SourceUrl=link, Title=title) for link in links]
    ran(store, detections, tmp_path, *records, asff(Id="good", SourceUrl="https://a.example/x", Title=title))
    found = {original(each).id: each for each in Alerts(store.database).every()}
    assert {id: original(each).link for id, each in found.items()} == {
        **dict.fromkeys(links, ""),
        "good": "https://a.example/x",
    }
    assert found["good"].title == "<img src=x onerror=alert(1)> [31m\ufffd=cmd|"


CANARY = "hunter2-canary"


def test_secrets_in_what_products_quote_are_kept_nowhere(
    store: Store, detections: Detections, tmp_path: Path
) -> None:
    falco = json_lines("falco")[0]
    line = f"curl -H 'Authorization: Bearer {CANARY}' https://ana:{CANARY}@x.example --db-password {CANARY}"
    falco["output"] = f"a shell ran {line} token={CANARY}"
    falco["output_fields"] |= {"proc.cmdline": line, "proc.env": f"HOME=/ X={CANARY}"}
    wazuh = json_lines("wazuh")[0]
    wazuh |= {"full_log": line, "syscheck": {"path": "/x", "diff": CANARY}}
    wazuh["data"] |= {"dbPassword": CANARY, "deep": {"name": "API_TOKEN", "value": CANARY}}
    details = {
        "AwsLambdaFunction": {"Environment": {"Variables": {"A": CANARY}}},
        "AwsEcsTaskDefinition": {"ContainerDefinitions": [{"Environment": [{"Name": "A", "Value": CANARY}]}]},
    }
    hub = asff(
        Description=f"it had secret={CANARY}", Resources=[{"Id": "r", "Type": "x", "Details": details}]
    )
    finding = guardduty(description=f'{{"password": "{CANARY}"}}')
    bad = without(guardduty(id="b", description=f"password={CANARY}"), "severity")
    defender = json.loads((SAMPLES / "azure-defender.json").read_text())["value"][0]
    defender["properties"]["extendedProperties"] |= {"commandLine": line, "accessToken": CANARY}
    lake = json.loads((SAMPLES / "ocsf.json").read_text())[0]
    environment = [{"name": "A", "value": CANARY}]
    lake["evidences"] = [{"process": {"cmd_line": line, "environment_variables": environment}}]
    records = [falco, wazuh, hub, finding, bad, defender, lake]
    ran(store, detections, tmp_path, *records)
    alerts, kept = Alerts(store.database), Events(store.folder, store.files)
    found = alerts.every()
    assert len(found) == 6
    said = [str(each) for each in found] + [str(alerts.evidence(each.id)) for each in found]
    said += [str(each.value) for name in kept.sources() for each in kept.read(name)]
    said += [str(each.value) for name in kept.sources() for each in kept.read(name, aside="unparsed")]
    assert len(said) == 2 * 6 + 6 + 1
    assert [text for text in said if CANARY in text] == []
    assert "a shell ran curl" in "".join(said)


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-Ab12",
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        "https://portal.azure.com/#blade/Microsoft_Azure_Security/AlertBlade/alertId/2518",
        "sshd: Failed password for root from 203.0.113.9 port 1 ssh2",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_masking_takes_no_longer_than_the_text(tmp_path: Path) -> None:
    for text in ("token" * 5_000, "://" + "a:" * 10_000, "-" * 20_000, "eyJ" * 10_000):
        assert len(masked(text)) <= len(text)


def test_what_was_sealed_is_sealed_once() -> None:
    falco = json_lines("falco")[0]
    falco["output_fields"] |= {"proc.env": "A=b", "proc.cmdline": "x --token abc"}
    once = seal(falco, "falco", SEAL)
    assert seal(once, "falco", SEAL) == once
    assert once["output_fields"]["proc.env"]["redacted"] is True

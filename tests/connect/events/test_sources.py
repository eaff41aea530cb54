"""Every source reads its sample. A source is added with one: `samples/<name>.json` or `.log`."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as some

from cloudward.connect.events import Event, Source, Unparsed, frames
from cloudward.connect.events.reading import read
from cloudward.connect.events.recognising import every, named
from cloudward.errors import UsageError
from tests.connect.events import evtx

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> Path:
    return next(file for file in SAMPLES.iterdir() if file.stem == name)


def events(path: Path, source: str = "") -> list[Event]:
    found = list(read([path], source))
    assert all(isinstance(each, Event) for each in found), found
    return [each for each in found if isinstance(each, Event)]


@pytest.mark.parametrize("whole", [True, False])
def test_a_nul_is_taken_out_of_every_text_and_what_only_looks_like_one_stays(
    tmp_path: Path, *, whole: bool
) -> None:
    (record,) = json.loads(sample("okta").read_text())
    other = record | {"uuid": "a\0b", "x": [{"y\0": "\\u0000"}]}
    path = tmp_path / "a.json"
    records = [record, other, record | {"uuid": "c"}]
    path.write_text(json.dumps(records) if whole else "".join(json.dumps(each) + "\n" for each in records))
    first, found, last = events(path)
    assert (first.id, last.id) == (record["uuid"], "c")
    assert (found.id, found.document["x"]) == ("a\ufffdb", [{"y\ufffd": "\\u0000"}])


@pytest.fixture(scope="module")
def all_of_them() -> dict[str, list[Event]]:
    """The samples as one folder: each file is of the source that it is named after."""
    found: dict[str, list[Event]] = {}
    for each in read([SAMPLES]):
        assert isinstance(each, Event), each
        found.setdefault(Path(each.file).stem, []).append(each)
    return found


@pytest.mark.parametrize("source", every().values(), ids=list(every()))
def test_a_source_knows_its_own_records(source: Source, all_of_them: dict[str, list[Event]]) -> None:
    found = all_of_them[source.name]
    assert {each.source for each in found} == {source.gives or source.name}
    assert len({each.id for each in found}) == len(found)
    day = {each.at.date().isoformat() for each in found}
    assert day <= {"2026-11-20", "2023-11-14"}
    assert source.page.startswith("https://")


def test_every_sample_has_its_source() -> None:
    assert {file.stem for file in SAMPLES.iterdir()} == set(every())


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, 200),
        ({"status": {"code": 7}}, 403),
        ({"status": {"code": 10}}, 409),
        ({"status": {"code": 10}, "response": {"kind": "Status", "code": 422}}, 422),
        ({"response": {"kind": "Pod", "code": 5}}, 200),
    ],
)
def test_what_google_refuses_is_refused_in_kubernetes(
    more: dict[str, object], code: int, tmp_path: Path
) -> None:
    (record,) = json.loads(sample("gcp-gke").read_text())
    (tmp_path / "a.json").write_text(json.dumps({**record, "protoPayload": record["protoPayload"] | more}))
    (found,) = events(tmp_path)
    assert found.document["responseStatus"]["code"] == code


def test_flows_in_one_record_are_events_of_their_own(all_of_them: dict[str, list[Event]]) -> None:
    assert [each.document["dst_port"] for each in all_of_them["azure-nsgflow"]] == [22, 3389]
    assert all_of_them["azure-nsgflow"][0].document["decision"] == "deny"


def test_an_entry_of_gke_is_read_as_kubernetes_has_it(all_of_them: dict[str, list[Event]]) -> None:
    document = all_of_them["gcp-gke"][0].document
    assert document["verb"] == "create"
    assert document["objectRef"]["resource"] == "pods"
    assert document["objectRef"]["namespace"] == "shop"
    assert document["user"]["username"] == "ana@example.com"


def test_an_argument_in_hexadecimal_is_read(all_of_them: dict[str, list[Event]]) -> None:
    assert all_of_them["linux-auditd"][0].document["CommandLine"] == "curl -o /tmp/x"


def test_a_statement_on_several_lines_is_one_event(all_of_them: dict[str, list[Event]]) -> None:
    assert all_of_them["postgresql"][0].document["query"] == "SELECT 1\n\tFROM x"


def test_windows_data_stand_beside_the_system_fields(all_of_them: dict[str, list[Event]]) -> None:
    document = next(each.document for each in all_of_them["windows"] if each.document["EventID"] == 1)
    assert document["Channel"] == "Microsoft-Windows-Sysmon/Operational"
    assert document["CommandLine"] == "cmd /c whoami"


def test_a_log_in_sixteen_bits_is_read_as_the_same(tmp_path: Path) -> None:
    text = sample("sqlserver").read_text()
    (tmp_path / "a.log").write_text(text)
    (tmp_path / "b.log").write_text(text.replace("\n", "\r\n"), encoding="utf-16", newline="")
    found = events(tmp_path)
    assert len(found) == 2 * 5
    assert [each.document for each in found[:5]] == [each.document for each in found[5:]]
    assert found[2].document["ip"] == "203.0.113.9"
    assert found[4].document["option"] == "xp_cmdshell"


def failures() -> bytes:
    """The log of a machine on which three sign-ins failed."""
    data = {"TargetUserName": "ana", "IpAddress": "203.0.113.9", "LogonType": "3"}
    moments = [datetime(2026, 11, 20, 10, 0, second, tzinfo=UTC) for second in range(3)]
    return evtx.written(
        [evtx.logged(at, "Security", 4625, number, data) for number, at in enumerate(moments, 1)]
    )


def test_a_log_file_of_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "Security.evtx").write_bytes(failures())
    found = events(tmp_path)
    assert [each.at.second for each in found] == [0, 1, 2]
    assert {each.source for each in found} == {"windows"}
    assert found[0].document["EventID"] == 4625
    assert found[0].document["TargetUserName"] == "ana"
    assert len({each.id for each in found}) == 3


def test_a_broken_record_of_a_log_file_of_windows_costs_itself_alone(tmp_path: Path) -> None:
    whole = failures()
    second = whole.index(b"\x2a\x2a\0\0", whole.index(b"\x2a\x2a\0\0") + 4)
    (tmp_path / "Security.evtx").write_bytes(whole[: second + 30] + b"\xff" * 40 + whole[second + 70 :])
    found = list(read([tmp_path]))
    assert [each.at.second for each in found if isinstance(each, Event)] == [0, 2]
    (broken,) = (each for each in found if isinstance(each, Unparsed))
    assert broken.line == 2


def test_packed_files_give_the_same_events(tmp_path: Path) -> None:
    plain = sample("aws-cloudtrail").read_bytes()
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "b.json.zst").write_bytes(zstandard.compress(plain))
    once = events(sample("aws-cloudtrail"))
    assert [each.document for each in events(tmp_path)] == [each.document for each in [*once, *once]]
    assert {each.id for each in events(tmp_path)} == {each.id for each in once}


def packed(pack: Callable[[bytes], bytes]) -> bytes:
    """2,000 records in several blocks."""
    chance = random.Random(1)
    lines = [
        {
            "eventSource": "x",
            "eventName": chance.randbytes(150).hex(),
            "eventID": f"e-{number}",
            "eventTime": "2026-11-20T10:00:00Z",
        }
        for number in range(2000)
    ]
    return pack("\n".join(map(json.dumps, lines)).encode())


def checked(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def streamed(data: bytes) -> bytes:
    """In frames and blocks that do not say how much is in them."""
    made, out = zstandard.ZstdCompressor().compressobj(), b""
    for start in range(0, len(data), 5000):
        out += made.compress(data[start : start + 5000]) + made.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
    return out + made.flush() + skipped + zstandard.compress(b"\n")


PACKS = [gzip.compress, zstandard.compress, checked, streamed]


@pytest.mark.parametrize("pack", PACKS)
def test_a_packed_file_that_is_cut_off_is_told_behind_what_could_be_read(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    data, name = packed(pack), tmp_path / "a.log"
    name.write_bytes(data)
    assert len(events(name)) == 2000
    for most in (len(data) // 2, len(data) - 1):
        name.write_bytes(data[:most])
        *found, broken = read([name])
        assert isinstance(broken, Unparsed)
        assert broken.problem == "it cannot be unpacked: the end is missing"
        assert [each.id for each in found if isinstance(each, Event)][:1] == ["e-0"]


@settings(max_examples=60)
@given(some.binary(max_size=3000), some.booleans(), some.integers(0, 40), some.data())
def test_a_zstd_file_has_its_end_where_it_ends_alone(
    text: bytes, sized: bool, level: int, data: some.DataObject
) -> None:
    packer = zstandard.ZstdCompressor(
        level=level % 20 + 1, write_checksum=level % 2 == 0, write_content_size=sized
    )
    one = packer.compress(text)
    whole = one + one
    assert frames.whole(io.BytesIO(whole), len(whole))
    cut = data.draw(some.integers(1, len(whole) - 1).filter(lambda at: at != len(one)))
    assert not frames.whole(io.BytesIO(whole[:cut]), cut)


def test_a_document_that_is_cut_off_gives_its_whole_records(tmp_path: Path) -> None:
    record = json.loads(sample("aws-cloudtrail").read_text())["Records"][0]
    data = json.dumps({"Records": [{**record, "eventID": f"e-{n}-{n * 7919}"} for n in range(3000)]})
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(data.encode())[:-2000])
    *found, broken = read([tmp_path])
    assert isinstance(broken, Unparsed)
    assert broken.problem == "it cannot be unpacked: the end is missing"
    assert [each.id for each in found if isinstance(each, Event)][:2] == ["e-0-0", "e-1-7919"]


def test_what_is_broken_inside_is_told(tmp_path: Path) -> None:
    data = bytearray(packed(gzip.compress))
    data[-4000:-3900] = bytes(range(100))
    (tmp_path / "a.log").write_bytes(data)
    *found, broken = read([tmp_path])
    assert isinstance(broken, Unparsed)
    assert broken.problem.startswith("it cannot be unpacked: ")
    assert any(isinstance(each, Event) for each in found)


def test_a_broken_record_costs_itself_alone(tmp_path: Path) -> None:
    record = json.loads(sample("aws-cloudtrail").read_text())["Records"][0]
    good = json.dumps(record)
    other = json.dumps({**record, "eventID": "e-2"})
    (tmp_path / "a.json").write_text(
        f'{{"Records": [{good}, {{"eventID": broken, "password": "hunter2"}}, {other}]}}'
    )
    (tmp_path / "b.log").write_text(f"{good}\nnot json\n{other}\n")
    found = list(read([tmp_path]))
    assert [each.id for each in found if isinstance(each, Event)] == ["e-1", "e-2", "e-1", "e-2"]
    broken = [each for each in found if isinstance(each, Unparsed)]
    assert [(Path(each.file).name, each.line) for each in broken] == [("a.json", 1), ("b.log", 2)]
    assert "hunter2" not in broken[0].text
    assert "broken" in broken[0].text


@pytest.mark.parametrize(
    "odd",
    [
        {"category": ["a"], "time": "2026-11-20T10:00:00Z"},
        {"category": "NetworkSecurityGroupFlowEvent", "time": "2026-11-20T10:00:00Z", "properties": "x"},
    ],
)
def test_fields_of_another_kind_cost_their_record_alone(tmp_path: Path, odd: dict[str, object]) -> None:
    record = json.loads(sample("aws-cloudtrail").read_text())["Records"][0]
    (tmp_path / "a.json").write_text(json.dumps({"Records": [record, odd, record]}))
    first, broken, last = read([tmp_path])
    assert isinstance(first, Event)
    assert isinstance(last, Event)
    assert isinstance(broken, Unparsed)
    assert broken.line == 2


def test_a_number_of_any_size_is_kept(tmp_path: Path) -> None:
    number = 2**70
    record = {
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventTime": "2026-11-20T10:00:00Z",
    }
    (tmp_path / "a.json").write_text(json.dumps({"Records": [{**record, "size": number}]}))
    [found] = events(tmp_path)
    assert found.document["size"] == number
    assert json.loads(found.data) == found.document


def test_a_record_without_a_time_is_kept_as_unparsed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"eventSource": "x", "eventName": "y", "eventTime": "yesterday"}')
    (broken,) = read([tmp_path])
    assert isinstance(broken, Unparsed)
    assert broken.problem == "it does not say when: no eventTime"
    assert broken.source == "aws-cloudtrail"


def test_what_no_source_knows_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"eventSource": "x", "eventTime": "2026-11-20T10:00:00Z"}')
    (broken,) = read([tmp_path])
    assert isinstance(broken, Unparsed)
    assert broken.problem == "no source has such records; nearest is aws-cloudtrail, but it lacks eventName"


def test_a_source_can_be_forced(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"eventTime": "2026-11-20T10:00:00Z", "eventName": "odd"}]')
    (event,) = events(tmp_path, "aws-cloudtrail")
    assert event.at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_an_unknown_source_names_the_near_one() -> None:
    with pytest.raises(UsageError, match="did you mean 'aws-cloudtrail'"):
        named("aws-cloudtrial")


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_lines_may_be_long(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    record = json.loads(sample("aws-cloudtrail").read_text())["Records"][0]
    random.seed(3)
    lines = [
        json.dumps({**record, "eventID": f"e-{number}", "x": random.randbytes(12_000).hex()})
        for number in range(3)
    ]
    (tmp_path / "a.log").write_bytes(pack("\nbroken\n".join(lines).encode()))
    found = list(read([tmp_path]))
    assert [each.line for each in found] == [1, 2, 3, 4, 5]
    assert [isinstance(each, Event) for each in found] == [True, False, True, False, True]


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b"[" + b" " * (64 << 20)))
    (broken,) = read([tmp_path])
    assert isinstance(broken, Unparsed)
    assert "unpacks to more than 200 times its size" in broken.problem


def test_a_truncated_archive_keeps_what_came_before(tmp_path: Path) -> None:
    record = json.loads(sample("aws-cloudtrail").read_text())["Records"][0]
    lines = "".join(json.dumps({**record, "eventID": f"e-{n}", "x": str(n) * 50}) + "\n" for n in range(5000))
    packed = gzip.compress(lines.encode())
    (tmp_path / "a.log.gz").write_bytes(packed[: len(packed) // 2])
    found = list(read([tmp_path]))
    assert sum(isinstance(each, Event) for each in found) > 1000
    assert isinstance(found[-1], Unparsed)


def test_envelopes_are_opened(tmp_path: Path) -> None:
    record = json.loads(sample("aws-cloudtrail").read_text())["Records"][0]
    envelopes = [
        {"detail-type": "AWS API Call via CloudTrail", "detail": record},
        {"Type": "Notification", "Message": json.dumps({"Records": [record]})},
        {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": json.dumps(record)}]},
        {"eventJson": json.dumps(record)},
    ]
    for number, each in enumerate(envelopes):
        (tmp_path / f"{number}.json").write_text(json.dumps(each))
    assert [each.id for each in events(tmp_path)] == ["e-1"] * 4


def test_same_lines_at_the_same_moment_are_different_events(tmp_path: Path) -> None:
    line = "Nov 20 10:00:01 web1 sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2\n"
    (tmp_path / "auth.log").write_text(line * 3)
    found = events(tmp_path)
    assert len({each.id for each in found}) == 3
    again = list(read([tmp_path]))
    assert [each.id for each in found] == [each.id for each in again if isinstance(each, Event)]


def test_a_file_that_breaks_its_child_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.evtx").write_bytes(b"ElfFile\0" + b"\xff" * 5000)
    (tmp_path / "b.json").write_bytes(sample("aws-cloudtrail").read_bytes())
    found = list(read([tmp_path]))
    assert [type(each) for each in found] == [Unparsed, Event]

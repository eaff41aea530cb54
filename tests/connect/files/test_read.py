"""The parsing child: every format, and what is wrong with a record costs that record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cloudward.connect.files import read


def given(path: Path, text: str | bytes) -> list[read.Record]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read.records(path))


def test_a_list_a_resource_graph_answer_and_one_document_are_the_same_to_us(tmp_path: Path) -> None:
    one = {"id": "/subscriptions/s/x", "type": "t"}
    for text in (json.dumps([one]), json.dumps({"data": [one], "count": 1}), json.dumps(one)):
        assert [document for _, document, _ in given(tmp_path / "a.json", text)] == [one]


def test_an_object_that_has_a_list_called_resources_stays_one_object(tmp_path: Path) -> None:
    config = {
        "kind": "EncryptionConfiguration",
        "apiVersion": "v1",
        "resources": [{"resources": ["secrets"]}],
    }
    assert [document for _, document, _ in given(tmp_path / "a.json", json.dumps(config))] == [config]


def test_a_kubectl_list_gives_its_items_in_json_and_yaml(tmp_path: Path) -> None:
    dump = {"kind": "List", "apiVersion": "v1", "items": [{"kind": "Pod"}, {"kind": "Service"}]}
    kinds = [document["kind"] for _, document, _ in given(tmp_path / "a.json", json.dumps(dump))]
    assert kinds == ["Pod", "Service"]
    text = "kind: PodList\napiVersion: v1\nitems:\n- kind: Pod\n- kind: Pod\n"
    assert [document["kind"] for _, document, _ in given(tmp_path / "a.yaml", text)] == ["Pod", "Pod"]


def test_lines_keep_their_numbers_and_a_broken_one_costs_itself(tmp_path: Path) -> None:
    found = given(tmp_path / "a.ndjson", '{"id": 1}\n\n{"id": \n{"id": 2}\n')
    assert [(line, document) for line, document, error in found if not error] == [
        (1, {"id": 1}),
        (4, {"id": 2}),
    ]
    (broken,) = [record for record in found if record[2]]
    assert broken[0] == 3
    assert "not JSON" in str(broken[2])


def test_a_line_longer_than_a_document_may_be_costs_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "DOCUMENT", 64)
    found = given(tmp_path / "a.ndjson", '{"id": 1}\n{"id": "%s"}\n{"id": 3}\n' % ("x" * 500))
    assert [(line, error is None) for line, _, error in found] == [(1, True), (2, False), (3, True)]


def test_a_large_file_is_streamed_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"id": n, "ratio": 1.5, "none": None} for n in range(50)]
    for document in (items, {"count": 50, "data": items}):
        path = tmp_path / "a.json"
        path.write_text(json.dumps(document, indent=1))
        whole = list(read.records(path))
        monkeypatch.setattr(read, "WHOLE", 10)
        assert list(read.records(path)) == whole
        monkeypatch.undo()


def test_manifests_carry_the_line_where_they_begin(tmp_path: Path) -> None:
    found = given(tmp_path / "a.yaml", "kind: A\n---\nkind: B\nat: 2026-01-01\n---\n")
    assert [(line, document) for line, document, error in found if document] == [
        (1, {"kind": "A"}),
        (3, {"kind": "B", "at": "2026-01-01"}),
    ]


def test_broken_yaml_is_named_with_its_line_and_what_stood_before_is_kept(tmp_path: Path) -> None:
    found = given(tmp_path / "a.yaml", "kind: A\n---\nkind: [\n---\nkind: C\n")
    assert found[0][1] == {"kind": "A"}
    assert found[-1][2] is not None
    assert found[-1][0] >= 3


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
        ),
        "[" * 500 + "]" * 500,
        "a: !!python/object/apply:os.system [id]\n",
    ],
    ids=["alias bomb", "deep nesting", "python tag"],
)
def test_hostile_yaml_is_one_clear_line(tmp_path: Path, text: str) -> None:
    (record,) = given(tmp_path / "a.yaml", text)
    assert record[1] is None
    assert "\n" not in str(record[2])


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"a":' * 50_000, "\x00\x01", '{"a": 1e999}'])
def test_hostile_json_never_raises(tmp_path: Path, text: str) -> None:
    assert len(given(tmp_path / "a.json", text)) >= 1


def test_a_portal_download_in_csv_is_read_with_its_nested_fields(tmp_path: Path) -> None:
    text = 'id,type,properties,tags\n/subscriptions/s/x,t,"{""a"": true}",\n'
    assert given(tmp_path / "a.csv", text) == [
        (2, {"id": "/subscriptions/s/x", "type": "t", "properties": {"a": True}}, None)
    ]

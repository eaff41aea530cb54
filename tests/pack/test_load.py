"""Loading: folders, the cache, examples, and content that means harm."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudward import pack
from cloudward.errors import BrokenContentError, ContentError
from cloudward.model import Status
from cloudward.pack import cache, folder
from cloudward.pack.build import build
from cloudward.pack.folder import Found
from tests.pack.content import BUCKET, POLICY, SMALL, problems, write

OWN = {
    "types/aws/own/thing.yaml": BUCKET.replace("AWS::S3::Bucket", "Own::Thing"),
    "policies/aws/own/own-thing-on.yaml": POLICY.replace("AWS::S3::Bucket", "Own::Thing"),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and little that is built in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(pack, "BUILT_IN", write(tmp_path / "built-in", SMALL))
    return tmp_path / "cache" / "cloudward"


def test_a_folder_of_ones_own_comes_on_top(tmp_path: Path) -> None:
    mine = pack.load(write(tmp_path / "mine", OWN))
    assert {"Own::Thing", "AWS::S3::Bucket"} <= mine.types.keys()
    assert [rule.policy for rule in mine.rules("Own::Thing")] == ["own-thing-on"]
    assert mine.rules("Unknown::Type") == ()
    assert not mine.built_in("own-thing-on")
    assert all(mine.built_in(id) for id in mine.policies if id != "own-thing-on")


def test_a_folder_without_the_usual_ones_holds_policies_and_so_does_a_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "policies", {"my-own.yaml": POLICY, "deep/my-other.yaml": POLICY})
    assert {"my-own", "my-other"} <= pack.load(folder).policies.keys()
    assert "my-own" in pack.load(folder / "my-own.yaml").policies


def test_an_error_names_a_users_file_as_he_gave_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "mine", {"policies/my-own.yaml": POLICY.replace("p.Status", "p.Staus")})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ContentError, match=r"^mine/policies/my-own\.yaml:3:14: p \(AWS::S3::Bucket\) has no field"
    ):
        pack.load(Path("mine"))


def test_what_is_built_in_is_not_declared_again(tmp_path: Path) -> None:
    with pytest.raises(
        ContentError, match=r"type AWS::S3::Bucket is declared twice: also in content/types/aws/s3/"
    ):
        pack.load(write(tmp_path / "mine", {"types/aws/mine.yaml": BUCKET}))


def test_a_second_load_comes_from_the_cache_and_says_the_same(tmp_path: Path, home: Path) -> None:
    mine = write(tmp_path / "mine", OWN)
    first, second = pack.load(mine), pack.load(mine)
    assert len(list(home.glob("content-*.json"))) == 1
    assert first.version == second.version
    assert first.types == second.types
    assert first.policies == second.policies
    assert first.functions == second.functions
    assert first.controls == second.controls
    assert all(first.rules(type) == second.rules(type) for type in first.types)
    assert first.policies == pack.load(mine, cache=False).policies


def test_from_the_cache_neither_yaml_nor_the_parser_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom cloudward import pack\n"
        "loaded = pack.load()\nfor type in loaded.types: loaded.rules(type)\n"
        "print([name for name in ('yaml', 'cel_expr_python', 'google', 're2') if name in sys.modules])"
    )
    for expected in (True, False):  # the first makes the cache
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert ("yaml" in done.stdout) is expected
    assert done.stdout.strip() == "[]"


def test_changed_content_is_not_taken_from_the_cache(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine", OWN)
    first = pack.load(mine)
    write(
        mine,
        {
            "policies/aws/own/own-thing-on.yaml": POLICY.replace("AWS::S3::Bucket", "Own::Thing").replace(
                "Because", "Thus"
            )
        },
    )
    second = pack.load(mine)
    assert first.version != second.version
    assert second.policies["own-thing-on"].why == "Thus."


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert pack.load(write(tmp_path / "mine", OWN)).policies


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"types": {}}', "\x00\xff"])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, home: Path, damage: str) -> None:
    mine = write(tmp_path / "mine", OWN)
    policies = pack.load(mine).policies
    (file,) = home.glob("content-*.json")
    file.write_text(damage)
    assert pack.load(mine).policies == policies
    assert json.loads(file.read_text())["policies"].keys() == policies.keys()


def test_a_cache_that_others_may_write_is_not_read(tmp_path: Path, home: Path) -> None:
    mine = write(tmp_path / "mine", OWN)
    why = pack.load(mine).policies["own-thing-on"].why
    (file,) = home.glob("content-*.json")
    assert file.stat().st_mode & 0o077 == 0
    file.write_text(file.read_text().replace(why, "Planted."))
    assert pack.load(mine).policies["own-thing-on"].why == "Planted."
    file.chmod(0o666)
    assert pack.load(mine).policies["own-thing-on"].why == why


def test_old_caches_go(tmp_path: Path, home: Path) -> None:
    for number in range(cache.KEPT + 3):
        pack.load(write(tmp_path / "mine", {"policies/my-own.yaml": f"{POLICY}# {number}\n"}))
    assert len(list(home.glob("content-*.json"))) == cache.KEPT


def test_without_a_cache_nothing_is_written(tmp_path: Path, home: Path) -> None:
    pack.load(cache=False)
    assert not home.exists()


EXAMPLES = (
    POLICY[: POLICY.index("examples:")]
    + """\
examples:
  healthy:
    - {Status: Enabled}
    - {type: Own::Thing, document: {Status: Enabled}}
    - document: {Status: Enabled, Days: 2012-10-17}
      with: {AWS::S3::Bucket: [{Name: a}]}
      meta: {tags: {team: x}}
      unread: [Grants]
  unhealthy:
    - {}
    - {type: a, document: b, other: c}
"""
)


def test_examples_are_documents_one_for_each_type_unless_they_name_it(tmp_path: Path) -> None:
    text = EXAMPLES.replace("resource: AWS::S3::Bucket", "resource: [AWS::S3::Bucket, Own::Thing]")
    mine = pack.load(write(tmp_path / "mine", {**OWN, "policies/my-own.yaml": text}))
    found = mine.examples("my-own")
    assert [(each.status, each.type, each.document) for each in found[:3]] == [
        (Status.HEALTHY, "AWS::S3::Bucket", {"Status": "Enabled"}),
        (Status.HEALTHY, "Own::Thing", {"Status": "Enabled"}),
        (Status.HEALTHY, "Own::Thing", {"Status": "Enabled"}),
    ]
    whole = found[3]
    assert whole.document == {"Status": "Enabled", "Days": "2012-10-17"}
    assert (whole.others, whole.meta, whole.unread) == (
        {"AWS::S3::Bucket": ({"Name": "a"},)},
        {"tags": {"team": "x"}},
        ("Grants",),
    )
    assert found[-1].document == {"type": "a", "document": "b", "other": "c"}
    assert found[-1].line == 18


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  unhealthy:", "  unhelthy:", "16:3: examples has no key 'unhelthy'; did you mean 'unhealthy'?"),
        (
            "type: Own::Thing",
            "type: AWS::S3::Buket",
            "11:14: type: 'AWS::S3::Buket' is no type of this policy; did you mean 'AWS::S3::Bucket'?",
        ),
        (
            "{AWS::S3::Bucket: [{Name: a}]}",
            "{AWS::S3::Buket: []}",
            "13:14: unknown resource type 'AWS::S3::Buket'",
        ),
        (
            "{AWS::S3::Bucket: [{Name: a}]}",
            "{AWS::S3::Bucket: {}}",
            "13:31: AWS::S3::Bucket: expected a list of documents",
        ),
        ("    - {}\n", "    - text\n", "17:7: expected a document"),
        ("unread: [Grants]", "params: {dys: 1}", "15:16: the policy has no key 'dys'"),
        ("unread: [Grants]", "unread: Grants", "15:15: unread: expected a list of texts"),
    ],
)
def test_a_wrong_example_says_where_and_why(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = EXAMPLES.replace("resource: AWS::S3::Bucket", "resource: [AWS::S3::Bucket, Own::Thing]").replace(
        old, new
    )
    mine = pack.load(write(tmp_path / "mine", {**OWN, "policies/my-own.yaml": text}))
    with pytest.raises(ContentError) as caught:
        mine.examples("my-own")
    assert message in str(caught.value)


def found(folder_: Path) -> list[str]:
    return [file.name.removeprefix(f"{folder_}/") for file in folder.files(folder_)]


def test_only_yaml_files_that_do_not_hide_are_content(tmp_path: Path) -> None:
    names = ["policies/a.yaml", "policies/b.yml", "policies/c/d.yaml"]
    others = [
        "policies/a.py",
        "policies/.hidden.yaml",
        "policies/_draft.yaml",
        "policies/_drafts/a.yaml",
        "other/a.yaml",
        "a.yaml",
    ]
    assert found(write(tmp_path, dict.fromkeys([*names, *others], POLICY))) == names


def test_no_link_leads_out_of_a_folder(tmp_path: Path) -> None:
    write(tmp_path, {"secret/a.yaml": POLICY, "mine/policies/b.yaml": POLICY, "mine/shared/c.yaml": POLICY})
    mine = tmp_path / "mine"
    (mine / "policies" / "inside.yaml").symlink_to(mine / "shared" / "c.yaml")
    assert found(mine) == ["policies/b.yaml", "policies/inside.yaml"]
    for target in (
        tmp_path / "secret" / "a.yaml",
        tmp_path / "secret",
        Path("/etc/passwd"),
        Path("../../secret"),
    ):
        link = mine / "policies" / "z.yaml"
        link.symlink_to(target)
        with pytest.raises(ContentError, match=r"policies/z\.yaml: this link leads out of"):
            found(mine)
        link.unlink()
    (mine / "types").symlink_to(tmp_path / "secret")
    with pytest.raises(ContentError, match=r"types: this link leads out of"):
        found(mine)


def test_a_link_in_circles_ends(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine", {"policies/a.yaml": POLICY})
    (mine / "policies" / "again").symlink_to(mine / "policies")
    with pytest.raises(ContentError, match="content folders are at most 6 deep"):
        found(mine)


def test_a_pipe_is_no_content(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine", {"policies/a.yaml": POLICY})
    os.mkfifo(mine / "policies" / "b.yaml")
    with pytest.raises(ContentError, match=r"b\.yaml: this is no regular file"):
        found(mine)


def test_a_large_file_and_very_many_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ContentError, match=r"a\.yaml: the file is larger than 1,000,000 bytes"):
        found(write(tmp_path / "large", {"policies/a.yaml": "#" * 1_000_001}))
    monkeypatch.setattr(folder, "FILES", 3)
    with pytest.raises(ContentError, match="more than 3 content files"):
        found(write(tmp_path / "many", {f"policies/{n}.yaml": POLICY for n in range(4)}))


def test_a_file_that_cannot_be_read_or_found_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="nowhere: there is no such folder"):
        found(tmp_path / "nowhere")


BOMBS = {
    "deep": POLICY.replace('p.Status != "Enabled"', "(" * 10_000 + "true" + ")" * 10_000),
    "long": POLICY.replace('p.Status != "Enabled"', " || ".join(["p.Days > 1"] * 20_000)),
    "lists": POLICY.replace(
        'p.Status != "Enabled"', "p.Grants.exists(a, p.Grants.exists(b, p.Grants.exists(c, true)))"
    ),
    "pattern": POLICY.replace('p.Status != "Enabled"', 'p.Status.matches("((a{1000}){1000}){1000}")'),
    "names": POLICY.replace("p.Status", "p." + "S" * 50_000),
    "aliases": POLICY.replace("[data]", "&a [*a, *a]"),
    "examples": POLICY.replace("[{}]", "[" + "[" * 5_000 + "]" * 5_000 + "]"),
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_content_that_means_harm_is_one_clear_line_at_once(tmp_path: Path, text: str) -> None:
    start = process_time()
    (message,) = problems(tmp_path, {**SMALL, "policies/a.yaml": text})
    assert process_time() - start < 20
    assert message.startswith("policies/a.yaml:")
    assert "\n" not in message
    assert len(message) < 700


def mutated(text: str, seed: int) -> str:
    """The text with a few pieces cut, doubled or swapped with others' pieces."""
    draw = random.Random(seed)
    pieces = [
        *POLICY.split(),
        *BUCKET.split(),
        "{",
        "}",
        "[",
        "]",
        ":",
        "-",
        "'",
        '"',
        "\n",
        "\n  ",
        "p.",
        "(",
        "null",
        "!!",
        "*",
    ]
    for _ in range(draw.randint(1, 4)):
        start = draw.randrange(len(text) + 1)
        end = min(len(text), start + draw.choice((0, 1, 1, 3, 10, 40)))
        text = text[:start] + draw.choice(("", text[start:end] * 2, draw.choice(pieces))) + text[end:]
    return text


@pytest.mark.slow
@settings(max_examples=1_500, deadline=2_000, database=None)
@given(st.integers(0, 2**32))
def test_broken_content_loads_or_says_clear_lines(seed: int) -> None:
    texts = [
        *SMALL.items(),
        ("functions/a.yaml", "off(b): b.Status != 'Enabled'\n"),
        ("controls/a.yaml", "title: A\nmax: 1\npolicies: [aws-s3-bucket-versioning]\n"),
    ]
    broken = seed % len(texts)
    files = [(name, mutated(text, seed) if n == broken else text) for n, (name, text) in enumerate(texts)]
    try:
        build(
            [
                Found(name.split("/")[0], name, tuple(name.split("/")[1:]), name, text.encode())
                for name, text in files
            ]
        )
    except ContentError as error:
        lines = [str(each) for each in (error.errors if isinstance(error, BrokenContentError) else (error,))]
    else:
        return
    assert all("\n" not in line and line.split(":")[0] in dict(texts) for line in lines)
    assert len(lines) == len(set(lines)) <= 3

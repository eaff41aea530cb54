"""The child that parses what cloudward did not write: bytes in, records out, nothing else.

Started as `python -m cloudward.connect.files.read PATH`, under limits and without network (see
`runtime`). It writes frames to standard output: four bytes of length, then a msgpack list of records
`[line, document, error]`: `line` counts from 1 (0 where the format has none), and either the document
or one line that says what is wrong with it is null. A record that is broken costs itself.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

Record = tuple[int, Any, str | None]

WHOLE = 32 << 20
"""JSON up to this size is parsed at once; beyond it is streamed."""
DOCUMENT = 16 << 20
DEPTH = 100
NODES = 1_000_000
FRAME = 256
CONTAINERS = ("data", "items", "value", "resources")
"""Where exports keep their list: Resource Graph, kubectl, ARM lists, cloudward."""


def records(path: Path) -> Iterator[Record]:
    """Every document of a file, whatever its format, in the order of the file."""
    if path.suffix.lower() == ".parquet":
        return _snapshot(path)
    if path.suffix.lower() == ".csv":
        return _csv(path)
    if path.suffix.lower() in {".yaml", ".yml"}:
        return _yaml(path)
    with path.open("rb") as file:
        head = file.read(1 << 16).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        return iter([(0, None, "the file is empty")])
    if head[:1] not in b"{[":
        return _yaml(path)
    if _is_lines(head):
        return _lines(path)
    return _whole(path) if path.stat().st_size <= WHOLE else _streamed(path)


def _is_lines(head: bytes) -> bool:
    """One document a line: the first line is a document of its own and something follows."""
    first, _, rest = head.partition(b"\n")
    if not rest.strip():
        return False
    try:
        return isinstance(msgspec.json.decode(first), dict)
    except (msgspec.DecodeError, RecursionError):
        return first.rstrip().endswith(b"}") and first.strip() != b"{"


def _lines(path: Path) -> Iterator[Record]:
    decode = msgspec.json.Decoder().decode
    with path.open("rb") as file:
        for number, line in _bounded(file):
            if line is None:
                yield number, None, f"a document of more than {DOCUMENT >> 20} MiB"
            elif line.strip():
                yield _decoded(decode, number, line)


def _bounded(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their number; None for one that is too long."""
    number = 0
    while line := file.readline(DOCUMENT):
        number += 1
        if line.endswith(b"\n") or len(line) < DOCUMENT:
            yield number, line
            continue
        while (rest := file.readline(DOCUMENT)) and not rest.endswith(b"\n"):
            pass
        yield number, None


def _decoded(decode: Any, number: int, text: bytes) -> Record:
    try:
        return number, decode(text), None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return number, None, f"not JSON: {error}"
    except RecursionError:
        return number, None, "nested too deeply"


def _whole(path: Path) -> Iterator[Record]:
    _, value, error = _decoded(msgspec.json.decode, 0, path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    if error:
        yield 0, None, error
        return
    for item in _unwrapped(value):
        yield 0, item, None


def _unwrapped(value: Any) -> list[Any]:
    """The list inside an export, or the one document."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and not _is_resource(value):
        for key in CONTAINERS:
            if isinstance(value.get(key), list):
                return list(value[key])
    return [value]


def _is_resource(value: dict[str, Any]) -> bool:
    """True for a document of its own, though it has a list that an export could have too."""
    if "kind" in value:
        return not str(value["kind"]).endswith("List")
    return "id" in value and "type" in value


def _streamed(path: Path) -> Iterator[Record]:
    import ijson

    with path.open("rb") as file:
        opening = file.read(1 << 16).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        prefixes = ["item"] if opening == b"[" else [f"{key}.item" for key in CONTAINERS]
        found = False
        for prefix in prefixes:
            file.seek(0)
            try:
                for item in ijson.items(file, prefix, use_float=True):
                    found = True
                    yield 0, item, None
            except ijson.JSONError as error:
                yield 0, None, f"not JSON: {' '.join(str(error).split())[:200]}"
                return
            if found:
                return
    yield 0, None, "a large JSON document without a list of resources"


def _csv(path: Path) -> Iterator[Record]:
    """A download: a column a field, JSON text where a field is not a scalar; `;` or `,` between them."""
    csv.field_size_limit(DOCUMENT)
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        head = file.readline(DOCUMENT)
        file.seek(0)
        rows = csv.DictReader(file, delimiter=";" if head.count(";") > head.count(",") else ",")
        try:
            for row in rows:
                yield rows.line_num, {k: _cell(v) for k, v in row.items() if k and v not in ("", None)}, None
        except csv.Error as error:
            yield rows.line_num, None, f"not CSV: {error}"


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _yaml(path: Path) -> Iterator[Record]:
    """Manifests: several documents a file, aliases counted as what they expand to."""
    import yaml

    if path.stat().st_size > DOCUMENT:
        yield 0, None, f"YAML of more than {DOCUMENT >> 20} MiB"
        return
    loader = yaml.CSafeLoader(path.read_bytes())
    try:
        while loader.check_node():
            node = loader.get_node()
            line, value, error = _yaml_document(loader, node)
            for item in [None] if error else _unwrapped(value):
                yield line, item, error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "nested too deeply or not text"
        yield (mark.line + 1 if mark else 0), None, f"not YAML: {problem}"
    finally:
        loader.dispose()


def _yaml_document(loader: Any, node: Any) -> Record:
    import yaml

    line = node.start_mark.line + 1
    try:
        _count(node)
        return line, _plain(loader.construct_document(node)), None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        return line, None, str(getattr(error, "problem", None) or error or "nested too deeply")


def _count(root: Any) -> None:
    """Refuse a document whose aliases expand to more than `NODES`, before anything is built of it."""
    sizes: dict[int, int] = {}

    def size(node: Any, depth: int) -> int:
        if depth > DEPTH:
            raise ValueError("nested too deeply")
        if id(node) not in sizes:
            children = node.value if isinstance(node.value, list) else []
            flat = (part for child in children for part in (child if isinstance(child, tuple) else (child,)))
            sizes[id(node)] = 0  # an alias inside its own anchor counts nothing more
            sizes[id(node)] = 1 + sum(size(part, depth + 1) for part in flat)
            if sizes[id(node)] > NODES:
                raise ValueError("aliases expand to too much")
        return sizes[id(node)]

    size(root, 0)


def _plain(value: Any, depth: int = 0) -> Any:
    """YAML's dates and odd keys as JSON has them."""
    if depth > DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {str(k): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _snapshot(path: Path) -> Iterator[Record]:
    """Resources of a file of cloudward's own history."""
    from cloudward.errors import StoreError
    from cloudward.store.files import Files
    from cloudward.store.snapshot import Snapshot

    try:
        for resource in Snapshot(path, Files()).resources():
            yield 0, msgspec.to_builtins(resource), None
    except StoreError as error:
        yield 0, None, str(error).removeprefix(f"{path} ")


def main(path: str) -> None:
    encode = msgspec.msgpack.Encoder().encode
    out = sys.stdout.buffer

    def flush(batch: list[Record]) -> None:
        frame = encode(batch)
        out.write(len(frame).to_bytes(4, "big") + frame)

    batch: list[Record] = []
    for record in records(Path(path)):
        batch.append(record)
        if len(batch) >= FRAME:
            flush(batch)
            batch = []
    flush(batch)
    out.write((0).to_bytes(4, "big"))
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1])

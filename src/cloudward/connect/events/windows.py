"""Windows events in one flat shape, with the names that rules use, however they were exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cloudward.connect.events import Document

TIME = ("TimeCreated", "UtcTime", "@timestamp", "EventTime", "TimeGenerated")
SYSTEM = ("EventID", "Channel", "Computer", "Level", "EventRecordID", "Task", "Keywords", "Opcode")


def channel(record: Document) -> str:
    """The channel in lower case, wherever the export has it."""
    inside = record.get("Event")
    if isinstance(inside, Mapping):
        system = inside.get("System") or {}
        return str(_text(system.get("Channel"))).lower()
    log = record.get("winlog")
    if isinstance(log, Mapping):
        return str(log.get("channel")).lower()
    return str(record.get("Channel") or record.get("LogName") or record.get("channel") or "").lower()


def flat(record: Document) -> Iterator[Document]:
    """Fields of the system part and of the data, side by side."""
    inside, log = record.get("Event"), record.get("winlog")
    if isinstance(inside, Mapping):
        yield _evtx(inside)
    elif isinstance(log, Mapping):
        yield {
            "EventID": _number(log.get("event_id")),
            "Channel": log.get("channel"),
            "Computer": log.get("computer_name"),
            "Provider_Name": log.get("provider_name"),
            "TimeCreated": record.get("@timestamp"),
            **(log.get("event_data") or {}),
            **(log.get("user_data") or {}),
        }
    else:
        data = record.get("EventData")
        extra = data if isinstance(data, Mapping) else {}
        yield {**record, **extra, "EventID": _number(record.get("EventID", record.get("event_id")))}


def _evtx(event: Mapping[str, Any]) -> dict[str, Any]:
    system = event.get("System") or {}
    found: dict[str, Any] = {name: _text(system[name]) for name in SYSTEM if name in system}
    found["EventID"] = _number(found.get("EventID"))
    found["Provider_Name"] = _attributes(system.get("Provider")).get("Name")
    found["TimeCreated"] = _attributes(system.get("TimeCreated")).get("SystemTime")
    security = _attributes(system.get("Security")).get("UserID")
    if security:
        found["UserID"] = security
    for part in (event.get("EventData"), event.get("UserData")):
        found |= _data(part)
    return {name: value for name, value in found.items() if value is not None}


def _data(part: Any) -> dict[str, Any]:
    """Named data beside each other; what has no name under `Data`."""
    if not isinstance(part, Mapping):
        return {}
    inner = part.get("Data")
    if isinstance(inner, list) and all(isinstance(each, Mapping) for each in inner):
        return {str(_attributes(each).get("Name")): _text(each) for each in inner}
    found: dict[str, Any] = {}
    for name, value in part.items():
        if name == "#attributes":
            continue
        found |= _data(value) if isinstance(value, Mapping) and "#text" not in value else {name: _text(value)}
    return found


def _attributes(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    inside = value.get("#attributes")
    return inside if isinstance(inside, Mapping) else value


def _text(value: Any) -> Any:
    return value.get("#text") if isinstance(value, Mapping) else value


def _number(value: Any) -> Any:
    value = _text(value)
    return int(value) if isinstance(value, str) and value.isdigit() else value

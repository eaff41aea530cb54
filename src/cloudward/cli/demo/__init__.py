"""The demo: a company estate on this machine, scanned and served through the same code as a real one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import typer

from cloudward.cli.demo import estate
from cloudward.cli.demo.cloud import playing
from cloudward.cli.options import default_store
from cloudward.cli.output import note, styled
from cloudward.errors import StoreError

if TYPE_CHECKING:
    from cloudward.assess.asked import Options
    from cloudward.assess.scan import Summary
    from cloudward.pack import Pack
    from cloudward.store import Store

FILES = ("azure-resource-graph.json", "kubernetes.json")
EVENTS = ("events-cloudtrail.json", "events-kubernetes.log")
ALERTS = 8
"""So many alerts are shown."""
EXPLAINED = ("arn:aws:s3:::larchlane-exports", "aws-s3-bucket-public")
CONNECTOR, BY = "larchlane", "demo"
PORT = 8080
ALONE = 5
"""Seconds that whoever opens the portal has the machine for himself."""
PATIENCE = 30
"""Seconds until the portal must answer."""


def run(fresh: bool = False) -> None:
    """Scan the company, or take what the last demo found; serve it until Ctrl-C, and end all that it started.

    With `DEMO_EXIT` set it begins anew, ends once the portal has answered, and leaves nothing behind.
    """
    from cloudward.pack import load
    from cloudward.server import assets
    from cloudward.store import Store

    leaving, served = bool(os.environ.get("DEMO_EXIT")), threading.Event()
    with ExitStack() as stack:
        folder = stack.enter_context(_passing()) if leaving else _kept(fresh)
        portal = stack.enter_context(ThreadPoolExecutor(1)).submit(assets.renew, quiet=True)
        store, pack = stack.enter_context(Store.open(folder)), load()
        if store.scopes():
            note("Larch & Lane as the last demo left it; it is scanned again meanwhile.")
            stack.enter_context(_meanwhile(store, served))
            _report(store, folder, pack, [])
        else:
            note("Building Larch & Lane, a made-up company: two AWS accounts, Azure, a cluster ...")
            stack.enter_context(playing())
            _report(store, folder, pack, list(_scans(store, pack)))
        if not portal.done():
            note("The portal is being built; that takes a minute, once ...")
        portal.result()
        log = stack.enter_context((folder / "server.log").open("a"))
        _serve(store, folder, pack, log, leaving, served)


@contextmanager
def _passing() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cloudward-demo-") as folder:
        yield Path(folder) / "store"


def _kept(fresh: bool) -> Path:
    """Where the demo's own store lies: beside the one of real scans."""
    folder = default_store().with_name("cloudward-demo")
    if fresh and folder.exists():
        if not (folder / "state.sqlite").exists():
            raise StoreError(f"{folder} is no store of a demo", "move it away")
        shutil.rmtree(folder)
    return folder


def _scans(store: Store, pack: Pack) -> Iterator[Summary]:
    from cloudward.assess.asked import Options, run
    from cloudward.cli.progress import progress
    from cloudward.connect.aws.settings import Settings
    from cloudward.model import Provider

    settings = Settings(estate.ROLE, accounts=(estate.PRODUCTION, estate.DEVELOPMENT))
    store.connect(CONNECTOR, Provider.AWS, settings.kept(), BY)
    for asked in (_accounts(), *(Options(target=str(_example(name))) for name in FILES)):
        with progress() as shown:
            yield run(store, pack, asked, progress=shown)


def _accounts() -> Options:
    from cloudward.assess.asked import Options

    return Options(target="aws", connector=CONNECTOR)


def _example(name: str) -> Path:
    """Where the examples lie: beside the package when installed, in the checkout otherwise."""
    import cloudward

    package = Path(cloudward.__file__).parent
    installed = package / "examples" / name
    return installed if installed.exists() else package.parents[1] / "examples" / name


@contextmanager
def _meanwhile(store: Store, served: threading.Event) -> Iterator[None]:
    """Play the company and have its accounts scanned again, once what is there already is served."""
    end = threading.Event()
    thread = threading.Thread(target=_again, args=(store, served, end), name="cloudward-demo", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        served.set()
        thread.join(PATIENCE)


def _again(store: Store, served: threading.Event, end: threading.Event) -> None:
    from cloudward.store import jobs

    served.wait()  # to play it sooner would keep the server from coming up ...
    if end.wait(ALONE):  # ... and the first pages from being shown
        return
    with playing():
        with store.database.write(alone=False) as connection:
            asked, lane = {"connector": CONNECTOR}, f"connector/{CONNECTOR}"
            jobs.add(connection, "scan", asked, by=BY, now=datetime.now(UTC), lane=lane)
        end.wait()


def _report(store: Store, folder: Path, pack: Pack, summaries: Sequence[Summary]) -> None:
    """What was found, on one screen, and one explanation; of an earlier demo the score alone."""
    from cloudward.assess.score import combine
    from cloudward.cli.commands.explain import explain
    from cloudward.cli.commands.score import score
    from cloudward.cli.summary import show

    styled()
    if not summaries:
        score([], folder)
        return
    whole = replace(
        summaries[0],
        scopes=[scope for summary in summaries for scope in summary.scopes],
        score=combine("all", [score for _, _, score in store.scores()]),
        counts=sum((Counter(summary.counts) for summary in summaries), Counter()),
        exempt=sum(summary.exempt for summary in summaries),
        resources=sum(summary.resources for summary in summaries),
        holes=[row for summary in summaries for row in summary.holes],
        collecting=sum(summary.collecting for summary in summaries),
        assessing=sum(summary.assessing for summary in summaries),
    )
    counted = store.facets("policy", status="unhealthy", exempt=False)
    show(whole, pack.policies, {facet.value: facet.count for facet in counted})
    styled()
    explain([], folder, [], *EXPLAINED)
    _alerts(store, pack)


def _alerts(store: Store, pack: Pack) -> None:
    """What happened in the company one night, and what of it was an attack."""
    from cloudward.cli.alerts import LISTING, record
    from cloudward.cli.demo import habits
    from cloudward.cli.output import counted, draw
    from cloudward.connect.events.reading import read
    from cloudward.detect import load
    from cloudward.detect.behaviour.baselines import Baselines
    from cloudward.detect.following import heard
    from cloudward.detect.indicators.lookup import Indicators
    from cloudward.detect.run import Run
    from cloudward.rules.completion import sealer
    from cloudward.store import batches
    from cloudward.store.alerts import Alerts
    from cloudward.store.baselines import Kept
    from cloudward.store.events import Events
    from cloudward.store.indicators import IndicatorList

    alerts, events = Alerts(store.database), Events(store.folder, store.files)
    detections, indicators = load(), IndicatorList(store.database)
    indicators.add([habits.LISTED], habits.LISTED.source)
    run = Run(
        detections,
        alerts,
        sealer(store.key),
        events,
        baselines=Baselines(detections, Kept(store.database)),
        indicators=Indicators(indicators.every()),
    )
    begun = datetime.now(UTC)
    summary = run.over(chain(habits.events(), read([_example(name) for name in EVENTS])))
    with store.database.write() as connection:
        for each in heard(summary, "files", begun):
            batches.hear(connection, each)
    found = alerts.every()
    styled()
    count = sum(summary.events.values())
    styled((f"Alerts: {len(found)}, from {counted(count, 'event')} of its logs", "bold"))
    draw(LISTING.columns, [record(alert) for alert in found[:ALERTS]])
    _incident(store, pack)


def _incident(store: Store, pack: Pack) -> None:
    """The story that the alerts tell: how it hangs together, where it is serious, what is next."""
    from cloudward.cli.incidents import show
    from cloudward.respond.incidents import update
    from cloudward.store.incidents import Incidents

    update(store, pack, datetime.now(UTC))
    found = Incidents(store.database)
    incidents, _ = found.page({})
    for each in incidents[:1]:
        styled()
        show(each, found.members(each.id), found.comments(each.id))


def _serve(
    store: Store, folder: Path, pack: Pack, log: TextIO, leaving: bool, served: threading.Event
) -> None:
    from cloudward.server.serving import Place, application, serve
    from cloudward.server.work import working

    place, answered = Place(port=0 if leaving else _port()), threading.Event()
    app = application(store, pack, place)

    def listening(at: str, named: str) -> None:
        _listens(store, folder, at, named)
        served.set()
        if leaving:
            threading.Thread(target=_leave, args=(at, answered), daemon=True).start()

    serve(app, place, listening, [working(store)], log)
    if leaving and not answered.is_set():
        raise StoreError(f"the portal did not answer within {PATIENCE} seconds")
    note("Ended.")


def _port() -> int:
    """The usual port, or any when somebody has it."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", PORT))
            tried.listen()
        except OSError:
            return 0
    return PORT


def _listens(store: Store, folder: Path, at: str, named: str) -> None:
    """Tell where to look and what to try."""
    from cloudward.server.auth.links import MINUTES, first_link

    styled()
    link = first_link(store)
    styled(("The portal", "bold"), f" is open until Ctrl-C on {at}")
    if link:
        styled(f"Sign in as its administrator, once and within {MINUTES} minutes:")
        typer.echo(f"{named}{link}")  # whole: a broken line cannot be clicked
    styled("In another terminal:")
    for line in (
        f"export CLOUDWARD_STORE={folder}",
        "cloudward recommendations",
        "cloudward alerts",
        "cloudward incidents",
        "cloudward inventory",
        "cloudward query 'SELECT type, count(*) FROM resources GROUP BY type'",
    ):
        styled(f"  {line}")
    sys.stdout.flush()  # who reads it through a pipe needs the link now


def _leave(at: str, answered: threading.Event) -> None:
    """End once the portal has answered; whoever started this asked for no more."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE:
        try:
            with build_opener(ProxyHandler({})).open(at) as answer:  # our own address, through no proxy
                note(f"The portal answered with {answer.status}.")
                answered.set()
                break
        except URLError:
            time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)

"""The demo: a company estate on this machine, scanned through the same code as a real one."""

from __future__ import annotations

import logging
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from cloudward.cli.demo import estate
from cloudward.cli.output import note, styled
from cloudward.errors import UsageError

if TYPE_CHECKING:
    from cloudward.assess.scan import Summary
    from cloudward.connect import Connector
    from cloudward.pack import Pack
    from cloudward.store import Store

FILES = ("azure-resource-graph.json", "kubernetes.json")
EXPLAINED = ("arn:aws:s3:::larchlane-exports", "aws-s3-bucket-public")


def run() -> None:
    """Start the estate, scan it, say what was found, end all that was started."""
    from cloudward.pack import load
    from cloudward.store import Store

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cloudward-demo-")))
        note("Building Larch & Lane, a made-up company: two AWS accounts, Azure, a cluster ...")
        address = stack.enter_context(_cloud())
        sessions = [_account(address, account) for account in (estate.PRODUCTION, estate.DEVELOPMENT)]
        for build, session in zip((estate.production, estate.development), sessions, strict=True):
            build(partial(_client, session, address))
        pack = load()
        folder = folder / "store"
        store = stack.enter_context(Store.open(folder))
        summaries = [_scan(store, source, pack) for source in _sources(store, pack, sessions)]
        _report(store, folder, pack, summaries)
        _stay(folder, address)


@contextmanager
def _cloud() -> Iterator[str]:
    """A moto server on loopback, and the environment that leads AWS clients there and nowhere else."""
    try:
        from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
        from moto.moto_server import werkzeug_app
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise UsageError(
            "the demo plays AWS with moto, which is not installed", "pip install 'cloudward[demo]'"
        ) from error

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    # The company has switched all other regions off, so that its scan is a whole one.
    RegionsAndZonesBackend.regions = [r for r in RegionsAndZonesBackend.regions if r.name in estate.REGIONS]
    # moto prints a line for each call that it does not play; the scan says so itself, in coverage.
    setattr(werkzeug_app, "print", lambda *_, **__: None)  # noqa: B010
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    before = dict(os.environ)
    os.environ.update(
        AWS_ENDPOINT_URL=address,
        AWS_ACCESS_KEY_ID="demo",
        AWS_SECRET_ACCESS_KEY="demo",  # noqa: S106 - the fake cloud takes any
        AWS_DEFAULT_REGION=estate.REGIONS[0],
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN"):
        os.environ.pop(name, None)
    try:
        yield address
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()


def _account(address: str, account: str) -> Any:
    """A session of the auditing role in an account."""
    import boto3

    sts = boto3.client("sts", endpoint_url=address)
    role = f"arn:aws:iam::{account}:role/cloudward"
    given = sts.assume_role(RoleArn=role, RoleSessionName="cloudward")["Credentials"]
    return boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def _client(session: Any, address: str, service: str, region: str) -> Any:
    return session.client(service, region_name=region, endpoint_url=address)


def _sources(store: Store, pack: Pack, sessions: Sequence[Any]) -> Iterator[Connector]:
    from cloudward.assess.selection import rules, wanted
    from cloudward.connect.aws.connector import Aws
    from cloudward.connect.files.connector import Files
    from cloudward.rules.completion import sealer

    seal, asked = sealer(store.key), wanted(rules(pack, pack.policies))
    for session in sessions:
        yield Aws(pack.types, seal, session=session, wanted=asked)
    for name in FILES:
        yield Files(_example(name), pack.types, seal)


def _example(name: str) -> Path:
    """Where the examples lie: beside the package when installed, in the checkout otherwise."""
    import cloudward

    package = Path(cloudward.__file__).parent
    installed = package / "examples" / name
    return installed if installed.exists() else package.parents[1] / "examples" / name


def _scan(store: Store, source: Connector, pack: Pack) -> Summary:
    from cloudward.assess.scan import scan
    from cloudward.cli.progress import progress

    with progress() as shown:
        return scan(store, source, pack, progress=shown)


def _report(store: Store, folder: Path, pack: Pack, summaries: Sequence[Summary]) -> None:
    from cloudward.assess.score import combine
    from cloudward.cli.commands.explain import explain
    from cloudward.cli.summary import show

    styled()
    scores = [score for _, _, score in store.scores()]
    whole = replace(
        summaries[0],
        scopes=[scope for summary in summaries for scope in summary.scopes],
        score=combine("all", scores),
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


def _stay(folder: Path, address: str) -> None:
    """Tell what to try, and keep the estate until somebody has seen enough."""
    styled()
    if os.environ.get("DEMO_EXIT"):
        styled("Next: cloudward scan aws")
        return
    styled("The estate stays up until Ctrl-C. In another terminal:")
    for line in (
        f"export CLOUDWARD_STORE={folder}",
        f"export AWS_ENDPOINT_URL={address} AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo",
        "cloudward recommendations",
        "cloudward inventory",
        "cloudward query 'SELECT type, count(*) FROM resources GROUP BY 1 ORDER BY 2 DESC'",
    ):
        styled(f"  {line}")
    try:
        Event().wait()
    except KeyboardInterrupt:
        note("Ended.")

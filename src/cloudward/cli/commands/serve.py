"""`cloudward serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloudward.cli.options import ContentFolders, StorePath
from cloudward.cli.output import note
from cloudward.cli.stored import content

if TYPE_CHECKING:
    from cloudward.store import Store


def serve(
    store: StorePath,
    own: ContentFolders,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 8080,
    certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", metavar="FILE", help="PEM, with those above it ...")
    ] = None,
    key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="... and its key.")] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option("--behind-proxy", help="A proxy on this machine has TLS."),
    ] = False,
    proxy: Annotated[
        list[str] | None,
        typer.Option("--proxy", metavar="ADDRESS", help="A proxy elsewhere; may be given again."),
    ] = None,
    url: Annotated[
        str, typer.Option("--url", metavar="URL", help="What people type to come here, where it differs.")
    ] = "",
    links_anywhere: Annotated[
        bool, typer.Option("--links-anywhere", help="The sign-in link may be opened on another machine.")
    ] = False,
    addresses: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-address",
            metavar="ADDRESS",
            help="A private address, network or name that may be called; may be given again.",
        ),
    ] = None,
) -> None:
    """Serve the API and the portal.

    It answers on this machine alone, unless TLS or a proxy protects what goes further. A line of JSON on
    stderr tells of each call. Ctrl-C ends it.
    """
    from cloudward.server import assets
    from cloudward.server.evaluating import evaluating
    from cloudward.server.serving import Place, application
    from cloudward.server.serving import serve as run
    from cloudward.server.work import working
    from cloudward.store import Store

    proxies = [*(("127.0.0.1", "::1") if behind_proxy else ()), *(proxy or ())]
    place = Place(host, port, certificate, key, proxies, url, links_anywhere, addresses or ())
    place.check()
    pack = content(own)
    assets.renew()
    folders = [folder.resolve() for folder in own]
    with Store.open(store) as opened:
        hands = [evaluating(opened), working(opened, folders, addresses=place.addresses)]
        run(application(opened, pack, place), place, lambda at, named: _listens(opened, at, named), hands)


def _listens(store: Store, at: str, named: str) -> None:
    from cloudward.server.auth.links import MINUTES, first_link
    from cloudward.store.upkeep import outgrown

    note(f"cloudward listens on {at}")
    if reason := outgrown(store):
        note(f"It is time for PostgreSQL: {reason}. `cloudward backup` and `restore` move the store.")
    if link := first_link(store):
        note(f"Sign in as its administrator, once and within {MINUTES} minutes:")
        note(f"{named}{link}")

"""`cloudward rotate-key`."""

from __future__ import annotations

from cloudward.cli.options import StorePath
from cloudward.cli.output import counted, note


def rotate_key(store: StorePath) -> None:
    """Seal all secrets at rest with a new key.

    The key before it stays in the file until the next rotation, for servers that are running. Back the file
    `keys` up apart from the database: whoever has both can read the secrets.
    """
    from cloudward.store import Store

    with Store.open(store) as opened:
        note(f"{counted(opened.vault.rotate(), 'secret')} sealed with a new key.")

"""How a run ended, as a number. The page on exit codes is made from this file."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """When several are true, the first in the order 2, 1, 3, 0 is given."""

    OK = 0
    FOUND = 1
    USAGE = 2
    INCOMPLETE = 3
    SIGN_IN = 4
    CHANGES = 5
    FAULT = 70
    INTERRUPTED = 130
    CLOSED = 141


MEANING: dict[Exit, str] = {
    Exit.OK: "Done; nothing at or above `--fail-on`, and everything that was asked for could be read.",
    Exit.FOUND: "`scan` has recommendations, or `detect` alerts, at or above `--fail-on` "
    "(`low` unless told otherwise).",
    Exit.USAGE: "An option, id, file or piece of content is not what it should be; nothing was started, "
    "or an example of a policy failed. Also a store that cannot be used.",
    Exit.INCOMPLETE: "Something could not be read, so answers are unknown (`cloudward coverage` says what), "
    "or there was nothing to read; 0 instead with `--allow-incomplete`.",
    Exit.SIGN_IN: "There are no credentials, or the provider does not take them.",
    Exit.CHANGES: "`apply --plan`: applying the files would change something. "
    "`audit verify`: the log of changes is not as it was written.",
    Exit.FAULT: "A fault in cloudward itself. Please report it; `CLOUDWARD_TRACEBACK=1` shows the place.",
    Exit.INTERRUPTED: "Interrupted. `cloudward scan --resume` continues where the scan stopped.",
    Exit.CLOSED: "The program that reads the output went away, as in `cloudward recommendations | head`.",
}

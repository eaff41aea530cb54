"""Every error that a caller may meet.

    CloudwardError                  exit code
    ├── UsageError                  2   an option, an id or a file that is not what it should be
    │   └── ContradictionError      2   two things that people decided say the opposite of each other
    ├── ContentError                2   a policy, type or function file is wrong: file, line, key
    │   ├── ConditionError          2   its CEL is wrong: file, line, column
    │   └── BrokenContentError      2   all that is wrong in one load, a line each
    ├── InputError                  2   a document or export cannot be read at all
    ├── QueryError                  2   a question that `query` refuses or cannot answer
    ├── SignInError                 4   no credentials, or the provider does not take them
    ├── OutgoingError               2   an address that the server may not call, or that gives no answer
    ├── CallerError                 -   a call to the server that it refuses; each has its HTTP status
    │   ├── WhoError                401 nobody is signed in, or the token is none
    │   ├── DeniedError             403 who calls may not do this
    │   │   └── ProofError          403 he may, once he has proved again who he is
    │   ├── BusyError               429 too many calls; `seconds` says when to try again
    │   │   └── FullError           503 more waits to be worked on than is taken
    │   ├── LargeError              413 more than is taken at once
    │   ├── FormError               415 it comes packed in a way that nothing here reads
    │   ├── MissingError            404 there is none, or none that who calls may see
    │   ├── StaleError              412 somebody changed it since it was read
    │   └── UnconditionalError      428 it is not said what was read before it is changed
    └── StoreError                  2   the store cannot be opened, read or written
        └── HeldError               2   another process works on it

What could not be read from a provider is not an error but Coverage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from math import ceil

LONGEST = 500


class CloudwardError(Exception):
    """Says what is wrong, where, and what to do."""

    exit_code = 2
    hint = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or self.hint


class UsageError(CloudwardError):
    """An option, an id or a path that does not fit."""


class ContradictionError(UsageError):
    """Two things say the opposite of each other; `ids` are theirs."""

    def __init__(self, ids: tuple[str, ...], message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.ids = ids


class InputError(CloudwardError):
    """A file that cannot be read as what it claims to be."""


class QueryError(CloudwardError):
    """A question that is refused or cannot be answered."""


class StoreError(CloudwardError):
    """The store cannot be opened, read or written."""


class HeldError(StoreError):
    """Another process works on it."""


class SignInError(CloudwardError):
    """No credentials, or credentials that the provider refuses."""

    exit_code = 4


class OutgoingError(CloudwardError):
    """The server may not call an address that somebody gave, or got no answer that can be used."""


class CallerError(CloudwardError):
    """The server refuses a call; `status` is the HTTP status, `kind` the `type` of the problem."""

    status = 400
    kind = "about:blank"


class WhoError(CallerError):
    """Nobody is signed in, or the token is none."""

    status = 401


class DeniedError(CallerError):
    """Who calls may not do this."""

    status = 403


class ProofError(DeniedError):
    """Who calls may do this once he has proved again who he is."""

    kind = "urn:cloudward:problem:proof"
    hint = "sign in again, or prove it: POST /api/v1/session/proof"


class BusyError(CallerError):
    """Too many calls; `seconds` is when to try again."""

    status = 429

    def __init__(self, message: str, seconds: float = 1) -> None:
        super().__init__(message)
        self.seconds = max(1, ceil(seconds))


class FullError(BusyError):
    """More waits to be worked on than is taken; `seconds` is when to try again."""

    status = 503


class LargeError(CallerError):
    """More than is taken at once."""

    status = 413


class FormError(CallerError):
    """It comes packed in a way that nothing here reads."""

    status = 415


class MissingError(CallerError):
    """There is no such thing, or none that who calls may see: the answer is the same."""

    status = 404


class StaleError(CallerError):
    """Somebody changed it since it was read."""

    status = 412


class UnconditionalError(CallerError):
    """A change has to say which form of the thing it changes."""

    status = 428
    hint = "give the ETag of what you read as If-Match"


class ContentError(CloudwardError):
    """A content file is wrong, said in one line. `line` and `column` count from 1; 0 where there is none."""

    def __init__(self, file: str, line: int, message: str, column: int = 0) -> None:
        message = " ".join(message.split())
        message = message if len(message) <= LONGEST else message[: LONGEST - 3] + "..."
        place = ":".join(str(part) for part in (file, line or "", column or "") if part != "")
        super().__init__(f"{place}: {message}" if place else message)
        self.file, self.line, self.column, self.message = file, line, column, message


class ConditionError(ContentError):
    """A condition is wrong."""


class BrokenContentError(ContentError):
    """Several things are wrong; `errors` holds them, the message is a line for each."""

    def __init__(self, errors: Sequence[ContentError]) -> None:
        first = errors[0]
        super().__init__(first.file, first.line, first.message, first.column)
        self.errors = tuple(errors)
        self.args = ("\n".join(str(error) for error in errors),)


def near(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest of `names`, or nothing."""
    match = get_close_matches(name[:LONGEST], [str(each) for each in names], n=1, cutoff=0.6)
    return f"; did you mean {match[0]!r}?" if match else ""

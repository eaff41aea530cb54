"""What AWS's replies mean. A code that stands in no table and no declaration means failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from cloudward.connect.aws.declare import Call
from cloudward.connect.aws.transport import Kind, Reply
from cloudward.model import Outcome, Reason


class Again(Enum):
    """Why a request is worth repeating."""

    NO = auto()
    THROTTLED = auto()
    TRANSIENT = auto()
    LATER = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a request ended, and whether it is worth asking again."""

    outcome: Outcome
    data: Mapping[str, Any] | None = None
    message: str = ""
    again: Again = Again.NO
    signed_out: bool = False
    """The credentials themselves were refused: in one region, or everywhere."""
    not_offered: bool = False
    """The region has no such service, so there can be nothing of it."""


EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
SIGNED_OUT = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
DENIED = {
    "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "AuthFailure", "AuthorizationError",
    "AuthorizationErrorException", "AuthorizationException", "Forbidden", "ForbiddenException",
    "NotAuthorized", "NotAuthorizedException", "OperationNotPermitted", "OperationNotPermittedException",
    "UnauthorizedAccess", "UnauthorizedException", "UnauthorizedOperation", "401", "403",
}  # fmt: skip
UNSUPPORTED = {
    "InvalidAction", "MethodNotAllowed", "NotImplemented", "NotSupported", "OptInRequired",
    "RegionDisabledException", "SubscriptionRequiredException", "UnknownOperation",
    "UnknownOperationException", "UnsupportedOperation", "UnsupportedOperationException", "404", "405", "501",
}  # fmt: skip
THROTTLED = {
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
    "RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
    "TooManyRequests", "TooManyRequestsException", "TransactionInProgressException", "429",
}  # fmt: skip
TRANSIENT = {
    "InternalError", "InternalErrorException", "InternalFailure", "InternalServerError",
    "InternalServerException", "InternalServiceError", "InternalServiceException", "RequestTimeout",
    "RequestTimeoutException", "ServerException", "ServiceException", "ServiceUnavailable",
    "ServiceUnavailableException", "Unavailable", "500", "502", "503", "504",
}  # fmt: skip

REASONS = {
    Outcome.DENIED: Reason.DENIED,
    Outcome.UNSUPPORTED: Reason.UNSUPPORTED,
    Outcome.NOT_REQUESTED: Reason.NOT_REQUESTED,
}
"""Why a value is unread after a call that ended so; anything else failed."""


def judge(reply: Reply, call: Call) -> Verdict:
    """What the reply means for this call."""
    if reply.kind is Kind.ANSWER:
        return Verdict(Outcome.READ, reply.data or {})
    if reply.kind is Kind.REFUSED:
        return _declared(reply, call) or _known(reply)
    message = reply.message or reply.kind.name.lower()
    if reply.kind is Kind.NOT_RECORDED:
        return Verdict(Outcome.NOT_REQUESTED, message=message)
    if reply.kind is Kind.UNREADABLE and reply.status in (404, 405, 501):
        return Verdict(Outcome.UNSUPPORTED, message=f"HTTP {reply.status}: {message}")
    if reply.kind is Kind.UNREADABLE and reply.status in (401, 403):
        return Verdict(Outcome.DENIED, message=f"HTTP {reply.status}: {message}")
    return Verdict(Outcome.FAILED, message=_with_status(message, reply.status), again=Again.TRANSIENT)


def _declared(reply: Reply, call: Call) -> Verdict | None:
    for none_set, answer in call.absent.items():
        if _says(reply, none_set):
            return Verdict(Outcome.EMPTY, answer)
    if reply.code in call.gone:
        return Verdict(Outcome.GONE, message=_text(reply))
    if reply.code in call.later:
        return Verdict(Outcome.FAILED, message=_text(reply), again=Again.LATER)
    if any(_says(reply, each) for each in call.unsupported):
        return Verdict(Outcome.UNSUPPORTED, message=_text(reply))
    return None


def _says(reply: Reply, error: str) -> bool:
    """Whether the reply has the code, and the words of the message that may follow it."""
    code, _, words = error.partition(": ")
    return reply.code == code and words in reply.message


def _known(reply: Reply) -> Verdict:
    code, status = reply.code, reply.status
    if code in EXPIRED:
        return Verdict(Outcome.FAILED, message=_text(reply), signed_out=True)
    if code in SIGNED_OUT:
        return Verdict(Outcome.UNSUPPORTED, message=_text(reply), signed_out=True)
    if code in THROTTLED or status == 429:
        return Verdict(Outcome.FAILED, message=_text(reply), again=Again.THROTTLED)
    if code in UNSUPPORTED:
        return Verdict(Outcome.UNSUPPORTED, message=_text(reply))
    if code in DENIED or code.startswith("AccessDenied") or status in (401, 403):
        return Verdict(Outcome.DENIED, message=_text(reply))
    if code in TRANSIENT or status >= 500:
        return Verdict(Outcome.FAILED, message=_text(reply), again=Again.TRANSIENT)
    return Verdict(Outcome.FAILED, message=_text(reply))


def _text(reply: Reply) -> str:
    words = " ".join(f"{reply.code}: {reply.message}".split())
    return words.removesuffix(":")[:200]


def _with_status(message: str, status: int) -> str:
    return f"HTTP {status}: {message}" if status else message

"""Mail, in plain text alone. Nobody gets more of a kind in a day than he can read."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from cloudward.errors import UsageError
from cloudward.respond.notify import Channel, Event, Field, Level, Message, NotSentError, Way, line, lines
from cloudward.runtime import trust

FIELDS = {
    "host": Field("the mail server"),
    "port": Field("its port", required=False, default="587"),
    "security": Field(
        "how it is spoken to", required=False, default="starttls", choices=("starttls", "tls", "none")
    ),
    "user": Field("who signs in there", required=False),
    "password": Field("his password", required=False, secret=True),
    "sender": Field("from whom the mail is"),
    "recipients": Field("to whom it goes, with commas between"),
}
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")
HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
SECONDS = 20
CAPS = {
    Level.HIGH: (4, timedelta(days=1)),
    Level.MEDIUM: (2, timedelta(days=1)),
    Level.LOW: (1, timedelta(days=1)),
}
"""So many of an event and level to one address in such a time."""


def check(settings: Mapping[str, str]) -> None:
    if not HOST.fullmatch(settings["host"]):
        raise UsageError(f"{settings['host']!r} is no name of a host")
    if not settings["port"].isdecimal() or not 1 <= int(settings["port"]) <= 65535:
        raise UsageError("the port of a mail server is a number from 1 to 65535")
    for each in (settings["sender"], *recipients(settings)):
        if not ADDRESS.fullmatch(each):
            raise UsageError(f"{each!r} is no address for mail")
    if not recipients(settings):
        raise UsageError("to whom does the mail go?", "recipients: ann@acme.example, bob@acme.example")
    if settings["user"] and settings["security"] == "none":
        raise UsageError("a password is sent over TLS alone", "security: starttls or tls")


def recipients(settings: Mapping[str, str]) -> list[str]:
    """The addresses, each once."""
    return list(dict.fromkeys(filter(None, map(str.strip, settings["recipients"].split(",")))))


def send(channel: Channel, message: Message, way: Way) -> Mapping[str, Any]:
    """Each recipient gets a mail of his own, and does not see the others."""
    wanted = recipients(channel.settings)
    spared = [each for each in wanted if way.spare(each, message.event, message.level)]
    told = [each for each in wanted if each not in spared]
    refused: dict[str, str] = {}
    if told:
        with _connected(channel.settings, way) as server:
            for each in told:
                problem = _one(server, channel.settings, message, each)
                if problem:
                    refused[each] = problem
                else:
                    way.sent(each, message.event, message.level)
    if refused and len(refused) == len(told):
        raise NotSentError(f"nobody could be told: {'; '.join(refused.values())}", final=True)
    return {"sent": [each for each in told if each not in refused], "spared": spared, "refused": refused}


def _one(server: smtplib.SMTP, settings: Mapping[str, str], message: Message, to: str) -> str:
    """Send to one address; what the server has against it."""
    try:
        server.send_message(mail(settings, message, to))
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = error.recipients[to]
        if 400 <= code < 500:
            raise NotSentError(f"{to}: {code} {_said(reason)}") from error
        return f"{to}: {code} {_said(reason)}"
    except (smtplib.SMTPException, OSError) as error:
        raise NotSentError(f"the mail server broke off: {error}") from error
    return ""


def mail(settings: Mapping[str, str], message: Message, to: str) -> EmailMessage:
    """The mail to one address."""
    made = EmailMessage()
    made["From"], made["To"] = settings["sender"], to
    made["Subject"] = line(f"[cloudward] {message.title}", 200)
    made["Date"] = format_datetime(message.at)
    made["Message-ID"] = f"<{message.id}@{settings['sender'].partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    told = [line(message.title), "", *lines(message)]
    made.set_content("\n".join(told) + "\n")
    return made


def _connected(settings: Mapping[str, str], way: Way) -> smtplib.SMTP:
    """A session with the mail server at the address that was looked at, under its own name."""
    host, port = settings["host"], int(settings["port"])
    address, context = way.address(host, port), trust.context()
    try:
        server = (
            _Tls(address, host, port, context)
            if settings["security"] == "tls"
            else _Plain(address, host, port)
        )
        with _closing_what_fails(server):
            if settings["security"] == "starttls":
                server.starttls(context=context)
            if settings["user"]:
                server.login(settings["user"], settings["password"])
    except smtplib.SMTPAuthenticationError as error:
        raise NotSentError(
            f"{host} does not take the password: {_said(error.smtp_error)}", final=True
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotSentError(f"{host} cannot be reached: {trust.told(error)}") from error
    return server


@contextmanager
def _closing_what_fails(server: smtplib.SMTP) -> Iterator[None]:
    try:
        yield
    except BaseException:
        server.close()
        raise


class _Plain(smtplib.SMTP):
    """Connects to an address, and takes the server's name for what it is."""

    def __init__(self, address: str, host: str, port: int) -> None:
        self._address = address
        super().__init__(host, port, timeout=SECONDS)

    def _get_socket(self, _host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self._address, port), timeout)


class _Tls(_Plain):
    """The same over TLS from the first byte."""

    def __init__(self, address: str, host: str, port: int, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(address, host, port)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)


def _said(reason: object) -> str:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return line(text, 120)


def cap(event: Event, level: Level) -> tuple[int, timedelta]:
    """So many mails in such a time; a test goes out always."""
    return (1000, timedelta(days=1)) if event is Event.TEST else CAPS[level]

"""A record for a log server, as RFC 5424 has it: over UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425), on a
stream with its octets counted.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from cloudward.errors import UsageError
from cloudward.respond.notify import Channel, Field, Level, Message, NotSentError, Way, line, lines
from cloudward.runtime import trust

FIELDS = {
    "host": Field("the log server"),
    "port": Field("its port; else 514, and 6514 for TLS", required=False),
    "protocol": Field("how it is sent", required=False, default="tcp", choices=("udp", "tcp", "tls")),
    "facility": Field("16 to 23 are for local use", required=False, default="16"),
}
HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
SEVERITIES = {Level.HIGH: 2, Level.MEDIUM: 4, Level.LOW: 5}
"""Critical, warning, notice."""
PORTS = {"udp": 514, "tcp": 514, "tls": 6514}
SECONDS = 10
DATAGRAM = 2048
"""What a receiver must take over UDP, when it takes what it should."""
ENTERPRISE = "cloudward@32473"
"""The number that RFC 5612 keeps for examples: cloudward has none of its own."""


def check(settings: Mapping[str, str]) -> None:
    if not HOST.fullmatch(settings["host"]):
        raise UsageError(f"{settings['host']!r} is no name of a host")
    for name, least, most in (("port", 1, 65535), ("facility", 0, 23)):
        if (given := settings[name]) and not (given.isdecimal() and least <= int(given) <= most):
            raise UsageError(f"{name} of syslog is a number from {least} to {most}")


def send(channel: Channel, message: Message, way: Way) -> Mapping[str, Any]:
    settings = channel.settings
    data = record(message, int(settings["facility"]), socket.gethostname())
    port = int(settings["port"] or PORTS[settings["protocol"]])
    address = (way.address(settings["host"], port), port)
    try:
        if settings["protocol"] == "udp":
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            with socket.socket(family, socket.SOCK_DGRAM) as out:
                out.sendto(data[:DATAGRAM], address)
        else:
            with socket.create_connection(address, SECONDS) as out:
                _counted(out, settings, data)
    except OSError as error:
        raise NotSentError(f"{settings['host']} cannot be reached: {trust.told(error)}") from error
    return {"bytes": len(data)}


def _counted(out: socket.socket, settings: Mapping[str, str], data: bytes) -> None:
    framed = f"{len(data)} ".encode() + data
    if settings["protocol"] == "tcp":
        out.sendall(framed)
        out.shutdown(socket.SHUT_WR)
        return
    with trust.context().wrap_socket(out, server_hostname=settings["host"]) as inside:
        inside.sendall(framed)
        with suppress(TimeoutError, ssl.SSLEOFError):  # some take it and say no farewell
            inside.unwrap()


def record(message: Message, facility: int, host: str) -> bytes:
    """One record. Its text is UTF-8 on one line, so no text can begin another record."""
    priority = facility * 8 + SEVERITIES[message.level]
    at = message.at.isoformat(timespec="milliseconds")
    named = {
        "id": message.id,
        "event": message.event.value,
        "level": message.level.value,
        "scopes": ",".join(message.scopes[:20]),
    }
    data = " ".join(f'{name}="{_value(value)}"' for name, value in named.items())
    text = " | ".join([line(message.title), *lines(message)])
    head = f"<{priority}>1 {at} {_name(host, 255)} cloudward - {message.event.value} [{ENTERPRISE} {data}]"
    return f"{head} ".encode() + b"\xef\xbb\xbf" + text.encode("utf-8", "replace")


def _value(text: str) -> str:
    """Inside quotes three characters are escaped."""
    return re.sub(r'(["\\\]])', r"\\\1", line(text))


def _name(text: str, longest: int) -> str:
    """A field of the head: printable ASCII without blanks."""
    return re.sub(r"[^!-~]", "_", text)[:longest] or "-"

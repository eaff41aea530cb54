from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cloudward.connect.events import Line, Source

APPLICATION = """
    type time elb client target request_processing_time target_processing_time
    response_processing_time elb_status_code target_status_code received_bytes sent_bytes request
    user_agent ssl_cipher ssl_protocol target_group_arn trace_id domain_name chosen_cert_arn
    matched_rule_priority request_creation_time actions_executed redirect_url error_reason
    target_list target_status_list classification classification_reason conn_trace_id
"""
CLASSIC = """
    time elb client target request_processing_time target_processing_time response_processing_time
    elb_status_code target_status_code received_bytes sent_bytes request user_agent ssl_cipher
    ssl_protocol
"""
FIELD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
TYPES = ("http ", "https ", "h2 ", "grpcs ", "ws ", "wss ")
CLASSIC_START = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z \S+ [\d.]+:\d+ (-|[\d.]+:\d+) ")


def _lines(_: datetime) -> Line:
    def read(text: str) -> dict[str, Any] | None:
        names = (
            APPLICATION.split()
            if text.startswith(TYPES)
            else CLASSIC.split()
            if CLASSIC_START.match(text)
            else None
        )
        if names is None:
            return None
        words = [a or b for a, b in FIELD.findall(text)]
        record = {name: word for name, word in zip(names, words, strict=False) if word not in ("-", "")}
        return {**record, **_web(record)} if len(words) >= len(CLASSIC.split()) else None

    return read


def _web(record: dict[str, str]) -> dict[str, Any]:
    """The names that rules for web servers use."""
    method, _, rest = record.get("request", "").partition(" ")
    address = rest.rpartition(" ")[0] or rest
    path, _, query = re.sub(r"^\w+://[^/]*", "", address).partition("?")
    status = record.get("elb_status_code", "")
    found = {
        "c-ip": record.get("client", "").rpartition(":")[0],
        "cs-method": method,
        "cs-uri-stem": path,
        "cs-uri-query": query,
        "cs-uri": f"{path}?{query}" if query else path,
        "cs-user-agent": record.get("user_agent"),
        "cs-host": record.get("domain_name"),
        "sc-status": int(status) if status.isdigit() else None,
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


SOURCE = Source(
    name="aws-elb",
    title="Elastic Load Balancing access logs",
    lines=_lines,
    keys=("elb", "request_processing_time"),
    time=("time",),
    page="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
)

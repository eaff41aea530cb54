"""How each operation is paged: botocore's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

MAX_PAGES = 10_000
TOKEN = {"input_token": "NextToken", "output_token": "NextToken"}
WAF = {"input_token": "NextMarker", "output_token": "NextMarker"}
MISSING: Mapping[str, Mapping[str, Any]] = {
    "athena": {"ListWorkGroups": {**TOKEN, "result_key": "WorkGroups"}},
    "ecs": {
        "DescribeCapacityProviders": {
            "input_token": "nextToken",
            "output_token": "nextToken",
            "result_key": "capacityProviders",
        }
    },
    "events": {
        "ListEventBuses": {**TOKEN, "result_key": "EventBuses"},
        "ListEndpoints": {**TOKEN, "result_key": "Endpoints"},
    },
    "firehose": {
        "ListDeliveryStreams": {
            "input_token": "ExclusiveStartDeliveryStreamName",
            "output_token": "DeliveryStreamNames[-1]",
            "more_results": "HasMoreDeliveryStreams",
            "result_key": "DeliveryStreamNames",
        }
    },
    "glue": {"GetMLTransforms": {**TOKEN, "result_key": "Transforms"}},
    "s3control": {
        "ListAccessPoints": {**TOKEN, "result_key": "AccessPointList"},
        "ListMultiRegionAccessPoints": {**TOKEN, "result_key": "AccessPoints"},
    },
    "servicecatalog": {
        "DescribePortfolioShares": {
            "input_token": "PageToken",
            "output_token": "NextPageToken",
            "result_key": "PortfolioShareDetails",
        }
    },
    "ssm": {"DescribeDocumentPermission": {**TOKEN, "result_key": "AccountIds"}},
    "wafv2": {
        "ListWebACLs": {**WAF, "result_key": "WebACLs"},
        "ListLoggingConfigurations": {**WAF, "result_key": "LoggingConfigurations"},
        "ListRuleGroups": {**WAF, "result_key": "RuleGroups"},
    },
}
"""What botocore has no tables for."""
MORE = ("IsTruncated", "Truncated", "NextToken", "nextToken", "NextPageToken", "NextMarker")
"""Members by which an answer says that it is not whole."""


@dataclass(frozen=True, slots=True)
class Paging:
    """The names of the tokens and of the lists of a paged operation."""

    inputs: tuple[str, ...]
    outputs: tuple[Any, ...]
    """Compiled JMESPath, as some tables compute the next token."""
    results: tuple[str, ...]
    more: Any = None
    """Compiled JMESPath of what says that there is more."""

    def next(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters that ask for the next page; empty after the last."""
        if self.more is not None and not self.more.search(data):
            return {}
        tokens = {name: found.search(data) for name, found in zip(self.inputs, self.outputs, strict=True)}
        return {name: token for name, token in tokens.items() if token}


@cache
def paging(service: str, operation: str) -> Paging | None:
    """The paging of an operation, or None when it answers at once."""
    import jmespath  # type: ignore[import-untyped]

    table = _tables(service).get(operation) or MISSING.get(service, {}).get(operation)
    if table is None:
        return None
    outputs = tuple(jmespath.compile(token) for token in _many(table["output_token"]))
    inputs, results = _many(table["input_token"]), _many(table["result_key"])
    more = table.get("more_results")
    return Paging(inputs, outputs, results, jmespath.compile(more) if more else None)


def unfinished(data: Mapping[str, Any]) -> bool:
    """Whether an answer says that there is more of it."""
    return any(data.get(name) for name in MORE)


@cache
def _tables(service: str) -> dict[str, Any]:
    from botocore.exceptions import DataNotFoundError, UnknownServiceError
    from botocore.loaders import Loader

    loader = Loader()
    try:
        tables: dict[str, Any] = loader.load_service_model(service, "paginators-1")["pagination"]
    except (DataNotFoundError, UnknownServiceError):
        return {}
    return tables


def _many(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)

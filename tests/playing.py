"""moto, and what it does not play of services that tests scan as a whole."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

NONE: dict[str, dict[str, Any]] = {
    "describe_client_vpn_endpoints": {"ClientVpnEndpoints": []},
    "describe_vpc_block_public_access_options": {
        "VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off"}
    },
    "get_snapshot_block_public_access_state": {"State": "unblocked"},
}
"""What AWS answers to an account that has none of it and changed nothing."""


def teach() -> None:
    """Let moto answer these operations, which otherwise end the scan with an error of Python's."""
    for operation, document in NONE.items():
        setattr(EC2Response, operation, _answering(document))


def _answering(document: dict[str, Any]) -> Any:
    def answer(_: EC2Response) -> ActionResult:
        return ActionResult(document)

    return answer

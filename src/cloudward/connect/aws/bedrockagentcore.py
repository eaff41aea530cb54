"""Bedrock AgentCore: where agents run, what they call through, and the browsers that they use."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "bedrock-agentcore-control",
    prefix="bedrock-agentcore",
    scope="regional",
    quota=5,
    guess=True,
    source="https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/bedrock-agentcore-limits.html",
    title="Bedrock AgentCore",
)

GONE = ("ResourceNotFoundException",)


@collects(
    "AWS::BedrockAgentCore::Runtime",
    id="agentRuntimeArn",
    calls=(
        Call("ListAgentRuntimes", listing=True, params={"maxResults": 100}),
        Call("GetAgentRuntime", into="Whole", by={"agentRuntimeId": "agentRuntimeId"}, gone=GONE),
    ),
    fields={
        "AgentRuntimeName": "agentRuntimeName!",
        "NetworkConfiguration.NetworkMode": "Whole.networkConfiguration!.networkMode!",
        "RoleArn": "Whole.roleArn",
        "Runtime.Status": "status",
        "Runtime.CreatedAt": "Whole.createdAt",
    },
    name="agentRuntimeName",
)
def runtimes(core: Client) -> Iterable[Document]:
    """Where agents run; their environment is not read."""
    return core.each("ListAgentRuntimes", "agentRuntimes")


@collects(
    "AWS::BedrockAgentCore::Gateway",
    id="arn:{partition}:bedrock-agentcore:{region}:{account}:gateway/{gatewayId}",
    calls=(Call("ListGateways", listing=True, params={"maxResults": 100}),),
    fields={
        "Name": "name!",
        "AuthorizerType": "authorizerType!",
        "ProtocolType": "protocolType",
        "Runtime.Status": "status",
        "Runtime.CreatedAt": "createdAt",
    },
    name="name",
    generation="createdAt",
)
def gateways(core: Client) -> Iterable[Document]:
    """Doors through which agents reach tools."""
    return core.each("ListGateways", "items")


@collects(
    "AWS::BedrockAgentCore::BrowserCustom",
    id="browserArn",
    calls=(
        Call("ListBrowsers", listing=True, params={"type": "CUSTOM", "maxResults": 100}),
        Call("GetBrowser", into="Whole", by={"browserId": "browserId"}, gone=GONE),
    ),
    fields={
        "Name": "name",
        "NetworkConfiguration.NetworkMode": "Whole.networkConfiguration!.networkMode!",
        "RecordingConfig.Enabled": "Whole.recording.enabled",
        "ExecutionRoleArn": "Whole.executionRoleArn",
        "Runtime.Status": "status",
        "Runtime.CreatedAt": "createdAt",
    },
    name="name",
    generation="createdAt",
)
def browsers(core: Client) -> Iterable[Document]:
    """Browsers of the account's own; AWS keeps some for everybody besides."""
    return core.each("ListBrowsers", "browserSummaries")

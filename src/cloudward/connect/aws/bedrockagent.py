"""Agents for Bedrock: agents, and the prompts and knowledge that they work with."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "bedrock-agent",
    prefix="bedrock",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/bedrock.html",
    title="Agents for Amazon Bedrock",
)

GONE = ("ResourceNotFoundException",)


@collects(
    "AWS::Bedrock::Agent",
    id="arn:{partition}:bedrock:{region}:{account}:agent/{agentId}",
    calls=(
        Call("ListAgents", listing=True, params={"maxResults": 1000}),
        Call("GetAgent", into="Answer", by={"agentId": "agentId"}, gone=GONE),
        Call("ListTagsForResource", into="Tagging", by={"resourceArn": "Arn"}, extra=True, gone=GONE),
    ),
    fields={
        "AgentName": "agentName!",
        "AgentResourceRoleArn": "Answer.agent!.agentResourceRoleArn",
        "CustomerEncryptionKeyArn": "Answer.agent!.customerEncryptionKeyArn",
        "FoundationModel": "Answer.agent!.foundationModel",
        "IdleSessionTTLInSeconds": "Answer.agent!.idleSessionTTLInSeconds",
        "GuardrailConfiguration.GuardrailIdentifier": (
            "Answer.agent!.guardrailConfiguration.guardrailIdentifier"
        ),
        "GuardrailConfiguration.GuardrailVersion": "Answer.agent!.guardrailConfiguration.guardrailVersion",
        "Runtime.AgentId": "agentId!",
        "Runtime.AgentStatus": "agentStatus",
    },
    name="agentName",
    tags="Tagging.tags!",
)
def agents(agent: Client) -> Iterable[Document]:
    """Agents; what they are told to do is not read."""
    for one in agent.each("ListAgents", "agentSummaries"):
        yield {
            **one,
            "Arn": f"arn:{agent.partition}:bedrock:{agent.region}:{agent.account}:agent/{one['agentId']}",
        }


@collects(
    "AWS::Bedrock::KnowledgeBase",
    id="arn:{partition}:bedrock:{region}:{account}:knowledge-base/{knowledgeBaseId}",
    calls=(Call("ListKnowledgeBases", listing=True, params={"maxResults": 1000}),),
    fields={"Name": "name!", "Runtime.KnowledgeBaseId": "knowledgeBaseId!", "Runtime.Status": "status"},
    name="name",
)
def knowledge_bases(agent: Client) -> Iterable[Document]:
    """Stores of documents that agents look into."""
    return agent.each("ListKnowledgeBases", "knowledgeBaseSummaries")


@collects(
    "AWS::Bedrock::Prompt",
    id="arn",
    calls=(
        Call("ListPrompts", listing=True, params={"maxResults": 1000}),
        Call("GetPrompt", into="Prompt", by={"promptIdentifier": "id"}, gone=GONE),
        Call("ListTagsForResource", into="Tagging", by={"resourceArn": "arn"}, extra=True, gone=GONE),
    ),
    fields={
        "Name": "name!",
        "CustomerEncryptionKeyArn": "Prompt.customerEncryptionKeyArn",
        "Runtime.Version": "version",
        "Runtime.CreatedAt": "createdAt",
    },
    name="name",
    tags="Tagging.tags!",
    generation="createdAt",
)
def prompts(agent: Client) -> Iterable[Document]:
    """Prompts that are kept; their text is not."""
    return agent.each("ListPrompts", "promptSummaries")

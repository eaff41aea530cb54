"""Bedrock: what is logged of the use of models, what guards them, and models of the account's own."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Items, Service, collects
from cloudward.model import Document

SERVICE = Service(
    "bedrock",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/general/latest/gr/bedrock.html",
    title="Amazon Bedrock",
)

LOGGING = "Answer.loggingConfig"


@collects(
    "AWS::Bedrock::ModelInvocationLogging",
    calls=(Call("GetModelInvocationLoggingConfiguration", into="Answer", listing=True),),
    fields={
        "CloudWatchConfig.LogGroupName": f"{LOGGING}.cloudWatchConfig.logGroupName",
        "S3Config.BucketName": f"{LOGGING}.s3Config.bucketName",
        "TextDataDeliveryEnabled": f"{LOGGING}.textDataDeliveryEnabled",
        "ImageDataDeliveryEnabled": f"{LOGGING}.imageDataDeliveryEnabled",
        "EmbeddingDataDeliveryEnabled": f"{LOGGING}.embeddingDataDeliveryEnabled",
    },
)
def invocation_logging(bedrock: Client) -> Iterable[Document]:
    """What a region writes down of the use of models."""
    yield {"Answer": bedrock.call("GetModelInvocationLoggingConfiguration")}


@collects(
    "AWS::Bedrock::Guardrail",
    id="arn",
    calls=(
        Call("ListGuardrails", listing=True, params={"maxResults": 1000}),
        Call(
            "GetGuardrail",
            into="Guardrail",
            by={"guardrailIdentifier": "id"},
            gone=("ResourceNotFoundException",),
        ),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"resourceARN": "arn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "Name": "name!",
        "KmsKeyArn": "Guardrail.kmsKeyArn",
        "ContentPolicyConfig.FiltersConfig": Items(
            "Guardrail.contentPolicy.filters",
            {
                "Type": "type!",
                "InputStrength": "inputStrength",
                "OutputStrength": "outputStrength",
                "InputAction": "inputAction",
                "InputEnabled": "inputEnabled",
            },
        ),
        "SensitiveInformationPolicyConfig.PiiEntitiesConfig": Items(
            "Guardrail.sensitiveInformationPolicy.piiEntities", {"Type": "type!", "Action": "action"}
        ),
        "SensitiveInformationPolicyConfig.RegexesConfig": Items(
            "Guardrail.sensitiveInformationPolicy.regexes", {"Name": "name!", "Action": "action"}
        ),
        "ContextualGroundingPolicyConfig.FiltersConfig": Items(
            "Guardrail.contextualGroundingPolicy.filters",
            {"Type": "type!", "Threshold": "threshold", "Action": "action", "Enabled": "enabled"},
        ),
        "Runtime.Status": "status",
        "Runtime.CreatedAt": "createdAt",
    },
    name="name",
    tags="Tagging.tags!",
    generation="createdAt",
)
def guardrails(bedrock: Client) -> Iterable[Document]:
    """What stands between users and models; of each the draft, which its next version will be."""
    return bedrock.each("ListGuardrails", "guardrails")


@collects(
    "AWS::Bedrock::CustomModel",
    id="modelArn",
    calls=(
        Call("ListCustomModels", listing=True, params={"isOwned": True, "maxResults": 1000}),
        Call(
            "GetCustomModel",
            into="Model",
            by={"modelIdentifier": "modelArn"},
            gone=("ResourceNotFoundException",),
        ),
        Call(
            "ListTagsForResource",
            into="Tagging",
            by={"resourceARN": "modelArn"},
            extra=True,
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "ModelName": "modelName!",
        "BaseModelArn": "baseModelArn",
        "CustomizationType": "customizationType",
        "ModelKmsKeyArn": "Model.modelKmsKeyArn",
        "TrainingDataConfig.S3Uri": "Model.trainingDataConfig.s3Uri",
        "OutputDataConfig.S3Uri": "Model.outputDataConfig.s3Uri",
        "Runtime.CreationTime": "creationTime",
    },
    name="modelName",
    tags="Tagging.tags!",
    generation="creationTime",
)
def custom_models(bedrock: Client) -> Iterable[Document]:
    """Models that the account has trained."""
    return bedrock.each("ListCustomModels", "modelSummaries")

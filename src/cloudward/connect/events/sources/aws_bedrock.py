from cloudward.connect.events import Source

SOURCE = Source(
    name="aws-bedrock",
    title="Amazon Bedrock model invocation logs",
    keys=("schemaType", "modelId", "operation", "requestId"),
    time=("timestamp",),
    id=("requestId",),
    page="https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html",
)

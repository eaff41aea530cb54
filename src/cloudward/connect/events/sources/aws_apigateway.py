from cloudward.connect.events import Source

SOURCE = Source(
    name="aws-apigateway",
    title="Amazon API Gateway access logs (JSON)",
    keys=("requestId", "ip", "httpMethod", "status"),
    time=("requestTimeEpoch", "requestTime"),
    id=("requestId",),
    page="https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
)

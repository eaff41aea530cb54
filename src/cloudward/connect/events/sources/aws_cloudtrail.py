from cloudward.connect.events import Source

SOURCE = Source(
    name="aws-cloudtrail",
    title="AWS CloudTrail",
    keys=("eventSource", "eventName", "eventTime"),
    time=("eventTime",),
    id=("eventID",),
    secrets=(
        "requestParameters.password",
        "requestParameters.newPassword",
        "requestParameters.oldPassword",
        "requestParameters.masterUserPassword",
        "requestParameters.secretString",
        "requestParameters.userData",
        "requestParameters.environment",
        "requestParameters.plaintext",
        "requestParameters.privateKey",
        "requestParameters.authToken",
        "responseElements.credentials.sessionToken",
        "responseElements.credentials.secretAccessKey",
        "responseElements.accessKey.secretAccessKey",
        "responseElements.keyMaterial",
        "responseElements.password",
    ),
    page="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html",
)

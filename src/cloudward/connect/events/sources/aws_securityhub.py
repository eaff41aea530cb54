from cloudward.connect.events import DELIVERED, Source

SOURCE = Source(
    name="aws-securityhub",
    title="AWS Security Hub findings (ASFF)",
    keys=("ProductArn", "AwsAccountId", "SchemaVersion"),
    time=("LastObservedAt", "UpdatedAt", "CreatedAt"),
    id=("ProductArn", "Id", "UpdatedAt", "Workflow.Status", "RecordState", DELIVERED),
    delivered=True,
    secrets=(
        "Resources.Details.AwsLambdaFunction.Environment.Variables",
        "Resources.Details.AwsEcsTaskDefinition.ContainerDefinitions.Environment.Value",
        "Resources.Details.AwsCodeBuildProject.Environment.EnvironmentVariables.Value",
        "Resources.Details.AwsEc2LaunchTemplate.LaunchTemplateData.UserData",
        "Resources.Details.AwsAutoScalingLaunchConfiguration.UserData",
        "Resources.Details.AwsRdsDbInstance.PendingModifiedValues.MasterUserPassword",
    ),
    page="https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html",
)

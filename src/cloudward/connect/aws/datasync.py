"""DataSync: tasks that copy files between stores."""

from __future__ import annotations

from collections.abc import Iterable

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "datasync",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/datasync/latest/userguide/datasync-limits.html",
    title="AWS DataSync",
)


@collects(
    "AWS::DataSync::Task",
    id="TaskArn",
    calls=(
        Call("ListTasks", listing=True, params={"MaxResults": 100}),
        Call("DescribeTask", into="Task", by={"TaskArn": "TaskArn"}),
        Call("ListTagsForResource", into="Tagging", by={"ResourceArn": "TaskArn"}, extra=True),
    ),
    fields={
        **same("Name", "TaskMode"),
        **same("SourceLocationArn", "DestinationLocationArn", "CloudWatchLogGroupArn", of="Task"),
        **same("LogLevel", "VerifyMode", "PreserveDeletedFiles", of="Task.Options", into="Options"),
        "Schedule.ScheduleExpression": "Task.Schedule.ScheduleExpression",
        "Runtime.Status": "Status",
        "Runtime.CreationTime": "Task.CreationTime",
    },
    name="Name",
    tags="Tagging.Tags!",
)
def tasks(datasync: Client) -> Iterable[Document]:
    """Tasks that copy files from one place to another."""
    return datasync.each("ListTasks", "Tasks")

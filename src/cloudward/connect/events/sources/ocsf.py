from cloudward.connect.events import DELIVERED, Document, Source


def _fits(record: Document) -> bool:
    """Findings. Of these only Detection Findings are alerts."""
    number = record["class_uid"]
    return isinstance(number, int) and 2000 < number < 3000


SOURCE = Source(
    name="ocsf",
    title="OCSF findings, such as those of Security Hub and Security Lake",
    keys=("class_uid", "metadata"),
    fits=_fits,
    time=("time", "time_dt", "finding_info.modified_time", "finding_info.created_time"),
    id=(
        "metadata.product.name",
        "finding_info.uid",
        "finding_info.modified_time",
        "time",
        "status_id",
        "activity_id",
        DELIVERED,
    ),
    delivered=True,
    secrets=(
        "evidences.process.environment_variables.value",
        "evidences.actor.process.environment_variables.value",
    ),
    page="https://schema.ocsf.io/1.5.0/classes/detection_finding",
)

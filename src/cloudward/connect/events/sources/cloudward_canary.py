from cloudward.connect.events import Source

SOURCE = Source(
    name="cloudward-canary",
    title="Canaries of cloudward, which prove that events come through",
    keys=("canary.id", "canary.at"),
    time=("canary.at",),
    id=("canary.id",),
    page="https://attack.mitre.org/techniques/T1562/008/",
)

from cloudward.connect.events import Source

SOURCE = Source(
    name="wazuh",
    title="Wazuh alerts (JSON)",
    keys=("rule.level", "rule.description", "agent"),
    time=("timestamp",),
    id=("id",),
    page="https://documentation.wazuh.com/current/user-manual/manager/event-logging.html",
)

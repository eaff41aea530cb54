from cloudward.connect.events import Source

SOURCE = Source(
    name="wazuh",
    title="Wazuh alerts (JSON)",
    keys=("rule.id", "agent", "manager"),
    time=("timestamp",),
    id=("id",),
    secrets=("syscheck.diff",),
    page="https://documentation.wazuh.com/current/user-manual/manager/event-logging.html",
)

from cloudward.connect.events import Source

SOURCE = Source(
    name="falco",
    title="Falco events (JSON)",
    keys=("rule", "priority", "output_fields"),
    time=("time", "output_fields.evt.time"),
    id=("uuid",),
    secrets=("output_fields.proc.env", "output_fields.proc.aenv", "output_fields.evt.buffer"),
    page="https://falco.org/docs/outputs/formatting/",
)

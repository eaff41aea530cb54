"""Called by Alembic: runs the steps on the connection that it was given."""

from alembic import context

from cloudward.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
context.run_migrations()

"""Where Alembic finds the archive: the connection is handed over by `evolve.archive.schema`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

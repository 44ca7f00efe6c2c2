"""Central's database: tables, unit of work, the writer, migrations. SQLAlchemy stays in here and in views."""

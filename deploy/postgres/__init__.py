"""A PostgreSQL server of our own, from the distribution's packages: for tests, benches and a try-out. Standard library only."""

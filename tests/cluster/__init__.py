"""A cluster for tests: real Centrals behind a balancer, many points and drivers in one process, an audit at the end."""

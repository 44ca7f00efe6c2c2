"""Central's rules, without I/O: points, sessions, billing."""

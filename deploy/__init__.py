"""How the system is set up and started: the set-up command, everything on this machine, containers and clusters."""

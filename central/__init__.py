"""Central: authorises, commands, meters and bills."""

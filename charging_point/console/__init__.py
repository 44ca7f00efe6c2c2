"""How the panels of Engine and Monitor look. What stands in their boxes is each program's own; which line a key becomes, the dialogue's."""

"""What the full-screen consoles share: the terminal, its keys, the theme, pieces of a picture. No program's own words or rules."""

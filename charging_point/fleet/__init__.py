"""Many charging points in one process: the cores of Monitor and Engine, paired in memory. No rule of either is repeated here."""

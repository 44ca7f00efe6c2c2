"""Monitor: watches over one Engine and is its link to Central."""

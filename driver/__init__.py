"""A driver: asks for charges, follows them, and gets the tickets."""

"""What every process shares, and nothing else: messages, wires, clock, settings, money."""

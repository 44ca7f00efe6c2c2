"""What the operator sees: answers at the command line, and the full-screen console. Rich stays in here."""

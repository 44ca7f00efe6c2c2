"""Engine: the thing that charges. Its core is pure (point, session, meter, ledger); runtime.py alone does sockets."""

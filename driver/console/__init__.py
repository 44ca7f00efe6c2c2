"""What the person or the program in front of the driver sees. Rich stays in this package; what is shown when stands in app.py."""

"""What is written out from the code: the protocol as an AsyncAPI document and a table, the metrics, the settings."""

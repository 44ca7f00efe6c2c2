"""The protocol written out from the catalogue: as an AsyncAPI document and as a Markdown table."""

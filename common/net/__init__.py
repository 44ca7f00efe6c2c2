"""Sockets: links, the server, the reconnecting client."""

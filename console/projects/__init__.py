"""Projects (namespaces), and which of them a request is about."""

OFFLINE = "offline"
"""The cluster of addresses that is no cluster: the console's own store."""

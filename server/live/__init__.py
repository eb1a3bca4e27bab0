"""Live: from a word on Redis to the same bytes on five thousand sockets."""

"""Ports of this machine for servers that are processes of their own."""

import random
import socket

# Below those that the system gives to whoever asks for any: between the choice and the
# start of the server it cannot become somebody else's.
PORTS = range(10_000, 32_000)


def free_port():
    """A port that nobody listens on."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("No port is free.")

"""Loaded by every Python that a watched program starts: writes down each attempt to reach a network (PEP 578)."""

import os
import sys

_EVENTS = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
_RECORD = os.environ["WARDNOTE_NETWORK_AUDIT"]


def _note(event, arguments):
    # A Unix socket's address is a path; every other one is a tuple, a name look-up has no socket at all.
    if event in _EVENTS and not isinstance(arguments[-1], str | bytes):
        handle = os.open(_RECORD, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, f"{os.getpid()} {event} {arguments[-1] if 'connect' in event else arguments[0]}\n".encode())
        os.close(handle)


sys.addaudithook(_note)

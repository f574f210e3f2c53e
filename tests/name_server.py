"""A name server on this machine that knows what it is told."""

import contextlib
import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset


class NameServer:
    """Answers over UDP: a context manager within which dnspython asks nobody else.

    :ivar records: name (with a dot at its end) → lines of its SRV records, priority,
        weight, port and target; any other name is unknown
    :ivar asked: (name, kind) of each question
    :ivar raw: bytes that are sent instead of an answer, none = silence
    """

    def __init__(self, records=None):
        self.records = dict(records or {})
        self.asked = []
        self.raw = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._former = None

    def __enter__(self):
        self._former = dns.resolver.default_resolver
        ours = dns.resolver.Resolver(configure=False)
        ours.nameservers = ["127.0.0.1"]
        ours.port = self._socket.getsockname()[1]
        dns.resolver.default_resolver = ours
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_error):
        dns.resolver.default_resolver = self._former
        # a datagram of nothing ends it
        with contextlib.suppress(OSError):
            self._socket.sendto(b"", self._socket.getsockname())

    def _serve(self):
        with self._socket:
            while True:
                data, caller = self._socket.recvfrom(4096)
                if not data:
                    return
                answer = self._answer(dns.message.from_wire(data))
                if answer:
                    self._socket.sendto(answer, caller)

    def _answer(self, question):
        asked = question.question[0]
        name = asked.name.to_text().lower()
        self.asked.append((name, asked.rdtype.name))
        if self.raw is not None:
            return self.raw
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        lines = self.records.get(name)
        if lines is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            found = dns.rrset.from_text(asked.name, 60, "IN", "SRV", *lines)
            answer.answer.append(found)
        return answer.to_wire()

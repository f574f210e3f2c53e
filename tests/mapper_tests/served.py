"""The mapper over real HTTP, in a thread of the test's process."""

import threading

from cheroot.wsgi import Server

from mapper.application import Application
from mapper.settings import Settings


class Served:
    """``with Served(sim.ews_url) as mapper: …``, then ``mapper.url``."""

    def __init__(self, ews_url, **settings):
        self.application = Application(Settings(ews_url=ews_url, **settings))
        self.server = Server(("127.0.0.1", 0), self.application, numthreads=12)
        self.server.prepare()
        self.root = f"http://127.0.0.1:{self.server.bind_addr[1]}"
        self.url = f"{self.root}/exchangeRestApi/v1.0"
        self.short = f"{self.root}/exchangeRestApi/api"
        self._thread = threading.Thread(target=self.server.serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self.server.stop()
        self._thread.join(5)
        self.application.close()

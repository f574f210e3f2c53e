"""The ways to a mailbox, each as a part of a class of tests.

The same tests run over Office 365, over Exchange with the mapper inside Odoo, and over
Exchange with the mapper as a process.
"""

import os
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import requests

from .ports import free_port
from .simulator import APP_ID, APP_SECRET, TENANT_ID

ROOT = Path(__file__).resolve().parent.parent


def office_values(sim):
    """Values of the ``exchange.server`` that is the Office 365 of a simulator."""
    return {
        "name": "Office 365",
        "service": "office365",
        "tenant_id": TENANT_ID,
        "client_id": APP_ID,
        "client_secret": APP_SECRET,
        "allow_password": True,
        "authority_url": sim.authority,
        "folders_url": sim.url,
        "ca_certificate": sim.ca_pem,
    }


class OverOffice365:
    """Microsoft Graph with Microsoft's sign-in."""

    allow_inherited_tests_method = True

    def new_account(self, server=None, name=None, **values):
        return super().new_account(server or self.office, name, **values)


class OverEmbeddedMapper:
    """Odoo speaks to Exchange itself."""

    allow_inherited_tests_method = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.exchange.write(
            {
                "folders_url": "embedded:",
                "events_url": False,
                "contacts_url": False,
                "ews_url": cls.sim.ews_url,
            }
        )


class OverMapperProcess:
    """``python -m mapper`` stands between Odoo and Exchange."""

    allow_inherited_tests_method = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        address = f"127.0.0.1:{free_port()}"
        options = ["--ews-url", cls.sim.ews_url, "--listen", address]
        process = subprocess.Popen(
            [sys.executable, "-m", "mapper", *options, "--log-level", "warning"],
            cwd=ROOT,
            env={**os.environ, **cls._mapper_settings()},
        )
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)
        cls._wait_for(process, f"http://{address}/health")
        base = f"http://{address}/exchangeRestApi/api"
        cls.exchange.write(
            {
                "folders_url": f"{base}/ChildFolders",
                "events_url": f"{base}/events",
                "contacts_url": f"{base}/contacts",
            }
        )

    @classmethod
    def _mapper_settings(cls):
        """Further settings, as environment variables."""
        return {}

    @staticmethod
    def _wait_for(process, url):
        for _time in range(1200):
            try:
                requests.get(url, timeout=60)
                return
            except requests.ConnectionError:
                if process.poll() is not None:
                    break
                time.sleep(0.1)
        raise AssertionError("The mapper did not start.")


class OverBothServices(OverEmbeddedMapper):
    """Every other user is at Office 365, the others at Exchange."""

    def setUp(self):
        super().setUp()
        self._servers = cycle((self.office, self.exchange))

    def new_account(self, server=None, name=None, **values):
        return super().new_account(server or next(self._servers), name, **values)

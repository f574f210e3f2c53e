"""Exchange Server behind the REST interface of Microsoft Graph.

A WSGI application that answers requests for mail, calendar and contacts the way Graph
v1.0 does, and asks Exchange Web Services for what they need.  It keeps nothing: each
request brings the user name and the password that Exchange is to see.

Run it with ``python -m mapper``, or hand ``mapper.wsgi:application`` to any server.
"""

from __future__ import annotations

from .application import Application
from .autodiscover import discovered
from .options import read_settings
from .settings import Settings, SettingsError

__all__ = ["Application", "Settings", "SettingsError", "discovered", "read_settings"]

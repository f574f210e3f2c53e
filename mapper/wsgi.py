"""For any WSGI server: ``mapper.wsgi:application``, set up by the environment."""

from __future__ import annotations

from .application import Application
from .options import read_settings

application = Application(read_settings())

"""All resources that the mapper serves."""

from __future__ import annotations

from . import attachments, contact_folders, contacts, folders, messages, people
from .routing import Router


def _router() -> Router:
    router = Router()
    for module in (people, folders, messages, attachments, contacts, contact_folders):
        module.register(router)
    return router


ROUTER = _router()

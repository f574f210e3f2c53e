"""All resources that the mapper serves."""

from __future__ import annotations

from . import (
    attachments,
    contact_folders,
    contacts,
    events,
    events_delta,
    folders,
    folders_delta,
    messages,
    people,
)
from .routing import Router

_MODULES = (
    people,
    folders,
    folders_delta,
    messages,
    attachments,
    contacts,
    contact_folders,
    events,
    events_delta,
)


def _router() -> Router:
    router = Router()
    for module in _MODULES:
        module.register(router)
    return router


ROUTER = _router()

"""A page per mailbox, for people: ``/mailboxes``, on this machine alone.

Shows folders, mails, calendar and contacts, and does what one does in Outlook to see
Odoo follow: move a mail, answer a meeting, delete an event or a contact.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from jinja2 import Environment, Template
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from .commands import COMMANDS, CommandError
from .errors import GraphError
from .local import is_local

if TYPE_CHECKING:
    from .server import Simulator

ROOT = "/mailboxes"
DAYS = 14
FOLDER = "Inbox"
ANSWERS = (
    ("accepted", "Accept"),
    ("tentativelyAccepted", "Tentative"),
    ("declined", "Decline"),
)
#: action → (command, {its parameter: field of the form}, what is said then)
ACTIONS: dict[str, tuple[str, dict[str, str], str]] = {
    "move": ("move", {"message": "message", "folder": "to"}, "The e-mail was moved."),
    "respond": ("respond", {"event": "event", "answer": "answer"}, "Answered."),
    "delete-event": ("delete-event", {"event": "event"}, "The event was deleted."),
    "delete-contact": (
        "delete-contact",
        {"contact": "contact"},
        "The contact was deleted.",
    ),
}


class Pages:
    """The pages of a simulator.

    A page elsewhere cannot press their buttons: each form holds a token that only these
    pages know.
    """

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._token = secrets.token_urlsafe(16)

    def __call__(self, request: Request, path: str) -> Response:
        if not is_local(request):
            return Response("These pages are for this machine alone.", status=403)
        login = unquote(path.removeprefix(ROOT).strip("/"))
        if not login:
            return self._page("Mailboxes", users=COMMANDS["mailboxes"](self.simulator))
        try:
            self.simulator.mailbox(login)
        except (KeyError, CommandError):
            return Response(f"There is no mailbox {login!r}.", status=404)
        if request.method == "POST":
            return self._act(request, login)
        folder = request.args.get("folder", FOLDER)
        return self._mailbox(login, folder, request.args.get("said", ""))

    def _act(self, request: Request, login: str) -> Response:
        form = request.form
        if not hmac.compare_digest(form.get("token", ""), self._token):
            return Response("Please press the button of the page itself.", status=403)
        if form.get("action") not in ACTIONS:
            return Response("There is no such button.", status=400)
        name, fields, said = ACTIONS[form["action"]]
        values = {key: form.get(field, "") for key, field in fields.items()}
        try:
            COMMANDS[name](self.simulator, login, **values)
        except (CommandError, GraphError, KeyError) as error:
            said = f"That did not work: {error}"
        folder = quote(request.args.get("folder", FOLDER))
        back = f"{ROOT}/{quote(login)}?folder={folder}&said={quote(said)}"
        return redirect(back, 303)

    def _mailbox(self, login: str, folder: str, said: str) -> Response:
        now = self.simulator.clock.utc()

        def run(name: str, **values: str) -> list[dict]:
            found: list[dict] = COMMANDS[name](self.simulator, login, **values)
            return found

        shown = [row for row in run("folders") if not row["hidden"]]
        if folder not in {row["path"] for row in shown}:
            folder = FOLDER
        until = now + timedelta(days=DAYS)
        return self._page(
            f"Mailbox {login}",
            login=login,
            folder=folder,
            said=said,
            folders=shown,
            messages=run("messages", folder=folder),
            events=run("events", start=now.isoformat(), end=until.isoformat()),
            contacts=run("contacts"),
        )

    def _page(self, title: str, **values: object) -> Response:
        page = self._template.render(
            title=title, token=self._token, days=DAYS, answers=ANSWERS, **values
        )
        response = Response(page, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
        )
        return response

    @cached_property
    def _template(self) -> Template:
        source = Path(__file__).with_name("pages.html").read_text(encoding="utf-8")
        return Environment(autoescape=True).from_string(source)

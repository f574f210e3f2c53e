"""The sign-in pages: user name and password, second factor, consent.

Names and ids of the fields are those of Microsoft's own pages, so that a browser test
written for these works there. The second factor is the code 000000.
Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlencode, urlsplit

from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from .aadsts import Refused
from .directory import App, Tenant, User
from .sts import TokenService
from .tokens import CODE_LIFE, Grant

SECOND_FACTOR = "000000"
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 15px "Segoe UI", Roboto, sans-serif; background: #eef2f6; margin: 0;
  min-height: 100vh; display: grid; place-items: center; color: #1b1b1b }}
main {{ background: #fff; width: 352px; padding: 44px; box-shadow: 0 2px 6px #0003 }}
h1 {{ font-size: 24px; font-weight: 600; margin: 16px 0 }}
input {{ width: 100%; box-sizing: border-box; border: 0; border-bottom: 1px solid #666;
  padding: 8px 2px; margin: 0 0 16px; font: inherit }}
.buttons {{ display: flex; gap: 4px; flex-direction: row-reverse }}
button {{ border: 0; padding: 8px 20px; min-width: 108px; font: inherit;
  background: #0067b8; color: #fff }}
button.second {{ background: #0002; color: inherit }}
.error {{ color: #c00 }} li {{ margin: 6px 0 }}
.brand {{ color: #666; font-weight: 600 }}
</style></head><body><main><div class="brand">Microsoft 365 simulator</div>
<h1>{title}</h1>{body}</main></body></html>"""
# The Enter key presses the first button of a form: that must not be "Cancel".
_BUTTONS = """<div class="buttons">
<button type="submit" id="idSIButton9">{next}</button>
<button type="submit" name="cancel" value="1" id="idBtn_Back" class="second"
  formnovalidate>{back}</button></div>"""
_SCOPE_TEXTS = {
    "User.Read": "Sign you in and read your profile",
    "Mail.ReadWrite": "Read and write access to your mail",
    "Mail.Read": "Read your mail",
    "Calendars.ReadWrite": "Have full access to your calendars",
    "Contacts.ReadWrite": "Have full access to your contacts",
}


class SignIn:
    """The authorize endpoint."""

    def __init__(self, tokens: TokenService) -> None:
        self.tokens = tokens

    def answer(self, request: Request, tenant_name: str) -> Response:
        """GET shows a page, POST goes on to the next one or back to the app."""
        asked = request.args
        try:
            tenant = self.tokens.tenant(tenant_name)
            app = self.tokens.app(asked.get("client_id", ""), tenant)
            _check_redirect(app, asked.get("redirect_uri", ""))
        except Refused as refused:
            # Never redirect to an address that is not registered.
            text = f'<p class="error" id="error">{escape(refused.message)}</p>'
            return _page("Sorry, but we’re having trouble signing you in.", text, 400)
        try:
            return self._go_on(request, app, tenant)
        except Refused as refused:
            return _back(
                asked,
                {
                    "error": refused.error,
                    "error_description": refused.message,
                    "error_subcode": refused.suberror,
                },
            )

    def _go_on(self, request: Request, app: App, tenant: Tenant | None) -> Response:
        asked, form = request.args, request.form
        self._check(asked, tenant)
        if asked.get("prompt") == "none":
            raise Refused(50058)
        if request.method != "POST":
            return _password_page(asked.get("login_hint", ""))
        if form.get("cancel"):
            fields = {"error": "access_denied", "error_subcode": "cancel"}
            fields["error_description"] = Refused(65004).message
            return _back(asked, fields)
        login = form.get("loginfmt", "").strip()
        try:
            user = self.tokens.check_user(login, form.get("passwd", ""), tenant)
        except Refused as refused:
            return _password_page(login, refused.message)
        if user.mfa and form.get("otc") != SECOND_FACTOR:
            return _factor_page(form, wrong="otc" in form)
        return self._consent(request, app, user)

    def _check(self, asked: MultiDict, tenant: Tenant | None) -> None:
        if asked.get("response_type") != "code":
            raise Refused(9002313)
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            raise Refused(9002313)
        self.tokens.scopes(asked.get("scope", ""), tenant.id if tenant else "")

    def _consent(self, request: Request, app: App, user: User) -> Response:
        asked, form = request.args, request.form
        _resource, names = self.tokens.scopes(asked.get("scope", ""), user.tenant_id)
        names -= {".default"}
        needed = names - app.consented(user.id)
        again = asked.get("prompt") == "consent"
        if (needed or again) and form.get("ucaccept") != "Yes":
            return _consent_page(app, names, form)
        if needed:
            app.user_consent.setdefault(user.id, set()).update(needed)
        now = self.tokens.clock.now()
        grant = Grant(
            app.id,
            user.id,
            frozenset(asked.get("scope", "").split()),
            self.tokens.resource,
            user.tenant_id,
            now,
            now + CODE_LIFE,
            redirect_uri=asked.get("redirect_uri", ""),
            challenge=asked.get("code_challenge", ""),
            nonce=asked.get("nonce", ""),
        )
        code = self.tokens.store.tokens.add_code(grant)
        return _back(asked, {"code": code, "session_state": user.id})


def _check_redirect(app: App, uri: str) -> None:
    """Exact, but for the port of a loopback address.

    :raises Refused: 50011
    """
    for known in app.redirect_uris:
        if uri == known or (uri and _without_port(uri) == _without_port(known)):
            return
    raise Refused(50011, uri, app.id)


def _without_port(uri: str) -> str:
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if parts.scheme != "http" or host not in ("localhost", "127.0.0.1"):
        return uri
    return re.sub(r"^http://[^/]*", f"http://{host}", uri)


def _page(title: str, body: str, status: int = 200) -> Response:
    response = Response(_PAGE.format(title=escape(title), body=body), status=status)
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Cache-Control"] = "no-store"
    return response


def _password_page(login: str, error: str = "") -> Response:
    note = f'<p class="error" id="passwordError">{escape(error)}</p>' if error else ""
    return _page(
        "Sign in",
        f"""<form method="post">{note}
<input type="email" name="loginfmt" id="i0116" placeholder="Email" autocomplete="off"
  value="{escape(login)}" aria-label="Email" required>
<input type="password" name="passwd" id="i0118" placeholder="Password"
  autocomplete="off" aria-label="Password">
{_BUTTONS.format(back="Cancel", next="Sign in")}</form>""",
    )


def _hidden(form: MultiDict) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in form.items()
        if name in ("loginfmt", "passwd", "otc")
    )


def _factor_page(form: MultiDict, wrong: bool) -> Response:
    note = '<p class="error">That code did not work.</p>' if wrong else ""
    kept = MultiDict((n, v) for n, v in form.items() if n != "otc")
    return _page(
        "Enter code",
        f"""<form method="post">{_hidden(kept)}{note}
<input name="otc" id="idTxtBx_SAOTCC_OTC" placeholder="Code" autocomplete="off"
  aria-label="Code">
{_BUTTONS.format(back="Cancel", next="Verify")}</form>""",
    )


def _consent_page(app: App, names: set[str], form: MultiDict) -> Response:
    rows = "".join(
        f"<li>{escape(_SCOPE_TEXTS.get(name, name))}</li>" for name in sorted(names)
    )
    return _page(
        "Permissions requested",
        f"""<form method="post">{_hidden(form)}
<p><b>{escape(app.name)}</b> would like to:</p><ul>{rows}</ul>
<input type="hidden" name="ucaccept" value="Yes">
{_BUTTONS.format(back="Cancel", next="Accept")}</form>""",
    )


def _back(asked: MultiDict, fields: dict[str, str]) -> Response:
    """Back to the app with these fields and its state."""
    fields = {name: value for name, value in fields.items() if value}
    if "state" in asked:
        fields["state"] = asked["state"]
    uri = asked.get("redirect_uri", "")
    mode = asked.get("response_mode", "query")
    if mode == "form_post":
        inputs = "".join(
            f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">'
            for n, v in fields.items()
        )
        form = f'<form method="post" action="{escape(uri)}">{inputs}</form>'
        script = "<script>document.forms[0].submit()</script>"
        return _page("Working…", form + script)
    mark = "#" if mode == "fragment" else ("&" if "?" in uri else "?")
    return Response(
        "", status=302, headers={"Location": uri + mark + urlencode(fields)}
    )

"""A user's browser, without its pictures: buttons of Odoo, pages of Microsoft."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests

FIELD = re.compile(r"<(?:input|button)\b[^>]*>")
ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


class Browser:
    """The browser of one Odoo user in an ``HttpCase``; several may be open at a time.

    :param case: the ``HttpCase``, with the simulator in ``sim``
    :param login: the Odoo user, whose password is the same; "" for a visitor
    """

    def __init__(self, case, login):
        self.case = case
        case.session = None
        case.authenticate(login or None, login)
        self.session, self.opener = case.session, case.opener
        self.elsewhere = microsoft_session(case.sim)

    def get(self, url, **options):
        """A page of Odoo; a redirection is not followed."""
        return self._use().url_open(url, allow_redirects=False, **options)

    def rpc(self, model, method, *args, **kwargs):
        """What the web client does when a button is pressed.

        :return: the result
        :raises AssertionError: with the sentence that the user would see
        """
        answer = self.call(
            "/web/dataset/call_kw",
            model=model,
            method=method,
            args=list(args),
            kwargs=kwargs,
        )
        if "error" in answer:
            raise AssertionError(answer["error"]["data"]["message"])
        return answer["result"]

    def call(self, path, **params):
        """:return: the JSON-RPC answer of a path"""
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        return self._use().url_open(path, json=body).json()

    def press_connect(self):
        """:return: the address of Microsoft's page that the button leads to"""
        uid = self.session.uid
        action = self.rpc("res.users", "action_exchange_connect", [uid])
        self.case.assertEqual(action["type"], "ir.actions.act_url")
        answer = self.get(action["url"])
        self.case.assertEqual(answer.status_code, 303, answer.text)
        return answer.headers["Location"]

    def at_microsoft(self, url, login, password, **typed):
        """:func:`at_microsoft` in this browser."""
        return at_microsoft(self.elsewhere, url, login, password, **typed)

    def sign_in(self, login, password, **typed):
        """All of it. :return: Odoo's answer to the call-back"""
        url = self.at_microsoft(self.press_connect(), login, password, **typed)
        return self.get(url)

    def _use(self):
        self.case.session, self.case.opener = self.session, self.opener
        return self.case


def microsoft_session(sim):
    """A session of ``requests`` that trusts the simulator."""
    session = requests.Session()
    session.trust_env = False
    session.verify = sim.ca_file
    return session


def at_microsoft(session, url, login, password, **typed):
    """Go through Microsoft's pages.

    :param typed: ``otc`` the second factor, ``cancel`` = "1" to press Cancel
    :return: where Microsoft sends the browser in the end
    """
    answer = session.get(url, allow_redirects=False)
    typed = {"loginfmt": login, "passwd": password, **typed}
    for _page in range(4):
        if answer.status_code == 302:
            return answer.headers["Location"]
        form = {**_fields(answer.text), **typed}
        answer = session.post(url, data=form, allow_redirects=False)
    raise AssertionError(f"The sign-in does not end: {answer.text}")


def _fields(page):
    """The hidden fields of a page's form."""
    found = {}
    for tag in FIELD.findall(page):
        attributes = dict(ATTRIBUTE.findall(tag))
        if attributes.get("type") == "hidden":
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    return found


def with_query(url, /, **changes):
    """``url`` with other parameters; None removes one."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), **changes}
    kept = {name: value for name, value in query.items() if value is not None}
    return urljoin(url, f"{parts.path}?{urlencode(kept)}")


def query_of(url):
    """:return: {name: value}"""
    return dict(parse_qsl(urlsplit(url).query))

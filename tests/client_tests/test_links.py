"""Addresses, ids, and where a sign-in may travel."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client import BadRequest, GraphPaths, LinkRefused, TokenAuth
from client.links import Origin, segment

GRAPH = Origin.of("https://graph.microsoft.com/v1.0")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/me",
        "http://graph.microsoft.com/v1.0/me",
        "http://graph.microsoft.com:443/v1.0/me",
        "https://graph.microsoft.com:8443/v1.0/me",
        "https://graph.microsoft.com.evil.example/v1.0/me",
        "https://graph.microsoft.com@evil.example/v1.0/me",
        "https://evil.example@graph.microsoft.com/v1.0/me",
        "https://graph.microsoft.com\\@evil.example/v1.0/me",
        "https://evil.example\\.graph.microsoft.com/v1.0/me",
        "//evil.example/v1.0/me",
        "https://[::1]/v1.0/me",
        "https://graph.microsoft.com:99999/v1.0/me",
        "ftp://graph.microsoft.com/v1.0/me",
        "https://graph.microsoft.com/v1.0/me\r\nX-Evil: 1",
        "javascript://graph.microsoft.com/%0aalert(1)",
        "",
    ],
)
def test_a_link_elsewhere_is_refused(link):
    with pytest.raises(LinkRefused) as caught:
        GRAPH.target(link)
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.com/v1.0/me/messages/delta?$skiptoken=a%7Eb-%2F~c",
        "https://graph.microsoft.com/v1.0/me/mailFolders('AQM=')/messages?%24skip=10",
        "https://graph.microsoft.com/beta/x?a=b&a=c&d",
    ],
)
def test_a_link_is_followed_to_the_letter(link):
    assert GRAPH.url(link) == link


def test_spelling_of_the_host_does_not_matter():
    link = "HTTPS://Graph.Microsoft.COM:443/v1.0/me"
    assert GRAPH.url(link) == "https://graph.microsoft.com/v1.0/me"


def test_international_names_are_one_host():
    origin = Origin.of("https://bücher.example/v1.0")
    assert origin.url("https://xn--bcher-kva.example/v1.0/me").endswith("/v1.0/me")


def test_a_link_relative_to_the_base_is_what_a_batch_takes():
    link = "https://graph.microsoft.com/v1.0/me/messages/delta?$deltatoken=x"
    assert GRAPH.relative(link) == "/me/messages/delta?$deltatoken=x"
    assert GRAPH.relative("https://graph.microsoft.com/beta/me") is None
    assert GRAPH.relative("https://graph.microsoft.com/v1.01/me") is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "graph.microsoft.com/v1.0",
        "file:///etc/passwd",
        "https://",
        "https://ada:secret@server/api",
        "https://server/api?x=1",
        "https://server/a b",
        "https://server:port/api",
    ],
)
def test_an_unusable_address_is_one_sentence(url):
    with pytest.raises(ValueError, match=r"^The address of the server .*\.$") as caught:
        Origin.of(url)
    assert "secret" not in str(caught.value)


def test_ids_are_one_segment():
    paths = GraphPaths()
    path = paths.message("folder", "AA/BB+CC==?$x#y\r\nX: 1")
    assert path == "me/messages/AA%2FBB%2BCC%3D%3D%3F%24x%23y%0D%0AX%3A%201"


@pytest.mark.parametrize("value", ["", ".", "..", "  ", None, "\ud800"])
def test_what_is_no_id_is_refused_here(value):
    with pytest.raises(BadRequest):
        segment(value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=3))
def test_any_id_survives(value):
    if value.strip() in ("", ".", ".."):
        return
    quoted = segment(value)
    assert not set(quoted) & set("/?#&=+ \r\n")
    assert quoted.isascii()
    assert unquote(quoted) == value


@given(st.text(), st.text())
def test_no_text_leads_elsewhere(host, rest):
    try:
        url = GRAPH.url(f"https://{host}/{rest}")
    except LinkRefused:
        return
    assert url.startswith("https://graph.microsoft.com/")
    assert url.isascii() and not set(url) & set(" \r\n\t\\")


def test_a_hostile_id_stays_an_id(serve, session):
    server = serve(lambda _seen, reply: reply.json({}))
    for value in ("../../admin", "x?$expand=y", "x\r\nX-Evil: 1", "..%2f..", "x#y"):
        session(server).request("GET", GraphPaths().message("f", value))
    for seen in server.requests:
        assert seen.path.startswith("/v1.0/me/messages/")
        assert seen.path.count("/") == 4
        assert "?" not in seen.path
        assert "X-Evil" not in seen.headers


def test_a_token_is_never_sent_in_the_clear():
    from client import Pace, Session

    asked = []
    auth = TokenAuth(lambda claims: asked.append(claims) or "token")
    session = Session("http://mail.example/v1.0", auth, pace=Pace(attempts=1))
    with pytest.raises(LinkRefused, match="https"):
        session.request("GET", "me")
    assert asked == []

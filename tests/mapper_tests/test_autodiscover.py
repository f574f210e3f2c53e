"""Autodiscover: where a mailbox is, and who gets the password on the way there."""

import sys

import pytest
from name_proxy import NameProxy
from name_server import NameServer
from simulator import Simulator

from mapper.autodiscover import _read, discover
from mapper.errors import GraphError
from mapper.settings import Settings

ANNA = "anna@contoso.example"
HOST = "autodiscover.contoso.example"
PATH = "/autodiscover/autodiscover.xml"
FOUND = f"https://{HOST}/EWS/Exchange.asmx"


@pytest.fixture(scope="module")
def served():
    """Exchange with a certificate for autodiscover.contoso.example."""
    with Simulator() as simulator:
        simulator.add_mailbox(ANNA)
        yield simulator


@pytest.fixture
def sim(served):
    """The same, as it was at the beginning."""
    served.quirks.autodiscover = "answer"
    served.user(ANNA).failed_sign_ins = 0
    served.requests.clear()
    return served


@pytest.fixture
def names():
    """The name server, which knows nobody unless it is told."""
    with NameServer() as server:
        yield server


@pytest.fixture
def look(sim, names):
    """A function that asks, through a proxy that knows the names."""

    def ask(address=ANNA, password="secret", login="", hosts=None, plain=None):
        known = {HOST: sim.tls_port} if hosts is None else hosts
        with NameProxy(known, plain) as proxy:
            settings = Settings(
                ews_url="https://unknown.example",
                ca_file=sim.ca_file,
                proxy=proxy.url,
                timeout=60,
            )
            ask.proxy = proxy
            return discover(settings, address, login or address, password)

    return ask


@pytest.mark.parametrize("login", ["", "CONTOSO\\anna"])
@pytest.mark.parametrize("way", ["Basic", "NTLM"])
def test_the_server_of_a_mailbox_is_found(sim, look, way, login):
    sim.quirks.exchange_auth = way
    found = look(login=login)
    assert (found.urls, found.elsewhere) == ((FOUND,), "")
    assert look.proxy.names()[:2] == ["contoso.example", HOST]


def test_a_wrong_password_is_tried_once(sim, look):
    sim.quirks.exchange_auth = "Basic"
    with pytest.raises(GraphError) as refused:
        look(password="wrong")
    assert refused.value.status == 401
    assert sim.user(ANNA).failed_sign_ins == 1


def test_a_certificate_for_another_name_gets_no_password(sim, look):
    found = look(hosts={"contoso.example": sim.tls_port})
    assert found.urls == () and len(sim.requests) == 0


def test_a_redirection_to_one_that_is_not_trusted_ends_the_search(sim, look):
    """Of the same name, but with the certificate of somebody else."""
    sim.quirks.autodiscover = f"https://mail.contoso.example{PATH}"
    with Simulator() as second:
        second.add_mailbox(ANNA)
        hosts = {HOST: sim.tls_port, "mail.contoso.example": second.tls_port}
        assert look(hosts=hosts).urls == ()
        assert len(second.requests) == 0


def test_a_redirection_to_plain_http_ends_the_search(sim, look):
    sim.quirks.autodiscover = f"http://{HOST}{PATH}"
    assert look().urls == ()
    assert all("Authorization" not in head for _name, head in look.proxy.asked)


def test_plain_http_may_lead_to_a_server_of_the_domain(sim, look):
    plain = {f"http://{HOST}{PATH}": f"https://mail.contoso.example{PATH}"}
    found = look(hosts={"mail.contoso.example": sim.tls_port}, plain=plain)
    assert found.urls == ("https://mail.contoso.example/EWS/Exchange.asmx",)
    assert all("Authorization" not in head for _name, head in look.proxy.asked)


@pytest.mark.parametrize(
    "host", ["mail.evil.example", "evilcontoso.example", "contoso.example.evil.example"]
)
def test_plain_http_does_not_lead_to_another_domain(sim, look, host):
    plain = {f"http://{HOST}{PATH}": f"https://{host}{PATH}"}
    found = look(hosts={host: sim.tls_port}, plain=plain)
    assert (found.urls, found.elsewhere) == ((), host)
    assert host not in look.proxy.names()


RECORD = "_autodiscover._tcp.contoso.example."


@pytest.mark.parametrize("port, place", [(443, ""), (8443, ":8443")])
def test_the_name_server_may_lead_to_a_server_of_the_domain(
    sim, look, names, port, place
):
    """After all others; the preferred one is asked first."""
    names.records[RECORD] = [
        "20 9 443 late.contoso.example.",
        f"10 0 {port} mail.contoso.example.",
        "10 5 443 gone.contoso.example.",
    ]
    hosts = {"mail.contoso.example": sim.tls_port}
    found = look(hosts=hosts)
    assert found.urls == (f"https://mail.contoso.example{place}/EWS/Exchange.asmx",)
    assert names.asked == [(RECORD, "SRV")]
    last = ["gone.contoso.example", "mail.contoso.example"]
    asked = list(dict.fromkeys(look.proxy.names()))
    assert asked == ["contoso.example", HOST, *last]


def test_the_name_server_is_not_asked_where_autodiscover_answers(look, names):
    names.records[RECORD] = ["0 0 443 mail.contoso.example."]
    assert look().urls == (FOUND,)
    assert names.asked == []


def test_the_name_server_does_not_lead_to_another_domain(sim, look, names):
    """Whoever forges its answers would have the password."""
    names.records[RECORD] = ["0 0 443 contoso.example.evil.example."]
    found = look(hosts={"contoso.example.evil.example": sim.tls_port})
    assert (found.urls, found.elsewhere) == ((), "contoso.example.evil.example")
    assert "contoso.example.evil.example" not in look.proxy.names()
    assert len(sim.requests) == 0


def test_a_certificate_for_another_name_gets_no_password_by_the_name_server(
    sim, look, names
):
    names.records[RECORD] = ["0 0 443 other.sub.contoso.example."]
    found = look(hosts={"other.sub.contoso.example": sim.tls_port})
    assert found.urls == () and len(sim.requests) == 0


@pytest.mark.parametrize("raw", [b"", b"\x00", b"no answer" * 9])
def test_a_name_server_that_says_nothing_is_no_error(look, names, raw, monkeypatch):
    monkeypatch.setattr("mapper.name_server._PATIENCE", 0.5)
    names.raw = raw
    found = look(hosts={})
    assert (found.urls, found.elsewhere) == ((), "")
    assert names.asked


def test_nobody_is_a_name_server_s_answer_too(look, names):
    names.records[RECORD] = ["0 0 0 ."]
    assert look(hosts={}).urls == ()


def test_without_the_package_the_name_server_is_left_out(look, names, monkeypatch):
    monkeypatch.setitem(sys.modules, "dns.resolver", None)
    names.records[RECORD] = ["0 0 443 mail.contoso.example."]
    assert look(hosts={}).urls == () and names.asked == []


def test_another_address_is_asked_for_and_circles_end(sim, look):
    sim.add_mailbox("anna@new.example")
    sim.quirks.autodiscover = "address:anna@new.example"
    hosts = {HOST: sim.tls_port}
    assert look(hosts=hosts).urls == ()
    assert "autodiscover.new.example" in look.proxy.names()
    sim.quirks.autodiscover = f"address:{ANNA}"
    assert look().urls == ()


@pytest.mark.parametrize("address", ["nobody@contoso.example", "", "x@", "no address"])
def test_nothing_comes_of_what_is_no_address(look, address):
    assert look(address, login=ANNA).urls == ()


OUTER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"


def answer(inside):
    return (
        f'<Autodiscover xmlns="{OUTER}"><Response><Account>{inside}</Account>'
        "</Response></Autodiscover>"
    ).encode()


def test_the_inner_address_comes_first_and_only_https_counts():
    def protocol(kind, url):
        return f"<Protocol><Type>{kind}</Type><EwsUrl>{url}</EwsUrl></Protocol>"

    inside = (
        protocol("WEB", "https://web.example/")
        + protocol("EXPR", "https://outer.example/EWS/Exchange.asmx")
        + protocol("EXCH", "https://inner.example/EWS/Exchange.asmx")
        + '<Protocol Type="EXHTTP"><EwsUrl>http://plain.example/</EwsUrl></Protocol>'
    )
    assert _read(answer(inside)) == (
        "https://inner.example/EWS/Exchange.asmx",
        "https://outer.example/EWS/Exchange.asmx",
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', b"\x00", b"[]"],
)
def test_what_is_no_answer_is_refused(content):
    with pytest.raises(GraphError):
        _read(content)

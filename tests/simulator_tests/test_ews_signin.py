"""Signing in to Exchange: Basic, NTLM, wrong passwords, impersonation, Autodiscover."""

import base64

import pytest
import requests
from conftest import ANNA, BEN, eml
from requests_ntlm import HttpNtlmAuth
from soap import INBOX, SPACES, Soap

LOOK = (
    "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
    f"<m:FolderIds>{INBOX}</m:FolderIds></m:GetFolder>"
)


def ntlm(sim, user="CONTOSO\\anna", password="secret", tls=False):
    """A client that signs in by NTLM."""
    client = Soap(sim.ews_tls_url if tls else sim.ews_url, "")
    client.session.auth = HttpNtlmAuth(user, password)
    client.session.verify = sim.ca_file
    return client


@pytest.mark.parametrize("user", [ANNA, "CONTOSO\\anna", "anna"])
def test_basic_takes_each_form_of_the_name(sim, user):
    assert Soap(sim.ews_url, user).good(LOOK).text("t:DisplayName") == "Inbox"


@pytest.mark.parametrize("user", [ANNA, "CONTOSO\\anna", "contoso.example\\anna"])
@pytest.mark.parametrize("tls", [False, True])
def test_ntlm_is_a_handshake_and_then_silence(sim, user, tls):
    client = ntlm(sim, user, tls=tls)
    first = client.good(LOOK)
    assert [old.status_code for old in first.http.history] == [401, 401]
    second = client.good(LOOK)
    assert second.http.history == []
    assert "Authorization" not in second.http.request.headers


def test_ntlm_belongs_to_the_connection(sim):
    """Whoever sends on it next is taken for the one who signed in: never share it."""
    client = ntlm(sim)
    sim.drop(ANNA, "inbox", eml("Anna's"))
    client.good(LOOK)
    client.session.auth = None
    assert client.good(LOOK).text("t:UnreadCount") == "1"
    stranger = Soap(sim.ews_url, "")
    stranger.session.auth = None
    assert stranger.call(LOOK).status == 401


def test_another_sign_in_on_the_connection_counts(sim):
    client = ntlm(sim)
    sim.drop(ANNA, "inbox", eml("Anna's"))
    client.good(LOOK)
    client.session.auth = (BEN, "secret")
    assert client.good(LOOK).text("t:UnreadCount") == "0"


def test_a_401_tells_what_is_on(sim):
    sim.quirks.exchange_auth = "NTLM Basic"
    client = Soap(sim.ews_url, "")
    client.session.auth = None
    told = client.call(LOOK).http.headers["WWW-Authenticate"]
    assert told == 'NTLM, Basic realm="exchange.contoso.example"'
    sim.quirks.exchange_auth = "NTLM"
    assert Soap(sim.ews_url, ANNA).call(LOOK).status == 401
    assert ntlm(sim).call(LOOK).status == 200


@pytest.mark.parametrize("way", ["basic", "ntlm"])
def test_wrong_passwords_lock_the_account(sim, way):
    sim.quirks.lockout_threshold = 3

    def attempt(password):
        if way == "basic":
            return Soap(sim.ews_url, ANNA, password).call(LOOK).status
        return ntlm(sim, password=password).call(LOOK).status

    assert [attempt("wrong"), attempt("wrong")] == [401, 401]
    assert sim.user(ANNA).failed_sign_ins == 2
    assert attempt("secret") == 200 and sim.user(ANNA).failed_sign_ins == 0
    assert [attempt("wrong") for _turn in range(3)] == [401] * 3
    assert attempt("secret") == 401 and sim.user(ANNA).locked


@pytest.mark.parametrize(
    "token", [b"", b"x", b"NTLMSSP\0\3\0\0\0", b"NTLMSSP\0\1\0\0\0"]
)
@pytest.mark.parametrize("way", ["NTLM", "Negotiate", "Basic", "Digest"])
def test_broken_tokens_are_refused(sim, way, token):
    text = base64.b64encode(token.ljust(40, b"\0") if token else token).decode()
    session = requests.Session()
    session.trust_env = False
    for value in (text, text[1:], "***"):
        headers = {"Authorization": f"{way} {value}"}
        answer = session.post(sim.ews_url, data=b"x", headers=headers, timeout=60)
        assert answer.status_code == 401
    assert sim.contract_problems == []


def impersonate(kind, value):
    """The header."""
    return (
        f"<t:ExchangeImpersonation><t:ConnectingSID><t:{kind}>{value}</t:{kind}>"
        "</t:ConnectingSID></t:ExchangeImpersonation>"
    )


@pytest.mark.parametrize("kind", ["PrimarySmtpAddress", "SmtpAddress", "PrincipalName"])
def test_a_service_account_acts_as_a_user(sim, kind):
    sim.drop(ANNA, "inbox", eml("Anna's"))
    sim.user(BEN).impersonates = True
    client = Soap(sim.ews_url, BEN)
    client.header = impersonate(kind, ANNA)
    assert client.good(LOOK).text("t:UnreadCount") == "1"
    client.header = impersonate(kind, "nobody@contoso.example")
    assert client.call(LOOK).codes == ["ErrorNonExistentMailbox"]


def test_nobody_else_may_impersonate(sim):
    client = Soap(sim.ews_url, BEN)
    client.header = impersonate("PrimarySmtpAddress", ANNA)
    reply = client.call(LOOK)
    assert (reply.status, reply.codes) == (500, ["ErrorImpersonateUserDenied"])


def test_folders_of_other_mailboxes_are_closed(sim):
    named = (
        '<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>'
        f"{BEN}</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"
    )
    client = Soap(sim.ews_url, ANNA)
    assert client.call(LOOK.replace(INBOX, named)).codes == ["ErrorAccessDenied"]
    assert client.good(LOOK.replace(INBOX, named.replace(BEN, ANNA)))


# -- Autodiscover ----------------------------------------------------------------------

ASK = (
    '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/'
    'requestschema/2006"><Request><EMailAddress>{}</EMailAddress>'
    "<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/"
    "outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>"
)


def discover(sim, address=ANNA, auth=(ANNA, "secret")):
    """POST the question."""
    session = requests.Session()
    session.trust_env = False
    return session.post(
        f"http://127.0.0.1:{sim.port}/autodiscover/autodiscover.xml",
        data=ASK.format(address),
        auth=auth,
        timeout=60,
        allow_redirects=False,
    )


def test_autodiscover_tells_the_endpoint(sim):
    answer = discover(sim)
    url = f"http://127.0.0.1:{sim.port}/EWS/Exchange.asmx"
    assert answer.text.count(f"<EwsUrl>{url}</EwsUrl>") == 2
    assert "<ErrorCode>500</ErrorCode>" in discover(sim, "nobody@x.example").text
    assert discover(sim, auth=None).status_code == 401


def test_autodiscover_sends_elsewhere(sim):
    sim.quirks.autodiscover = "address:anna@other.example"
    assert "<RedirectAddr>anna@other.example</RedirectAddr>" in discover(sim).text
    sim.quirks.autodiscover = "https://other.example/autodiscover/autodiscover.xml"
    answer = discover(sim)
    assert (answer.status_code, answer.headers["Location"][:21]) == (
        302,
        "https://other.example",
    )
    sim.quirks.autodiscover = "none"
    assert discover(sim).status_code == 404


def test_names_are_resolved(sim):
    def resolve(text):
        return Soap(sim.ews_url, ANNA).call(
            '<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>'
            f"{text}</m:UnresolvedEntry></m:ResolveNames>"
        )

    assert resolve("Ben").text("t:EmailAddress") == BEN
    assert resolve("nobody").codes == ["ErrorNameResolutionNoResults"]
    sim.add_mailbox("benno@contoso.example", name="Benno")
    many = resolve("Ben")
    assert many.codes == ["ErrorNameResolutionMultipleResults"]
    assert many.root.xpath("count(//t:Resolution)", namespaces=SPACES) == 2


def test_people_by_their_x500_names(sim):
    sim.quirks.x500_addresses = True
    key = sim.drop(ANNA, "inbox", eml("Hi", From=BEN)).id
    client = Soap(sim.ews_url, ANNA)
    reply = client.get(key.translate(str.maketrans("-_", "/+")))
    name = reply.text("t:From//t:EmailAddress")
    assert reply.text("t:From//t:RoutingType") == "EX" and name.startswith(
        "/o=Contoso/"
    )
    found = client.good(
        '<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>'
        f"EX:{name}</m:UnresolvedEntry></m:ResolveNames>"
    )
    assert found.text("t:EmailAddress") == BEN

from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from odoo.tests import TransactionCase, tagged
from odoo.tools import html_sanitize

from ..models.loaded_addresses import NAMES_PARAMETER, harmless, own_hosts
from .event_case import EventCase
from .examples import examples

HOST = "odoo.example"
OUT = "/web/session/logout"


def loaded(html):
    """What a browser would ask for by itself of a text that Odoo has stored."""
    found = []
    for element in lxml_html.fragment_fromstring(
        str(html_sanitize(html, sanitize_attributes=True, sanitize_style=True)),
        create_parent="div",
    ).iter():
        found += [element.get(name) for name in ("src", "srcset", "poster")]
        if "background-image" in element.get("style", ""):
            found.append(element.get("style"))
    return [each for each in found if each]


@tagged("post_install", "-at_install")
class TestLoadedAddresses(TransactionCase):
    """What somebody writes makes no reader's browser do anything in Odoo."""

    def test_addresses_of_odoo_are_not_loaded(self):
        for text in (
            f'<img src="{OUT}">',
            f"<IMG SRC = '{OUT}'>",
            '<img src="&#47;web/session/logout">',
            f'<img src="https://{HOST}{OUT}">',
            f'<img src="HTTPS://{HOST.upper()}{OUT}">',
            f'<img src="https://{HOST}.{OUT}">',
            f'<img src="https://{HOST}:443{OUT}">',
            f'<img src="https://x@{HOST}{OUT}">',
            f'<img src="//{HOST}{OUT}">',
            f'<img src="\\\\{HOST}{OUT}">',
            f'<img src="https:{OUT}">',
            f'<img src="https:/{HOST}{OUT}">',
            f'<img src="ht\ntps://{HOST}{OUT}">',
            f'<img src="https://{HOST}/web/image/../session/logout">',
            f'<img src="https://{HOST}/web/image/%2e%2e/session/logout">',
            f'<img alt="a>b" src="{OUT}"><img src="https://x.example/y">',
            f'<img alt="&quot; src=" src="{OUT}">',
            f"<video src='{OUT}'></video><audio src='{OUT}'></audio>",
            f'<td style="background-image:url({OUT})">x</td>',
            f'<td style="background&#45;image:url({OUT})">x</td>',
            f'<td style="background-im&#x61;ge:url({OUT})">x</td>',
            f'<p style="color:red;background-image:\\75 rl({OUT})">x</p>',
            f'<p style="background-image:image-set(&quot;{OUT}&quot; 1x)">x</p>',
            f'<p style="background-image:url(&quot;https://{HOST}{OUT}&quot;)">x</p>',
        ):
            with self.subTest(text):
                self.assertTrue("logout" in str(loaded(text)), "a test of nothing")
                self.assertNotIn("logout", str(loaded(harmless(text, {HOST}))))

    def test_the_rest_of_the_text_stays(self):
        text = (
            f'<p style="color:red;background-image:url({OUT})">A &lt; "B" &amp; c'
            f'<img src="{OUT}" alt="x"><a href="{OUT}">d</a></p>'
        )
        shown = harmless(text, {HOST})
        for part in ('A &lt; "B" &amp; c', "color:red", 'alt="x"', f'<a href="{OUT}">'):
            self.assertIn(part, shown)

    def test_pictures_stay(self):
        for address in (
            "cid:logo@x",
            "https://cdn.example/a.png",
            "http://cdn.example:8080/a.png?b=c&amp;d=e",
            "data:image/png;base64,AAAA",
            f"https://{HOST}/web/image/res.company/1/logo",
            f"https://{HOST}/logo.png?company=1",
        ):
            text = f'<p>a<img src="{address}"></p>'
            self.assertEqual(loaded(harmless(text, {HOST})), loaded(text), address)
        text = '<p style="background-image:url(https://cdn.example/a.png)">a</p>'
        self.assertEqual(loaded(harmless(text, {HOST})), loaded(text))

    def test_all_names_of_odoo(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("web.base.url", "https://Odoo.example:8443/x")
        parameters.set_param(NAMES_PARAMETER, "intra.example, https://müller.example;[")
        hosts = own_hosts(self.env)
        for name in (HOST, "intra.example", "xn--mller-kva.example"):
            self.assertIn(name, hosts)
            text = f'<p><img src="https://{name}{OUT}"></p>'
            self.assertEqual(loaded(harmless(text, hosts)), [], name)
            text = f'<p><img src="https://{name}/web/image/1"></p>'
            self.assertEqual(loaded(harmless(text, hosts)), loaded(text), name)
        text = f'<p><img src="https://cdn.intra.example{OUT}"></p>'
        self.assertEqual(loaded(harmless(text, hosts)), loaded(text))

    def test_an_ordinary_mail_is_not_touched(self):
        text = "<p>Don&#39;t say: src is &quot;x&quot;</p><img src='cid:a'>" * 5
        self.assertIs(harmless(text, {HOST}), text)

    @examples(300)
    @given(
        st.lists(
            st.sampled_from(
                [
                    *("<img ", "src", "SRC", "=", '"', "'", ">", "<", "/", " ", "\n"),
                    *(OUT, "https://", HOST, "style", "background-image:url(", ")"),
                    *("alt=", "&quot;", "&#47;", "\\", "cid:", "x", "<p ", "</p>"),
                ]
            ),
            max_size=14,
        )
    )
    def test_whatever_is_written(self, pieces):
        for address in loaded(harmless("".join(pieces), {HOST})):
            self.assertRegex(address.strip(), r"(?i)^cid:|^https?://(?!odoo\.example)")


@tagged("post_install", "-at_install")
class TestWhatIsFiled(EventCase):
    def test_mails_and_events_load_nothing_of_odoo(self):
        account = self.new_account()
        ada = self.partner()
        html = f'<p>Hello<img src="{OUT}"></p>'
        self.drop(account, html=html)
        self.drop(account, html=html, sender="nobody@new.example")
        body = {"contentType": "html", "content": html}
        self.add(account, "Talk", body=body)
        account.sync()
        waiting = self.env["exchange.mail"].search([("state", "=", "to_assign")])
        event = self.env["calendar.event"].search([("name", "=", "Talk")])
        for text in (self.messages_of(ada).body, waiting.body, event.description):
            self.assertIn("Hello", text)
            self.assertNotIn("logout", text)

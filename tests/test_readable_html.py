from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools.mail import html_sanitize

from ..models.deep_html import storable
from ..models.event_text import as_html
from .examples import examples

FOOTER = "You receive this because you are on the list."
DOCUMENT = "<html><head><title>t</title></head><body><p>Text</p>{}"
# What mails and those who want to harm consist of.
PIECES = st.sampled_from(
    [
        "<",
        "</",
        "<!--",
        "<a ",
        "<a href='",
        '<p title="',
        "<o:p",
        " encoding=",
        ">",
        "<b>",
        "</b>",
        "</body>",
        "</html>",
        "<html><body>",
        "<meta charset=utf-16>",
        "&lt;",
        "\n",
    ]
)


def stored(html):
    return str(html_sanitize(storable(html)))


@tagged("post_install", "-at_install")
class TestReadableHtml(BaseCase):
    """What people read in a mail arrives, whatever else is in it."""

    def test_what_follows_the_end_of_the_document(self):
        """Lists and virus scanners add their lines there."""
        for end in ("</body></html>", "</body>", "</HTML >", "</body></html></html>\n"):
            for footer in (f"<p>{FOOTER}</p>", FOOTER, f"<html><body>{FOOTER}</body>"):
                html = DOCUMENT.format(end + footer)
                self.assertIn("Text", stored(html))
                self.assertIn(FOOTER, stored(html), html)
                text = as_html({"contentType": "html", "content": html})
                self.assertIn(FOOTER, text, "in events, too")

    def test_a_charset_in_the_text(self):
        """It is the one the text was written in once, or one that was never true."""
        for name in ("utf-16", "ucs-2", "utf-32", "iso-8859-1"):
            html = f"<html><head><meta charset={name}></head><body>Grüße 日本</body>"
            self.assertIn("Grüße 日本", stored(html))

    def test_words_on_parts_of_forms(self):
        html = "<a href='https://x.example'><button>Pay now</button></a>"
        self.assertIn("Pay now</span></a>", stored(html))
        html = "<form><textarea rows=3>Your words</textarea><input></form>"
        self.assertIn("Your words", stored(html))

    def test_tags_without_end(self):
        """Odoo alone would need hours for these."""
        for piece in ("<", "<a ", "</", "<!--", "<o:", "<a encoding=", '<p a="'):
            html = f"<p>first</p>{piece * (300_000 // len(piece))}"
            self.assertIn("first", stored(html))
            text = stored(f"{html}<b>last</b>")
            self.assertIn("<b>last</b>", text)
        self.assertIn("a &lt; b", stored("<p>a < b</p>"))

    def test_whatever_is_mixed(self):
        @examples(100)
        @given(st.lists(st.tuples(PIECES, st.integers(1, 400)), max_size=6))
        def check(parts):
            html = "".join(piece * times for piece, times in parts)
            self.assertIn("first", stored(f"<p>first</p>{html}"))

        check()

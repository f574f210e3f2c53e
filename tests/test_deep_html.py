from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools.mail import html_sanitize

from ..models.deep_html import storable
from ..models.event_text import as_html
from .examples import examples

# What a long conversation is made of, and what no program should write.
OPEN = st.sampled_from(
    ["<div>", "<blockquote>", "<div><p>", "<span>", "<table><tr><td>", "<b><div></b>"]
)
CLOSED = st.sampled_from(
    ["</div>", "</blockquote>", "</td></tr></table>", "</b>", "<p>"]
)


def conversation(answers, wrap=("<div><blockquote>", "</blockquote></div>")):
    """Each answer holds the one before."""
    begin, end = wrap
    inner = "".join(f"{begin}answer{number} " for number in range(answers))
    return f"<p>first</p>{inner}{end * answers}<p>last</p>"


@tagged("post_install", "-at_install")
class TestDeepHtml(BaseCase):
    """However deep HTML is nested, its whole text arrives."""

    def test_what_fits_is_left_as_it_is(self):
        wide = "<table><tr><td>a</td><td><p>b</td></tr></table>" * 500
        for html in ("", "no <tags", "<p>x" * 3000, wide, conversation(90)):
            self.assertEqual(storable(html), html)

    def test_a_long_conversation(self):
        html = conversation(400)
        self.assertNotIn("last", html_sanitize(html), "this is what Odoo does")
        stored = html_sanitize(storable(html))
        for text in ("first", "answer0 ", "answer399 ", "last"):
            self.assertIn(text, stored)
        self.assertGreater(stored.count("<blockquote"), 90, "as far as it goes")
        self.assertIn("answer399", as_html({"contentType": "html", "content": html}))

    def test_formats_of_the_deepest_levels_leave_no_gaps_in_words(self):
        stored = html_sanitize(storable("<div>" * 300 + "im<b>port</b>ant"))
        self.assertIn("important", stored)

    def test_whatever_is_nested(self):
        @examples(60)
        @given(st.lists(st.tuples(OPEN, st.integers(1, 400), CLOSED), min_size=1))
        def check(parts):
            html = ""
            for number, (begin, times, end) in enumerate(parts[:8]):
                html += f"{begin * times}word{number} {end * (times // 2)}"
            stored = html_sanitize(storable(html))
            for number in range(len(parts[:8])):
                self.assertIn(f"word{number}", stored)

        check()

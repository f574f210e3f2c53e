"""A user who has a keyboard and a screen reader, and no mouse."""

import json
import time
from contextlib import contextmanager
from unittest.mock import patch

from .patience import LONGEST_WAIT, PatientBrowser

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowRight": 39, "ArrowDown": 40}
SHIFT = 8
# What a screen reader has to say something about.
SPOKEN = {
    "alertdialog",
    "button",
    "checkbox",
    "combobox",
    "dialog",
    "image",
    "img",
    "link",
    "listbox",
    "menuitem",
    "progressbar",
    "radio",
    "radiogroup",
    "searchbox",
    "spinbutton",
    "switch",
    "tab",
    "textbox",
}
# Odoo's own parts in the middle of ours, which have no name there.
NOT_OURS = (
    ".o_list_record_selector, .o_list_actions_header, .o_clipboard_button, .o_avatar"
)
# Whatever takes the focus when it comes by the keyboard shows it; where text is typed
# the caret does.
SHOWN = """(element => {
    const shows = (one) => {
        const style = getComputedStyle(one);
        return style.outlineStyle !== "none" || style.boxShadow !== "none";
    };
    const { x, y, width, height } = element.getBoundingClientRect();
    const inView = y + height > 0 && y < innerHeight && x + width > 0 && x < innerWidth;
    const field = "textarea, input:not([type=radio], [type=checkbox])";
    const hasCaret = element.matches(field);
    return inView && (hasCaret || [element, ...(element.labels || [])].some(shows));
})(document.activeElement)"""
# Each page counts the answers that it waits for.
COUNT_REQUESTS = """
window.waitedFor = 0;
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function () {
    waitedFor++;
    this.addEventListener("loadend", () => waitedFor--);
    return send.apply(this, arguments);
};
const get = window.fetch;
window.fetch = function () {
    waitedFor++;
    return get.apply(this, arguments).finally(() => waitedFor--);
};"""
# Whatever came last is drawn, and has asked for nothing more.
IS_QUIET = """new Promise((done) => requestAnimationFrame(() =>
    requestAnimationFrame(() => done(waitedFor === 0))))"""


class Keyboard(PatientBrowser):
    """A Chromium that a test drives with real key strokes.

    :cvar play: function(browser), run where a tour would be
    """

    play = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.send(
            "Page.addScriptToEvaluateOnNewDocument",
            source=f"(() => {{{COUNT_REQUESTS}}})();",
        )

    def _wait_code_ok(self, code, timeout, error_checker=None):
        self.error_checker = error_checker
        self.send("Accessibility.enable")
        self.resize(1400, 900)
        type(self).play(self)
        if self._result.done():
            self._result.result()
        # What the page still waits for is cut off now: it may complain.
        self._result.cancel()

    def send(self, method, **params):
        """A command of the DevTools protocol."""
        return self._websocket_request(method, params=params, timeout=LONGEST_WAIT)

    def resize(self, width, height):
        """The size of the page, in CSS pixels."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def run(self, code):
        """The value of a JavaScript expression."""
        answer = self.send(
            "Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{code}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, condition):
        """Wait until a JavaScript expression is true, and give its value."""
        deadline = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < deadline:
            if value := self.run(condition):
                return value
            if self._result.done():
                self._result.result()
            time.sleep(0.05)
        self.take_screenshot()
        raise AssertionError(f"Not within {LONGEST_WAIT} s: {condition}")

    def see(self, selector, text=""):
        """Wait until something is visible."""
        self.wait(f"Boolean({_visible(selector, text)})")

    def settle(self):
        """Wait until the page has all that it asked for."""
        self.wait(IS_QUIET)

    def open(self, path, selector, text=""):
        """A page of Odoo that is complete, and what is to be seen on it."""
        url = f"{self.run('location.origin')}/odoo/{path}"
        self.navigate_to(url, wait_stop=True)
        self.see(selector, text)
        self.settle()

    def press(self, *keys, shift=False):
        """Strike keys, one after the other."""
        for key in keys:
            stroke = {
                "key": key,
                "code": "Space" if key == " " else key,
                "windowsVirtualKeyCode": KEYS[key],
                "modifiers": SHIFT if shift else 0,
            }
            text = {"Enter": "\r", " ": " "}.get(key)
            down = {**stroke, "text": text} if text else stroke
            self.send("Input.dispatchKeyEvent", type="keyDown", **down)
            self.send("Input.dispatchKeyEvent", type="keyUp", **stroke)

    def focus(self, selector, text=""):
        """Put the focus where the test begins."""
        self.see(selector, text)
        self.run(f"{_visible(selector, text)}.focus()")

    def go(self, selector, text=""):
        """Press a button by the keyboard."""
        self.focus(selector, text)
        self.press("Enter")

    def has_focus(self, selector, text=""):
        """Wait until something of this kind has the focus."""
        self.wait(
            f"document.activeElement.matches({json.dumps(selector)})"
            f" && document.activeElement.textContent.includes({json.dumps(text)})"
        )

    def shows_focus(self):
        """Wait until somebody who looks at the screen sees where the focus is."""
        return self.wait(SHOWN)

    def heard(self, selector):
        """What a screen reader knows of each part of a page.

        :return: [{"role", "name", "html", and the properties of ARIA}]
        """
        self.settle()
        found = self.send(
            "Runtime.evaluate",
            expression=f"[...document.querySelectorAll({json.dumps(selector)})]",
        )["result"]
        parts = self.send(
            "Runtime.getProperties", objectId=found["objectId"], ownProperties=True
        )["result"]
        return [
            row
            for part in parts
            if part["name"].isdigit()
            for row in self._tree(part["value"]["objectId"])
        ]

    def _tree(self, element):
        nodes = self.send("Accessibility.queryAXTree", objectId=element)
        for node in nodes["nodes"]:
            if not node.get("ignored") and "backendDOMNodeId" in node:
                yield {
                    "role": node["role"]["value"],
                    "name": node.get("name", {}).get("value", "").strip(),
                    "id": node["backendDOMNodeId"],
                    **{
                        one["name"]: one["value"].get("value")
                        for one in node.get("properties", ())
                    },
                }

    def unnamed(self, selector):
        """:return: the HTML of all parts that a screen reader has no name for"""
        return [
            html
            for part in self.heard(selector)
            if part["role"] in SPOKEN and not part["name"]
            if (html := self._html(part["id"]))
        ]

    def _html(self, node):
        """The beginning of an element; empty for what is Odoo's own."""
        found = self.send("DOM.resolveNode", backendNodeId=node)["object"]
        answer = self.send(
            "Runtime.callFunctionOn",
            objectId=found["objectId"],
            functionDeclaration="function (others) {"
            "  return this.closest?.(others) ? '' : this.outerHTML || this.textContent;"
            "}",
            arguments=[{"value": NOT_OURS}],
            returnByValue=True,
        )
        return answer["result"]["value"][:300]


@contextmanager
def keyboard(play):
    """Browsers started within are driven by a function(browser)."""
    browser = type("Driven", (Keyboard,), {"play": staticmethod(play)})
    with patch("odoo.tests.common.ChromeBrowser", browser):
        yield


def _visible(selector, text):
    """JavaScript for the first visible element with a text."""
    return (
        f"[...document.querySelectorAll({json.dumps(selector)})].find(e =>"
        f" e.checkVisibility() && e.textContent.includes({json.dumps(text)}))"
    )

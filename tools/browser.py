"""A headless Chromium that opens pages, types, clicks and takes pictures."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import websocket

from common import Failure

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST_START = 120
LONGEST_WAIT = 120


class Browser:
    """``with Browser() as browser:`` one window, with a profile of its own.

    :param trusted: SHA-256 digests (base64) of the public keys of servers whose
        certificates are accepted though no known authority issued them
    :ivar problems: what the pages wrote to the console as errors
    :ivar say: function(English text) -> what stands on the page for it
    """

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self.problems: list[str] = []
        self.say: Callable[[str], str] = str
        self._numbers = itertools.count(1)
        self._profile = Path(tempfile.mkdtemp(prefix="browser-"))
        self._process = self._start(trusted)
        self._socket = websocket.create_connection(
            self._address(), timeout=LONGEST_WAIT, suppress_origin=True
        )
        for name in ("Page", "Runtime", "Network"):
            self.send(f"{name}.enable")
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        # The demo's people live there.
        self.send("Emulation.setTimezoneOverride", timezoneId="Europe/Berlin")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(LONGEST_WAIT)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _start(self, trusted: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                _program(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-extensions",
                "--no-first-run",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                f"--user-data-dir={self._profile}",
                f"--ignore-certificate-errors-spki-list={','.join(trusted)}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _address(self) -> str:
        """The address of the first page's debugging interface."""
        note = self._profile / "DevToolsActivePort"
        deadline = time.monotonic() + LONGEST_START
        while time.monotonic() < deadline:
            if note.is_file() and (lines := note.read_text().splitlines()):
                url = f"http://127.0.0.1:{lines[0]}/json/list"
                with urllib.request.urlopen(url, timeout=LONGEST_WAIT) as answer:
                    for target in json.load(answer):
                        if target["type"] == "page":
                            return str(target["webSocketDebuggerUrl"])
            time.sleep(0.1)
        raise Failure("Chromium did not start.")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its result."""
        number = next(self._numbers)
        self._socket.send(
            json.dumps({"id": number, "method": method, "params": params})
        )
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    raise Failure(f"Chromium refused {method}: {message['error']}")
                return dict(message["result"])
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            text = details.get("exception", {}).get("description", details["text"])
            self.problems.append(text)
        elif (
            message.get("method") == "Runtime.consoleAPICalled"
            and params["type"] == "error"
        ):
            self.problems.append(
                " ".join(str(arg.get("value", arg)) for arg in params["args"])
            )

    def resize(self, width: int, height: int) -> None:
        """Set the size of the page's window, in CSS pixels."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def cookie(self, name: str, value: str, url: str) -> None:
        """Set a cookie for an address."""
        self.send("Network.setCookie", name=name, value=value, url=url)

    def forget(self, url: str) -> None:
        """Drop all cookies, and what pages of this address have stored."""
        self.send("Network.clearBrowserCookies")
        self.send("Storage.clearDataForOrigin", origin=url, storageTypes="all")

    def open(self, url: str, ready: str = "body") -> None:
        """Go to an address and wait for something on its page."""
        self.send("Page.navigate", url=url)
        self.wait(ready)

    def run(self, code: str) -> Any:
        """The value of a JavaScript expression; promises are awaited."""
        result = self.send(
            "Runtime.evaluate",
            expression=code,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            text = details.get("exception", {}).get("description", details["text"])
            raise Failure(f"The page answered: {text}")
        return result["result"].get("value")

    def wait(self, selector: str, text: str = "") -> None:
        """Wait until an element is visible (and contains a text).

        :raises Failure: it did not come in time
        """
        deadline = time.monotonic() + LONGEST_WAIT
        found = _find(selector, self.say(text))
        while time.monotonic() < deadline:
            try:
                if self.run(f"Boolean({found})"):
                    return
            except Failure as error:  # the page is being changed for another
                self.problems += [str(error)] if "Context" not in str(error) else []
            time.sleep(0.05)
        raise Failure(f"“{selector}” {self.say(text)!r} did not appear.")

    def click(self, selector: str, text: str = "") -> None:
        """Wait for an element and press it."""
        self.wait(selector, text)
        self.run(f"{_find(selector, self.say(text))}.click()")

    def type(self, selector: str, text: str) -> None:
        """Replace the content of an input."""
        self.wait(selector)
        self.run(f"(e => {{e.focus(); e.select()}})({_find(selector, '')})")
        self.send("Input.insertText", text=text)
        self.run("document.activeElement.blur()")

    def settle(self, seconds: float = 0.6) -> None:
        """Let animations end and pictures arrive."""
        self.run("document.fonts.ready.then(() => true)")
        self.run(
            "Promise.all([...document.images].filter(i => !i.complete).map(i =>"
            " new Promise(r => { i.onload = i.onerror = r }))).then(() => true)"
        )
        time.sleep(seconds)

    def picture(self) -> bytes:
        """What the window shows, as PNG."""
        self.settle()
        return base64.b64decode(self.send("Page.captureScreenshot")["data"])


def _find(selector: str, text: str) -> str:
    """JavaScript for the first visible element with a text."""
    return (
        f"[...document.querySelectorAll({json.dumps(selector)})].find(e =>"
        f" e.checkVisibility() && e.textContent.includes({json.dumps(text)}))"
    )


def _program() -> str:
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise Failure("Chromium is missing: run `make setup`.")

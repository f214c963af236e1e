"""A headless Chromium, driven over a pipe with the standard library alone (Chrome DevTools Protocol)."""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--disable-default-apps", "--disable-extensions",
    "--no-default-browser-check", "--disable-dev-shm-usage", "--force-device-scale-factor=1", "--remote-debugging-pipe",
)  # fmt: skip


def found():
    """Return where Chromium is, or None."""
    return next((place for name in NAMES if (place := shutil.which(name))), None)


class Chromium:
    """One browser; a context manager that ends it and takes its profile away."""

    def __enter__(self):
        self._profile = tempfile.mkdtemp()
        self._stack = contextlib.ExitStack()
        theirs_in, self._out = self._high(os.pipe())
        self._in, theirs_out = self._high(os.pipe())

        def hand_over():
            os.dup2(theirs_in, 3)
            os.dup2(theirs_out, 4)

        self._process = subprocess.Popen(
            [found(), *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=hand_over, close_fds=False,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer, self._last, self.events = b"", 0, []
        return self

    @staticmethod
    def _high(pair):
        """Return the two ends under numbers that 3 and 4 cannot overwrite."""
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in pair]
        for end in pair:
            os.close(end)
        return ends

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.send("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        os.close(self._out)
        shutil.rmtree(self._profile, ignore_errors=True)

    def send(self, method, session=None, **parameters):
        """Call a method and return its result; what happens meanwhile is kept in `events`."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(60)
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method, session):
        """Wait until an event has come."""
        end = time.monotonic() + 60
        while not any(row.get("method") == method and row.get("sessionId") == session for row in self.events):
            self.events.append(self._next(end - time.monotonic()))

    def _next(self, seconds):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, seconds))
            if not ready:
                raise TimeoutError("Chromium does not answer")
            data = os.read(self._in, 1 << 20)
            if not data:
                raise RuntimeError("Chromium has gone")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)

    def open(self, url, width, height=900, *, scripts=False):
        """Open a page in a window of that size, with scripts off unless asked."""
        return Page(self, url, width, height, scripts=scripts)


class Page:
    """An open page: what it asked for, what it complained about, what can be measured on it."""

    def __init__(self, browser, url, width, height, *, scripts):
        self._browser = browser
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self._target = target
        self._session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "Audits"):
            self._call(f"{domain}.enable")
        self._call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        browser.events.clear()
        self._call("Page.navigate", url=url)
        browser.wait_for("Page.loadEventFired", self._session)
        # Fonts are asked for when they are first needed, which may be after the page is there.
        self.ask("document.fonts.ready.then(() => 1)", promise=True)
        self.ask("1")

    def _call(self, method, **parameters):
        return self._browser.send(method, self._session, **parameters)

    def ask(self, expression, *, promise=False):
        """Evaluate an expression in the page, as the inspector does: the page's own scripts stay off."""
        found = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=promise)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def _events(self, method):
        return [
            row["params"]
            for row in self._browser.events
            if row.get("sessionId") == self._session and row.get("method") == method
        ]

    @property
    def requests(self):
        """The addresses that the page asked for."""
        return [row["request"]["url"] for row in self._events("Network.requestWillBeSent")]

    @property
    def failures(self):
        """The requests that failed."""
        return [row["errorText"] for row in self._events("Network.loadingFailed")]

    @property
    def complaints(self):
        """What the browser wrote into its log, and the issues that its audits found."""
        said = [row["entry"]["text"] for row in self._events("Log.entryAdded")]
        said += [row["issue"]["code"] for row in self._events("Audits.issueAdded")]
        return said + [str(row) for row in self._events("Runtime.exceptionThrown")]

    def shoot(self, place, *, whole=False):
        """Write a picture of the window, or of the whole page."""
        shot = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        if whole:
            size = self._call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 8000), "scale": 1}
            shot = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        place.write_bytes(base64.b64decode(shot["data"]))
        return place

    def close(self):
        """Close the page."""
        self._browser.send("Target.closeTarget", targetId=self._target)

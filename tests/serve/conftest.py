"""What the tests of the pages share: atlases, a server, a browser, and pages that tell what they did wrong."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
PROGRAM = os.environ["PHOSPHENE_PROGRAM"]
MARK = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


def make_atlas(file, *options):
    subprocess.run([sys.executable, HERE / "make_atlas.py", file, *map(str, options)], check=True)
    return file


def until(page, expression, patience=15):
    """Waits for a JavaScript expression to be true. Playwright's own way needs eval(), which the pages' policy forbids."""
    end = time.monotonic() + patience
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(40)


class Server:
    """`phosphene serve` at a free port."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, "serve", "--port", "0", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        assert re.fullmatch(r"http://localhost:\d+/", self.address), self.process.stderr.read()
        self.port = int(self.address.rsplit(":", 1)[1].strip("/"))

    def get(self, path):
        with urllib.request.urlopen(self.address + path.lstrip("/")) as reply:
            return reply.read()

    def atlases(self):
        return json.loads(self.get("/-/data/atlases.json"))["atlases"]

    def alive(self):
        return self.process.poll() is None

    def close(self):
        self.process.terminate()
        _, errors = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, errors
        return errors


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def small(folder):
    return make_atlas(folder / "small.atlas", "--units", 60, "--hidden", 30, "--measured", 12, "--sample", 64)


@pytest.fixture(scope="session")
def other(folder):
    return make_atlas(folder / "other.atlas", "--name", "othernet", "--units", 60, "--hidden", 30, "--seeds", 1, "--measured", 2, "--sample", 64, "--shift", 1, "--fresh", 3)


@pytest.fixture(scope="session")
def server(small, other):
    server = Server(small, other)
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser():
    chromium = os.environ.get("PHOSPHENE_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A browser page. At its end nothing may stand in the console, and nothing may have been asked of another server."""

    def __init__(self, browser, own, width=1400):
        self.context = browser.new_context(viewport={"width": width, "height": 900})
        self.page = self.context.new_page()
        self.faults = []
        self.page.on("console", lambda message: message.type in ("error", "warning") and self.faults.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", lambda request: request.url.startswith((own, "data:", "blob:")) or self.faults.append(f"elsewhere: {request.url}"))

    def open(self, address):
        self.page.goto(address)
        self.page.wait_for_selector("main h1")
        return self.page

    def close(self):
        self.context.close()
        assert not self.faults, self.faults


@pytest.fixture
def watched(browser, server):
    watched = Watched(browser, server.address)
    yield watched
    watched.close()


@pytest.fixture
def phone(browser, server):
    watched = Watched(browser, server.address, width=400)
    yield watched
    watched.close()

"""Hostile atlases and hostile clients: nothing is executed, nothing outside the atlas is read, nothing falls over."""

import http.client
import json
import os
import socket
import sqlite3
import subprocess
import threading
import time
from urllib.parse import quote

import pytest

from conftest import MARK, PROGRAM, Server, Watched, make_atlas


@pytest.fixture(scope="module")
def marked(folder):
    """An atlas whose every text is markup, and some of whose blobs are broken."""
    file = make_atlas(folder / "marked.atlas", "--units", 24, "--hidden", 24, "--mark", MARK)
    db = sqlite3.connect(file)
    db.execute("UPDATE picture SET webp = x'00', thumbnail = randomblob(2000) WHERE unit = 1")
    db.execute("UPDATE picture SET activations = x'0102' WHERE unit = 2")
    db.execute("UPDATE picture SET reasons = '{', path_layers = 'no json' WHERE unit = 3")
    db.execute("UPDATE distribution SET histogram = randomblob(7), quantiles = x'' WHERE unit = 4")
    db.execute("UPDATE example SET crop_y = -5, crop_height = 1000000, photo = 999 WHERE unit = 5")
    db.execute("UPDATE picture SET webp = '<script>document.title=1</script>' WHERE unit = 6")
    db.execute("UPDATE picture SET activation = 9e999, margin = -9e999 WHERE unit = 7")
    db.commit()
    server = Server(file)
    yield server
    assert server.alive()
    server.close()


def test_nothing_is_executed(browser, marked):
    watched = Watched(browser, marked.address)
    (atlas,) = marked.atlases()
    layer = atlas["layers"][1]["name"]
    assert "<script>" in layer
    quoted = quote(layer, safe="")
    for address in ("", atlas["id"], f"{atlas['id']}/{quoted}", f"{atlas['id']}/scores", *(f"{atlas['id']}/scores/{unit}" for unit in range(8)), f"class/{atlas['id']}/1",
                    "search?q=species", "search?q=%3Cscript%3Edocument.title%3D'taken'%3C/script%3E", f"compare?a={atlas['id']}/scores/0&b={atlas['id']}/scores/1",
                    "compare?a=%3Cscript%3E", "%3Cscript%3Edocument.title='taken'%3C/script%3E"):
        page = watched.open(marked.address + address)
        page.wait_for_timeout(100)
        assert "taken" not in page.title().replace("document.title='taken'", ""), address
        assert page.evaluate("document.scripts.length") == 1 and page.evaluate("document.querySelectorAll('main script, img[onerror]').length") == 0, address
    # What is broken is missing or refused by the server; the browser notes that, and nothing else.
    watched.faults = [fault for fault in watched.faults if "Failed to load resource" not in fault]
    watched.close()


def test_pages_come_with_a_policy(marked):
    for path in ("/", "/-/app.js", "/-/data/atlases.json", "/-/nothing", "/nothing", "/-/data/../../etc/passwd"):
        connection = http.client.HTTPConnection("localhost", marked.port)
        connection.request("GET", path)
        reply = connection.getresponse()
        reply.read()
        policy = reply.getheader("Content-Security-Policy")
        assert policy and "default-src 'none'" in policy and "unsafe" not in policy, path
        assert reply.getheader("X-Content-Type-Options") == "nosniff"


def raw(port, bytes_, patience=10):
    """The reply to these bytes."""
    with socket.create_connection(("localhost", port), timeout=patience) as connection:
        connection.sendall(bytes_)
        reply = b""
        try:
            while b"\r\n\r\n" not in reply:
                more = connection.recv(65536)
                if not more:
                    break
                reply += more
        except (socket.timeout, ConnectionResetError):
            pass
        return reply


def status(reply):
    return int(reply.split(b" ")[1]) if reply.startswith(b"HTTP/1.1") else 0


def test_no_path_leads_out_of_the_atlas(marked, folder):
    (folder / "secret.txt").write_text("secret")
    atlas = marked.atlases()[0]["id"]
    tricks = ["/-/../secret.txt", "/-/..%2f..%2fetc%2fpasswd", "/-/data/../../../../etc/passwd", "/-/data/%2e%2e/%2e%2e/etc/passwd", "/-//etc/passwd", "/-/data//etc/passwd",
              f"/-/data/{atlas}/picture/../../../marked.atlas", f"/-/data/{atlas}/picture/2-1-0.webp%00.html", f"/-/data/{atlas}/picture/2--1-0.webp",
              f"/-/data/{atlas}/picture/99999999999999999999-1-0.webp", f"/-/data/{atlas}/unit/2/1.json/../../../atlases.json", "/-/file:///etc/passwd", "/-/data/marked.atlas",
              "/-/index.html", f"/-/data/{atlas}/layer/2;DROP TABLE unit.json", f"/-/data/{atlas}/layer/1%20OR%201=1.json", f"/-/data/{atlas}/layer/-1.json"]
    for path in tricks:
        reply = raw(marked.port, f"GET {path.replace(' ', '%20')} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert status(reply) in (400, 404), (path, reply[:80])
        assert b"secret" not in reply and b"root:" not in reply and b"SQLite format" not in reply


def test_broken_blobs_are_refused_or_shown_as_missing(marked):
    atlas = marked.atlases()[0]["id"]
    for unit in range(8):
        reply = raw(marked.port, f"GET /-/data/{atlas}/unit/2/{unit}.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert status(reply) in (200, 500), unit
    script = raw(marked.port, f"GET /-/data/{atlas}/picture/2-6-0.webp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert status(script) in (200, 404) and (status(script) == 404 or b"image/webp" in script)


def test_other_names_and_methods_are_refused(marked):
    assert status(raw(marked.port, b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")) == 403
    assert status(raw(marked.port, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")) in (400, 403)
    assert status(raw(marked.port, b"GET / HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n")) == 403
    for method in (b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"BREW"):
        assert status(raw(marked.port, method + b" / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) in (400, 405), method
    for name in (b"/-/live/draw", b"/-/live/likeness/x", b"/-/live/draw/1/stop"):  # without --draw
        body = b"POST " + name + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
        assert status(raw(marked.port, body)) == 403, name


@pytest.mark.parametrize("head", ["Content-Length: 104857600", "Transfer-Encoding: chunked"])
def test_a_request_of_100_mb_costs_nothing(marked, head):
    memory = lambda: int([line for line in open(f"/proc/{marked.process.pid}/status") if line.startswith("VmRSS")][0].split()[1])
    before = memory()
    with socket.create_connection(("localhost", marked.port), timeout=20) as connection:
        connection.sendall(f"POST /-/live/likeness/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n{head}\r\n\r\n".encode())
        try:
            for _ in range(100):
                connection.sendall((b"100000\r\n" if "chunked" in head else b"") + bytes(1 << 20) + (b"\r\n" if "chunked" in head else b""))
        except (BrokenPipeError, ConnectionResetError, socket.timeout):
            pass
    assert marked.alive() and memory() - before < 64 * 1024
    assert marked.get("/-/icon.svg").startswith(b"<svg")


def test_nonsense_is_survived(marked):
    for nonsense in (b"\0" * 5000, b"GET " + b"/a" * 60_000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n", b"GET / HTTP/9.9\r\n\r\n", os.urandom(4000),
                     b"GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=" + b"0-0," * 1000 + b"0-0\r\n\r\n", b"GET /%ff%fe%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"):
        raw(marked.port, nonsense, patience=7)
    assert marked.alive() and marked.get("/-/icon.svg").startswith(b"<svg")


def test_1000_connections_at_once(marked):
    """All are opened before the first one asks; each gets its answer."""
    connections = [socket.create_connection(("localhost", marked.port), timeout=60) for _ in range(1000)]
    done = []

    def ask(some):
        for connection in some:
            connection.sendall(b"GET /-/icon.svg HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for connection in some:
            reply = b""
            while more := connection.recv(65536):
                reply += more
            done.append(status(reply) == 200 and reply.endswith(b"</svg>\n"))
            connection.close()

    threads = [threading.Thread(target=ask, args=(connections[first:first + 100],)) for first in range(0, 1000, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done.count(True) == 1000


def test_silent_connections_starve_nobody(marked):
    """While 200 connections say nothing, others are served at once."""
    silent = [socket.create_connection(("localhost", marked.port)) for _ in range(200)]
    start = time.monotonic()
    assert marked.get("/-/icon.svg").startswith(b"<svg")
    assert time.monotonic() - start < 4  # a silent one is given up after 5 s
    for connection in silent:
        connection.close()


def test_files_that_are_no_atlas(folder):
    broken = folder / "broken.atlas"
    for content in (b"", b"no database", b"SQLite format 3\0" + bytes(5000)):
        broken.write_bytes(content)
        run = subprocess.run([PROGRAM, "serve", broken], capture_output=True, text=True, timeout=20)
        assert run.returncode == 1 and run.stderr.startswith("error: ") and len(run.stderr.strip().splitlines()) == 1, run
    run = subprocess.run([PROGRAM, "serve", folder / "absent.atlas"], capture_output=True, text=True, timeout=20)
    assert run.returncode == 1 and run.stderr.startswith("error: ")

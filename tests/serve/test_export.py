"""Exported pages: opened from the disk, they show what the server shows, and ask for nothing else."""

import subprocess

import pytest

from conftest import PROGRAM, Watched, until


@pytest.fixture(scope="module")
def site(small, folder):
    run = subprocess.run([PROGRAM, "atlas", "export", small, "-o", folder / "site"], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(folder / "site" / "index.html")
    return folder / "site"


@pytest.fixture
def disk(browser, site):
    watched = Watched(browser, f"file://{site}/")
    yield watched
    watched.close()


def test_pages_open_from_the_disk(disk, site, server):
    root = f"file://{site}/index.html"
    network = server.atlases()[0]["id"]
    page = disk.open(root)
    assert page.inner_text("h1") == "testnet"
    page.click("h2 a:text-is('scores')")
    page.wait_for_selector(".wall .cell")
    page.fill("#filter", "heron 2")
    until(page, "document.querySelectorAll('.wall .cell:not([hidden])').length === 1")
    page.click(".wall .cell:not([hidden]):has(.name:text-is('heron 2'))")
    page.wait_for_selector("h1:text-is('Heron 2')")
    assert page.url == f"{root}#/{network}/scores/18"
    assert page.evaluate("[...document.querySelectorAll('.hero img, .photo img')].every(i => i.src.startsWith('file:'))")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('.hero img').naturalWidth") == 96
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("h1:text-is('Newt 2')")
    page.go_back()
    page.wait_for_selector("h1:text-is('Heron 2')")
    page.fill("#search", "zebra")
    page.press("#search", "Enter")
    page.wait_for_selector(".cell:has-text('zebra 1')")
    assert page.locator(".live").count() == 0


def test_an_address_of_a_unit_opens_it(disk, site, server):
    page = disk.open(f"file://{site}/index.html#/{server.atlases()[0]['id']}/%2Fblock1%2FRelu_output_0/3")
    page.wait_for_selector("h1:text-is('Unit 3')")


def test_an_unfinished_export_has_no_page_and_goes_on(small, folder):
    out = folder / "stopped"
    with subprocess.Popen([PROGRAM, "atlas", "export", small, "-o", out], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not (out / "app.js").exists() and process.poll() is None:
            pass
        process.kill()
    assert not (out / "index.html").exists()
    subprocess.run([PROGRAM, "atlas", "export", small, "-o", out], capture_output=True, check=True)
    whole = {str(file.relative_to(folder / "site")) for file in (folder / "site").rglob("*") if file.is_file()}
    assert {str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()} == whole and "index.html" in whole

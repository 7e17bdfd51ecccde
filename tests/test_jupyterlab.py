"""A notebook as it is used: JupyterLab, a browser, a slider moved, and another figure."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.request import urlopen

import nbformat
import pytest
from playwright.sync_api import Error, expect, sync_playwright

from notebooks import run
from tests.browser import find
from tests.test_notebooks import SMALL

NOTEBOOK = "05_K_and_r2"
TOKEN = "for-the-test"
SECONDS = 120


@contextmanager
def jupyterlab(folder):
    """Its address, with settings of its own, on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        name: str(folder / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    settings |= {name: str(folder / "lab") for name in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}", "--ServerApp.port_retries=0"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, **settings}, stdout=log, stderr=log)
        try:
            _wait_for(server, port, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(server, port, log):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start: {log.read_text()}")


def picture(page):
    """The PNG in the image of the first slider's panel."""
    script = """async () => {
        const image = document.querySelector('.jupyter-widgets img');
        const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    }"""
    return base64.b64decode(page.evaluate(script))


def run_all(page, address):
    """Run all cells, once the page has a kernel: before that JupyterLab asks for one, and runs nothing."""
    end = time.monotonic() + SECONDS
    while not connected(address) and time.monotonic() < end:
        page.wait_for_timeout(200)
    page.wait_for_timeout(1000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def connected(address):
    """Whether a page listens to a kernel that waits for code."""
    with urlopen(f"{address}/api/sessions?token={TOKEN}") as answer:
        kernels = [session["kernel"] for session in json.load(answer)]
    return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)


def test_a_slider_moved_in_jupyterlab_draws_another_figure(tmp_path):
    nbformat.write(run.parameterised(run.source(NOTEBOOK), SMALL[NOTEBOOK]), tmp_path / "tried.ipynb")
    with jupyterlab(tmp_path) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**find().options)
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(1000 * SECONDS)
        page.goto(f"{address}/lab/tree/tried.ipynb?token={TOKEN}")
        try:
            page.locator(".jp-Notebook .jp-Cell").first.wait_for()
            run_all(page, address)
            image, handle = page.locator(".jupyter-widgets img").first, page.locator(".noUi-handle").first
            expect(image).to_be_visible(timeout=1000 * SECONDS)
            before, source, value = picture(page), image.get_attribute("src"), handle.get_attribute("aria-valuetext")
            handle.focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_function("old => document.querySelector('.jupyter-widgets img').src !== old", arg=source)
        except (AssertionError, Error):
            page.screenshot(path=tmp_path / "seen.png")
            raise
        assert handle.get_attribute("aria-valuetext") != value
        after = picture(page)
        assert before[:8] == after[:8] == b"\x89PNG\r\n\x1a\n"
        assert before != after
        browser.close()

"""A headless browser with the page in it, for all tests of the explorer."""

import os
import shutil
from contextlib import contextmanager

import pytest
from excitable.explorer import write_explorer


def pytest_collection_modifyitems(items):
    """Mark whatever needs a browser."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def _browser_path() -> str | None:
    return os.environ.get("EXCITABLE_BROWSER") or next(
        filter(None, map(shutil.which, BROWSERS)), None
    )


@pytest.fixture(scope="session")
def chromium():
    """A browser that is closed at the end; skips without one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip)")
    path = _browser_path()
    if path is None:
        pytest.skip(f"needs a browser: one of {', '.join(BROWSERS)}, or EXCITABLE_BROWSER")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page_file(tmp_path_factory):
    """The page as `python -m excitable explore` writes it."""
    return write_explorer(tmp_path_factory.mktemp("explorer"))


@pytest.fixture(scope="session")
def opened(chromium):
    """Return a context manager that opens a file and watches it.

    Every request but the file's own is refused, and none may be attempted; nothing may go wrong in
    the console.
    """

    @contextmanager
    def open_page(path, address="", wait=True, **options):
        context = chromium.new_context(accept_downloads=True, **options)
        page = context.new_page()
        own, wrong = path.resolve().as_uri(), []

        def watch(route):
            url = route.request.url
            if url.split("#")[0] == own:
                route.continue_()
            else:
                wrong.append(f"request for {url}")
                route.abort()

        context.route(lambda url: not url.startswith(("blob:", "data:")), watch)
        page.on(
            "console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{own}{address}")
        if wait:
            page.wait_for_function("() => window.excitable && excitable.result")
        yield page
        assert not wrong, wrong
        context.close()

    return open_page


@pytest.fixture
def page(opened, page_file):
    """A fresh page."""
    with opened(page_file) as page:
        yield page


@pytest.fixture(scope="module")
def page_open(opened, page_file):
    """One page for all tests of a file that do not change it."""
    with opened(page_file) as page:
        yield page

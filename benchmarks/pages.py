"""The overview in a real browser: what the first view weighs, and when its heat table answers.

`python -m benchmarks.pages` measures alone, on SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from benchmarks.ground import FORTY
from benchmarks.servers import Place, Server, sqlite
from tests.servers import CHROMIUM_ARGS, chromium

ROUNDS = 7
ASSETS = (".css", ".js", ".woff2")
MOST_BYTES, MOST_MILLISECONDS = 120_000, 200
# The first frame that shows the table, and a task that runs after it: from then on it answers.
MARK = """addEventListener("htmx:afterSwap", () => {
  if (!document.querySelector(".heat")) return;
  requestAnimationFrame(() => setTimeout(() => { window.answersAt = performance.now(); }));
});"""
SEEN = """() => {
  const [page] = performance.getEntriesByType("navigation");
  const rest = performance.getEntriesByType("resource");
  const table = rest.find((one) => new URL(one.name).pathname === "/heat");
  const shown = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    table: window.answersAt - table.responseStart,
    whole: window.answersAt - page.responseStart,
    first: shown.startTime - page.responseStart,
    bytes: page.transferSize + table.transferSize,
    kinds: rest.map((one) => [one.name, one.transferSize]),
    cells: document.querySelectorAll(".heat td").length,
  };
}"""


class Pages(NamedTuple):
    """Bytes on the wire of scripts, styles and fonts (and of the page with its table); and
    milliseconds until the table is painted and answers: from its own first byte, and from the
    page's first byte, with the page's first paint before it."""

    shape: str
    weight: int
    page: int
    table: list[float]
    whole: list[float]
    first: list[float]

    def __str__(self) -> str:
        wait = median(self.table)
        heavy = "NO" if self.weight > MOST_BYTES else "yes"
        slow = "NO" if wait > MOST_MILLISECONDS else "yes"
        return (
            f"overview of {self.shape} in Chromium: script, style and font "
            f"{self.weight / 1000:.0f} kB (≤ {MOST_BYTES // 1000}: {heavy}), page and table "
            f"{self.page / 1000:.0f} kB; heat table answers {wait:.0f} ms after its first byte, "
            f"{min(self.table):.0f} to {max(self.table):.0f} (≤ {MOST_MILLISECONDS}: {slow}); "
            f"from the page's first byte {median(self.first):.0f} ms to the first view and "
            f"{median(self.whole):.0f} to the table"
        )


def pages(place: Place) -> Pages:
    """Each time in a browser that has never been here; the figures are ready."""
    programme, period = FORTY
    query = urlencode({"programme": programme, "period": period})
    with Server("app.cli", place.copy("pages"), ready="/readyz") as server, _browser() as browser:
        address = f"http://127.0.0.1:{server.port}/?{query}#heat"
        _view(browser, address, place.ground.reviewer)
        seen = [_view(browser, address, place.ground.reviewer) for _ in range(ROUNDS)]
    one = seen[0]
    weight = sum(size for name, size in one["kinds"] if name.split("?")[0].endswith(ASSETS))
    shape = f"{one['cells']} cells"
    times = ([each[part] for each in seen] for part in ("table", "whole", "first"))
    return Pages(shape, weight, one["bytes"], *times)


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        yield browser
        browser.close()


def _view(browser: Browser, address: str, bearer: str) -> Any:
    context = browser.new_context(
        viewport={"width": 1360, "height": 900},
        locale="vi-VN",
        extra_http_headers={"authorization": f"Bearer {bearer}"},
    )
    page = context.new_page()
    page.add_init_script(MARK)
    page.goto(address, wait_until="networkidle")
    page.wait_for_function("window.answersAt !== undefined")
    seen = page.evaluate(SEEN)
    context.close()
    return seen


if __name__ == "__main__":
    with sqlite() as _place:
        print(pages(_place))

"""Opens a notebook that JupyterLab serves in headless Chromium, runs all cells
from the menu and looks at the page as a person would: every cell done, no
error, every figure drawn. Prints what it saw as JSON.

Arguments: the notebook's address, its path on the server, a folder for
screenshots, and the seconds that the cells may take. Chromium is
$INNKEEPER_CHROMIUM.
"""

import json
import os
import re
import sys
import tempfile
import time
from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import TimeoutError as PageTimeout
from playwright.sync_api import sync_playwright

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]

# The figures on the page now, each marked with an attribute to find it by.
# JupyterLab shows SVG as an img, HTML outputs may hold an svg of their own.
FIGURES = """() => {
  const found = [];
  for (const cell of document.querySelectorAll('.jp-CodeCell')) {
    const index = Number(cell.dataset.windowedListIndex);
    const marks = cell.querySelectorAll('.jp-OutputArea-output img, .jp-OutputArea-output svg, .jp-OutputArea-output canvas');
    let n = 0;
    for (const e of marks) {
      if (e.parentElement.closest('svg')) continue;
      const box = e.getBoundingClientRect();
      if (box.width < 100 || box.height < 60) continue;
      const name = `cell${index}-${++n}`;
      e.dataset.figure = name;
      found.push({name, tag: e.tagName.toLowerCase(), width: Math.round(box.width), height: Math.round(box.height),
                  drawn: e.tagName !== 'IMG' || (e.complete && e.naturalWidth > 0)});
    }
  }
  return found;
}"""


def main(address, path, shots, seconds):
    os.makedirs(shots, exist_ok=True)
    with sync_playwright() as p, tempfile.TemporaryDirectory() as profile:
        browser = p.chromium.launch_persistent_context(
            profile,
            executable_path=os.environ["INNKEEPER_CHROMIUM"],
            args=FLAGS,
            viewport={"width": 1280, "height": 900},
        )
        page = browser.pages[0]
        page.set_default_timeout(60_000)
        complaints = []
        page.on("pageerror", lambda e: complaints.append(str(e)))
        try:
            cells = run_all(page, address, path, shots, seconds)
            figures = look_at_figures(page, shots)
        except BaseException:
            page.screenshot(path=f"{shots}/failed.png")
            raise
        browser.close()

    report = {"cells": cells, "figures": figures, "page_errors": complaints}
    print(json.dumps(report, indent=1))
    wrong = [c for c in cells if c["errors"] or c["count"] is None]
    if wrong:
        sys.exit(f"cells that failed or did not run: {wrong}")
    undrawn = [f["name"] for f in figures if not f["drawn"]]
    if undrawn:
        sys.exit(f"figures that the page does not draw: {undrawn}")


def run_all(page, address, path, shots, seconds):
    """Opens the notebook, runs all cells, and returns what became of each."""
    page.goto(address)
    server = Server(page, address)
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    wait_until(60, lambda: server.kernel() == "idle", "the kernel did not become idle")
    news = page.get_by_role("button", name="No", exact=True)  # JupyterLab offers its news, over the page
    if news.count():
        news.first.click()
    page.screenshot(path=f"{shots}/opened.png")

    page.locator(".lm-MenuBar-item", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    wait_for_cells(page, server, seconds)
    page.screenshot(path=f"{shots}/after-run.png")
    return save(page, server, path)


class Server:
    """JupyterLab's server, asked from the page."""

    def __init__(self, page, address):
        self.page, url = page, urlsplit(address)
        self.root, self.token = f"{url.scheme}://{url.netloc}", parse_qs(url.query)["token"][0]

    def get(self, path):
        reply = self.page.request.get(self.root + path, headers={"Authorization": f"token {self.token}"})
        if not reply.ok:
            sys.exit(f"{path}: the server answers {reply.status}: {reply.text()}")
        return reply.json()

    def kernel(self):
        sessions = self.get("/api/sessions")
        if len(sessions) > 1:
            sys.exit(f"{len(sessions)} sessions are open")
        return sessions[0]["kernel"]["execution_state"] if sessions else None

    def modified(self, path):
        return self.get(f"/api/contents/{quote(path)}?content=0")["last_modified"]


def wait_until(seconds, condition, complaint):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(complaint)
        time.sleep(0.25)


def wait_for_cells(page, server, seconds):
    """Waits until no cell shows [*] and the kernel has been idle for a while."""
    running = page.locator(".jp-CodeCell .jp-InputPrompt", has_text="[*]")
    idle_since = None

    def finished():
        nonlocal idle_since
        if server.kernel() != "idle" or running.count():
            idle_since = None
        elif idle_since is None:
            idle_since = time.monotonic()
        return idle_since is not None and time.monotonic() - idle_since > 2

    wait_until(seconds, finished, f"the cells were not done after {seconds:.0f} s")


def save(page, server, path):
    """Saves the notebook from the page and returns what the file then says."""
    before = server.modified(path)
    page.locator(".jp-Notebook").first.click(position={"x": 5, "y": 5})
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    wait_until(60, lambda: server.modified(path) != before, "the notebook could not be saved")
    cells = saved_cells(server, path)
    end = time.monotonic() + 30
    while any(c["count"] is None for c in cells) and time.monotonic() < end:  # that was JupyterLab's own save, before ours
        time.sleep(1)
        cells = saved_cells(server, path)
    return cells


def saved_cells(server, path):
    cells = []
    for index, cell in enumerate(server.get(f"/api/contents/{quote(path)}")["content"]["cells"]):
        if cell["cell_type"] != "code" or not "".join(cell["source"]).strip():
            continue
        cells.append({
            "cell": index,
            "count": cell["execution_count"],
            "errors": [f"{o['ename']}: {o['evalue']}" for o in cell["outputs"] if o["output_type"] == "error"],
            "images": sum(any(m.startswith("image/") for m in o.get("data", {})) for o in cell["outputs"]),
        })
    return cells


def look_at_figures(page, shots):
    """Scrolls through the notebook, for JupyterLab may build cells only when
    they come into view, and takes a picture of the top and of each figure."""
    pane = page.locator(".jp-WindowedPanel-outer").first
    pane.evaluate("e => e.scrollTo(0, 0)")
    page.wait_for_timeout(500)
    page.screenshot(path=f"{shots}/top.png")
    figures = {}
    position = -1
    while (now := pane.evaluate("e => e.scrollTop")) > position:
        position = now
        for figure in page.evaluate(FIGURES):
            if figure["name"] in figures:
                continue
            figures[figure["name"]] = figure
            picture = page.locator(f"[data-figure={figure['name']}]")
            try:
                picture.screenshot(path=f"{shots}/{figure['name']}.png", timeout=10_000)
            except PageTimeout:
                figure["drawn"] = False
        pane.evaluate("(e, y) => e.scrollTo(0, y)", position + 600)
        page.wait_for_timeout(300)
    return list(figures.values())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))

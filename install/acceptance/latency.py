"""Measures how long after a slider's move the new posterior is on the page: the
explorer of the inverse kinematics with 2,000 draws (marginals, pairs, the arm and
the table) of the network of notebooks/kinematics.ipynb, in JupyterLab in headless
Chromium, by moves when the page rests and one after the other; and what 60 moves a
second leave behind in time and memory. Prints a table in Markdown.

    python latency.py /path/to/innkeeper [seconds of fast moves]
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading

from browser import FLAGS, wait_for_cells, Server
from playwright.sync_api import sync_playwright

CELL = """problem := sim.Kinematics(nil)
pairs, err := problem.Pairs(5000, 1)
model, err := inn.Train(pairs, &inn.Settings{Blocks: 6, Layers: 3, Latent: 2, Nominal: 8, Steps: 300, Seed: 1})
nb.Explore(model, pairs, &nb.ExploreSettings{Draws: 2000, Problem: problem})"""

MOVES = 200
REST = 300  # ms between moves when the page rests

# Presses an arrow key on the first slider's handle and resolves with the
# milliseconds until the explorer's picture is another one.
MOVE = """key => new Promise(done => {
  const area = [...document.querySelectorAll('.jp-OutputArea-output .widget-html-content')].find(e => e.querySelector('svg'));
  const start = performance.now();
  const seen = new MutationObserver(() => { seen.disconnect(); requestAnimationFrame(() => done(performance.now() - start)); });
  seen.observe(area, {childList: true, subtree: true});
  const handle = document.querySelector('.noUi-handle');
  handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
})"""

# Moves 60 times a second, then resolves with the milliseconds from the last
# move until the picture rests.
STORM = """seconds => new Promise(done => {
  const area = [...document.querySelectorAll('.jp-OutputArea-output .widget-html-content')].find(e => e.querySelector('svg'));
  const handle = document.querySelector('.noUi-handle');
  let last = 0, drawn = 0, pictures = 0, moves = 0;
  const seen = new MutationObserver(() => requestAnimationFrame(() => { drawn = performance.now(); pictures++; }));
  seen.observe(area, {childList: true, subtree: true});
  const timer = setInterval(() => {
    last = performance.now();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: moves++ % 40 < 20 ? 'ArrowRight' : 'ArrowLeft', bubbles: true}));
    if (moves >= 60 * seconds) {
      clearInterval(timer);
      setTimeout(() => { seen.disconnect(); done({after: drawn - last, moves, pictures}); }, 3000);
    }
  }, 1000 / 60);
})"""


def memory(page, pids):
    """Megabytes in use: of the page's JavaScript after a collection, and of the
    kernel's processes."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("HeapProfiler.collectGarbage")
    heap = cdp.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    resident = 0
    for pid in pids:
        with open(f"/proc/{pid}/status") as f:
            resident += int(re.search(r"VmRSS:\s+(\d+) kB", f.read())[1]) / 1e3
    return heap, resident


def kernels(innkeeper):
    """The processes of the kernel and of its cells."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                args = f.read().split("\0")
        except OSError:
            continue
        if os.path.realpath(args[0] or "/") == os.path.realpath(innkeeper) and args[1:2] in (["kernel"], ["worker"]):
            found.append(int(pid))
    return found


def main(innkeeper, seconds):
    before = kernels(innkeeper)
    with tempfile.TemporaryDirectory() as work, sync_playwright() as p:
        env = dict(os.environ, JUPYTER_DATA_DIR=f"{work}/data", XDG_CONFIG_HOME=f"{work}/config",
                   PATH=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [], "source": CELL}
        with open(f"{work}/latency.ipynb", "w") as f:
            json.dump({"cells": [cell], "nbformat": 4, "nbformat_minor": 5, "metadata": {
                "kernelspec": {"name": "innkeeper", "display_name": "Go (innkeeper)", "language": "go"}}}, f)
        lab = subprocess.Popen([innkeeper, "lab", "--no-browser", "latency.ipynb"], cwd=work, env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            address = next(m[0] for line in lab.stdout if (m := re.search(r"http://127\.0\.0\.1:\d+/\S+", line)))
            threading.Thread(target=lab.stdout.read, daemon=True).start()  # keeps the pipe empty
            browser = p.chromium.launch(executable_path=os.environ["INNKEEPER_CHROMIUM"], args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(120_000)
            page.goto(address)
            server = Server(page, address)
            page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
            while server.kernel() != "idle":
                page.wait_for_timeout(500)
            page.locator(".lm-MenuBar-item", has_text=re.compile("^Run$")).click()
            page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
            wait_for_cells(page, server, 120)
            pids = [pid for pid in kernels(innkeeper) if pid not in before]
            times = {}
            for rest in REST, 0:
                times[rest] = []
                for i in range(MOVES):
                    page.wait_for_timeout(rest)
                    times[rest].append(page.evaluate(MOVE, "ArrowRight" if i % 40 < 20 else "ArrowLeft"))
            page.evaluate(STORM, 5)  # so that what grows once has grown
            heap, resident = memory(page, pids)
            storm = page.evaluate(STORM, seconds)
            heap_after, resident_after = memory(page, pids)
        finally:
            lab.terminate()
    with open("/proc/loadavg") as f:
        load = f.read().split()[0]
    print(f"load {load}\n\n| | |\n|---|---|")
    for rest, name in (REST, f"a move after {REST} ms of rest"), (0, "one move after the other"):
        print(f"| {name}: to the picture, median of {MOVES}; p95 [ms] | {statistics.median(times[rest]):.0f}; {sorted(times[rest])[int(0.95 * MOVES)]:.0f} |")
    print(f"| pictures of {storm['moves']} moves in {seconds} s | {storm['pictures']} |")
    print(f"| last move to the newest picture [ms] | {storm['after']:.0f} |")
    print(f"| the page's memory before and after [MB] | {heap:.1f}, {heap_after:.1f} |")
    print(f"| the kernel's memory before and after [MB] | {resident:.0f}, {resident_after:.0f} |")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30)

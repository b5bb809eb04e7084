"""Measures how long after a slider's move the new posterior is on the page: the
explorer of the inverse kinematics with 2,000 draws, in JupyterLab in headless
Chromium.

    python latency.py /path/to/innkeeper [seconds of fast moves]
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from browser import FLAGS, wait_for_cells, Server
from playwright.sync_api import sync_playwright

CELL = """problem := sim.Kinematics(nil)
pairs, err := problem.Pairs(5000, 1)
model, err := inn.Train(pairs, &inn.Settings{Steps: 300, Seed: 1})
nb.Explore(model, pairs, &nb.ExploreSettings{Draws: 2000})"""

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
  new MutationObserver(() => { drawn = performance.now(); pictures++; }).observe(area, {childList: true, subtree: true});
  const timer = setInterval(() => {
    last = performance.now();
    handle.dispatchEvent(new KeyboardEvent('keydown', {key: moves++ % 40 < 20 ? 'ArrowRight' : 'ArrowLeft', bubbles: true}));
    if (moves >= 60 * seconds) { clearInterval(timer); setTimeout(() => done({after: drawn - last, moves, pictures}), 3000); }
  }, 1000 / 60);
})"""


def main(innkeeper, seconds):
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
            browser = p.chromium.launch(executable_path=os.environ["INNKEEPER_CHROMIUM"], args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(address)
            server = Server(page, address)
            page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
            while server.kernel() != "idle":
                page.wait_for_timeout(500)
            page.locator(".lm-MenuBar-item", has_text=re.compile("^Run$")).click()
            page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
            wait_for_cells(page, server, 120)
            times = [page.evaluate(MOVE, "ArrowRight" if i % 40 < 20 else "ArrowLeft") for i in range(100)]
            storm = page.evaluate(STORM, seconds)
        finally:
            lab.terminate()
    times.sort()
    print(f"a move to its picture: median {statistics.median(times):.0f} ms, p95 {times[94]:.0f} ms of {len(times)}")
    print(f"{storm['moves']} moves in {seconds} s: {storm['pictures']} pictures, the newest {storm['after']:.0f} ms after the last move")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30)

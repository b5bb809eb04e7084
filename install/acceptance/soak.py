"""Runs many cells of many kinds and watches memory and goroutines:

    python install/acceptance/soak.py [cells]

Prints a table, and fails when the heap grows by more than LIMIT bytes a cell
in the second half, or goroutines are left behind.
"""

import os
import sys
import time

import psutil
from jupyter_client.manager import start_new_kernel

LIMIT = 4_000  # bytes a cell: the text of cells and their errors
KINDS = [
    "1 + {n}",
    "x{m} := {n}\nx{m} * 2",
    'fmt.Println("line", {n})',
    "func f{m}(a int) int {{ return a + {n} }}\nf{m}(1)",
    "undefined{n}",
    "type T{m} struct{{ A int }}\nT{m}{{{n}}}",
    'panic("no {n}")',
    "for i := range 50 {{ _ = i }}",
    'nb.Show("shown {n}")',
    "go func() {{ _ = {n} }}()",
    "xs := []int{{3, 1, 2}}\nslices.Sort(xs)\nxs",
]


def main(cells):
    manager, client = start_new_kernel(kernel_name="innkeeper")
    try:
        front = psutil.Process(manager.provisioner.process.pid)
        begin = time.monotonic()
        seen = []
        for n in range(cells):
            code = KINDS[n % len(KINDS)].format(n=n, m=n % 40)
            reply = client.execute_interactive(code, timeout=60, output_hook=lambda m: None, allow_stdin=False)
            want = "error" if "undefined" in code or "panic" in code else "ok"
            if reply["content"]["status"] != want:
                sys.exit(f"cell {n}: {reply['content']}")
            if n % 7 == 0:
                client.complete("fmt.Pri", 7, reply=True, timeout=60)
            if (n + 1) % max(cells // 8, 1) == 0:
                processes = [front, *front.children(recursive=True)]
                rss = [p.memory_info().rss for p in processes]
                threads = sum(p.num_threads() for p in processes)
                goroutines = execute(client, "runtime.NumGoroutine()")
                heap = execute(client, "runtime.GC()\nvar mem runtime.MemStats\nruntime.ReadMemStats(&mem)\nmem.HeapAlloc")
                seen.append((n + 1, int(heap), int(goroutines)))
                print(f"{n + 1:7d} cells  {time.monotonic() - begin:7.1f} s  {'+'.join(f'{r / 1e6:.0f}' for r in rss)} MB, heap {int(heap) / 1e6:.1f} MB"
                      f"  {threads} threads  {goroutines} goroutines", flush=True)
        (early, before, few), (late, after, many) = seen[3], seen[-1]
        growth = (after - before) / (late - early)
        print(f"{growth:.0f} bytes a cell after the first {early}")
        if growth > LIMIT:
            sys.exit("memory grows")
        if many > few + 5:
            sys.exit("goroutines are left behind")
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def execute(client, code):
    values = []

    def hook(message):
        if message["msg_type"] == "execute_result":
            values.append(message["content"]["data"]["text/plain"])

    client.execute_interactive(code, timeout=60, output_hook=hook)
    return values[0]


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)

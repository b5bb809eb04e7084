"""Measures the installed kernel against ipykernel, in turns, from a client.

    python bench.py [rounds]

Prints a table in Markdown. Each round starts both kernels anew; the figures are
medians over the rounds."""

import json
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from jupyter_client.session import Session

KERNELS = {
    "innkeeper": {
        "one": "1 + 1",
        "complete": "strings.TrimSp",
        "lines": "for i := range 200000 {\n\tfmt.Println(i)\n}",
    },
    "python3": {
        "one": "1 + 1",
        "complete": "''.strip",
        "lines": "for i in range(200000):\n    print(i)",
    },
}
CELLS = 300
TIMEOUT = 60


def until_idle(kc, msg_id):
    """Waits for the idle of a request; gives how many lines came before it."""
    lines = 0
    while True:
        msg = kc.get_iopub_msg(timeout=TIMEOUT)
        if msg["parent_header"].get("msg_id") != msg_id:
            continue
        if msg["msg_type"] == "stream":
            lines += msg["content"]["text"].count("\n")
        if msg["msg_type"] == "status" and msg["content"]["execution_state"] == "idle":
            return lines


def first_reply(name):
    """Seconds from the start of a kernel's process to its first reply, without
    jupyter_client's own waits: a bare socket that tries to connect every
    millisecond, with its request already queued."""
    with tempfile.TemporaryDirectory() as folder:
        file, info = write_connection_file(str(pathlib.Path(folder, "kernel.json")), key=b"key")
        argv = [file if a == "{connection_file}" else a for a in KernelSpecManager().get_kernel_spec(name).argv]
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.setsockopt(zmq.RECONNECT_IVL, 1)
        socket.linger = 0
        socket.connect(f"tcp://{info['ip']}:{info['shell_port']}")
        session = Session(key=b"key")
        session.send(socket, "kernel_info_request", {})
        start = time.perf_counter()
        kernel = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not socket.poll(1000 * TIMEOUT):
                sys.exit(f"{name} does not reply")
            took = time.perf_counter() - start
            _, message = session.feed_identities(socket.recv_multipart())
            assert json.loads(message[1])["msg_type"] == "kernel_info_reply"
            return took
        finally:
            socket.close()
            kernel.kill()
            kernel.wait()


def measure(name):
    code = KERNELS[name]
    found = {"process to the first reply [s]": first_reply(name)}
    km = KernelManager(kernel_name=name)
    start = time.perf_counter()
    km.start_kernel()
    kc = km.client()
    kc.start_channels()
    kc.wait_for_ready(timeout=TIMEOUT)
    kc.execute_interactive(code["one"], timeout=TIMEOUT, output_hook=lambda _: None)
    found["jupyter_client's start to the first result [s]"] = time.perf_counter() - start

    idle = []
    for _ in range(CELLS):
        start = time.perf_counter()
        msg_id = kc.execute(code["one"])
        until_idle(kc, msg_id)
        idle.append(1000 * (time.perf_counter() - start))
        kc.get_shell_msg(timeout=TIMEOUT)
    found["cell to idle, p50 [ms]"] = statistics.median(idle)
    found["cell to idle, p99 [ms]"] = sorted(idle)[int(0.99 * CELLS)]

    complete = []
    for _ in range(CELLS):
        start = time.perf_counter()
        kc.complete(code["complete"])
        kc.get_shell_msg(timeout=TIMEOUT)
        complete.append(1000 * (time.perf_counter() - start))
    found["completion, p50 [ms]"] = statistics.median(complete)

    start = time.perf_counter()
    until_idle(kc, kc.execute(code["lines"]))
    found["200,000 printed lines [s]"] = time.perf_counter() - start
    kc.stop_channels()
    km.shutdown_kernel(now=True)
    return found


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    results = {name: [] for name in KERNELS}
    for _ in range(rounds):
        for name in KERNELS:
            results[name].append(measure(name))
    print(f"Medians of {rounds} rounds, {platform.platform()}, Python {platform.python_version()}\n")
    print("| | innkeeper | ipykernel | ratio |\n|---|---|---|---|")
    for what in results["python3"][0]:
        ours, theirs = (statistics.median(r[what] for r in results[n]) for n in KERNELS)
        print(f"| {what} | {ours:.3g} | {theirs:.3g} | {theirs / ours:.1f} |")


if __name__ == "__main__":
    main()

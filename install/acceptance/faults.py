"""What a front end sees of the installed kernel when things go wrong: each way
that the process of the cells can die, interrupts, floods, a full memory, and
restarts. The client is jupyter_client's.

    python faults.py            with the kernel as it is installed
    python faults.py memory     with one that has been installed with a memory limit
"""

import os
import re
import signal
import sys
import time

import psutil
from jupyter_client.manager import KernelManager

TIMEOUT = 120
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def check(condition, what, seen):
    if not condition:
        sys.exit(f"{what}; seen: {str(seen)[:2000]}")


class Kernel:
    def __init__(self):
        self.manager = KernelManager(kernel_name="innkeeper")
        self.manager.start_kernel()
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()

    @property
    def front(self):
        return psutil.Process(self.manager.provisioner.process.pid)

    def worker(self):
        (only,) = self.front.children()
        return only

    def send(self, code, **kw):
        return self.client.execute(code, **kw)

    def outputs(self, msg_id):
        """All that is published for a request, up to its idle."""
        got = []
        while True:
            m = self.client.get_iopub_msg(timeout=TIMEOUT)
            if m["parent_header"].get("msg_id") == msg_id:
                if m["content"].get("execution_state") == "idle":
                    return got
                got.append(m)

    def reply(self, msg_id, channel=None):
        channel = channel or self.client.shell_channel
        while True:
            m = channel.get_msg(timeout=TIMEOUT)
            if m["parent_header"].get("msg_id") == msg_id:
                return m["content"]

    def run(self, code, **kw):
        """The reply, the text of the streams in the order of their coming, and the kinds of the messages."""
        msg_id = self.send(code, **kw)
        got = self.outputs(msg_id)
        text = "".join(m["content"]["text"] for m in got if m["msg_type"] == "stream")
        return self.reply(msg_id), text, [m["msg_type"] for m in got if m["msg_type"] != "status"]

    def value(self, code):
        msg_id = self.send(code)
        values = [m["content"]["data"]["text/plain"] for m in self.outputs(msg_id) if m["msg_type"] == "execute_result"]
        check(len(values) == 1, f"{code} has no value", self.reply(msg_id))
        return values[0]

    def control(self, kind, content=None):
        msg = self.client.session.msg(kind, content or {})
        self.client.control_channel.send(msg)
        return self.reply(msg["header"]["msg_id"], self.client.control_channel)

    def on(self, subshell, kind, content):
        msg = self.client.session.msg(kind, content)
        msg["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(msg)
        return self.reply(msg["header"]["msg_id"])


PREPARED = "type P struct{ A int }\nfunc (p P) Twice() int { return 2 * p.A }\nfunc needsKept() int { return kept }\nkept, other := 1, P{2}"


def panicking(after, text):
    """A cell in which package os/exec reads from a cell's reader in a goroutine of its own, which panics after some time."""
    return (
        "type reader struct{}\nfunc (reader) Read([]byte) (int, error) {\n\ttime.Sleep(%s)\n\tpanic(`%s`)\n}\n" % (after, text)
        + "func() {\n\tcat := exec.Command(`cat`)\n\tcat.Stdin = reader{}\n\tcat.Start()\n}()\n"
    )


# Each kills the process of the cells, after a line has been printed: the lines
# after fmt.Println("before"), and the reason that is given.
DEATHS = {
    "stack overflow in compiled code": ("x := &ast.ParenExpr{}\nx.X = x\ntypes.ExprString(x)", "stack overflow"),
    "panic in a goroutine of compiled code": (panicking("time.Millisecond", "boom") + "time.Sleep(time.Minute)", "boom"),
    "concurrent map write": ("m := map[int]int{}\nfor i := range 8 { go func() { for { m[i]++ } }() }\ntime.Sleep(time.Minute)", "concurrent map "),
    "os.Exit in compiled code": ('fs := flag.NewFlagSet("x", flag.ExitOnError)\nfs.Parse([]string{"-y"})', "exit status 2"),
    "a signal": ('exec.Command("kill", "-SEGV", fmt.Sprint(os.Getpid())).Run()\ntime.Sleep(time.Minute)', "SIGSEGV: segmentation violation"),
    "kill -9": ("p, _ := os.FindProcess(os.Getpid())\np.Kill()\ntime.Sleep(time.Minute)", "signal: killed"),
}


def deaths(k):
    front = k.front.pid
    for name, (code, reason) in DEATHS.items():
        k.run(PREPARED)
        reply, text, kinds = k.run('fmt.Println("before")\n' + code)
        said = ESCAPES.sub("", "\n".join(reply.get("traceback", [])))
        check(reply["status"] == "error" and reply["ename"] == "crash", f"{name}: no error", reply)
        check(kinds.count("error") == 1 and kinds[-1] == "error", f"{name}: not one error, and at the end", kinds)
        check(text.startswith("before\n"), f"{name}: what was printed is lost", text)
        check("goroutine 1 [" not in text, f"{name}: the runtime's words are shown", text)
        check("died: " + reason in said, f"{name}: no reason", said)
        check(re.search(r"cell \d+, line \d+:\n    \S", said), f"{name}: no line of the cell", said)
        check(re.search(r"\ngone: .*kept, .*other", said), f"{name}: the variables are not named", said)
        check("since they use a variable: needsKept" in said, f"{name}: the function is not named", said)
        check(k.value("P{4}.Twice()") == "8", f"{name}: types and methods are gone", "")
        check("undefined: kept" in str(k.run("kept")[0]), f"{name}: a variable that is gone is there", "")
    check(k.front.pid == front, "the kernel itself was replaced", front)
    reply, _, _ = k.run("os.Exit(3)")
    check(reply["ename"] == "panic" and "os.Exit(3)" in reply["evalue"], "os.Exit in a cell", reply)
    _, text, _ = k.run('go func() { panic("in a goroutine of a cell") }()\ntime.Sleep(time.Second)')
    check("in a goroutine of a cell" in text and "line 1" in text, "a panic in a cell's goroutine", text)


def between_cells(k):
    k.run("x := 1\n" + panicking("300*time.Millisecond", "later"))
    time.sleep(3)
    _, text, _ = k.run("y := 2")
    check("died: later\ngone: " in text and "x" in text, "a death between two cells is not told", text)
    check(k.value("y") == "2", "the cell after it does not run", "")


def order(k):
    _, text, _ = k.run('log.SetFlags(0)\nfor i := range 200 {\n\tfmt.Println("out", i)\n\tfmt.Fprintln(os.Stderr, "err", i)\n\tlog.Print("log ", i)\n}')
    check(text == "".join(f"out {i}\nerr {i}\nlog {i}\n" for i in range(200)), "the streams are not in order", text)


def interrupts(k):
    k.run("stays := 7")
    worker = k.worker().pid
    for how in (lambda: k.control("interrupt_request"), lambda: os.kill(k.front.pid, signal.SIGINT)):
        msg_id = k.send("for { time.Sleep(time.Millisecond) }")
        after = k.send("1 + 1")
        time.sleep(1)
        how()
        check(k.reply(msg_id)["ename"] == "interrupted", "the cell was not interrupted", "")
        check(k.reply(after)["status"] == "aborted", "the cell behind it ran", "")
        k.outputs(after)
        check(k.value("stays") == "7" and k.worker().pid == worker, "an interrupt cost the session", "")


def flood(k):
    start = time.monotonic()
    _, text, kinds = k.run('for i := range 2_000_000 {\n\tfmt.Println("line", i)\n}')
    check(len(text) < 2_200_000 and len(kinds) < 300, "the output is not bounded", (len(text), len(kinds)))
    check("[The output is cut here: a cell may print 2 MB." in text and "bytes are left out here.]" in text, "no word about the cut", text[-3000:])
    check(text.startswith("line 0\nline 1\n") and text.endswith("line 1999999\n"), "the first or the last lines are lost", text[-300:])
    peaks = [int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{p.pid}/status").read())[1]) // 1000 for p in (k.front, k.worker())]
    check(max(peaks) < 400, "memory grew, MB", peaks)
    print(f"two million lines: {time.monotonic() - start:.1f} s, {len(kinds)} messages, at most {peaks} MB")


def training(k):
    """Questions and widgets while a network trains."""
    subshell = k.control("create_subshell_request")["subshell_id"]
    check(k.control("list_subshell_request")["subshell_id"] == [subshell], "the subshell is not listed", "")
    k.run("""problem := inn.Problem{
	X: inn.Vars("a", "b"), Y: inn.Vars("c"),
	Prior:    inn.Normal([]float64{0, 0}, []float64{1, 1}),
	Simulate: func(rng *rand.Rand, x []float64) []float64 { return []float64{x[0] + x[1]} },
}
pairs, err := problem.Pairs(5000, 1)
""")
    opened = k.outputs(k.send('nb.Interact(func(a float64) any { return fmt.Sprint("moved to ", a) }, widget.FloatSlider("a", 0, 1, 0))'))
    slider = next(m["content"]["comm_id"] for m in opened if m["msg_type"] == "comm_open" and m["content"]["data"]["state"]["_model_name"] == "FloatSliderModel")
    check(slider in k.on(subshell, "comm_info_request", {})["comms"], "the slider is not listed", slider)
    cell = k.send("model, err := inn.Train(pairs, &inn.Settings{Steps: 10_000_000})")
    time.sleep(2)
    took = []
    for _ in range(30):
        start = time.monotonic()
        reply = k.on(subshell, "complete_request", {"code": "strings.TrimSp", "cursor_pos": 14})
        took.append(1000 * (time.monotonic() - start))
        check(reply["matches"] == ["TrimSpace"], "completion while a cell trains", reply)
    check(k.on(subshell, "inspect_request", {"code": "pairs", "cursor_pos": 5, "detail_level": 0})["found"], "inspection while a cell trains", "")
    start = time.monotonic()
    move = k.client.session.msg("comm_msg", {"comm_id": slider, "data": {"method": "update", "state": {"value": 0.25}, "buffer_paths": []}})
    move["header"]["subshell_id"] = subshell
    k.client.shell_channel.send(move)
    while "moved to 0.25" not in str(k.client.get_iopub_msg(timeout=TIMEOUT)["content"]):
        pass
    slid = 1000 * (time.monotonic() - start)
    k.control("interrupt_request")
    check(k.reply(cell)["status"] == "error", "the training had ended", "")
    print(f"a slider's function while a network trains: {slid:.1f} ms")
    print(f"completion while a network trains: p50 {sorted(took)[15]:.1f} ms, at most {max(took):.1f} ms")
    check(k.value("model != nil") == "true", "the interrupted training has no network", "")
    check(k.control("delete_subshell_request", {"subshell_id": subshell})["status"] == "ok", "the subshell cannot be deleted", "")


def beside(k):
    """Cells of two subshells run beside one of the shell."""
    shells = [k.control("create_subshell_request")["subshell_id"] for _ in range(2)]

    def send(subshell, code):
        msg = k.client.session.msg("execute_request", {"code": code, "silent": False, "store_history": True, "user_expressions": {},
                                                       "allow_stdin": False, "stop_on_error": True})
        msg["header"]["subshell_id"] = subshell
        k.client.shell_channel.send(msg)
        return msg["header"]["msg_id"]

    k.run("turn, over := make(chan int), make(chan int)")
    codes = ['for i := range turn {\n\tfmt.Println("shell", i)\n\tover <- i\n}\n"shell is over"',
             'for i := range 50 {\n\tfmt.Println("first", i)\n\tturn <- i\n\tnb.Show(<-over)\n}\nclose(turn)\nshared := 7\n"first is over"',
             'for range 50 {\n\tfmt.Fprintln(os.Stderr, "second")\n\ttime.Sleep(time.Millisecond)\n}\npanic("second fails")']
    ids = [k.send(codes[0]), send(shells[0], codes[1]), send(shells[1], codes[2])]
    text, values, shown, idle = dict.fromkeys(ids, ""), {}, 0, set()
    while len(idle) < 3:
        m = k.client.get_iopub_msg(timeout=TIMEOUT)
        parent, content = m["parent_header"].get("msg_id"), m["content"]
        if parent not in ids:
            continue
        if m["msg_type"] == "stream":
            text[parent] += content["text"]
        elif m["msg_type"] == "display_data":
            check(parent == ids[1], "a display in another cell", content)
            shown += 1
        elif m["msg_type"] in ("execute_result", "error"):
            values[parent] = content.get("evalue") or content["data"]["text/plain"]
        elif content.get("execution_state") == "idle":
            idle.add(parent)
    for msg_id, line in zip(ids, ["shell {}\n", "first {}\n", "second\n"]):
        check(text[msg_id] == "".join(line.format(i) for i in range(50)), "what cells beside each other printed is mixed", text)
    check(shown == 50 and [values[i] for i in ids] == ["shell is over", "first is over", "second fails"], "how they end", (shown, values))
    replies = {}
    while len(replies) < 3:
        m = k.client.get_shell_msg(timeout=TIMEOUT)
        replies[m["parent_header"]["msg_id"]] = m["content"]
    check(len({r["execution_count"] for r in replies.values()}) == 3, "their numbers", replies)
    check(k.value("shared") == "7", "a subshell's variable", "")

    loops = [k.send("for {\n}"), send(shells[0], "for {\n}")]
    time.sleep(0.5)
    asked, states = k.client.kernel_info(), []
    check(k.reply(asked)["status"] == "ok", "what the kernel is, while a cell loops", "")
    while len(states) < 3:
        m = k.client.get_iopub_msg(timeout=TIMEOUT)
        if states or m["parent_header"].get("msg_id") == asked:
            states.append((m["parent_header"]["msg_id"], m["content"]["execution_state"]))
    check(states == [(asked, "busy"), (asked, "idle"), (loops[0], "busy")], "the states around the answer", states)
    start = time.monotonic()
    k.control("interrupt_request")
    ends = {}
    while len(ends) < 2:
        m = k.client.get_shell_msg(timeout=TIMEOUT)
        ends[m["parent_header"]["msg_id"]] = m["content"].get("ename")
    check([ends[i] for i in loops] == ["interrupted"] * 2, "two loops that are interrupted", ends)
    print(f"cells beside each other: two endless loops end {1000 * (time.monotonic() - start):.0f} ms after an interrupt")
    check(k.value("shared + 1") == "8", "the session after it", "")
    for subshell in shells:
        k.control("delete_subshell_request", {"subshell_id": subshell})


def unheard(k):
    """Completion needs no process of the cells that lives and listens."""
    subshell = k.control("create_subshell_request")["subshell_id"]

    def complete(code):
        return k.on(subshell, "complete_request", {"code": code, "cursor_pos": len(code)})["matches"]

    k.run("type Q struct{ Weight int }\nmine := Q{}")
    worker = k.worker()
    worker.suspend()
    check(complete("mine.W") == ["Weight"], "completion while the process is stopped", complete("mine.W"))
    check(k.on(subshell, "inspect_request", {"code": "mine", "cursor_pos": 4})["found"], "inspection while the process is stopped", "")
    worker.resume()
    cell = k.send("fmt.Println(1)\nnew(big.Int).Exp(big.NewInt(3), new(big.Int).Lsh(big.NewInt(1), 40), nil)")
    while k.client.get_iopub_msg(timeout=TIMEOUT)["msg_type"] != "stream":
        pass
    took = []
    for _ in range(30):
        start = time.monotonic()
        check(complete("mine.W") == ["Weight"], "completion while compiled code spins", "")
        took.append(1000 * (time.monotonic() - start))
    print(f"completion while compiled code spins: p50 {sorted(took)[15]:.1f} ms, at most {max(took):.1f} ms")
    worker.kill()
    start = time.monotonic()
    check(complete("Q{}.W") == ["Weight"], "completion after a kill", "")
    print(f"completion right after kill -9: {1000 * (time.monotonic() - start):.1f} ms")
    check(k.reply(cell)["ename"] == "crash", "the cell did not die", "")
    check(complete("min") == ["min"], "a variable that is gone is completed", complete("min"))
    k.control("delete_subshell_request", {"subshell_id": subshell})


def restart(k):
    k.run('for _, c := range []string{"sleep 1061", "setsid sleep 1061", "(setsid sleep 1061 &)"} {\n\texec.Command("sh", "-c", c).Start()\n}')

    def sleeping():
        found = []
        for p in psutil.process_iter():
            try:
                if p.cmdline() == ["sleep", "1061"] and p.status() != psutil.STATUS_ZOMBIE:
                    found.append(p.pid)
            except psutil.Error:
                pass
        return found

    time.sleep(1)
    check(len(sleeping()) == 3, "the commands do not run", sleeping())
    worker = k.worker()
    k.manager.restart_kernel()
    k.client.wait_for_ready(timeout=TIMEOUT)
    check(not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, "the worker outlived the restart", worker)
    check(not sleeping(), "what cells started outlived the restart", sleeping())
    check("undefined: stays" in str(k.run("stays")[0]), "a variable outlived the restart", "")


def memory(k):
    k.run(PREPARED)
    reply, text, _ = k.run('fmt.Println("before")\nvar all [][]byte\nfor {\n\tb := make([]byte, 64<<20)\n\tfor i := range len(b)/4096 {\n\t\tb[i*4096] = 1\n\t}\n\tall = append(all, b)\n}')
    said = "\n".join(reply.get("traceback", []))
    check(reply["ename"] == "crash" and "out of memory" in reply["evalue"], "no error that says so", reply)
    check(text == "before\n" and re.search(r"\ngone: .*kept, other", said), "the variables are not named", (text, said))
    check(k.value("P{4}.Twice()") == "8", "the kernel does not go on", "")


def main(parts):
    k = Kernel()
    try:
        for part in parts:
            part(k)
    finally:
        k.close()


if __name__ == "__main__":
    main([memory] if sys.argv[1:] == ["memory"] else [order, deaths, between_cells, interrupts, flood, training, beside, unheard, restart])

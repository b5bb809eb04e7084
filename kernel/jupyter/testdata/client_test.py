"""What jupyter_client and pyzmq find at the fake kernel's sockets."""

import hashlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from jupyter_client.session import Session

TIMEOUT = 120


def reply_to(channel, msg_id):
    """The reply to msg_id on one of a client's channels."""
    while True:
        m = channel.get_msg(timeout=TIMEOUT)
        if m["parent_header"].get("msg_id") == msg_id:
            return m


class Case(unittest.TestCase):
    kernel_name = "fake"

    @classmethod
    def setUpClass(cls):
        cls.km = KernelManager(kernel_name=cls.kernel_name)
        cls.km.start_kernel()
        cls.kc = cls.km.blocking_client()
        cls.kc.start_channels()
        cls.kc.wait_for_ready(timeout=TIMEOUT)
        with open(cls.km.connection_file) as f:
            cls.connection = json.load(f)

    @classmethod
    def tearDownClass(cls):
        cls.kc.stop_channels()
        cls.km.shutdown_kernel()

    def address(self, channel):
        return f"tcp://127.0.0.1:{self.connection[channel + '_port']}"

    def session(self):
        return Session(key=self.connection["key"].encode(), signature_scheme=self.connection["signature_scheme"])

    def dealer(self, channel, identity=None):
        s = zmq.Context.instance().socket(zmq.DEALER)
        s.linger = 0
        if identity:
            s.identity = identity
        s.connect(self.address(channel))
        self.addCleanup(s.close)
        return s

    def subscriber(self):
        s = zmq.Context.instance().socket(zmq.SUB)
        s.linger = 0
        s.subscribe(b"")
        s.connect(self.address("iopub"))
        self.addCleanup(s.close)
        return s

    def recv(self, s, session, timeout=TIMEOUT):
        if not s.poll(timeout * 1000):
            self.fail("no message in time")
        return session.feed_identities(s.recv_multipart())[1]

    def message(self, s, session, timeout=TIMEOUT):
        return session.deserialize(self.recv(s, session, timeout))

    def reply(self, channel, msg_id):
        return reply_to(channel, msg_id)

    def outputs(self, msg_id):
        """What is published in the name of msg_id, from busy to idle."""
        got = []
        while True:
            m = self.kc.iopub_channel.get_msg(timeout=TIMEOUT)
            if m["parent_header"].get("msg_id") != msg_id:
                continue
            got.append(m)
            if m["content"].get("execution_state") == "idle":
                return got

    def run_cell(self, code, **kw):
        msg_id = self.kc.execute(code, **kw)
        reply = self.reply(self.kc.shell_channel, msg_id)
        return reply["content"], self.outputs(msg_id)

    def text(self, outputs, name="stdout"):
        return "".join(m["content"]["text"] for m in outputs if m["msg_type"] == "stream" and m["content"]["name"] == name)

    def value(self, code, **kw):
        content, outputs = self.run_cell(code, **kw)
        self.assertEqual(content["status"], "ok", content)
        return [m for m in outputs if m["msg_type"] == "execute_result"][0]["content"]["data"]["text/plain"]


class TestMessages(Case):
    def test_order(self):
        content, outputs = self.run_cell("print a\nwarn b\nprint c\ndisplay d\nshow e\nupdate f\nclear wait\nvalue g")
        kinds = [m["msg_type"] for m in outputs]
        self.assertEqual(
            kinds,
            ["status", "execute_input", "stream", "stream", "stream", "display_data", "display_data",
             "update_display_data", "clear_output", "execute_result", "status"],
        )  # fmt: skip
        self.assertEqual(outputs[0]["content"]["execution_state"], "busy")
        self.assertEqual(outputs[6]["content"]["transient"], {"display_id": "d"})
        self.assertEqual(outputs[7]["content"]["transient"], {"display_id": "d"})
        self.assertIs(outputs[8]["content"]["wait"], True)
        self.assertEqual(outputs[9]["content"]["execution_count"], content["execution_count"])
        self.assertEqual({m["header"]["version"] for m in outputs}, {"5.5"})

    def test_error(self):
        content, outputs = self.run_cell("print before\nerror oh")
        self.assertEqual((content["status"], content["ename"], content["evalue"], content["traceback"]),
                         ("error", "FakeError", "oh", ["at line 1", "oh"]))  # fmt: skip
        error = [m for m in outputs if m["msg_type"] == "error"][0]["content"]
        self.assertEqual(error["traceback"], ["at line 1", "oh"])
        self.assertEqual(self.text(outputs), "before\n")

    def test_count(self):
        n = int(self.value("count"))
        self.assertEqual(int(self.value("count", store_history=False)), n + 1)
        content, outputs = self.run_cell("count", silent=True)
        self.assertEqual([m["msg_type"] for m in outputs], ["status", "status"])
        self.assertEqual(int(self.value("count")), n + 1)

    def test_panic(self):
        for code, name in [("print x\npanic at the disco", "panic"), ("print x\ngoexit", "Goexit")]:
            content, outputs = self.run_cell(code)
            self.assertEqual((content["status"], content["ename"]), ("error", name))
            self.assertEqual(self.text(outputs), "x\n")
        msg_id = self.kc.complete("panic")
        self.assertEqual(self.reply(self.kc.shell_channel, msg_id)["content"]["status"], "error")
        self.assertEqual(self.value("value alive"), "alive")

    def test_no_json(self):
        content, outputs = self.run_cell("nonsense")
        shown = [m for m in outputs if m["msg_type"] == "display_data"][0]["content"]["data"]
        self.assertIn("application/json", shown["text/plain"])

    def test_bad_content(self):
        msg = self.kc.session.msg("execute_request", {"code": 7})
        self.kc.shell_channel.send(msg)
        reply = self.reply(self.kc.shell_channel, msg["header"]["msg_id"])
        self.assertEqual((reply["content"]["status"], reply["content"]["ename"]), ("error", "BadRequest"))
        msg = self.kc.session.msg("tea_request", {})
        self.kc.shell_channel.send(msg)
        reply = self.reply(self.kc.shell_channel, msg["header"]["msg_id"])
        self.assertEqual((reply["msg_type"], reply["content"]["status"]), ("tea_reply", "error"))

    def test_stop_on_error(self):
        ids = [self.kc.execute(c) for c in ["error first", "value second", "value third"]]
        info = self.kc.kernel_info()
        status = [self.reply(self.kc.shell_channel, i)["content"]["status"] for i in [*ids, info]]
        self.assertEqual(status, ["error", "aborted", "aborted", "ok"])
        self.assertEqual([m["msg_type"] for m in self.outputs(ids[2])], ["status", "status"])
        ids = [self.kc.execute(c, stop_on_error=False) for c in ["error first", "value second"]]
        status = [self.reply(self.kc.shell_channel, i)["content"]["status"] for i in ids]
        self.assertEqual(status, ["error", "ok"])

    def test_user_expressions(self):
        content, _ = self.run_cell("value 1", user_expressions={"a": "5", "b": "bad"})
        self.assertEqual(content["user_expressions"]["a"], {"status": "ok", "data": {"text/plain": "5"}, "metadata": {}})
        self.assertEqual(content["user_expressions"]["b"]["ename"], "FakeError")

    def test_characters(self):
        """Cursors count code points: the clef is one, four bytes, two UTF-16 units."""
        code = "print 𝄞é pri tail"
        msg_id = self.kc.complete(code, cursor_pos=code.index("pri tail") + 3)
        content = self.reply(self.kc.shell_channel, msg_id)["content"]
        self.assertEqual((content["cursor_start"], content["cursor_end"]), (9, 12))
        self.assertEqual(content["matches"], ["print", "priority"])
        self.assertEqual(content["metadata"]["_jupyter_types_experimental"][1],
                         {"text": "priority", "type": "function", "start": 9, "end": 12})  # fmt: skip
        msg_id = self.kc.inspect("𝄞𝄞print𝄞", cursor_pos=7, detail_level=1)
        content = self.reply(self.kc.shell_channel, msg_id)["content"]
        self.assertEqual((content["found"], content["data"]), (True, {"text/plain": "print: prints (1)"}))
        msg_id = self.kc.inspect("𝄞𝄞print", cursor_pos=99)
        self.assertTrue(self.reply(self.kc.shell_channel, msg_id)["content"]["found"])
        msg_id = self.kc.inspect("𝄞𝄞print", cursor_pos=6)
        self.assertFalse(self.reply(self.kc.shell_channel, msg_id)["content"]["found"])
        self.assertEqual(self.text(self.run_cell("bytes é𝄞<&>")[1]), "é𝄞<&>")

    def test_is_complete(self):
        msg_id = self.kc.is_complete("if {")
        content = self.reply(self.kc.shell_channel, msg_id)["content"]
        self.assertEqual(content, {"status": "incomplete", "indent": "\t"})

    def test_parent_is_echoed(self):
        """As it came, with keys and numbers that the kernel does not know."""
        session, dealer, sub = self.session(), self.dealer("shell"), self.subscriber()
        self.message(sub, session)
        header = b'{"msg_type": "kernel_info_request", "msg_id":"x1",  "session":"s", "big": 12345678901234567890, "\\u00e9": null}'
        frames = [header, b"{}", b"{}", b"{}"]
        dealer.send_multipart([b"<IDS|MSG>", session.sign(frames), *frames])
        self.assertEqual(self.recv(dealer, session)[2], header)
        self.assertEqual(self.recv(sub, session)[2], header)

    def test_control(self):
        msg = self.kc.session.msg("kernel_info_request", {})
        self.kc.control_channel.send(msg)
        reply = self.reply(self.kc.control_channel, msg["header"]["msg_id"])
        self.assertEqual(reply["content"]["protocol_version"], "5.5")
        self.assertEqual(reply["content"]["supported_features"], ["kernel subshells"])
        states = [m["content"]["execution_state"] for m in self.outputs(msg["header"]["msg_id"])]
        self.assertEqual(states, ["busy", "idle"])
        msg = self.kc.session.msg("connect_request", {})
        self.kc.control_channel.send(msg)
        reply = self.reply(self.kc.control_channel, msg["header"]["msg_id"])
        self.assertEqual(reply["content"]["hb_port"], self.connection["hb_port"])

    def test_heartbeat(self):
        req = zmq.Context.instance().socket(zmq.REQ)
        req.linger = 0
        self.addCleanup(req.close)
        req.connect(self.address("hb"))
        for beat in [b"ping", b"", b"x" * 1000]:
            req.send(beat)
            self.assertTrue(req.poll(TIMEOUT * 1000))
            self.assertEqual(req.recv(), beat)

    def test_history(self):
        for i in range(3):
            self.run_cell(f"value h{i}")
        self.run_cell("value h1")
        self.run_cell(" \n")  # neither counted nor kept
        ask = lambda **kw: self.reply(self.kc.shell_channel, self.kc.history(**kw))["content"]["history"]  # noqa: E731
        tail = ask(hist_access_type="tail", n=2, output=True)
        self.assertEqual([h[2] for h in tail], [["value h2", "h2"], ["value h1", "h1"]])
        self.assertEqual(int(self.value("count", store_history=False)), tail[1][1] + 1)
        line = tail[0][1]
        got = ask(hist_access_type="range", session=0, start=line - 1, stop=line + 1)
        self.assertEqual([h[2] for h in got], ["value h1", "value h2"])
        got = ask(hist_access_type="search", pattern="value h?", unique=True)
        self.assertEqual([h[2] for h in got], ["value h0", "value h2", "value h1"])


class TestInterrupt(Case):
    def test_message(self):
        msg_id = self.kc.execute("print before\nsleep 15000")
        time.sleep(0.2)
        msg = self.kc.session.msg("interrupt_request", {})
        self.kc.control_channel.send(msg)
        self.assertEqual(self.reply(self.kc.control_channel, msg["header"]["msg_id"])["content"]["status"], "ok")
        self.assertEqual(self.reply(self.kc.shell_channel, msg_id)["content"]["ename"], "Interrupt")
        self.assertEqual(self.text(self.outputs(msg_id)), "before\n")
        self.assertEqual(self.value("value alive"), "alive")

    def test_manager(self):
        """By SIGINT or by message, as the kernelspec says."""
        msg_id = self.kc.execute("sleep 15000")
        queued = self.kc.execute("value never")
        time.sleep(0.2)
        self.km.interrupt_kernel()
        self.assertEqual(self.reply(self.kc.shell_channel, msg_id)["content"]["ename"], "Interrupt")
        self.assertEqual(self.reply(self.kc.shell_channel, queued)["content"]["status"], "aborted")
        self.km.interrupt_kernel()  # nothing runs: nothing happens
        self.assertEqual(self.value("value alive"), "alive")

    def test_deaf(self):
        """Control answers while a cell ignores its interrupt, and the cell says so."""
        msg_id = self.kc.execute("deaf 6000\nvalue done")
        time.sleep(0.1)
        self.km.interrupt_kernel()
        for _ in range(3):
            msg = self.kc.session.msg("kernel_info_request", {})
            self.kc.control_channel.send(msg)
            self.reply(self.kc.control_channel, msg["header"]["msg_id"])
        self.assertEqual(self.reply(self.kc.shell_channel, msg_id)["content"]["status"], "ok")
        self.assertIn("has not stopped yet", self.text(self.outputs(msg_id), "stderr"))


class TestInterruptByMessage(TestInterrupt):
    kernel_name = "fake-message"
    test_deaf = None  # by either way the same


class TestInput(Case):
    def ask(self):
        m = self.kc.stdin_channel.get_msg(timeout=TIMEOUT)
        self.assertEqual(m["msg_type"], "input_request")
        return m

    def test_input(self):
        for command, password in [("input", False), ("password", True)]:
            msg_id = self.kc.execute(f"print first\n{command} name?", allow_stdin=True)
            m = self.ask()
            self.assertEqual(m["content"], {"prompt": "name?", "password": password})
            self.assertEqual(m["parent_header"]["msg_id"], msg_id)
            self.kc.input("Ada 𝄞")
            self.reply(self.kc.shell_channel, msg_id)
            outputs = self.outputs(msg_id)
            self.assertEqual(outputs[-2]["content"]["data"]["text/plain"], "Ada 𝄞")

    def test_not_allowed(self):
        content, _ = self.run_cell("input name?", allow_stdin=False)
        self.assertEqual(content["ename"], "NoInput")

    def test_interrupted(self):
        msg_id = self.kc.execute("input name?", allow_stdin=True)
        self.ask()
        self.km.interrupt_kernel()
        self.assertEqual(self.reply(self.kc.shell_channel, msg_id)["content"]["ename"], "Interrupt")
        self.kc.input("too late")
        time.sleep(0.1)
        msg_id = self.kc.execute("input again?", allow_stdin=True)
        self.assertEqual(self.ask()["content"]["prompt"], "again?")
        self.kc.input("in time")
        self.reply(self.kc.shell_channel, msg_id)
        self.assertEqual(self.outputs(msg_id)[-2]["content"]["data"]["text/plain"], "in time")

    def test_too_many_answers(self):
        """Only the first counts, and only from the client that was asked."""
        msg_id = self.kc.execute("input name?", allow_stdin=True)
        self.ask()
        session, stranger = self.session(), self.dealer("stdin", b"stranger")
        session.send(stranger, "input_reply", {"value": "wrong"})
        time.sleep(0.3)
        for value in ["first", "second", "third", "fourth"]:
            self.kc.input(value)
        self.reply(self.kc.shell_channel, msg_id)
        self.assertEqual(self.outputs(msg_id)[-2]["content"]["data"]["text/plain"], "first")
        self.assertEqual(self.value("value alive"), "alive")

    def test_nobody_to_ask(self):
        """A client without a stdin socket gets an error, not a hang."""
        session, dealer = self.session(), self.dealer("shell", b"alone")
        session.send(dealer, "execute_request", {"code": "input name?", "allow_stdin": True})
        self.assertEqual(self.message(dealer, session)["content"]["ename"], "NoInput")


class TestComms(Case):
    def send(self, kind, content, buffers=None):
        msg = self.kc.session.msg(kind, content)
        self.kc.session.send(self.kc.shell_channel.socket, msg, buffers=buffers)
        return self.outputs(msg["header"]["msg_id"])

    def info(self, target=None):
        msg_id = self.kc.comm_info(target)
        return self.reply(self.kc.shell_channel, msg_id)["content"]["comms"]

    def test_from_front_end(self):
        binary = [b"\x00\xff" * 1000, b""]
        out = self.send("comm_open", {"comm_id": "c1", "target_name": "echo", "data": {"n": 1}}, binary)
        self.assertEqual([m["msg_type"] for m in out], ["status", "comm_msg", "status"])
        self.assertEqual(out[1]["content"], {"comm_id": "c1", "data": {"opened": {"n": 1}}})
        self.assertEqual([bytes(b) for b in out[1]["buffers"]], binary)
        self.assertEqual(self.info(), {"c1": {"target_name": "echo"}})
        self.assertEqual(self.info("other"), {})
        out = self.send("comm_msg", {"comm_id": "c1", "data": [1, "é"]}, [b"ab"])
        self.assertEqual(out[1]["content"]["data"], {"echo": [1, "é"]})
        self.assertEqual([bytes(b) for b in out[1]["buffers"]], [b"ab"])
        self.assertEqual(len(self.send("comm_msg", {"comm_id": "c1", "data": "panic"})), 2)
        self.assertEqual(len(self.send("comm_close", {"comm_id": "c1", "data": {}})), 2)
        self.assertEqual(len(self.send("comm_msg", {"comm_id": "c1", "data": 1})), 2)
        self.assertEqual(self.info(), {})

    def test_answer_later(self):
        """What is said after a message was handled can still be an answer to it."""
        self.send("comm_open", {"comm_id": "c3", "target_name": "echo", "data": {}})
        first = self.kc.session.msg("comm_msg", {"comm_id": "c3", "data": "later"})
        self.kc.session.send(self.kc.shell_channel.socket, first)
        self.assertEqual(len(self.outputs(first["header"]["msg_id"])), 2)
        for command, parent in [("answer", first["header"]), ("send", None)]:
            cell = self.kc.execute(command + " x")
            said = self.kc.get_iopub_msg(timeout=20)
            while said["msg_type"] != "comm_msg":
                said = self.kc.get_iopub_msg(timeout=20)
            self.assertEqual(said["parent_header"]["msg_id"], parent["msg_id"] if parent else cell)
            self.reply(self.kc.shell_channel, cell)
        self.send("comm_close", {"comm_id": "c3", "data": {}})

    def test_unknown_target(self):
        out = self.send("comm_open", {"comm_id": "c2", "target_name": "nobody", "data": {}})
        self.assertEqual((out[1]["msg_type"], out[1]["content"]), ("comm_close", {"comm_id": "c2", "data": {}}))

    def test_from_kernel(self):
        _, out = self.run_cell("open bytes")
        opened = [m for m in out if m["msg_type"] == "comm_open"][0]
        comm = opened["content"]["comm_id"]
        self.assertEqual(opened["content"], {"comm_id": comm, "target_name": "echo", "data": {"from": "kernel"}})
        self.assertEqual((opened["metadata"], bytes(opened["buffers"][0])), ({"version": "2.1.0"}, b"bytes"))
        _, out = self.run_cell("send hello")
        sent = [m for m in out if m["msg_type"] == "comm_msg"][0]["content"]
        self.assertEqual(sent, {"comm_id": comm, "data": {"text": "hello"}})
        self.send("comm_close", {"comm_id": comm, "data": {}})
        content, _ = self.run_cell("send again")
        self.assertIn("is closed", content["evalue"])


class TestSubshells(Case):
    def control(self, kind, content=None):
        msg = self.kc.session.msg(kind, content or {})
        self.kc.control_channel.send(msg)
        return self.reply(self.kc.control_channel, msg["header"]["msg_id"])["content"]

    def on(self, subshell, kind, content):
        msg = self.kc.session.msg(kind, content)
        msg["header"]["subshell_id"] = subshell
        self.kc.shell_channel.send(msg)
        return msg["header"]["msg_id"]

    def test_subshells(self):
        self.assertEqual(self.control("list_subshell_request"), {"status": "ok", "subshell_id": []})
        a = self.control("create_subshell_request")["subshell_id"]
        b = self.control("create_subshell_request")["subshell_id"]
        self.assertEqual(self.control("list_subshell_request")["subshell_id"], [a, b])
        self.on(None, "comm_open", {"comm_id": "w", "target_name": "echo", "data": {}})

        cell = self.kc.execute("print begun\nsleep 15000")
        time.sleep(0.2)
        start = time.time()
        msg_id = self.on(a, "complete_request", {"code": "pri", "cursor_pos": 3})
        reply = self.reply(self.kc.shell_channel, msg_id)
        self.assertEqual(reply["content"]["matches"], ["print", "priority"])
        self.assertEqual(reply["parent_header"]["subshell_id"], a)
        msg_id = self.on(b, "comm_msg", {"comm_id": "w", "data": 5})
        out = self.outputs(msg_id)
        self.assertEqual(out[1]["content"]["data"], {"echo": 5})
        self.assertEqual(out[1]["parent_header"]["subshell_id"], b)
        self.assertLess(time.time() - start, 12)
        second = self.on(a, "execute_request", {"code": "value second"})
        time.sleep(0.2)
        self.km.interrupt_kernel()
        replies = {}
        while cell not in replies or second not in replies:  # in either order: they are of two lanes
            msg = self.kc.shell_channel.get_msg(timeout=TIMEOUT)
            replies[msg["parent_header"]["msg_id"]] = msg["content"]
        self.assertEqual(replies[cell]["ename"], "Interrupt")
        self.assertEqual(replies[second]["status"], "ok")

        self.assertEqual(self.control("delete_subshell_request", {"subshell_id": a}), {"status": "ok"})
        self.assertEqual(self.control("delete_subshell_request", {"subshell_id": a})["status"], "error")
        self.assertEqual(self.control("list_subshell_request")["subshell_id"], [b])
        msg_id = self.on(a, "complete_request", {"code": "pri", "cursor_pos": 3})
        self.assertEqual(self.reply(self.kc.shell_channel, msg_id)["content"]["ename"], "UnknownSubshell")

    def test_interrupt_beside_a_completion(self):
        """The interrupt reaches the cell, and not the completion that runs beside it."""
        a = self.control("create_subshell_request")["subshell_id"]
        cell = self.kc.execute("sleep 60000")
        asked = self.on(a, "complete_request", {"code": "wait", "cursor_pos": 4})
        begun = set()
        while begun != {cell, asked}:
            begun.add(self.kc.get_iopub_msg(timeout=TIMEOUT)["parent_header"].get("msg_id"))
            begun &= {cell, asked}
        self.km.interrupt_kernel()
        replies = {}
        while cell not in replies or asked not in replies:
            msg = self.kc.shell_channel.get_msg(timeout=TIMEOUT)
            replies[msg["parent_header"]["msg_id"]] = msg["content"]
        self.assertEqual(replies[cell]["ename"], "Interrupt")
        self.assertEqual(replies[asked]["status"], "ok")
        self.assertEqual(self.control("delete_subshell_request", {"subshell_id": a}), {"status": "ok"})


class TestPeers(Case):
    def test_signatures(self):
        session, dealer = self.session(), self.dealer("shell")
        frames = session.serialize(session.msg("kernel_info_request", {}))
        for signature in [b"", b"0" * 64, frames[1][:-1], frames[1].upper() + b"0"]:
            dealer.send_multipart([frames[0], signature, *frames[2:]])
        stranger = Session(key=b"another key")
        dealer.send_multipart(stranger.serialize(stranger.msg("kernel_info_request", {})))
        for junk in [[b""], [b"<IDS|MSG>"], [b"x"] * 3, [b"<IDS|MSG>", b"", b"{}", b"{}", b"{}"], [b"<IDS|MSG>"] * 9]:
            dealer.send_multipart(junk)
        for bad in [b"[]", b"null", b"{", b"", b'{"msg_type": 5}', b"{}"]:
            parts = [bad, b"{}", b"{}", b"{}"]
            dealer.send_multipart([b"<IDS|MSG>", session.sign(parts), *parts])
        dealer.send_multipart(frames)
        dealer.send_multipart(frames)  # replayed
        last = session.send(dealer, "kernel_info_request", {})
        got = [self.message(dealer, session)["parent_header"]["msg_id"] for _ in range(2)]
        first = json.loads(frames[2])["msg_id"]
        self.assertEqual(got, [first, last["header"]["msg_id"]])
        self.assertFalse(dealer.poll(100))

    def test_half_open(self):
        """Silent and rude TCP connections keep nobody waiting."""
        open_ = []
        for channel in ["shell", "control", "iopub", "stdin", "hb"]:
            for said in [b"", b"\xff", b"GET / HTTP/1.0\r\n\r\n", b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)]:
                s = socket.create_connection(("127.0.0.1", self.connection[channel + "_port"]))
                s.sendall(said)
                open_.append(s)
            s = self.handshake(channel, b"DEALER" if channel != "iopub" else b"SUB")
            s.sendall(b"\x02\x7f" + b"\xff" * 7)  # a frame of 2^63 bytes
            open_.append(s)
        start = time.time()
        client = BlockingKernelClient(connection_file=self.km.connection_file)
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=TIMEOUT)
        client.stop_channels()
        self.assertLess(time.time() - start, 12)
        for s in open_:  # and are closed
            s.settimeout(TIMEOUT)
            try:
                while s.recv(1000):
                    pass
            except ConnectionError:
                pass
            s.close()

    def handshake(self, channel, kind, identity=b""):
        s = socket.create_connection(("127.0.0.1", self.connection[channel + "_port"]))
        self.addCleanup(s.close)
        s.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48))
        ready = b"\x05READY\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind
        ready += b"\x08Identity" + len(identity).to_bytes(4, "big") + identity
        s.sendall(bytes([4, len(ready)]) + ready)
        got = b""
        while len(got) < 66 or len(got) < 66 + got[65]:
            got += s.recv(1000)
        self.assertEqual(got[64:72], bytes([4, got[65], 5]) + b"READY")
        return s

    def ping(self, s):
        """A kernel that answers has the connection among its peers."""
        ping = b"\x04PING\x00\x10context"
        s.sendall(bytes([4, len(ping)]) + ping)
        s.settimeout(TIMEOUT)
        self.assertEqual(s.recv(100), b"\x04\x0c\x04PONGcontext")

    def test_ping(self):
        self.ping(self.handshake("shell", b"DEALER"))

    def test_wrong_socket(self):
        """A subscriber at the shell, a type that does not exist, and a broken READY are refused."""
        for ready in [b"\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB", b"\x05READY\x0bSocket-Type\x00\x00\x00\x03TEA", b"\x05READY\xff\x00"]:
            s = socket.create_connection(("127.0.0.1", self.connection["shell_port"]))
            s.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48) + bytes([4, len(ready)]) + ready)
            s.settimeout(TIMEOUT)
            while s.recv(100):
                pass
            s.close()

    def test_duplicate_identities(self):
        session, other = self.session(), self.session()
        first, second = self.dealer("shell", b"same"), self.dealer("shell", b"same")
        for _ in range(3):
            a = session.send(first, "kernel_info_request", {})
            b = other.send(second, "kernel_info_request", {})
            self.assertEqual(self.message(first, session)["parent_header"]["msg_id"], a["header"]["msg_id"])
            self.assertEqual(self.message(second, other)["parent_header"]["msg_id"], b["header"]["msg_id"])
        self.assertFalse(first.poll(50) or second.poll(50))
        # Of two stdin sockets the newer is asked.
        old = self.handshake("stdin", b"DEALER", b"same")
        self.ping(old)
        new = self.handshake("stdin", b"DEALER", b"same")
        self.ping(new)
        session.send(first, "execute_request", {"code": "input name?\n", "allow_stdin": True})
        asked = b""
        while b'"name?"' not in asked:
            asked += new.recv(10000)
        reply = session.serialize(session.msg("input_reply", {"value": "x"}))
        for frame in reply:
            new.sendall(bytes([2 | (frame is not reply[-1])]) + len(frame).to_bytes(8, "big") + frame)
        self.assertEqual(self.message(first, session)["content"]["status"], "ok")
        old.setblocking(False)
        with self.assertRaises(BlockingIOError):
            old.recv(1)

    def test_stuck_subscriber(self):
        """One that reads nothing costs the others nothing."""
        stuck = self.handshake("iopub", b"SUB")
        stuck.sendall(b"\x00\x01\x01")
        session, sub = self.session(), self.subscriber()
        self.message(sub, session)
        shell = self.dealer("shell")
        time.sleep(0.1)
        start = time.time()
        sent = session.send(shell, "execute_request", {"code": "pictures 100\nvalue end"})
        got = 0
        while True:
            m = self.message(sub, session)
            if m["parent_header"].get("msg_id") != sent["header"]["msg_id"]:
                continue
            got += m["msg_type"] == "display_data"
            if m["content"].get("execution_state") == "idle":
                break
        self.assertEqual(got, 100)
        self.assertEqual(self.message(shell, session)["content"]["status"], "ok")
        deadline = time.time() + 10  # by now it has been shed: its connection ends
        stuck.settimeout(1)
        while time.time() < deadline:
            try:
                if not stuck.recv(1 << 20):
                    return
            except ConnectionError:
                return
        self.fail("the stuck subscriber is still connected")

    def test_deaf_client(self):
        """A client that does not read its replies is shed, and nobody else."""
        rude = self.handshake("shell", b"DEALER")
        session = self.session()
        code = "x" * 100_000
        try:
            for _ in range(60):
                for _ in range(20):
                    frames = session.serialize(session.msg("history_request", {"hist_access_type": "tail", "output": False, "raw": True, "n": 10}))
                    for i, f in enumerate(frames):
                        flags = 2 | (i < len(frames) - 1)
                        rude.sendall(bytes([flags]) + len(f).to_bytes(8, "big") + f)
                self.value(f"value ok\n{code}")
        except (ConnectionError, BrokenPipeError):
            return
        self.fail("the client is still connected")

    def test_large_messages(self):
        code = "print " + "x" * 10_000_000 + "\nlength"
        msg_id = self.kc.execute(code)
        self.reply(self.kc.shell_channel, msg_id)
        out = self.outputs(msg_id)
        self.assertEqual(out[1]["content"]["code"], code)
        self.assertEqual(out[-2]["content"]["data"]["text/plain"], str(len(code)))

    def test_clients_that_come_and_go(self):
        session = self.session()
        for _ in range(100):
            s = self.dealer("shell")
            session.send(s, "kernel_info_request", {})
            s.close()
        self.assertEqual(self.value("value alive"), "alive")


class TestFlood(Case):
    def test_flood(self):
        """Two million lines: cut with a sentence, the last of them shown."""
        _, out = self.run_cell("flood 2000000")
        text = self.text(out)
        self.assertLess(len(text), 2_200_000)
        self.assertTrue(text.startswith("line 0\nline 1\n"))
        self.assertIn("[The output is cut here", text)
        self.assertIn("bytes are left out here.]\nline ", text)
        self.assertTrue(text.endswith("line 1999998\nline 1999999\n"))
        self.assertLess(len(out), 200)
        status = f"/proc/{self.km.provisioner.process.pid}/status"
        if os.path.exists(status):  # Linux
            with open(status) as f:
                peak = next(int(line.split()[1]) for line in f if line.startswith("VmHWM"))
            self.assertLess(peak, 200_000, "kB of memory at the peak")

    def test_clearing(self):
        """A loop that clears and prints is not cut."""
        _, out = self.run_cell("clear wait\nprint x\n" * 2000 + "print end")
        self.assertTrue(self.text(out).endswith("x\nend\n"))
        self.assertLess(len(out), 100)


class Started(unittest.TestCase):
    """Each test starts kernels of its own."""

    def start(self, **kw):
        km = KernelManager(kernel_name="fake")
        km.start_kernel(**kw)
        self.addCleanup(lambda: km.shutdown_kernel(now=True))
        kc = km.blocking_client()
        kc.start_channels()
        self.addCleanup(kc.stop_channels)
        kc.wait_for_ready(timeout=TIMEOUT)
        return km, kc

    def ended(self, km, timeout):
        return km.provisioner.process.wait(timeout)


class TestEnd(Started):
    """How a kernel ends, and what is left of it."""

    def test_shutdown_drains(self):
        """All that was published before the end arrives, the last cell's words too."""
        km, kc = self.start()
        with open(km.connection_file, "rb") as f:
            before = f.read(), os.stat(km.connection_file).st_mtime_ns
        watcher = km.blocking_client()
        watcher.start_channels()
        self.addCleanup(watcher.stop_channels)
        watcher.wait_for_ready(timeout=TIMEOUT)
        cell = kc.execute("pictures 20\n" + "display x\n" * 3000 + "sleep 15000")
        shown = 0
        while shown < 3020:  # the other client has read nothing by then
            shown += watcher.get_iopub_msg(timeout=TIMEOUT)["msg_type"] == "display_data"
        msg = kc.session.msg("shutdown_request", {"restart": True})
        kc.control_channel.send(msg)
        reply = kc.control_channel.get_msg(timeout=TIMEOUT)
        self.assertEqual(reply["content"], {"status": "ok", "restart": True})
        self.assertEqual(self.ended(km, 5), 0)
        got = {}
        try:
            while True:
                m = kc.iopub_channel.get_msg(timeout=1)
                key = m["parent_header"].get("msg_id"), m["msg_type"]
                got[key] = got.get(key, 0) + 1
        except queue.Empty:
            pass
        self.assertEqual(got[cell, "display_data"], 3020)
        self.assertEqual(got[cell, "error"], 1)
        self.assertEqual(reply_to(kc.shell_channel, cell)["content"]["ename"], "Interrupt")
        self.assertEqual(got[msg["header"]["msg_id"], "shutdown_reply"], 1)
        self.assertEqual(got[msg["header"]["msg_id"], "status"], 2)
        with open(km.connection_file, "rb") as f:
            self.assertEqual((f.read(), os.stat(km.connection_file).st_mtime_ns), before)

    def test_shutdown_while_deaf(self):
        km, kc = self.start()
        kc.execute("deaf 60000")
        time.sleep(0.2)
        start = time.time()
        kc.shutdown()
        self.assertEqual(self.ended(km, 30), 0)
        self.assertLess(time.time() - start, 30)

    def test_terminate(self):
        km, kc = self.start()
        km.signal_kernel(signal.SIGTERM)
        self.assertEqual(self.ended(km, 5), 0)

    def test_orphan(self):
        """A kernel ends when the process that started it is killed."""
        script = (
            "import time\nfrom jupyter_client.manager import KernelManager\n"
            "km = KernelManager(kernel_name='fake'); km.start_kernel()\n"
            "print(km.provisioner.process.pid, flush=True); time.sleep(60)"
        )
        p = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        pid = int(p.stdout.readline())
        time.sleep(0.5)
        os.kill(pid, 0)
        p.kill()
        p.wait()
        p.stdout.close()
        for _ in range(100):
            try:
                with open(f"/proc/{pid}/stat") as f:
                    if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                        return  # it ended; nobody has asked how yet
            except FileNotFoundError:
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        self.fail("the kernel outlived its parent")

    def test_history_is_kept(self):
        with tempfile.TemporaryDirectory() as d:
            env = {**os.environ, "XDG_CONFIG_HOME": d}
            for i in range(2):
                km, kc = self.start(env=env)
                for j in range(2):
                    kc.execute_interactive(f"value {i}{j}", timeout=TIMEOUT, output_hook=lambda m: None)
                m = reply_to(kc.shell_channel, kc.history(hist_access_type="tail", n=3))
                km.shutdown_kernel()
            self.assertEqual(m["content"]["history"], [[1, 2, "value 01"], [2, 1, "value 10"], [2, 2, "value 11"]])


class TestConnections(Started):
    def test_schemes(self):
        """Every signature scheme that both sides have, against hashlib."""
        for scheme in ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_384", "sha3_512"]:
            self.assertTrue(hasattr(hashlib, scheme))
            km = KernelManager(kernel_name="fake")
            km.session.signature_scheme = "hmac-" + scheme
            km.start_kernel()
            kc = km.blocking_client()
            kc.start_channels()
            try:
                kc.wait_for_ready(timeout=TIMEOUT)
            finally:
                kc.stop_channels()
                km.shutdown_kernel(now=True)

    def test_interface(self):
        """The sockets are on the interface that the connection file names, and on no other."""
        with tempfile.TemporaryDirectory() as d:
            file, info = write_connection_file(os.path.join(d, "kernel.json"), ip="127.0.0.3", key=b"key")
            spec = KernelSpecManager().get_kernel_spec("fake")
            kernel = subprocess.Popen([file if a == "{connection_file}" else a for a in spec.argv], env={**os.environ, **spec.env})
            try:
                kc = BlockingKernelClient(connection_file=file)
                kc.load_connection_file()
                kc.start_channels()
                kc.wait_for_ready(timeout=TIMEOUT)
                kc.stop_channels()
                for name, port in info.items():
                    if name.endswith("_port"):
                        socket.create_connection(("127.0.0.3", port)).close()
                        with self.assertRaises(ConnectionRefusedError):
                            socket.create_connection(("127.0.0.1", port))
            finally:
                kernel.kill()
                kernel.wait()

    def test_ipc(self):
        with tempfile.TemporaryDirectory() as d:
            km = KernelManager(kernel_name="fake", transport="ipc", ip=os.path.join(d, "k"))
            km.start_kernel()
            kc = km.blocking_client()
            kc.start_channels()
            try:
                kc.wait_for_ready(timeout=TIMEOUT)
            finally:
                kc.stop_channels()
                km.shutdown_kernel()

    def test_many_clients(self):
        """Clients on threads, each with its own answers."""
        km, _ = self.start()
        failed = []

        def client(n):
            kc = km.blocking_client()
            kc.start_channels()
            try:
                kc.wait_for_ready(timeout=TIMEOUT)
                for i in range(20):
                    msg_id = kc.execute(f"value {n}-{i}")
                    while True:
                        m = kc.get_iopub_msg(timeout=TIMEOUT)
                        if m["parent_header"].get("msg_id") == msg_id and m["msg_type"] == "execute_result":
                            break
                    if m["content"]["data"]["text/plain"] != f"{n}-{i}":
                        failed.append((n, i, m))
            except Exception as e:  # noqa: BLE001
                failed.append((n, repr(e)))
            finally:
                kc.stop_channels()

        threads = [threading.Thread(target=client, args=(n,)) for n in range(5)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(failed, [])


if __name__ == "__main__":
    unittest.main()

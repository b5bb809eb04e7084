"""Drives jupyter console in a pseudo-terminal, as a person at a keyboard would."""

import os
import re
import sys

import pexpect

TIMEOUT = 60
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>()][0-9A-B]?)")


class Terminal:
    def __init__(self):
        env = dict(os.environ, TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1", LINES="40", COLUMNS="100")
        self.child = pexpect.spawn(
            sys.executable, ["-m", "jupyter_console", "--kernel", "innkeeper", "--no-simple-prompt"],
            env=env, encoding="utf-8", dimensions=(40, 100), timeout=TIMEOUT,
        )
        self.screen = open(os.path.join(os.environ["INNKEEPER_SHOTS"], "console.txt"), "w", encoding="utf-8") if "INNKEEPER_SHOTS" in os.environ else None
        self.child.logfile_read = self.screen

    def expect(self, pattern, what):
        try:
            self.child.expect(pattern)
        except (pexpect.TIMEOUT, pexpect.EOF):
            sys.exit(f"{what}: the terminal shows\n{ESCAPES.sub('', self.child.before or '')}")

    def prompt(self, n):
        self.expect(rf"In[^\n]*\[[^\n]*{n}[^\n]*\]", f"no prompt {n}")

    def enter(self, text):
        self.child.send(text + "\r")


def main():
    t = Terminal()
    t.prompt(1)
    t.enter("21 * 2")
    t.expect(r"42", "the value of a cell is not shown")
    t.prompt(2)

    t.enter("func double(x int) int {")  # goes on, since a brace is open
    t.enter("return 2 * x")
    t.enter("}")
    t.enter("")
    t.prompt(3)
    t.enter("double(50) + 23")
    t.expect(r"123", "a function of several lines does not work")
    t.prompt(4)

    t.enter("undefined_name")
    t.expect(r"undefined: undefined_name", "no error for an undefined name")
    t.prompt(5)

    t.child.send("doub\t")
    t.expect(r"double", "Tab completes nothing")
    t.child.send("(4)\r")
    t.expect(r"8", "the completed call does not run")
    t.prompt(6)

    t.enter("math.Hypot?")
    t.expect(r"func", "? shows no signature")
    t.child.send("q")  # leaves the pager, if there is one
    t.child.send("\x15")
    t.child.send("\r")

    t.enter("for { }")
    t.child.expect(pexpect.TIMEOUT, timeout=2)
    t.child.sendintr()
    t.expect(r"interrupted", "Ctrl-C does not end a loop")
    t.enter("40 + 4")
    t.expect(r"44", "the session does not go on after Ctrl-C")

    t.expect(r"In[^\n]*\[", "no prompt after the last cell")
    t.child.sendcontrol("d")
    if t.child.expect([r"really want to exit", pexpect.EOF], timeout=TIMEOUT) == 0:
        t.child.send("y\r")
        t.child.expect(pexpect.EOF, timeout=TIMEOUT)
    print("done")


if __name__ == "__main__":
    main()

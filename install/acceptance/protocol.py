"""Runs jupyter_kernel_test, Jupyter's own test of a kernel, on the installed
kernel. Prints one JSON object a test: {"test", "outcome", "detail"}."""

import json
import unittest

import jupyter_kernel_test


class InnkeeperTests(jupyter_kernel_test.KernelTests):
    kernel_name = "innkeeper"
    language_name = "go"
    file_extension = ".go"

    code_hello_world = 'import "fmt"\nfmt.Println("hello, world")'
    code_stderr = 'import ("fmt"; "os")\nfmt.Fprintln(os.Stderr, "trouble")'
    code_generate_error = 'panic("on purpose")'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"inn" + "keeper"', "result": "innkeeper"},
        {"code": "[]int{1, 2, 3}", "result": "[1 2 3]"},
    ]
    code_display_data = [
        {
            "code": 'import "github.com/innkeeper-notebook/innkeeper/kernel/nb"\n'
            'type disc struct{}\n'
            'func (disc) SVG() string {\n'
            '\treturn `<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>`\n'
            '}\n'
            'nb.Show(disc{})',
            "mime": "image/svg+xml",
        },
    ]
    code_page_something = 'import "github.com/innkeeper-notebook/innkeeper/kernel/nb"\nnb.Page("a long text")'
    code_clear_output = 'import "github.com/innkeeper-notebook/innkeeper/kernel/nb"\nnb.Clear(false)'

    completion_samples = [
        {"text": "strings.TrimSp", "matches": ["TrimSpace"]},
        {"text": "math.Sqr", "matches": ["Sqrt", "SqrtPi", "SqrtPhi", "SqrtE", "Sqrt2"]},
    ]
    complete_code_samples = ["1 + 1", 'fmt.Println("x")', "func f() {\n}", "for i := range 3 {\n\t_ = i\n}"]
    incomplete_code_samples = ["func f() {", "x := []int{1,", "if true {\n", "s := `begun", "1 +"]
    invalid_code_samples = ["func 1() {}", "x := )", 'fmt.Println("x"))']
    code_inspect_sample = "strings.TrimSpace"
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "6 ? 7*"


class WelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "innkeeper"
    support_iopub_welcome = True


class Reporter(unittest.TestResult):
    """Prints the worst outcome of each test and its subtests when it stops."""

    def startTest(self, test):
        super().startTest(test)
        self.outcome, self.detail = "passed", []

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        if self.outcome == "passed":
            self.outcome = "skipped"
        self.detail.append(f"{test.id().split('.')[-1]}: {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._failed(subtest, self._exc_info_to_string(err, test))

    def _failed(self, test, text):
        if not isinstance(test, unittest.TestCase):  # the kernel did not start
            report(str(test), "failed", text)
            return
        self.outcome = "failed"
        self.detail.append(f"{test.id()}\n{text}")

    def stopTest(self, test):
        super().stopTest(test)
        report(test.id().split(".")[-1], self.outcome, "\n".join(self.detail))


def report(test, outcome, detail):
    print(json.dumps({"test": test, "outcome": outcome, "detail": detail}), flush=True)


def main():
    suite = unittest.TestSuite()
    for case in (InnkeeperTests, WelcomeTests):
        chosen = unittest.TestSuite()
        for name in unittest.defaultTestLoader.getTestCaseNames(case):
            chosen.addTest(case(name))
        suite.addTest(chosen)
    suite.run(Reporter())


if __name__ == "__main__":
    main()

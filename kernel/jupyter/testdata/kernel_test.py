"""Jupyter's own test of a kernel, every one of its tests enabled."""

import jupyter_kernel_test as jkt


class FakeKernelTests(jkt.KernelTests):
    kernel_name = "fake"
    language_name = "fake"
    file_extension = ".fake"
    code_hello_world = "print hello, world"
    code_stderr = "warn oh"
    completion_samples = [{"text": "pri", "matches": {"print", "priority"}}]
    complete_code_samples = ["print 1"]
    incomplete_code_samples = ["print {"]
    invalid_code_samples = ["} print"]
    code_page_something = "page text"
    code_generate_error = "error oh"
    code_execute_result = [{"code": f"value {i}", "result": str(i)} for i in range(4)]
    code_display_data = [{"code": "display x", "mime": "text/plain"}]
    code_history_pattern = "value 1*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "print"
    code_clear_output = "print x\nclear\nprint y"


class FakeWelcomeTests(jkt.IopubWelcomeTests):
    kernel_name = "fake"
    support_iopub_welcome = True


if __name__ == "__main__":
    import unittest

    unittest.main()

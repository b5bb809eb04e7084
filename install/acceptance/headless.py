"""Executes small notebooks with nbclient and nbconvert, the way papermill, CI
jobs and documentation builds do."""

import nbclient
import nbconvert
import nbformat
from nbformat.v4 import new_code_cell, new_notebook


def notebook(*cells):
    return new_notebook(
        cells=[new_code_cell(text) for text in cells],
        metadata={"kernelspec": {"name": "innkeeper", "display_name": "Go (innkeeper)", "language": "go"}},
    )


def check(condition, what, nb):
    if not condition:
        raise SystemExit(f"{what}; the notebook is now:\n{nbformat.writes(nb)}")


def state_and_results():
    nb = notebook(
        'import "fmt"',
        "xs := []float64{3, 4}\nfunc norm2(v []float64) (s float64) {\n\tfor _, x := range v {\n\t\ts += x * x\n\t}\n\treturn s\n}",
        'fmt.Println("sum of squares:", norm2(xs))',
        "norm2(xs)",
    )
    nbclient.NotebookClient(nb, timeout=60).execute()
    nbformat.validate(nb)
    printed, result = nb.cells[2].outputs, nb.cells[3].outputs
    check([o.get("text") for o in printed] == ["sum of squares: 25\n"], "the stream is not one line", nb)
    check(len(result) == 1 and result[0].output_type == "execute_result", "no execute_result", nb)
    check(result[0].data["text/plain"] == "25", "the result is not 25", nb)
    check([c.execution_count for c in nb.cells] == [1, 2, 3, 4], "cells are not numbered from 1", nb)
    check(nb.metadata.language_info.file_extension == ".go", "language_info was not written", nb)

    page, _ = nbconvert.HTMLExporter().from_notebook_node(nb)
    check("sum of squares: 25" in page, "nbconvert's page lacks the output", nb)


def error_stops_and_can_be_allowed():
    nb = notebook("x := 1", "undefined_name + 1", "x + 41")
    try:
        nbclient.NotebookClient(nb, timeout=60).execute()
    except nbclient.exceptions.CellExecutionError as err:
        check("undefined_name" in str(err), f"the error does not name the culprit: {err}", nb)
    else:
        check(False, "an error in a cell did not stop the notebook", nb)
    check(nb.cells[2].execution_count is None, "a cell after the error was executed", nb)

    nbclient.NotebookClient(nb, timeout=60, allow_errors=True).execute()
    check([o.output_type for o in nb.cells[1].outputs] == ["error"], "not exactly one error", nb)
    check(nb.cells[2].outputs[0].data["text/plain"] == "42", "the session did not go on after the error", nb)


def converted_by_command():
    nb = notebook("1 << 10")
    done, _ = nbconvert.preprocessors.ExecutePreprocessor(timeout=60).preprocess(nb, {})
    check(done.cells[0].outputs[0].data["text/plain"] == "1024", "nbconvert --execute gives another result", done)


if __name__ == "__main__":
    state_and_results()
    error_stops_and_can_be_allowed()
    converted_by_command()

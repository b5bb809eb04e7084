"""Executes notebook files with papermill, nbclient and nbconvert --execute.

Arguments: the notebooks.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import nbclient
import nbformat
import papermill


def check(nb, who):
    errors = [o for c in nb.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "error"]
    if errors:
        sys.exit(f"{who}: {errors[0].ename}: {errors[0].evalue}")
    counts = [c.execution_count for c in nb.cells if c.cell_type == "code" and c.source.strip()]
    if counts != list(range(1, len(counts) + 1)):
        sys.exit(f"{who}: the cells are numbered {counts}")
    nbformat.validate(nb)


def main(paths):
    for path in map(Path, paths):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, path.name)
            papermill.execute_notebook(str(path), str(out), cwd=str(path.parent), progress_bar=False, kernel_name="innkeeper")
            check(nbformat.read(out, 4), f"papermill, {path.name}")

            nb = nbformat.read(path, 4)
            nbclient.NotebookClient(nb, timeout=600, kernel_name="innkeeper", resources={"metadata": {"path": str(path.parent)}}).execute()
            check(nb, f"nbclient, {path.name}")

            subprocess.run(
                [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "--ExecutePreprocessor.kernel_name=innkeeper",
                 "--output-dir", folder, str(path)],
                check=True, capture_output=True,
            )  # fmt: skip
            page = Path(folder, path.stem + ".html").read_text()
            if "<img" not in page and "<svg" not in page:
                sys.exit(f"nbconvert, {path.name}: the page has no figure")
        print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])

"""docs/notebooks: every notebook runs from begin to end, and shows pictures. `jupyter execute --inplace FILE` writes what they show into them."""

import importlib.util
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "docs" / "notebooks").glob("*.ipynb"))
NEEDED = ("nbclient", "nbformat", "ipykernel", "torch")
MOST_BYTES = 600_000  # of a notebook with its pictures


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def walls(notebook):
    return sum("data:image/png;base64," in output.get("data", {}).get("text/html", "") for output in outputs(notebook))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs(file, tmp_path):
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if "fashion-mnist" in file.read_text() and not Path("/usr/share/datasets/fashion-mnist").exists():
        pytest.skip("dataset-fashion-mnist is not installed")
    import nbclient
    import nbformat

    written = nbformat.read(file, as_version=4)
    shown = walls(written)
    assert shown >= 3 and file.stat().st_size < MOST_BYTES
    assert not any(output.output_type == "error" for output in outputs(written))
    ran = nbclient.NotebookClient(written, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()  # raises what a cell raises
    assert walls(ran) == shown


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 2

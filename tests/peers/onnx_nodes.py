#!/usr/bin/env python3
"""The node tests of the onnx release that this python has, against the engines: every test that phosphene supports must pass.

    python3 tests/peers/onnx_nodes.py build/release/tests/engine_tests [FOLDER]

onnx computes the expected values itself. FOLDER keeps the tests (default: a temporary one). Prints what was passed, refused and why."""
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases


def tensor(value, declared):
    if isinstance(value, onnx.TensorProto):
        return value
    kind = declared.type.tensor_type.elem_type
    proto = numpy_helper.from_array(np.asarray(value))
    if kind and proto.data_type != kind and np.asarray(value).dtype.itemsize == np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind)).itemsize:
        proto.data_type = kind
    return proto


def write(folder):
    count = 0
    for case in collect_testcases(None):
        if not case.data_sets:
            continue
        place = folder / case.name
        (place / "test_data_set_0").mkdir(parents=True, exist_ok=True)
        onnx.save(case.model, place / "model.onnx")
        inputs, outputs = case.data_sets[0]
        for word, values, declared in (("input", inputs, case.model.graph.input), ("output", outputs, case.model.graph.output)):
            for i, (value, of) in enumerate(zip(values, declared)):
                if of.type.HasField("tensor_type"):
                    (place / "test_data_set_0" / f"{word}_{i}.pb").write_bytes(tensor(value, of).SerializeToString())
        count += 1
    return count


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="onnx-nodes-"))
    print(f"onnx {onnx.__version__}: {write(folder)} node tests in {folder}", flush=True)
    environment = dict(os.environ, PHOSPHENE_NODE_TESTS=str(folder))
    sys.exit(subprocess.run([sys.argv[1], "--gtest_filter=OnnxNodeTests.*"], env=environment).returncode)


if __name__ == "__main__":
    main()

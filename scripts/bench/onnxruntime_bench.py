#!/usr/bin/env python3
"""Measure onnxruntime, one thread: prints `<model> <median ms>`, and leaves <model>.onnxruntime, the
bytes of the first output, and their type in <model>.dtype.

    onnxruntime_bench.py DIRECTORY SECONDS MODEL...
"""

import pathlib
import statistics
import sys
import time

import numpy as np
import onnxruntime


def main():
    directory, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])
    for name in sys.argv[3:]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            directory / f"{name}.onnx", options, providers=["CPUExecutionProvider"]
        )
        feeds = dict(np.load(directory / f"{name}.npz"))
        times, end = [], time.perf_counter() + seconds
        while len(times) < 5 or time.perf_counter() < end:
            start = time.perf_counter()
            output, *_ = session.run(None, feeds)
            times.append(time.perf_counter() - start)
        output.tofile(directory / f"{name}.onnxruntime")
        (directory / f"{name}.dtype").write_text(output.dtype.str)
        print(name, statistics.median(times) * 1e3)


if __name__ == "__main__":
    main()

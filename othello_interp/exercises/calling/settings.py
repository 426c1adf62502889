"""Our own code runs under the usual settings, whatever a notebook has set for its whole process.

References, known mistakes, cases and comparisons are computed beside the student's code: a default dtype, a
default device or a warning turned into an error would reach them. What a student has set is put back.
"""

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import torch


@contextmanager
def own_settings() -> Iterator[None]:
    """While this lasts, the settings of torch, numpy, random and warnings are those of a fresh process."""
    dtype, precision = torch.get_default_dtype(), torch.get_float32_matmul_precision()
    strict = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    drawn, drawn_by_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    elsewhere = torch.get_default_device().type != "cpu"
    with (
        torch.device("cpu") if elsewhere else nullcontext(),  # it costs a little on every call
        torch.random.fork_rng(devices=[]),
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
        np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"),
        warnings.catch_warnings(),
    ):
        try:
            warnings.simplefilter("ignore")
            torch.set_default_dtype(torch.float32)
            torch.set_float32_matmul_precision("highest")
            torch.use_deterministic_algorithms(False)
            yield
        finally:
            torch.set_default_dtype(dtype)
            torch.set_float32_matmul_precision(precision)
            torch.use_deterministic_algorithms(strict, warn_only=warn_only)
            random.setstate(drawn)
            np.random.set_state(drawn_by_numpy)  # noqa: NPY002

"""Is the number format chosen by what the machine has, and is memory kept?"""

import platform
import subprocess
import sys

import pytest
import torch

from othello_interp.training.machine import matrix_dtype


@pytest.mark.parametrize(
    ("flags", "device", "dtype"),
    [
        ("fpu amx_bf16 avx512f", "cpu", torch.bfloat16),
        ("fpu avx512_bf16 avx512f", "cpu", torch.bfloat16),
        ("fpu avx512f", "cpu", torch.float32),
        (None, "cpu", torch.float32),
        ("fpu", "cuda", torch.bfloat16),
        ("fpu avx512_bf16", "mps", torch.float32),
    ],
)
def test_matrices_are_multiplied_in_what_the_machine_multiplies_fast(tmp_path, flags, device, dtype):
    cpuinfo = tmp_path / "cpuinfo"
    if flags:
        cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\n\n")
    assert matrix_dtype(torch.device(device), cpuinfo) == dtype


FAULTS = """
import resource
from othello_interp.training.machine import keep_memory

def page_faults():
    b"1" * 2**26  # 64 MiB
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(4):
        b"1" * 2**26
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(page_faults())
keep_memory()
print(page_faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc only")
def test_memory_that_is_freed_is_not_asked_for_again():
    """By default the system clears the pages of a large block anew each time; if they are kept, only once."""
    printed = subprocess.run([sys.executable, "-c", FAULTS], check=True, capture_output=True).stdout
    default, kept = map(int, printed.split())
    assert default > 4 * 2**26 // 2**21  # even if every page is a huge one
    assert kept < 32

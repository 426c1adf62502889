"""What this machine is good at: the number format its matrix units take, and memory that stays in hand."""

import ctypes
import platform
from pathlib import Path

import torch

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h


def matrix_dtype(device: torch.device, cpuinfo: Path = Path("/proc/cpuinfo")) -> torch.dtype:
    """The type to multiply matrices in: bfloat16 on a GPU, and on a processor with instructions for it."""
    if device.type == "cpu":
        flags = cpuinfo.read_text(encoding="utf-8").split() if cpuinfo.exists() else []
        fast = "amx_bf16" in flags or "avx512_bf16" in flags
    else:
        fast = device.type == "cuda"
    return torch.bfloat16 if fast else torch.float32


def keep_memory() -> None:
    """Tell glibc to keep the memory that this process frees; elsewhere do nothing.

    Every training step frees hundreds of megabytes and asks for them again. By default glibc gives large
    blocks back to the system, which clears them page by page for the next step. This does to the running
    process what GLIBC_TUNABLES (mmap_max, trim_threshold) does to one that starts. Only huge pages have to be
    asked for from outside (glibc.malloc.hugetlb=1): about 2% more.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)

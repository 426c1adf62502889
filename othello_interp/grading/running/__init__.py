"""Runs planned cells and calls: the parent's and the child's end, the zygote between, and the worker."""

"""A process that can do no harm, on Linux: system calls, layers, a guard, and a self-test that attacks it."""

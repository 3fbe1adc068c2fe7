"""Kernels forked from a process in which all that notebooks import is imported: they start in no time."""

"""Benchmarks: what the engine costs, beside programs that do a like thing, in pairs in one run."""

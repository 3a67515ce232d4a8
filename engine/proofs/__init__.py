"""Proofs that a recording is as it was sealed: seals, signatures, timestamps, the log, excerpts, the register."""

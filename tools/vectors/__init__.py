"""Vectors of the proof format, made without the engine; see make_vectors.py."""

"""The archive's transparency log: C2SP tlog-tiles, signed checkpoints, witness cosignatures."""

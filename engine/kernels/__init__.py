"""Inner loops over pixels, samples and bits, compiled; pure functions of arrays."""

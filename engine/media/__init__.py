"""Files of recordings: opening, packets, decoding, and what their containers and bitstreams say."""

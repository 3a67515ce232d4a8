"""Many files: which ones are meant, and how a batch of them is examined."""

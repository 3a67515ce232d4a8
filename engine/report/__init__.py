"""One stored verdict and its views: JSON, terminal, HTML. A view renders and decides nothing."""

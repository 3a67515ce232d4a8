"""One file for each kind of trace: tables in, findings out."""

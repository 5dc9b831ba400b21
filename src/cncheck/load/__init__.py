"""The doors: files are read, checked and typed here; what comes out is trusted."""

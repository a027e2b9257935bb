"""C contract tests as pytest items, run on Linux and on a kernel of our own."""

__version__ = "0.1.0"

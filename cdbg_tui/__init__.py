"""cdbg: a full-screen terminal dashboard for engineers who debug containers."""

__version__ = "0.1.0"

"""The CPU engine: run until something happens; nothing of Linux in it."""

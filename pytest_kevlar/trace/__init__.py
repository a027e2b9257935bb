"""Event model, readers, writers and comparison of system-call traces."""

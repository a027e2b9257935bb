"""Frames, page tables, VMAs, address spaces, page faults, user-memory access."""

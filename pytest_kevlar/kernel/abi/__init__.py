"""Constants and structures of the Linux ABI, the same for every architecture.

What differs between architectures is under ``kernel/arch``.
"""

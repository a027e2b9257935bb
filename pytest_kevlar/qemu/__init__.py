"""A machine under QEMU: its initramfs, its kernel, its console; for `runners/qemu_system.py`."""

"""Names the compiled core, which setup.cfg cannot; everything else about the package is there."""

from setuptools import setup

setup(cffi_modules=["pytest_kevlar/kernel/cpu/build_core.py:ffi"])

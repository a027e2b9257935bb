"""Inodes, dentries, mounts, open files and the file systems."""

"""Starting programs: ELF files, scripts, and the first stack."""

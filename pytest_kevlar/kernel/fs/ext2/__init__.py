"""ext2: the second extended file system, read and written, as fs/ext2 of Linux does it."""

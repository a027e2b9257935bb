"""/proc: one module for the tree, one for each kind of entry."""

"""Control groups, version 2: the tree, who is where, what the controllers bound."""

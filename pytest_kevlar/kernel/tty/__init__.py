"""Terminals: pseudo-terminal pairs, the line discipline between their ends, job control.

There is no hardware behind any of them; whoever holds the master is the user.
"""

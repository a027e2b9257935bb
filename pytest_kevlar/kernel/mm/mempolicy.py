"""On which nodes memory is to be: policies of threads and mappings, on a machine of one node."""

from __future__ import annotations

from typing import NamedTuple

from pytest_kevlar.kernel.abi.mm import MPOL
from pytest_kevlar.kernel.errno import EINVAL

#: The nodes that have memory, as a mask; and how many numbers a node may have.
ONLINE = 1
NODES = 1
MAX_NODES = 1024

MODE_FLAGS = MPOL.F_STATIC_NODES | MPOL.F_RELATIVE_NODES | MPOL.F_NUMA_BALANCING
_PLACED = MPOL.F_STATIC_NODES | MPOL.F_RELATIVE_NODES
_MODES = MPOL.WEIGHTED_INTERLEAVE + 1


class Policy(NamedTuple):
    """One policy other than the default one.

    Attributes:
        mode: ``MPOL_*``. flags: ``MPOL_F_*_NODES`` and MPOL_F_NUMA_BALANCING.
        nodes: where memory may be. given: the nodes that were asked for.
        home: set_mempolicy_home_node(2), -1 if never called.
    """

    mode: int
    flags: int
    nodes: int
    given: int
    home: int = -1

    @property
    def shown(self) -> int:
        """The nodes that ``get_mempolicy(2)`` tells."""
        return self.given if self.flags & _PLACED else self.nodes


def split_mode(word: int) -> tuple[int, int]:
    """Mode and flags; EINVAL. Mirrors mm/mempolicy.c:sanitize_mpol_flags()."""
    mode, flags = word & ~MODE_FLAGS, word & MODE_FLAGS
    if not 0 <= mode < _MODES or flags & _PLACED == _PLACED:
        raise EINVAL
    if flags & MPOL.F_NUMA_BALANCING and mode not in (MPOL.BIND, MPOL.PREFERRED_MANY):
        raise EINVAL
    return mode, flags


def policy_of(mode: int, flags: int, nodes: int) -> Policy | None:
    """A policy, None for the default one. Mirrors mm/mempolicy.c:mpol_new(), mpol_set_nodemask().

    Raises:
        EINVAL: too many nodes for the mode, too few, or none that has memory.
    """
    if mode == MPOL.DEFAULT:
        if nodes:
            raise EINVAL
        return None
    if mode == MPOL.PREFERRED and not nodes:
        if flags & _PLACED:
            raise EINVAL
        mode = MPOL.LOCAL
    elif mode == MPOL.LOCAL:
        if nodes or flags & _PLACED:
            raise EINVAL
    elif not nodes:
        raise EINVAL
    if mode == MPOL.LOCAL:
        return Policy(mode, flags, 0, 0)
    usable = ONLINE if flags & MPOL.F_RELATIVE_NODES else nodes & ONLINE
    if not usable:
        raise EINVAL
    return Policy(mode, flags, usable, nodes)

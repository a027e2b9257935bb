"""What a buffered message costs, which decides when a socket is full.

Mirrors net/core/skbuff.c for 4 KiB pages and 64-bit pointers; nothing is allocated here.
"""

from __future__ import annotations

PAGE = 4096
#: ``sizeof(struct sk_buff)`` and ``sizeof(struct skb_shared_info)``, in cache lines.
SKB, SHARED_INFO = 256, 320
#: The largest linear part of one page, and of four.
MAX_HEAD_PAGE = PAGE - SHARED_INFO
MAX_HEAD_FOUR = 4 * PAGE - SHARED_INFO
#: Pages that a message may have beside its linear part.
MAX_FRAGMENTS = 17
#: What a stream puts into pages of one buffer: UNIX_SKB_FRAGS_SZ.
STREAM_FRAGMENTS = 32768

#: The size of small heads, and room for a link's header and its alignment.
SMALL_HEAD, LINK_HEADROOM = 576, 31

DEFAULT_BUFFER = 212_992
#: ``net.core.rmem_max`` and ``wmem_max``
MAX_BUFFER = 4_194_304
MIN_SEND, MIN_RECEIVE = 4608, 2304


def _linear(size: int) -> int:
    """What kmalloc gives for `size` bytes of data; include/linux/slab.h."""
    needed = (size + 63 & ~63) + SHARED_INFO
    return 1 << (needed - 1).bit_length()


def truesize(linear: int, paged: int = 0) -> int:
    """Bytes that a buffer of `linear` and `paged` bytes is charged for."""
    return SKB + _linear(linear) + (paged + PAGE - 1 & ~(PAGE - 1))


def stream_piece(left: int, sndbuf: int) -> tuple[int, int]:
    """Size and cost of the next buffer of a stream; af_unix.c:unix_stream_sendmsg()."""
    size = min(left, (sndbuf >> 1) - 64, MAX_HEAD_PAGE + STREAM_FRAGMENTS)
    if size <= MAX_HEAD_PAGE:
        return size, truesize(size)
    paged = min(size, size - MAX_HEAD_PAGE + PAGE - 1 & ~(PAGE - 1))
    return size, truesize(size - paged, paged)


def datagram_cost(size: int) -> int:
    """What a datagram of `size` bytes costs; af_unix.c:unix_dgram_sendmsg()."""
    if size <= MAX_HEAD_FOUR:
        return truesize(size)
    paged = min(size - MAX_HEAD_FOUR, MAX_FRAGMENTS * PAGE) + PAGE - 1 & ~(PAGE - 1)
    return truesize(size - paged, paged)


def udp_cost(size: int, header: int) -> int:
    """What a UDP datagram of `size` bytes behind `header` bytes of headers costs its receiver.

    Small ones come from a cache of their own, large ones are in pages; ip_output.c.
    """
    needed = size + header + LINK_HEADROOM
    if needed >= MAX_HEAD_FOUR:
        return SKB + SMALL_HEAD + size
    if (needed + 63 & ~63) + SHARED_INFO <= SMALL_HEAD:
        return SKB + SMALL_HEAD
    return truesize(needed)

"""Constants of sockets: families, types, options and message flags.

Both architectures use asm-generic's values. Options of a protocol are in its own namespace.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class AF(Names):
    """``socket(2)`` families."""

    UNSPEC: Final = 0
    UNIX: Final = 1
    INET: Final = 2
    AX25: Final = 3
    IPX: Final = 4
    INET6: Final = 10
    KEY: Final = 15
    NETLINK: Final = 16
    PACKET: Final = 17
    CAN: Final = 29
    TIPC: Final = 30
    BLUETOOTH: Final = 31
    ALG: Final = 38
    VSOCK: Final = 40
    QIPCRTR: Final = 42
    SMC: Final = 43
    XDP: Final = 44


class SOCK(Names, mask=0xF):
    """``socket(2)`` types and flags."""

    STREAM: Final = 1
    DGRAM: Final = 2
    RAW: Final = 3
    RDM: Final = 4
    SEQPACKET: Final = 5
    DCCP: Final = 6
    PACKET: Final = 0o12
    NONBLOCK: Final = 0o4000
    CLOEXEC: Final = 0o2000000


class SHUT(Names):
    """``shutdown(2)`` how."""

    RD: Final = 0
    WR: Final = 1
    RDWR: Final = 2


class SOL(Names):
    """``setsockopt(2)`` levels."""

    IP: Final = 0
    SOCKET: Final = 1
    TCP: Final = 6
    UDP: Final = 17
    IPV6: Final = 41
    ICMPV6: Final = 58
    UDPLITE: Final = 136
    RAW: Final = 255
    PACKET: Final = 263
    NETLINK: Final = 270
    ALG: Final = 279
    TLS: Final = 282
    MPTCP: Final = 284
    VSOCK: Final = 287


class SO(Names):
    """``socket(7)`` options."""

    DEBUG: Final = 1
    REUSEADDR: Final = 2
    TYPE: Final = 3
    ERROR: Final = 4
    DONTROUTE: Final = 5
    BROADCAST: Final = 6
    SNDBUF: Final = 7
    RCVBUF: Final = 8
    KEEPALIVE: Final = 9
    OOBINLINE: Final = 10
    NO_CHECK: Final = 11
    PRIORITY: Final = 12
    LINGER: Final = 13
    BSDCOMPAT: Final = 14
    REUSEPORT: Final = 15
    PASSCRED: Final = 16
    PEERCRED: Final = 17
    RCVLOWAT: Final = 18
    SNDLOWAT: Final = 19
    RCVTIMEO_OLD: Final = 20
    SNDTIMEO_OLD: Final = 21
    SECURITY_AUTHENTICATION: Final = 22
    SECURITY_ENCRYPTION_TRANSPORT: Final = 23
    SECURITY_ENCRYPTION_NETWORK: Final = 24
    BINDTODEVICE: Final = 25
    ATTACH_FILTER: Final = 26
    DETACH_BPF: Final = 27
    DETACH_FILTER: Final = 27
    PEERNAME: Final = 28
    TIMESTAMP_OLD: Final = 29
    ACCEPTCONN: Final = 30
    PEERSEC: Final = 31
    SNDBUFFORCE: Final = 32
    RCVBUFFORCE: Final = 33
    PASSSEC: Final = 34
    TIMESTAMPNS_OLD: Final = 35
    MARK: Final = 36
    TIMESTAMPING_OLD: Final = 37
    PROTOCOL: Final = 38
    DOMAIN: Final = 39
    RXQ_OVFL: Final = 40
    WIFI_STATUS: Final = 41
    PEEK_OFF: Final = 42
    NOFCS: Final = 43
    LOCK_FILTER: Final = 44
    SELECT_ERR_QUEUE: Final = 45
    BUSY_POLL: Final = 46
    MAX_PACING_RATE: Final = 47
    BPF_EXTENSIONS: Final = 48
    INCOMING_CPU: Final = 49
    ATTACH_BPF: Final = 50
    CNX_ADVICE: Final = 53
    MEMINFO: Final = 55
    INCOMING_NAPI_ID: Final = 56
    COOKIE: Final = 57
    PEERGROUPS: Final = 59
    ZEROCOPY: Final = 60
    TXTIME: Final = 61
    BINDTOIFINDEX: Final = 62
    TIMESTAMP_NEW: Final = 63
    TIMESTAMPNS_NEW: Final = 64
    TIMESTAMPING_NEW: Final = 65
    RCVTIMEO_NEW: Final = 66
    SNDTIMEO_NEW: Final = 67
    DETACH_REUSEPORT_BPF: Final = 68
    PREFER_BUSY_POLL: Final = 69
    BUSY_POLL_BUDGET: Final = 70
    NETNS_COOKIE: Final = 71
    BUF_LOCK: Final = 72
    RESERVE_MEM: Final = 73
    TXREHASH: Final = 74
    RCVMARK: Final = 75
    PASSPIDFD: Final = 76
    PEERPIDFD: Final = 77
    RCVPRIORITY: Final = 82
    PASSRIGHTS: Final = 83
    INQ: Final = 84


class SCM(Names):
    """Control messages of ``unix(7)``."""

    RIGHTS: Final = 1
    CREDENTIALS: Final = 2
    SECURITY: Final = 3
    PIDFD: Final = 4


class MSG(Names):
    """``send(2)`` and ``recv(2)`` flags."""

    OOB: Final = 1
    PEEK: Final = 2
    DONTROUTE: Final = 4
    CTRUNC: Final = 8
    PROXY: Final = 0x10
    TRUNC: Final = 0x20
    DONTWAIT: Final = 0x40
    EOR: Final = 0x80
    WAITALL: Final = 0x100
    FIN: Final = 0x200
    SYN: Final = 0x400
    CONFIRM: Final = 0x800
    RST: Final = 0x1000
    ERRQUEUE: Final = 0x2000
    NOSIGNAL: Final = 0x4000
    MORE: Final = 0x8000
    WAITFORONE: Final = 0x10000
    BATCH: Final = 0x40000
    ZEROCOPY: Final = 0x4000000
    FASTOPEN: Final = 0x20000000
    CMSG_CLOEXEC: Final = 0x40000000


class IPPROTO(Names):
    """``socket(2)`` protocols of AF_INET and AF_INET6."""

    IP: Final = 0
    ICMP: Final = 1
    IGMP: Final = 2
    TCP: Final = 6
    EGP: Final = 8
    UDP: Final = 17
    IPV6: Final = 41
    ROUTING: Final = 43
    FRAGMENT: Final = 44
    GRE: Final = 47
    ESP: Final = 50
    AH: Final = 51
    ICMPV6: Final = 58
    NONE: Final = 59
    DSTOPTS: Final = 60
    SCTP: Final = 132
    UDPLITE: Final = 136
    RAW: Final = 255
    MPTCP: Final = 262


class IP(Names):
    """``ip(7)`` options."""

    TOS: Final = 1
    TTL: Final = 2
    HDRINCL: Final = 3
    OPTIONS: Final = 4
    ROUTER_ALERT: Final = 5
    RECVOPTS: Final = 6
    RETOPTS: Final = 7
    PKTINFO: Final = 8
    PKTOPTIONS: Final = 9
    MTU_DISCOVER: Final = 10
    RECVERR: Final = 11
    RECVTTL: Final = 12
    RECVTOS: Final = 13
    MTU: Final = 14
    FREEBIND: Final = 15
    TRANSPARENT: Final = 19
    MINTTL: Final = 21
    BIND_ADDRESS_NO_PORT: Final = 24
    MULTICAST_IF: Final = 32
    MULTICAST_TTL: Final = 33
    MULTICAST_LOOP: Final = 34
    ADD_MEMBERSHIP: Final = 35
    DROP_MEMBERSHIP: Final = 36
    MULTICAST_ALL: Final = 49
    UNICAST_IF: Final = 50
    LOCAL_PORT_RANGE: Final = 51


class IPV6(Names):
    """``ipv6(7)`` options."""

    UNICAST_HOPS: Final = 16
    MULTICAST_IF: Final = 17
    MULTICAST_HOPS: Final = 18
    MULTICAST_LOOP: Final = 19
    ADD_MEMBERSHIP: Final = 20
    DROP_MEMBERSHIP: Final = 21
    MTU_DISCOVER: Final = 23
    MTU: Final = 24
    RECVERR: Final = 25
    V6ONLY: Final = 26
    MULTICAST_ALL: Final = 29
    RECVPKTINFO: Final = 49
    PKTINFO: Final = 50
    RECVHOPLIMIT: Final = 51
    HOPLIMIT: Final = 52
    DONTFRAG: Final = 62
    RECVTCLASS: Final = 66
    TCLASS: Final = 67
    TRANSPARENT: Final = 75
    FREEBIND: Final = 78


class TCP(Names):
    """``tcp(7)`` options."""

    NODELAY: Final = 1
    MAXSEG: Final = 2
    CORK: Final = 3
    KEEPIDLE: Final = 4
    KEEPINTVL: Final = 5
    KEEPCNT: Final = 6
    SYNCNT: Final = 7
    LINGER2: Final = 8
    DEFER_ACCEPT: Final = 9
    WINDOW_CLAMP: Final = 10
    INFO: Final = 11
    QUICKACK: Final = 12
    CONGESTION: Final = 13
    MD5SIG: Final = 14
    THIN_LINEAR_TIMEOUTS: Final = 16
    THIN_DUPACK: Final = 17
    USER_TIMEOUT: Final = 18
    REPAIR: Final = 19
    FASTOPEN: Final = 23
    TIMESTAMP: Final = 24
    NOTSENT_LOWAT: Final = 25
    SAVE_SYN: Final = 27
    SAVED_SYN: Final = 28
    ULP: Final = 31
    INQ: Final = 36
    TX_DELAY: Final = 37


class UDP(Names):
    """``udp(7)`` options."""

    CORK: Final = 1
    ENCAP: Final = 100
    NO_CHECK6_TX: Final = 101
    NO_CHECK6_RX: Final = 102
    SEGMENT: Final = 103
    GRO: Final = 104


class UDPLITE(Names):
    """``udplite(7)`` options."""

    SEND_CSCOV: Final = 10
    RECV_CSCOV: Final = 11


class TCPSTATE(Names, prefix="TCP_"):
    """tcpi_state of ``tcp(7)`` TCP_INFO."""

    ESTABLISHED: Final = 1
    SYN_SENT: Final = 2
    SYN_RECV: Final = 3
    FIN_WAIT1: Final = 4
    FIN_WAIT2: Final = 5
    TIME_WAIT: Final = 6
    CLOSE: Final = 7
    CLOSE_WAIT: Final = 8
    LAST_ACK: Final = 9
    LISTEN: Final = 10
    CLOSING: Final = 11


class NETLINK(Names):
    """``netlink(7)`` protocols."""

    ROUTE: Final = 0
    USERSOCK: Final = 2
    FIREWALL: Final = 3
    SOCK_DIAG: Final = 4
    AUDIT: Final = 9
    KOBJECT_UEVENT: Final = 15
    GENERIC: Final = 16


class INADDR(Names):
    """IPv4 addresses in host byte order."""

    ANY: Final = 0
    LOOPBACK: Final = 0x7F000001
    BROADCAST: Final = 0xFFFFFFFF


class SOCKLIMIT(Names, prefix=""):
    """Bounds, spelled in full."""

    SOMAXCONN: Final = 4096

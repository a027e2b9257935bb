"""Request numbers of ``ioctl(2)`` and the flag words of ``termios(3)`` that go with them.

Both architectures use asm-generic's numbers.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class IOCTL(Names, prefix=""):
    """Requests, spelled without a prefix."""

    FIBMAP: Final = 1
    FIGETBSZ: Final = 2
    BLKROSET: Final = 0x125D
    BLKROGET: Final = 0x125E
    BLKRRPART: Final = 0x125F
    BLKGETSIZE: Final = 0x1260
    BLKFLSBUF: Final = 0x1261
    BLKRAGET: Final = 0x1263
    BLKSSZGET: Final = 0x1268
    BLKDISCARD: Final = 0x1277
    BLKIOMIN: Final = 0x1278
    BLKIOOPT: Final = 0x1279
    BLKALIGNOFF: Final = 0x127A
    BLKPBSZGET: Final = 0x127B
    BLKROTATIONAL: Final = 0x127E
    LOOP_SET_FD: Final = 0x4C00
    LOOP_CLR_FD: Final = 0x4C01
    LOOP_SET_STATUS: Final = 0x4C02
    LOOP_GET_STATUS: Final = 0x4C03
    LOOP_SET_STATUS64: Final = 0x4C04
    LOOP_GET_STATUS64: Final = 0x4C05
    LOOP_CHANGE_FD: Final = 0x4C06
    LOOP_SET_CAPACITY: Final = 0x4C07
    LOOP_SET_DIRECT_IO: Final = 0x4C08
    LOOP_SET_BLOCK_SIZE: Final = 0x4C09
    LOOP_CONFIGURE: Final = 0x4C0A
    LOOP_CTL_ADD: Final = 0x4C80
    LOOP_CTL_REMOVE: Final = 0x4C81
    LOOP_CTL_GET_FREE: Final = 0x4C82
    TCGETS: Final = 0x5401
    TCSETS: Final = 0x5402
    TCSETSW: Final = 0x5403
    TCSETSF: Final = 0x5404
    TCGETA: Final = 0x5405
    TCSETA: Final = 0x5406
    TCSETAW: Final = 0x5407
    TCSETAF: Final = 0x5408
    TCSBRK: Final = 0x5409
    TCXONC: Final = 0x540A
    TCFLSH: Final = 0x540B
    TIOCEXCL: Final = 0x540C
    TIOCNXCL: Final = 0x540D
    TIOCSCTTY: Final = 0x540E
    TIOCGPGRP: Final = 0x540F
    TIOCSPGRP: Final = 0x5410
    SIOCOUTQ: Final = 0x5411
    TIOCOUTQ: Final = 0x5411
    TIOCSTI: Final = 0x5412
    TIOCGWINSZ: Final = 0x5413
    TIOCSWINSZ: Final = 0x5414
    TIOCMGET: Final = 0x5415
    TIOCMBIS: Final = 0x5416
    TIOCMBIC: Final = 0x5417
    TIOCMSET: Final = 0x5418
    TIOCGSOFTCAR: Final = 0x5419
    TIOCSSOFTCAR: Final = 0x541A
    FIONREAD: Final = 0x541B
    SIOCINQ: Final = 0x541B
    TIOCINQ: Final = 0x541B
    TIOCLINUX: Final = 0x541C
    TIOCCONS: Final = 0x541D
    TIOCGSERIAL: Final = 0x541E
    TIOCSSERIAL: Final = 0x541F
    TIOCPKT: Final = 0x5420
    FIONBIO: Final = 0x5421
    TIOCNOTTY: Final = 0x5422
    TIOCSETD: Final = 0x5423
    TIOCGETD: Final = 0x5424
    TCSBRKP: Final = 0x5425
    TIOCSBRK: Final = 0x5427
    TIOCCBRK: Final = 0x5428
    TIOCGSID: Final = 0x5429
    TIOCVHANGUP: Final = 0x5437
    TIOCGPTPEER: Final = 0x5441
    FIONCLEX: Final = 0x5450
    FIOCLEX: Final = 0x5451
    FIOASYNC: Final = 0x5452
    TIOCGLCKTRMIOS: Final = 0x5456
    TIOCSLCKTRMIOS: Final = 0x5457
    FIOQSIZE: Final = 0x5460
    FIOSETOWN: Final = 0x8901
    SIOCSPGRP: Final = 0x8902
    FIOGETOWN: Final = 0x8903
    SIOCGPGRP: Final = 0x8904
    SIOCATMARK: Final = 0x8905
    SIOCGSTAMP_OLD: Final = 0x8906
    SIOCADDRT: Final = 0x890B
    SIOCDELRT: Final = 0x890C
    SIOCGIFNAME: Final = 0x8910
    SIOCGIFCONF: Final = 0x8912
    SIOCGIFFLAGS: Final = 0x8913
    SIOCSIFFLAGS: Final = 0x8914
    SIOCGIFADDR: Final = 0x8915
    SIOCSIFADDR: Final = 0x8916
    SIOCGIFDSTADDR: Final = 0x8917
    SIOCSIFDSTADDR: Final = 0x8918
    SIOCGIFBRDADDR: Final = 0x8919
    SIOCSIFBRDADDR: Final = 0x891A
    SIOCGIFNETMASK: Final = 0x891B
    SIOCSIFNETMASK: Final = 0x891C
    SIOCGIFMETRIC: Final = 0x891D
    SIOCGIFMTU: Final = 0x8921
    SIOCSIFMTU: Final = 0x8922
    SIOCSIFHWADDR: Final = 0x8924
    SIOCGIFHWADDR: Final = 0x8927
    SIOCGIFINDEX: Final = 0x8933
    SIOCGIFTXQLEN: Final = 0x8942
    SIOCGIFMAP: Final = 0x8970
    NS_GET_USERNS: Final = 0xB701
    NS_GET_PARENT: Final = 0xB702
    NS_GET_NSTYPE: Final = 0xB703
    NS_GET_OWNER_UID: Final = 0xB704
    TIOCSPTLCK: Final = 0x40045431
    TIOCSIG: Final = 0x40045436
    FICLONE: Final = 0x40049409
    SECCOMP_IOCTL_NOTIF_ID_VALID: Final = 0x40082102
    SECCOMP_IOCTL_NOTIF_SET_FLAGS: Final = 0x40082104
    FS_IOC_SETFLAGS: Final = 0x40086602
    BLKBSZSET: Final = 0x40081271
    SECCOMP_IOCTL_NOTIF_ADDFD: Final = 0x40182103
    FICLONERANGE: Final = 0x4020940D
    TCSETS2: Final = 0x402C542B
    TCSETSW2: Final = 0x402C542C
    TCSETSF2: Final = 0x402C542D
    TIOCGPTN: Final = 0x80045430
    TIOCGDEV: Final = 0x80045432
    TIOCGPKT: Final = 0x80045438
    TIOCGPTLCK: Final = 0x80045439
    TIOCGEXCL: Final = 0x80045440
    NS_GET_PID_FROM_PIDNS: Final = 0x8004B706
    NS_GET_TGID_FROM_PIDNS: Final = 0x8004B707
    NS_GET_PID_IN_PIDNS: Final = 0x8004B708
    NS_GET_TGID_IN_PIDNS: Final = 0x8004B709
    BLKBSZGET: Final = 0x80081270
    BLKGETSIZE64: Final = 0x80081272
    SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR: Final = 0x80082102
    FS_IOC_GETFLAGS: Final = 0x80086601
    TCGETS2: Final = 0x802C542A
    FIFREEZE: Final = 0xC0045877
    FITHAW: Final = 0xC0045878
    SECCOMP_IOCTL_NOTIF_SEND: Final = 0xC0182101
    FIDEDUPERANGE: Final = 0xC0189436
    FS_IOC_FIEMAP: Final = 0xC020660B
    SECCOMP_IOCTL_NOTIF_RECV: Final = 0xC0502100


class LO_FLAGS(Names):
    """Flags of a loop device."""

    READ_ONLY: Final = 1
    AUTOCLEAR: Final = 4
    PARTSCAN: Final = 8
    DIRECT_IO: Final = 16


class TIOCM(Names):
    """Modem lines of TIOCMGET."""


class IFLAG(Names, prefix=""):
    """``termios`` c_iflag."""

    IGNBRK: Final = 1
    BRKINT: Final = 2
    IGNPAR: Final = 4
    PARMRK: Final = 0o10
    INPCK: Final = 0o20
    ISTRIP: Final = 0o40
    INLCR: Final = 0o100
    IGNCR: Final = 0o200
    ICRNL: Final = 0o400
    IUCLC: Final = 0o1000
    IXON: Final = 0o2000
    IXANY: Final = 0o4000
    IXOFF: Final = 0o10000
    IMAXBEL: Final = 0o20000
    IUTF8: Final = 0o40000


class OFLAG(Names, prefix=""):
    """``termios`` c_oflag."""

    OPOST: Final = 1
    OLCUC: Final = 2
    ONLCR: Final = 4
    OCRNL: Final = 0o10
    ONOCR: Final = 0o20
    ONLRET: Final = 0o40
    OFILL: Final = 0o100
    OFDEL: Final = 0o200
    TAB3: Final = 0o14000
    TABDLY: Final = 0o14000


class CFLAG(Names, prefix=""):
    """``termios`` c_cflag."""

    B0: Final = 0
    CS5: Final = 0
    B9600: Final = 0o15
    B38400: Final = 0o17
    CS6: Final = 0o20
    CS7: Final = 0o40
    CS8: Final = 0o60
    CSIZE: Final = 0o60
    CSTOPB: Final = 0o100
    CREAD: Final = 0o200
    PARENB: Final = 0o400
    PARODD: Final = 0o1000
    HUPCL: Final = 0o2000
    CLOCAL: Final = 0o4000
    B115200: Final = 0o10002
    CBAUD: Final = 0o10017
    CRTSCTS: Final = 0o20000000000


class LFLAG(Names, prefix=""):
    """``termios`` c_lflag."""

    ISIG: Final = 1
    ICANON: Final = 2
    XCASE: Final = 4
    ECHO: Final = 0o10
    ECHOE: Final = 0o20
    ECHOK: Final = 0o40
    ECHONL: Final = 0o100
    NOFLSH: Final = 0o200
    TOSTOP: Final = 0o400
    ECHOCTL: Final = 0o1000
    ECHOPRT: Final = 0o2000
    ECHOKE: Final = 0o4000
    FLUSHO: Final = 0o10000
    PENDIN: Final = 0o40000
    IEXTEN: Final = 0o100000
    EXTPROC: Final = 0o200000


class CC(Names, prefix=""):
    """Indexes into ``termios`` c_cc."""

    VINTR: Final = 0
    VQUIT: Final = 1
    VERASE: Final = 2
    VKILL: Final = 3
    VEOF: Final = 4
    VTIME: Final = 5
    VMIN: Final = 6
    VSWTC: Final = 7
    VSTART: Final = 8
    VSTOP: Final = 9
    VSUSP: Final = 10
    VEOL: Final = 11
    VREPRINT: Final = 12
    VDISCARD: Final = 13
    VWERASE: Final = 14
    VLNEXT: Final = 15
    VEOL2: Final = 16


class TCFLUSH(Names, prefix="TC"):
    """TCFLSH queues."""

    IFLUSH: Final = 0
    OFLUSH: Final = 1
    IOFLUSH: Final = 2


class TIOCPKT(Names):
    """What a packet of TIOCPKT begins with."""

    DATA: Final = 0
    FLUSHREAD: Final = 1
    FLUSHWRITE: Final = 2
    STOP: Final = 4
    START: Final = 8
    NOSTOP: Final = 16
    DOSTOP: Final = 32


class TCFLOW(Names, prefix="TC"):
    """TCXONC actions."""

    OOFF: Final = 0
    OON: Final = 1
    IOFF: Final = 2
    ION: Final = 3

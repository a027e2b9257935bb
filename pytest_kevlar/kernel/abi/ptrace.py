"""Constants of ``ptrace(2)``: requests, options, events, register sets."""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class PTRACE(Names):
    """Requests."""

    TRACEME: Final = 0
    PEEKTEXT: Final = 1
    PEEKDATA: Final = 2
    PEEKUSER: Final = 3
    POKETEXT: Final = 4
    POKEDATA: Final = 5
    POKEUSER: Final = 6
    CONT: Final = 7
    KILL: Final = 8
    SINGLESTEP: Final = 9
    GETREGS: Final = 12
    SETREGS: Final = 13
    GETFPREGS: Final = 14
    SETFPREGS: Final = 15
    ATTACH: Final = 16
    DETACH: Final = 17
    SYSCALL: Final = 24
    SETOPTIONS: Final = 0x4200
    GETEVENTMSG: Final = 0x4201
    GETSIGINFO: Final = 0x4202
    SETSIGINFO: Final = 0x4203
    GETREGSET: Final = 0x4204
    SETREGSET: Final = 0x4205
    SEIZE: Final = 0x4206
    INTERRUPT: Final = 0x4207
    LISTEN: Final = 0x4208
    PEEKSIGINFO: Final = 0x4209
    GETSIGMASK: Final = 0x420A
    SETSIGMASK: Final = 0x420B
    GET_SYSCALL_INFO: Final = 0x420E


class OPTION(Names, prefix="PTRACE_O_"):
    """Options. Bit `n` of the lowest eight enables event `n`."""

    TRACESYSGOOD: Final = 1
    TRACEFORK: Final = 2
    TRACEVFORK: Final = 4
    TRACECLONE: Final = 8
    TRACEEXEC: Final = 0x10
    TRACEVFORKDONE: Final = 0x20
    TRACEEXIT: Final = 0x40
    TRACESECCOMP: Final = 0x80
    EXITKILL: Final = 0x100000


KNOWN_OPTIONS: Final = 0xFF | OPTION.EXITKILL


class EVENT(Names, prefix="PTRACE_EVENT_"):
    """What an event stop reports above its signal number."""

    FORK: Final = 1
    VFORK: Final = 2
    CLONE: Final = 3
    EXEC: Final = 4
    VFORK_DONE: Final = 5
    EXIT: Final = 6
    SECCOMP: Final = 7
    STOP: Final = 128


class EVENTMSG(Names, prefix="PTRACE_EVENTMSG_"):
    """What PTRACE_GETEVENTMSG says in a system call stop."""

    SYSCALL_ENTRY: Final = 1
    SYSCALL_EXIT: Final = 2


class NT(Names):
    """Register sets; ``elf(5)`` note types."""

    PRSTATUS: Final = 1
    PRFPREG: Final = 2
    ARM_TLS: Final = 0x401
    ARM_SYSTEM_CALL: Final = 0x404


PEEKSIGINFO_SHARED: Final = 1

"""What the rest of the kernel may ask of an architecture.

Descriptions only; the two architectures that answer are the packages beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pytest_kevlar.kernel.abi.signals import SS

if TYPE_CHECKING:
    from pytest_kevlar.kernel.abi.layout import Layout


class BadFrame(Exception):
    """A signal frame that cannot be written or is not believed: the guest gets SIGSEGV."""


class AltStack(NamedTuple):
    """``stack_t`` as ``sigaltstack(2)`` keeps it; the default is a task without one."""

    sp: int = 0
    flags: int = SS.DISABLE
    size: int = 0

    def spans(self, sp: int) -> bool:
        """Whether ``sp`` lies within, its top included. Mirrors __on_sig_stack()."""
        return self.sp < sp <= self.sp + self.size

    def holds(self, sp: int) -> bool:
        """Whether a task at ``sp`` runs on it. Mirrors sched/signal.h:on_sig_stack().

        A stack with SS_AUTODISARM never counts: whoever runs on it has it disarmed.
        """
        return not self.flags & SS.AUTODISARM and self.spans(sp)


class Fault(NamedTuple):
    """The last fault of a task, as its later signal frames show it.

    On x86_64 the trap number, error code and CR2; on arm64 ESR_EL1 is ``error`` and the
    fault address ``address``, and ``trap`` means nothing.
    """

    trap: int = 0
    error: int = 0
    address: int = 0


class Restored(NamedTuple):
    """What ``rt_sigreturn(2)`` takes from a frame besides the registers."""

    mask: int
    altstack: AltStack
    fpu: bytes


class SignalFrame(Protocol):
    """How a handler is entered and left; ``regs`` is the architecture's register structure."""

    def build(
        self,
        regs: Any,
        fpu: bytes,
        sp: int,
        signo: int,
        siginfo: bytes,
        handler: int,
        sa_flags: int,
        restorer: int,
        mask: int,
        altstack: AltStack,
        fault: Fault,
        *,
        entering: bool = False,
    ) -> tuple[int, bytes]:
        """Make the frame for a handler and point ``regs`` at the handler.

        Args:
            regs: changed in place.
            fpu: floating-point state in the architecture's image.
            sp: where the frame goes below: the current stack pointer, or the top of the
                alternate stack, which ``entering`` says.
            signo: 1..64.
            siginfo: 128 bytes.
            handler: its address.
            sa_flags, restorer: of the action; where the action has no restorer, the
                architecture decides what the caller has to pass.
            mask: blocked signals to come back to.
            altstack: as set by the task, for ``uc_stack``.
            fault: the task's last fault.

        Returns:
            Address and bytes to write there; both done, the handler can run.

        Raises:
            BadFrame: Linux would refuse too; ``regs`` are unchanged.
        """

    def restore(self, regs: Any, read: Callable[[int, int], bytes]) -> Restored:
        """Undo ``build`` for ``rt_sigreturn(2)``: fill ``regs`` from the frame at their sp.

        ``read(address, size)`` reads guest memory; its EFAULT becomes BadFrame, as does
        everything that Linux does not accept in a frame.
        """


class Registers(Protocol):
    """The roles that registers play in system calls and in new programs."""

    def number(self, regs: Any) -> int:
        """The system call asked for."""

    def argument(self, regs: Any, index: int) -> int:
        """One of its six arguments, unsigned."""

    def result(self, regs: Any) -> int:
        """What user space will see as the result, unsigned."""

    def set_result(self, regs: Any, value: int) -> None:
        """Set it, from a signed or an unsigned 64-bit value."""

    def pc(self, regs: Any) -> int:
        """The address of the next instruction."""

    def set_pc(self, regs: Any, value: int) -> None:
        """Jump."""

    def sp(self, regs: Any) -> int:
        """The stack pointer."""

    def set_sp(self, regs: Any, value: int) -> None:
        """Move the stack pointer."""

    def tls(self, regs: Any) -> int:
        """The thread pointer."""

    def set_tls(self, regs: Any, value: int) -> None:
        """Set the thread pointer, as CLONE_SETTLS does."""

    def rewind(self, regs: Any, number: int, argument0: int) -> None:
        """Make the system call just left start again, as call ``number``.

        Another number is how ERESTART_RESTARTBLOCK becomes ``restart_syscall(2)``.
        """

    def start(self, regs: Any, pc: int, sp: int) -> None:
        """Registers of a program that begins: all zero but these two. Linux's start_thread()."""


class RegisterSets(Protocol):
    """What ``ptrace(2)`` shows of the registers, and how it changes them.

    Attributes:
        fpu_size: of the floating-point set, bytes.
        has_user: whether there is ``struct user``: PTRACE_PEEKUSER, PTRACE_GETREGS.
    """

    fpu_size: int
    has_user: bool

    def general(self, regs: Any, call: int) -> bytes:
        """NT_PRSTATUS: ``struct user_regs_struct`` or ``user_pt_regs``.

        Args:
            call: number of the system call that the task is in, -1 for none.
        """

    def set_general(self, regs: Any, call: int, data: bytes) -> int:
        """Undo :meth:`general`; the number of the system call afterwards.

        Raises:
            EIO, EINVAL: what user code cannot have.
        """

    def fpu(self, image: bytes) -> bytes:
        """NT_PRFPREG from the engine's image."""

    def set_fpu(self, image: bytes, data: bytes) -> bytes:
        """The engine's image from NT_PRFPREG; EINVAL."""

    def special(self, kind: int, regs: Any, call: int) -> bytes | None:
        """Another set, None if there is none of that number."""

    def set_special(self, kind: int, regs: Any, call: int, data: bytes) -> int:
        """Change another set; the number of the system call afterwards."""


class Trap(NamedTuple):
    """The signal that a CPU exception becomes, and what its frame shows.

    Attributes:
        signal, code, address: of the siginfo.
        fault: what :class:`Fault` of the task becomes.
    """

    signal: int
    code: int
    address: int
    fault: Fault


class Traps(Protocol):
    """What the CPU's exceptions mean to Linux."""

    def exception(self, vector: int, pc: int) -> Trap:
        """A numbered exception; `pc` is where the engine stopped."""

    def illegal(self, pc: int) -> Trap:
        """An instruction that does not exist."""

    def privileged(self, pc: int) -> Trap:
        """An instruction that user code may not run."""

    def no_address(self) -> Trap:
        """An address that cannot exist (x86_64: not canonical)."""

    def emulate(self, regs: Any, read: Callable[[int, int], bytes], now: int) -> bool:
        """Do in software what Linux lets programs do although the CPU trapped it.

        Args:
            regs: changed in place. read: guest memory. now: virtual nanoseconds.

        Returns:
            Whether the instruction is done; if not, it is the guest's fault.
        """

    def page_fault(self, address: int, write: bool, fetch: bool, present: bool) -> Fault:
        """What a signal frame shows of a page fault."""


@dataclass(frozen=True, slots=True)
class Arch:
    """One architecture's facts.

    Attributes:
        name: ours and the toolchains': ``"x86_64"``, ``"arm64"``.
        machine: what ``uname(2)`` says.
        platform: the AT_PLATFORM string.
        elf_machine: ``e_machine`` of its programs.
        audit: AUDIT_ARCH number, for si_arch and seccomp.
        numbers, names: system calls by name and by number.
        page_size: bytes.
        task_size: user addresses end here.
        hwcap, hwcap2: AT_HWCAP and AT_HWCAP2; no more than the engine can do.
        minsigstksz: the least that ``sigaltstack(2)`` accepts, bytes.
        auxv_size: bytes of the vector that the kernel keeps, padded with zeros.
        auxv_minsigstksz: AT_MINSIGSTKSZ, what a signal frame needs at most.
        map_32bit: whether ``mmap(2)`` knows MAP_32BIT.
        pkey_rights: bits that ``pkey_alloc(2)`` knows.
        pkey_zero: whether key 0 is there to be allocated on a processor that has none.
        clone_tls, clone_child_tid: which argument of ``clone(2)`` is which, from 0.
        open_flags_in, open_flags_out: between the guest's O_ bits and abi.open.O.
        stat, epoll_event, semid64_ds, sigaction, regs: structures.
        registers: what the registers in ``regs`` are for.
        register_sets: what ptrace shows of them.
        enosys_at_entry: whether the result register reads ENOSYS when a call begins.
        step_code_of_call: si_code of the SIGTRAP after a system call was stepped over.
        sigframe: signal frames.
        fpu_initial: floating-point state of a new program.
        fpu_of_handlers: what a handler begins with, None for what it interrupted.
        traps: what CPU exceptions become.
        trampoline: code of the page called [vdso]; where the C libraries have no restorer,
            handlers return through it.
    """

    name: str
    machine: str
    platform: str
    elf_machine: int
    audit: int
    numbers: Mapping[str, int]
    names: Mapping[int, str]
    page_size: int
    task_size: int
    hwcap: int
    hwcap2: int
    minsigstksz: int
    auxv_minsigstksz: int
    auxv_size: int
    map_32bit: bool
    pkey_rights: int
    pkey_zero: bool
    clone_tls: int
    clone_child_tid: int
    open_flags_in: Callable[[int], int]
    open_flags_out: Callable[[int], int]
    stat: Layout
    epoll_event: Layout
    semid64_ds: Layout
    sigaction: Layout
    regs: Layout
    registers: Registers
    register_sets: RegisterSets
    enosys_at_entry: bool
    step_code_of_call: int
    sigframe: SignalFrame
    fpu_initial: bytes
    fpu_of_handlers: bytes | None
    traps: Traps
    trampoline: bytes

"""Mount options of ext2; fs/ext2/super.c:parse_options() and ext2_show_options()."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_kevlar.kernel.errno import EINVAL
from pytest_kevlar.kernel.fs.ext2 import layout
from pytest_kevlar.kernel.fs.ext2.superblock import SuperBlock

ERRORS = {
    b"continue": layout.ERRORS_CONTINUE,
    b"remount-ro": layout.ERRORS_RO,
    b"panic": layout.ERRORS_PANIC,
}
#: Known, and without effect here as in a kernel of today: which allocator, how much to check.
WITHOUT_EFFECT = frozenset(
    (b"nocheck", b"check=none", b"debug", b"oldalloc", b"orlov", b"reservation", b"noreservation")
)
#: Options of features that are configured out: said no to in the log, and no error.
CONFIGURED_OUT = frozenset((b"user_xattr", b"nouser_xattr", b"acl", b"noacl"))
#: Those that take a value.
WITH_VALUE = frozenset((b"resuid", b"resgid", b"errors", b"check"))
FLAGS = frozenset(
    (b"bsddf", b"minixdf", b"grpid", b"bsdgroups", b"nogrpid", b"sysvgroups", b"nouid32")
)


@dataclass
class Options:
    """Options of one mounted file system.

    Attributes:
        minix_df: `statfs` counts all blocks.
        group_of_directory: new objects belong to the group of their directory.
        reserved_uid, reserved_gid: who may use the reserved blocks, besides root.
        errors: ``ERRORS_*``: what follows a corruption.
        short_ids: 16 bits of user and group ids are kept.
    """

    minix_df: bool
    group_of_directory: bool
    reserved_uid: int
    reserved_gid: int
    errors: int
    short_ids: bool = False

    @classmethod
    def of(cls, sb: SuperBlock) -> Options:
        """What the super block asks for."""
        disk = sb.disk
        errors = disk.s_errors
        if errors not in (layout.ERRORS_CONTINUE, layout.ERRORS_PANIC):
            errors = layout.ERRORS_RO
        return cls(
            False,
            bool(disk.s_default_mount_opts & layout.DEFAULT_BSD_GROUPS),
            disk.s_def_resuid,
            disk.s_def_resgid,
            errors,
        )

    def parse(self, text: bytes) -> None:
        """Take over what ``mount -o`` said; EINVAL for an unknown option or a bad value."""
        for option in text.split(b","):
            self._take(option)

    def _take(self, option: bytes) -> None:
        key, _, value = option.partition(b"=")
        if option in (b"bsddf", b"minixdf"):
            self.minix_df = option == b"minixdf"
        elif option in (b"grpid", b"bsdgroups", b"nogrpid", b"sysvgroups"):
            self.group_of_directory = option in (b"grpid", b"bsdgroups")
        elif key == b"resuid":
            self.reserved_uid = _number(value)
        elif key == b"resgid":
            self.reserved_gid = _number(value)
        elif key == b"errors" and value in ERRORS:
            self.errors = ERRORS[value]
        elif option == b"nouid32":
            self.short_ids = True
        elif option and option not in WITHOUT_EFFECT and option not in CONFIGURED_OUT:
            raise EINVAL(option.decode("latin-1"))

    def show(self, sb: SuperBlock) -> bytes:
        """As ``/proc/mounts`` shows them: what differs from the super block's wishes."""
        default = Options.of(sb)
        words = []
        if self.minix_df:
            words.append(b"minixdf")
        if self.group_of_directory:
            words.append(b"grpid")
        elif default.group_of_directory:
            words.append(b"nogrpid")
        if self.reserved_uid != default.reserved_uid or self.reserved_uid:
            words.append(b"resuid=%d" % self.reserved_uid)
        if self.reserved_gid != default.reserved_gid or self.reserved_gid:
            words.append(b"resgid=%d" % self.reserved_gid)
        if self.errors != default.errors:
            name = next(name for name, value in ERRORS.items() if value == self.errors)
            words.append(b"errors=" + name)
        if self.short_ids:
            words.append(b"nouid32")
        return b",".join(words)


def _number(text: bytes) -> int:
    try:
        return int(text) & 0xFFFF_FFFF
    except ValueError:
        raise EINVAL(text.decode("latin-1")) from None


def is_option(key: bytes) -> bool:
    """Whether `key` is the name of an option."""
    return key in WITH_VALUE | FLAGS | WITHOUT_EFFECT | CONFIGURED_OUT


def check_option(word: bytes) -> None:
    """EINVAL for a bad value."""
    Options(False, False, 0, 0, 0).parse(word)

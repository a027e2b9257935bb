"""Debian's static busybox, a program nobody wrote for this kernel: its shell and its tools.

The scripts are in ``checks/``; each does in a guest what it does in a private Linux.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path

import busybox
import pytest
from linux import CAPABILITY_SET, PrivateLinux, Unavailable
from machines import Build

from pytest_kevlar.kernel import End, HostProfile, Machine, Result
from pytest_kevlar.runners.base import host_architecture

Shell = Callable[..., Result]
Find = Callable[[str], Path]
Outcome = tuple[int, bytes, bytes]
#: A script and which attempt this is.
Natively = Callable[[str, int], Outcome]

HERE = Path(__file__).parent
#: How often Linux is asked what a script prints.
ATTEMPTS = 5
ENVIRONMENT = {"PATH": "/bin", "HOME": "/root", "LC_ALL": "C", "TERM": "vt100"}
FILES = {
    "/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:A User:/work:/bin/sh\n",
    "/etc/group": b"root:x:0:\nuser:x:1000:\nmore:x:1001:user\n",
    "/etc/hosts": b"127.0.0.1\tlocalhost kevlar\n::1\tlocalhost\n",
    "/etc/services": b"echo\t7/tcp\nhttp\t80/tcp\nsyslog\t514/udp\n",
    "/etc/protocols": b"ip\t0\nicmp\t1\ntcp\t6\nudp\t17\n",
}
#: The guest's root may do as much as the private Linux's.
PROFILE = HostProfile(
    cap_effective=CAPABILITY_SET, cap_permitted=CAPABILITY_SET, cap_bounding=CAPABILITY_SET
)


def read_checks() -> dict[str, str]:
    """The scripts by ``family: name``. A line ``### name`` begins each in its family's file."""
    checks = {}
    for path in sorted((HERE / "checks").glob("*.sh")):
        for part in path.read_text().split("\n### ")[1:]:
            name, script = part.split("\n", 1)
            assert f"{path.stem}: {name}" not in checks, f"two checks are called {name}"
            checks[f"{path.stem}: {name}"] = script.strip("\n")
    return checks


CHECKS = read_checks()


@pytest.fixture(scope="session")
def find(request: pytest.FixtureRequest) -> Find:
    """Busybox by architecture; skips if there is none."""
    cache = request.config.cache
    assert cache is not None
    directory = Path(cache.mkdir("kevlar-programs"))
    missing: dict[str, str] = {}

    def program(arch: str) -> Path:
        if arch not in missing:
            try:
                return busybox.find(arch, directory)
            except busybox.NotFound as error:
                missing[arch] = str(error)
        pytest.skip(missing[arch])

    return program


@pytest.fixture(scope="session")
def tools(find: Find) -> list[str]:
    """Names of all that busybox can do."""
    done = subprocess.run([find(host_architecture()), "--list"], capture_output=True, check=True)
    return [name for name in done.stdout.decode().split() if name != "busybox"]


@pytest.fixture
def shell(arch: str, find: Find, tools: list[str], build: Build) -> Shell:
    """Run one of busybox's tools in a guest."""
    program = find(arch).read_bytes()
    terminal = build(HERE / "terminal.c", arch)

    def start(*argv: str, stdin: bytes = b"") -> Result:
        with Machine(arch, profile=PROFILE) as machine:
            machine.add_file("/bin/busybox", program)
            for tool in tools:
                machine.add_link(f"/bin/{tool}", "busybox")
            for path, data in FILES.items():
                machine.add_file(path, data)
            machine.add_file("/bin/terminal", terminal)
            machine.add_directory("/work")
            return machine.run(argv, env=ENVIRONMENT, cwd="/work", stdin=stdin)

    return start


@pytest.fixture(scope="session")
def natively(find: Find, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Natively:
    """Run a script with the host's busybox, once; skips where there are no namespaces."""
    arch = host_architecture()
    files = {**FILES, "/bin/terminal": build(HERE / "terminal.c", arch)}
    try:
        linux = PrivateLinux(find(arch), tmp_path_factory.mktemp("linux"), files)
    except Unavailable as reason:
        pytest.skip(f"no namespaces here: {reason}")

    @functools.cache
    def run(script: str, attempt: int) -> Outcome:
        return linux.run(script, ENVIRONMENT)

    return run


@pytest.mark.parametrize("name", CHECKS)
def test_checks_print_what_they_print_on_linux(
    name: str, arch: str, shell: Shell, natively: Natively
) -> None:
    """The host's busybox tells what is right, for the other architecture's as well.

    On a busy host a script may find its background jobs late, so it is asked again if it
    says something else than the guest, where time is virtual.
    """
    script = CHECKS[name]
    result = shell("/bin/sh", "-c", script)
    ours = (result.code, result.stdout, result.stderr)
    assert result.end is End.EXITED, (result.end, result.detail, result.state, ours)
    theirs = natively(script, 0)
    for attempt in range(1, ATTEMPTS):
        if ours == theirs:
            break
        theirs = natively(script, attempt)
    assert readable(ours) == readable(theirs)


def readable(outcome: Outcome) -> tuple[int, list[str], list[str]]:
    """Lines, so that pytest shows which differ."""
    code, output, error = outcome
    return code, output.decode("latin-1").splitlines(), error.decode("latin-1").splitlines()


def test_there_are_many_checks() -> None:
    assert len(CHECKS) >= 200


def test_echo(shell: Shell) -> None:
    assert shell("/bin/busybox", "echo", "hello", "world").stdout == b"hello world\n"


def test_listing_of_proc_self(shell: Shell) -> None:
    result = shell("/bin/ls", "-l", "/proc/self/")
    assert (result.end, result.code, result.stderr) == (End.EXITED, 0, b"")
    lines = {line.split()[8]: line for line in result.stdout.decode().splitlines()[1:]}
    assert lines["exe"].endswith(" exe -> /bin/busybox")
    assert lines["cwd"].endswith(" cwd -> /work")
    assert lines["fd"].startswith("dr-x------")
    assert {"maps", "status", "stat", "cmdline", "environ", "task"} <= lines.keys()
    assert shell("/bin/ls", "-l", "/proc/self").stdout.split()[-3:-1] == [b"/proc/self", b"->"]


def test_processes(shell: Shell) -> None:
    result = shell("/bin/sh", "-c", "sleep 5 & ps -o pid,ppid,comm; kill $!")
    assert [line.split()[2] for line in result.stdout.splitlines()[1:]][-3:] == [
        b"sh",
        b"sleep",
        b"ps",
    ]


def test_standard_input(shell: Shell) -> None:
    result = shell("/bin/sh", stdin=b"x=$(echo in)\necho $x\nexit 5\n")
    assert (result.code, result.stdout) == (5, b"in\n")
    result = shell("/bin/sort", "-r", stdin=b"a\nc\nb\n")
    assert (result.code, result.stdout) == (0, b"c\nb\na\n")


def test_system_tools(shell: Shell) -> None:
    result = shell(
        "/bin/sh", "-c", "uname -s; id -u; nproc; free >/dev/null && df / >/dev/null; date +%Y"
    )
    assert (result.code, result.stdout) == (0, b"Linux\n0\n2\n2026\n")

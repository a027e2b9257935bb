"""Debian's static busybox, a program nobody wrote for this kernel: its shell and its tools."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import busybox
import pytest

from pytest_kevlar.kernel import End, Machine, Result
from pytest_kevlar.runners.base import host_architecture

Shell = Callable[..., Result]
Find = Callable[[str], Path]

ENVIRONMENT = {"PATH": "/bin", "HOME": "/root", "LC_ALL": "C"}

TOOLS = (
    "sh", "ash", "cat", "ls", "echo", "sort", "wc", "grep", "sed", "awk", "seq", "head", "tail",
    "tr", "cut", "uniq", "cp", "mv", "rm", "mkdir", "rmdir", "ln", "find", "xargs", "sleep", "kill",
    "ps", "env", "true", "false", "test", "expr", "date", "dd", "od", "md5sum", "sha256sum", "tar",
    "gzip", "gunzip", "stat", "touch", "chmod", "mktemp", "basename", "dirname", "tee", "yes",
    "timeout", "id", "uname", "pwd", "du", "df", "free", "cmp", "diff", "bc", "nproc", "printf",
)  # fmt: skip

#: Scripts whose output does not depend on the machine; run natively, too, where that is possible.
SCRIPTS = {
    "echo": "echo hello, world",
    "for": "for i in 1 2 3; do echo $i; done",
    "pipe": "seq 100 | grep 7 | wc -l",
    "long pipe": "seq 20000 | tee copy | sort -rn | head -n 3; wc -c < copy",
    "here-document": "x=5; cat <<END\nx is $x and $((x * 2))\nEND\ncat <<'END'\n$x\nEND",
    "background": "(sleep 0.2; echo later) & echo now; wait; echo end",
    "background status": "(exit 7) & wait $!; echo $?",
    "trap": "trap 'echo caught' USR1; kill -USR1 $$; echo after; trap 'echo bye' EXIT; exit 3",
    # Whether the shell reports the signal on standard error depends on who is faster.
    "trap in wait": "exec 2>/dev/null; trap 'echo caught; kill $p' USR1; sleep 100 & p=$!; "
    "(sleep 0.1; kill -USR1 $$) & wait $p; echo $?; wait $p; echo $?",
    "killed child": "exec 2>/dev/null; sleep 100 & kill -9 $!; wait $!; echo $?",
    "subshells": "(cd /; (pwd; x=1); echo ${x:-unset}); pwd >/dev/null; echo $(echo $(echo deep))",
    "functions": "f() { local n=$1; [ $n -le 1 ] && echo 1 && return; "
    "echo $((n * $(f $((n - 1))))); }; f 10",
    "case": "for w in apple bat 12 -; do case $w in a*) echo A;; [0-9]*) echo N;; -) ;; "
    "*) echo ?;; esac; done",
    "redirections": "echo out > f; echo err >&2 2>>f; exec 3<f; read line <&3; echo got $line; "
    "exec 3<&-; { echo a; echo b >&2; } 2>&1 | sort",
    "read": "printf '1 2\\n3 4\\n' | while read a b; do echo $((a + b)); done",
    "files": "mkdir -p a/b/c; touch a/b/c/x a/y; find a | sort; mv a/y a/z; ls -1 a; rm -r a; ls",
    "links": "echo text > t; ln t hard; ln -s t soft; cat soft hard; stat -c '%h %s' t; "
    "readlink soft; rm t; cat soft 2>/dev/null || echo dangling",
    "permissions": "touch p; chmod 640 p; stat -c %a p; chmod u+x,g-r p; stat -c %a p",
    "archive": "mkdir d; seq 3000 > d/n; ln -s n d/l; tar czf d.tgz d; mv d e; tar xzf d.tgz; "
    "cmp d/n e/n && readlink d/l; md5sum < d/n",
    "sed and awk": "seq 5 | sed -n '2,4p;s/3/three/p' | awk '{s = s $1 \",\"} END {print s, NR}'",
    "text": "printf 'b\\na\\nb\\n' | sort | uniq -c | tr -s ' '; echo a:b:c | cut -d: -f2; "
    "printf abc | od -An -tx1; echo 'scale=5; 10/3' | bc",
    "xargs": "seq 6 | xargs -n 2 echo pair; seq 3 | xargs -I{} sh -c 'echo $(({}*{}))'",
    "dd": "dd if=/dev/zero bs=4096 count=64 2>/dev/null | sha256sum",
    "diff": "seq 5 > one; seq 2 6 > two; diff one two; echo $?",
    "broken pipe": "yes | head -n 2; echo end",
    "timeout": "timeout 0.1 sleep 100; echo $?; timeout 5 true; echo $?",
    "status": "false; echo $?; true && echo yes || echo no; ! true; echo $?; nowhere 2>/dev/null; "
    "echo $?; sh -c 'kill -TERM $$'; echo $?",
    "pipefail": "set -o pipefail; false | true; echo $?; set -e; (false); echo not reached",
    "exec": "exec sh -c 'echo replaced $0' name",
    "fifo": "mkfifo p; (echo through > p) & cat p; wait",
    "many children": "i=0; while [ $i -lt 30 ]; do (exit $((i % 3))) & i=$((i + 1)); done; wait; "
    "echo $i",
    "getopts": "set -- -a -b value rest; while getopts ab: o; do echo $o $OPTARG; done; "
    "shift $((OPTIND - 1)); echo $1",
    "arithmetic": "echo $((0x10 + 010 + (1 << 20) % 7)) $((2 > 1 ? 5 : 6)); expr 6 \\* 7",
    "expansion": "v=path/to/file.tar.gz; echo ${v##*/} ${v%%.*} ${#v} ${v#path/}; set -- a 'b c'; "
    'for x in "$@"; do echo "<$x>"; done; echo *',
}


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


@pytest.fixture
def shell(arch: str, find: Find) -> Shell:
    """Run one of busybox's tools."""
    program = find(arch).read_bytes()

    def start(*argv: str, stdin: bytes = b"") -> Result:
        with Machine(arch) as machine:
            machine.add_file("/bin/busybox", program)
            for tool in TOOLS:
                machine.add_link(f"/bin/{tool}", "busybox")
            machine.add_directory("/work")
            return machine.run(argv, env=ENVIRONMENT, cwd="/work", stdin=stdin)

    return start


def natively(program: Path, script: str, directory: Path) -> tuple[int, bytes, bytes]:
    """The same script with the same busybox on the host."""
    tools = directory / "bin"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(program)
    work = directory / "work"
    work.mkdir()
    done = subprocess.run(
        [tools / "sh", "-c", script],
        cwd=work,
        env={**ENVIRONMENT, "PATH": str(tools)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_do_what_they_do_on_linux(
    name: str, arch: str, shell: Shell, find: Find, tmp_path: Path
) -> None:
    """The host's busybox tells what is right, for the other architecture's as well."""
    script = SCRIPTS[name]
    result = shell("/bin/sh", "-c", script)
    ours = (result.code, result.stdout, result.stderr)
    assert result.end is End.EXITED, (result.end, result.detail, result.state, ours)
    assert ours == natively(find(host_architecture()), script, tmp_path)


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

"""``kevlar run`` before somebody: a live pipe, and a terminal."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from terminals import User

BUSYBOX = shutil.which("busybox") or "/bin/busybox"
KEVLAR = [sys.executable, "-m", "pytest_kevlar.cli"]
PROMPT = b"$ "

pytestmark = pytest.mark.skipif(not Path(BUSYBOX).is_file(), reason="no busybox")

Start = Callable[..., User]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Give a function that runs ``kevlar run busybox …`` on a terminal."""
    with ExitStack() as stack:

        def begin(*words: str, options: tuple[str, ...] = ()) -> User:
            command = [*KEVLAR, "run", *options, BUSYBOX, *words]
            user: AbstractContextManager[User] = User(command, str(tmp_path))
            return stack.enter_context(user)

        yield begin


@pytest.fixture
def shell(start: Start) -> User:
    """Give a shell at its first prompt."""
    user = start("sh", options=("--env", "PS1=$ "))
    user.sees(PROMPT)
    return user


def piped(*words: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*KEVLAR, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


# -- a pipe -----------------------------------------------------------------------------------


def test_lines_are_answered_as_they_come() -> None:
    with piped("run", BUSYBOX, "sh", "-c", "while read x; do echo got $x; done") as process:
        assert process.stdin
        assert process.stdout
        for word in ("one", "two"):
            process.stdin.write(f"{word}\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"got {word}\n"
        process.stdin.close()
        assert process.stdout.read() == ""
        assert process.wait(30) == 0


def test_a_line_that_is_not_ended_comes_too() -> None:
    with piped("run", BUSYBOX, "head", "-c", "3") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("abc")
        process.stdin.flush()
        assert process.stdout.read() == "abc"


def test_the_pace_of_the_writer_changes_nothing(tmp_path: Path) -> None:
    traces = []
    for pause in (0.0, 0.2):
        name = str(tmp_path / f"{pause}.jsonl")
        with piped("run", "-o", name, BUSYBOX, "cat") as process:
            assert process.stdin
            for line in ("a\n", "bc\n", "def\n"):
                process.stdin.write(line)
                process.stdin.flush()
                time.sleep(pause)
            process.stdin.close()
            assert process.wait(30) == 0
        traces.append(Path(name).read_text())
    assert traces[0] == traces[1]


def test_waiting_without_end_for_input_is_no_deadlock() -> None:
    with piped("run", BUSYBOX, "cat") as process:
        time.sleep(2)
        assert process.poll() is None
        _, error = process.communicate("", 30)
        assert (process.returncode, error) == (0, "")


def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    words = ("run", "-o", str(trace), BUSYBOX, "sh", "-c", "echo on; while :; do :; done")
    with piped(*words) as process:
        assert process.stdout
        assert process.stdout.readline() == "on\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr
        assert process.stderr.read() == ""
    assert "write(1" in trace.read_text()


def test_nobody_reads_the_output() -> None:
    with piped("run", BUSYBOX, "yes") as process:
        assert process.stdout
        assert process.stdout.readline() == "y\n"
        process.stdout.close()
        assert process.wait(30) == 128 + signal.SIGPIPE


@pytest.mark.parametrize("where", ["/dev/full", "&-"])
def test_the_output_cannot_be_written(where: str) -> None:
    command = f"{' '.join(KEVLAR)} run {BUSYBOX} echo words >{where}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert done.returncode == 128 + signal.SIGPIPE
    assert done.stderr.startswith("kevlar: standard output: ")
    assert done.stderr.count("\n") == 1


def test_what_a_root_brings_keeps_its_date(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    shutil.copy(BUSYBOX, root / "busybox")
    (root / "old").write_text("")
    os.utime(root / "old", (981_173_106, 981_173_106))
    with tarfile.open(tmp_path / "root.tar", "w") as archive:
        archive.add(root, ".")
    script = "stat -c %Y old; touch new; test new -nt busybox && echo newer"
    for place in ("root", "root.tar"):
        command = [*KEVLAR, "run", "--root", str(tmp_path / place), "/busybox", "sh", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "981173106\nnewer\n", done.stderr


# -- a terminal -------------------------------------------------------------------------------


def test_a_shell(shell: User) -> None:
    shell.type(b"echo $((6*7)); tty; stty size\r")
    shown = shell.sees(b"42\r\n/dev/pts/0\r\n24 80\r\n")
    assert shown.count(b"echo") == 1  # by the shell, not by the terminal as well
    shell.sees(PROMPT)
    shell.type(b"exit 3\r")
    assert shell.ends() == 3
    assert shell.modes() == shell.before


def test_interrupting_a_busy_command(shell: User) -> None:
    shell.type(b"while :; do :; done\r")
    shell.sees(b"\n")
    time.sleep(0.5)
    shell.type(b"\x03")
    shell.sees(PROMPT)
    shell.type(b"echo $?\r")
    shell.sees(b"130\r\n")
    shell.type(b"\x04")
    assert shell.ends() == 0


def test_job_control(shell: User) -> None:
    shell.type(b"echo on; cat\r")
    shell.sees(b"on\r\n")
    time.sleep(0.5)  # the shell has given its own modes up
    shell.type(b"same\r")
    shell.sees(b"same\r\nsame\r\n")
    shell.type(b"\x1a")
    shell.sees(b"Stopped")
    shell.sees(PROMPT)
    shell.type(b"fg\r")
    shell.sees(b"cat\r\n")
    shell.type(b"\x04")
    shell.sees(PROMPT)


def test_time_passes_as_it_says(shell: User) -> None:
    start = time.monotonic()
    shell.type(b"sleep 1; echo do''ne\r")
    shell.sees(b"done")
    assert 1.0 <= time.monotonic() - start < 10


def test_the_window_changes(shell: User) -> None:
    shell.resize(40, 132)
    shell.type(b"stty size\r")
    shell.sees(b"40 132")


def test_an_editor(start: Start, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("first line\nsecond line\n")
    user = start("vi", "/text", options=("--file", "text"))
    user.sees(b"first line")
    user.type(b"Gonew words\x1b")
    user.sees(b"new words")
    user.type(b":wq\r")
    assert user.ends() == 0
    assert user.modes() == user.before


@pytest.mark.parametrize(
    ("signo", "status"),
    [
        (signal.SIGTERM, 128 + signal.SIGTERM),
        (signal.SIGHUP, 128 + signal.SIGHUP),
        (signal.SIGINT, 130),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_the_terminal_is_given_back(shell: User, signo: int, status: int) -> None:
    assert shell.modes() != shell.before
    shell.process.send_signal(signo)
    assert shell.ends() == status
    end = time.monotonic() + 10
    while shell.modes() != shell.before and time.monotonic() < end:
        time.sleep(0.05)
    assert shell.modes() == shell.before


def test_stopping_and_going_on(shell: User) -> None:
    raw = shell.modes()
    shell.process.send_signal(signal.SIGTSTP)
    os.waitid(os.P_PID, shell.process.pid, os.WSTOPPED | os.WNOWAIT)
    assert shell.modes() == shell.before
    shell.process.send_signal(signal.SIGCONT)
    shell.type(b"echo ba''ck\r")
    shell.sees(b"back")
    assert shell.modes() == raw


def test_three_escapes_end_a_machine_that_does_not_listen(start: Start) -> None:
    user = start("sh", "-c", "trap '' INT QUIT TSTP; stty -echo raw; echo on; sleep 1000")
    user.sees(b"on")
    user.type(b"\x03\x1d\x1d\x1d")
    assert user.ends() == 130
    assert user.modes() == user.before

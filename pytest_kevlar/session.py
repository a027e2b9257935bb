"""What one pytest process needs once: settings, compilers, build cache, runners, lists.

Held in the stash of the configuration; it decides nothing about single items.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_kevlar.build import BuildCache
from pytest_kevlar.contract import Trees, all_contracts
from pytest_kevlar.divergences import BadList, Divergences, Entry, load
from pytest_kevlar.options import cache_directory, is_given, read_settings
from pytest_kevlar.outcome import Outcome
from pytest_kevlar.places import Places
from pytest_kevlar.profiles import PLAIN, Profile, baseline, choose
from pytest_kevlar.runners import command as command_runner
from pytest_kevlar.runners.base import Runner, capabilities, host_architecture
from pytest_kevlar.runners.command import BadCommand, CommandRunner
from pytest_kevlar.toolchain import Toolchains
from pytest_kevlar.trace_options import trace_directory
from pytest_kevlar.tracing import Explainer


class Session:
    """Everything that items share.

    Attributes:
        settings: the user's choices, checked.
        trees: which files are contracts.
        toolchains: compilers.
        reference: the runner that is right by definition; None if recordings are.
        targets: the runners under test.
        specs: by name of a runner, what the user wrote to choose it.
        profiles: the profiles in use.
        last: the run under the first profile that was made last, and what ran.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.settings = read_settings(config)
        declared = [Path(path) for path in config.getini("kevlar_contracts")]
        self.trees = Trees(declared, config.rootpath)
        self.toolchains = Toolchains()
        self._runners = _runners(config)
        self.specs: dict[str, str] = {}
        self.reference = self._judge(self.settings.reference)
        self.targets = [self.runner(name) for name in self.settings.targets]
        self.profiles = choose(config, self._runners.values())
        self.last: tuple[object, Outcome] | None = None
        self._lists: dict[Path, Divergences | BadList] = {}

    @functools.cached_property
    def builds(self) -> BuildCache:
        """What the compilers built. Raises OSError if its directory cannot be made."""
        return BuildCache(cache_directory(self.config))

    @functools.cached_property
    def explainer(self) -> Explainer:
        """Compares system calls. Raises OSError if the cache cannot be made."""
        given = self.settings.trace_directory
        cache = cache_directory(self.config)
        return Explainer(self, trace_directory(self.config, given, cache))

    @functools.cached_property
    def places(self) -> Places:
        """Who may run now. Raises OSError if the cache cannot be made."""
        return Places(cache_directory(self.config) / "places")

    def runner(self, name: str) -> Runner:
        """Return the runner of that name, or of that command. Raises pytest.UsageError."""
        try:
            command = command_runner.from_spec(name)
        except BadCommand as error:
            raise pytest.UsageError(f"--kevlar-target: {error}") from None
        if command is not None:
            self.specs[command.name] = name
            if command.name not in self._runners:
                self._runners[command.name] = command
            name = command.name
        elif name in self._runners:
            self.specs[name] = name
        if name not in self._runners:
            known = ", ".join(sorted(self._runners))
            raise pytest.UsageError(f"--kevlar-target: unknown runner {name!r}; known are {known}")
        runner = self._runners[name]
        if isinstance(runner, CommandRunner):
            trouble = runner.unavailable(host_architecture())
            if trouble:  # somebody's slip, not a host that lacks something
                raise pytest.UsageError(f"--kevlar-target: {name}: {trouble}")
        return runner

    def profiles_of(self, runner: Runner) -> list[Profile]:
        """Return the profiles under which a runner runs: one without settings knows none."""
        return self.profiles if capabilities(runner).settings else [PLAIN]

    def compared(self, runner: Runner) -> Profile | None:
        """Return the profile that others are compared with; None if there are no others."""
        profiles = self.profiles_of(runner)
        return baseline(profiles) if len(profiles) > 1 else None

    def timeout(self, profile: Profile) -> float:
        """Return the seconds that a run may take: as the command line says, else the profile."""
        if profile.timeout is None or is_given(self.config, "timeout"):
            return self.settings.timeout
        return profile.timeout

    def memory(self, profile: Profile) -> int:
        """Return the bytes of memory of the machine under test, chosen likewise."""
        if profile.memory is None or is_given(self.config, "memory"):
            return self.settings.memory
        return profile.memory

    def _judge(self, name: str) -> Runner | None:
        if name == "recorded":
            if self.settings.record:
                raise pytest.UsageError("--kevlar-record: a recording cannot be recorded")
            return None
        able = [n for n, runner in self._runners.items() if capabilities(runner).reference]
        if name not in able:
            known = ", ".join([*able, "recorded"])
            raise pytest.UsageError(f"--kevlar-reference: {name!r} is none; choose {known}")
        return self._runners[name]

    def known(self, root: Path) -> Divergences:
        """Return the list of the tree at ``root``; empty if it cannot be read.

        What is wrong with it is for `check_lists` to say.
        """
        if root not in self._lists:
            path = root / self.settings.divergences
            try:
                keys = (contract.key for contract in all_contracts(root))
                self._lists[root] = load(path, keys)
            except BadList as error:
                self._lists[root] = error
        found = self._lists[root]
        return Divergences(root) if isinstance(found, BadList) else found

    def check_lists(self, roots: Iterable[Path] = ()) -> None:
        """Raise pytest.UsageError if a list, of ``roots`` or read before, is wrong."""
        for root in roots:
            self.known(root)
        for root, found in self._lists.items():
            if isinstance(found, BadList):
                raise pytest.UsageError(f"{root.name}/{found}")

    def entries(self) -> list[Entry]:
        """Return every entry of every list that was read."""
        lists = [found for found in self._lists.values() if isinstance(found, Divergences)]
        return [entry for found in lists for entry in found.entries]

    def argument_paths(self) -> list[Path]:
        """Return what the command line names, or what pytest takes in its place."""
        base = self.config.invocation_params.dir
        return [base / str(argument).split("::", 1)[0] for argument in self.config.args]

    def nearby_roots(self) -> list[Path]:
        """Return the roots of trees that the command line points at, found quickly."""
        found: list[Path] = []
        for path in self.argument_paths():
            directory = path if path.is_dir() else path.parent
            if directory.is_dir():
                found += self.trees.near(directory)
        return list(dict.fromkeys(found))

    def close(self) -> None:
        """Close the runners; one that cannot be closed does not keep the others open."""
        for runner in self._runners.values():
            try:
                runner.close()
            except Exception as error:
                print(f"kevlar: the {runner.name} runner cannot close: {error}", file=sys.stderr)


def _runners(config: pytest.Config) -> dict[str, Runner]:
    """Collect the runners of everybody who offers some. Raises pytest.UsageError."""
    runners: dict[str, Runner] = {}
    offered = config.pluginmanager.hook.pytest_kevlar_runners(config=config)
    for runner in (*(runner for group in offered for runner in group), *_commands(config)):
        if not isinstance(runner, Runner):
            raise pytest.UsageError(
                f"pytest_kevlar_runners: {runner!r} is no runner; it needs a name and the "
                f"methods unavailable, run and close"
            )
        if runner.name in runners:
            raise pytest.UsageError(
                f"pytest_kevlar_runners: two runners are called {runner.name!r}"
            )
        runners[runner.name] = runner
    return runners


def _commands(config: pytest.Config) -> list[Runner]:
    try:
        return [command_runner.from_line(line) for line in config.getini("kevlar_commands")]
    except BadCommand as error:
        raise pytest.UsageError(f"kevlar_commands: {error}") from None


KEY = pytest.StashKey[Session]()

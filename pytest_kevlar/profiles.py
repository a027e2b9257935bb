"""Profiles: named sets of settings of a target, and which of them a run uses.

Four are built in, for the kernel of this package; the ini key ``kevlar_profiles`` adds others
and replaces these. What a runner makes of its settings is its own business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from pytest_kevlar import options
from pytest_kevlar.runners.base import Runner, capabilities

#: The built-in profiles, from the slowest to the fastest, as the ini key would spell them.
BUILT_IN = (
    "fortress: checks=calls timeout=300",
    "balanced:",
    "performance: history=off",
    "ludicrous: history=off counting=off",
)
DEFAULT = "balanced"
#: Settings that every runner obeys, because they are part of each job.
GENERAL = ("memory", "timeout")
_LINE = re.compile(r"\s*([A-Za-z0-9_.]+)\s*:\s*(.*)")


@dataclass(frozen=True, slots=True)
class Profile:
    """One named set.

    Attributes:
        settings: for the runner, by name.
        timeout, memory: what replaces the general setting; None if nothing does.
    """

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    memory: int | None = None

    def describe(self) -> str:
        """Return its name and what it sets, in one line."""
        words = [f"{name}={value}" for name, value in self.settings.items()]
        if self.timeout is not None:
            words.append(f"timeout={self.timeout:g}")
        if self.memory is not None:
            words.append(f"memory={self.memory >> 20}M")
        return " ".join([self.name, *words])

    def is_like(self, other: Profile, silent: Iterable[str]) -> bool:
        """Whether only settings that a guest cannot notice differ."""
        quiet = set(silent)
        mine, others = (
            {name: value for name, value in one.settings.items() if name not in quiet}
            for one in (self, other)
        )
        return mine == others and self.memory == other.memory


#: For a runner that has no settings.
PLAIN = Profile("")


def choose(config: pytest.Config, runners: Iterable[Runner]) -> list[Profile]:
    """Return the profiles that the user chose, in order. Raises pytest.UsageError."""
    known: dict[str, tuple[str, ...]] = {}
    for runner in runners:
        known.update(capabilities(runner).settings)
    profiles = {}
    for source, lines in (("", BUILT_IN), ("kevlar_profiles", config.getini("kevlar_profiles"))):
        for line in lines:
            profile = _parse(source, line, known)
            profiles[profile.name] = profile
    source, value = options.profile_names(config)
    names = list(profiles) if value == "all" else [name.strip() for name in value.split(",")]
    for name in names:
        if name not in profiles:
            raise pytest.UsageError(
                f"{source}: unknown profile {name!r}; choose {', '.join(profiles)} or all"
            )
        if names.count(name) > 1:
            raise pytest.UsageError(f"{source}: {name!r} is there twice")
    return [profiles[name] for name in names]


def baseline(profiles: Iterable[Profile]) -> Profile:
    """Return the one that the others are compared with: the default if it is among them."""
    several = list(profiles)
    return next((profile for profile in several if profile.name == DEFAULT), several[0])


def _parse(source: str, line: str, known: Mapping[str, tuple[str, ...]]) -> Profile:
    match = _LINE.fullmatch(line)
    if match is None:
        raise pytest.UsageError(f"{source}: {line!r} is not of the form NAME: KEY=VALUE …")
    name, rest = match.groups()
    where = f"{source}: {name}"
    if name == "all":
        raise pytest.UsageError(f"{where}: that name stands for all profiles")
    settings: dict[str, str] = {}
    timeout, memory = None, None
    for word in rest.split():
        key, equals, value = word.partition("=")
        if not equals:
            raise pytest.UsageError(f"{where}: {word!r} is not of the form KEY=VALUE")
        if key == "timeout":
            timeout = options.timeout(f"{where}: timeout", value)
        elif key == "memory":
            memory = options.memory(f"{where}: memory", value)
        elif key not in known:
            choices = ", ".join(sorted((*GENERAL, *known)))
            raise pytest.UsageError(f"{where}: unknown setting {key!r}; known are {choices}")
        elif known[key] and value not in known[key]:
            raise pytest.UsageError(f"{where}: {key} is {' or '.join(known[key])}, not {value!r}")
        else:
            settings[key] = value
    return Profile(name, settings, timeout, memory)

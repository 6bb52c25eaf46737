"""Strike each point in each mode: `python -m tests.support.crash_run [--seed N] [--only TEXT] [--most N] [--at-once N]`."""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zlib import crc32

from tests.support.crash_chapters import CHAPTERS, Chapter
from tests.support.crash_checks import find_problems
from tests.support.crash_points import Mode, Point
from tests.support.crash_world import World, running_world
from tests.support.crash_zygote import Zygote
from tests.support.migrated import running_migrated

AT_ONCE = 4
"""Worlds at once; most of their time is waiting."""
_LOG_LINES = 40


@dataclass(frozen=True, slots=True)
class Case:
    """One point of one chapter, in one mode."""

    chapter: Chapter
    point: Point | None
    mode: Mode

    def __str__(self) -> str:
        return f"{self.chapter.name}: {self.point or 'undisturbed'}, {self.mode}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended.

    Attributes:
        case: What befell it.
        problems: What does not hold.
        reached: Whether the point came.
        points: What was recorded, in order.
        exits: Codes of gateways that ended by themselves.
        doubtful: How many messages may stand twice.
        seconds: How long it took.
        log: The last lines of the gateways', where there are problems.
    """

    case: Case
    problems: tuple[str, ...]
    reached: bool
    points: tuple[Point, ...]
    exits: tuple[int, ...]
    doubtful: int
    seconds: float
    log: str = ""


async def play(zygote: Zygote, postgres: str, case: Case) -> Result:
    """Play one case."""
    begun = time.monotonic()
    async with running_world(zygote, postgres, case.point, case.mode, case.chapter.chat) as world:
        problems = await _play_to_the_end(world, case.chapter)
        log = "\n".join(world.log().splitlines()[-_LOG_LINES:]) if problems else ""
        return Result(
            case, tuple(problems), world.points.struck, tuple(world.points.recorded), tuple(world.exits),
            len(world.ambiguous), time.monotonic() - begun, log,
        )  # fmt: skip


async def _play_to_the_end(world: World, chapter: Chapter) -> list[str]:
    problems = []
    try:
        await chapter.play(world)
    except AssertionError as error:
        problems.append(f"stuck: {error}")
    return problems + await find_problems(world, chapter)


def choose(recorded: dict[str, Iterable[Point]]) -> list[tuple[Chapter, Point]]:
    """Return the points to strike: what a later chapter has from its beginning on as an earlier one is struck once."""
    chosen, known = [], set()
    for chapter in CHAPTERS:
        points = list(recorded[chapter.name])
        chosen += [(chapter, p) for p in points if p.nth > 1 or p.name not in known]
        known |= {p.name for p in points}
    return chosen


def build_cases(points: list[tuple[Chapter, Point]], seed: int | None) -> list[Case]:
    """Return each point in each mode, or, with a seed, in the one that it chooses."""
    modes = list(Mode)
    if seed is None:
        return [Case(chapter, point, mode) for chapter, point in points for mode in modes]
    # by its name, so that three seeds in a row are the whole
    return [Case(c, point, modes[(crc32(f"{c.name} {point}".encode()) + seed) % len(modes)]) for c, point in points]


def sample(cases: list[Case], most: int | None, seed: int | None) -> list[Case]:
    """Return so many cases at most, evenly out of all; the seed says which."""
    if most is None or len(cases) <= most:
        return cases
    step = math.ceil(len(cases) / most)
    # three seeds in a row are the same points in each way
    return cases[(seed or 0) // len(Mode) % step :: step]


async def play_all(
    postgres: str,
    *,
    seed: int | None,
    only: str = "",
    most: int | None = None,
    at_once: int = AT_ONCE,
    tell: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Record every chapter undisturbed, then strike its points; return all results."""
    zygote = Zygote()
    await zygote.start()
    try:
        gate = asyncio.Semaphore(at_once)

        async def play_each(cases: list[Case]) -> list[Result]:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(case)) for case in cases]
            return [task.result() for task in tasks]

        async def one(case: Case) -> Result:
            async with gate:
                result = await play(zygote, postgres, case)
            tell(result)
            return result

        first = await play_each([Case(chapter, None, Mode.BEFORE) for chapter in CHAPTERS])
        if any(result.problems for result in first):
            return first
        points = choose({result.case.chapter.name: result.points for result in first})
        cases = sample([case for case in build_cases(points, seed) if only in str(case)], most, seed)
        return [*first, *await play_each(cases)]
    finally:
        await zygote.close()


def describe(results: list[Result]) -> str:
    """Return the sums, and of each that failed its point, mode and what does not hold."""
    struck = [r for r in results if r.case.point is not None]
    points = {(r.case.chapter.name, r.case.point) for r in struck}
    lines = [f"{r.case}: {'; '.join(r.problems)}" for r in results if r.problems]
    lines += [f"{r.case}: not reached" for r in struck if not r.reached]
    lines += [f"{r.case}: the gateway ended by itself with {r.exits}" for r in results if r.exits]
    lines += [f"{r.case}: {r.doubtful} message(s) may stand twice" for r in struck if r.doubtful]
    lines.append(
        f"{len(points)} points, {len(struck)} runs, {sum(bool(r.problems) for r in struck)} failed, "
        f"{sum(not r.reached for r in struck)} not reached, {sum(bool(r.exits) for r in struck)} with a gateway that "
        f"ended by itself, {sum(bool(r.doubtful) for r in struck)} with a message that may stand twice"
    )
    return "\n".join(lines)


def _tell(result: Result) -> None:
    mark = "FAILED" if result.problems else "ok" if result.reached or result.case.point is None else "missed"
    print(f"{mark:6} {result.seconds:5.1f} s  {result.case}  {'; '.join(result.problems)}", flush=True)  # noqa: T201
    if result.log:
        print(result.log, flush=True)  # noqa: T201


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, help="strike each point in one mode, which this chooses")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--most", type=int, help="strike so many cases at most, evenly out of all")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    asked = parser.parse_args()
    with running_migrated() as dsn:
        results = asyncio.run(
            play_all(dsn, seed=asked.seed, only=asked.only, most=asked.most, at_once=asked.at_once, tell=_tell)
        )
    print(describe(results))  # noqa: T201
    return 1 if any(r.problems for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())

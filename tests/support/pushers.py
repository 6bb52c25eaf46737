"""Agents that push, people who tap, a gateway that is killed, and what is to hold of it: through once, or refused in words."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_contract import names, wire
from agent_runner.gitsettings import build_settings
from agent_simulators.telegram.acts import post_message, post_press
from tests.support.crash_kube import build_class
from tests.support.crash_runner import Home, PlayedRunner
from tests.support.crash_world import _PORT_RUNNERS, World
from tests.support.eventually import eventually
from tests.support.git_server import KEY, GitServer, commit, run_git

FIRST_PERSON = 600
REPOSITORY = "acme/api"
_LOOK_SECONDS = 0.02
_AGAIN_SECONDS = 0.2
_MOST_TRIES = 40
_STRIKE_SECONDS = 0.5
_REFUSED = "refused in the chat by"


@dataclass
class Pushed:
    """One push.

    Attributes:
        branch: Where to.
        made: The commit.
        tries: How often git was started for it.
        outcome: `through`, `refused`, or what git said at last.
        ended: When git said so (monotonic seconds).
    """

    branch: str
    made: str
    tries: int = 0
    outcome: str = ""
    ended: float = 0.0


@dataclass
class Pushers:
    """People in chats of their own, each of whose agents makes so many pushes.

    Attributes:
        world: Everything around the gateway.
        server: The git server.
        forge: Its address.
        people: How many there are.
        each: Pushes of each one's agent.
        taps: When a branch's question was tapped first, and what was chosen then and later.
    """

    world: World
    server: GitServer
    forge: str
    people: int
    each: int
    chance: random.Random
    pushes: list[Pushed] = field(default_factory=list)
    taps: dict[str, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    struck: list[float] = field(default_factory=list)
    questions: set[int] = field(default_factory=set)

    @property
    def chats(self) -> list[int]:
        """Return the people's ids, which are their chats'."""
        return [FIRST_PERSON + number for number in range(self.people)]

    def admit(self) -> None:
        """Let these people use the bot and their agents push; before the first gateway starts."""
        world = self.world
        (world.folder / "key").write_text(KEY)
        connections = [{"name": "lab", "url": self.forge, "tokenFile": str(world.folder / "key")}]
        (world.folder / "connections.json").write_text(json.dumps(connections))
        world._environment |= {
            "TELEGRAM_ALLOWED_IDS": ",".join(map(str, self.chats)),
            "CONNECTIONS_FILE": str(world.folder / "connections.json"),
        }
        rule = {"connection": "lab", "pattern": "acme/*", "access": "Write", "approval": "Ask"}
        world.api.put(names.AGENT_CLASSES, {**build_class(), "spec": {"repositories": [rule]}}, "MODIFIED")
        home = Home(f"http://{world.host}:{_PORT_RUNNERS}", world._session, lambda: world.points)
        world.points.enabled = False
        world.most_starts = 1000
        world.operator._start = lambda name, run, token: PlayedRunner(home, name, run, token, one_turn=False)
        bare = self.server.create(REPOSITORY)
        run_git(bare, "config", "core.logAllRefUpdates", "always")

    async def push_all(self) -> None:
        """Let every agent make its pushes, one after the other."""
        await asyncio.gather(*map(self._push_of, range(self.people)))

    async def tap(self) -> None:
        """Tap what is asked, now and then twice, for ever."""
        while True:  # a chat tells nobody that it changed
            for chat in self.chats:
                await self._tap_in(chat)
            await asyncio.sleep(_LOOK_SECONDS)

    async def strike(self, kills: int, calm: int = 0) -> None:
        """Kill the gateway so many times, spread over the pushes; so many of these come before the first one."""
        between = (self.people * self.each - calm) / max(1, kills)
        for number in range(kills):
            while sum(bool(one.outcome) for one in self.pushes) < calm + number * between:  # noqa: ASYNC110  # as above
                await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.sleep(self.chance.uniform(0, _STRIKE_SECONDS))  # at any moment of what goes on
            self.world.kill()
            self.struck.append(time.monotonic())

    def check(self) -> list[str]:
        """Return what does not hold in the end, in words."""
        problems = []
        for one in self.pushes:
            stands = self.server.read(REPOSITORY, f"refs/heads/{one.branch}")
            moved = self._count_moves(one.branch)
            chosen = {choice for _, choice in self.taps[one.branch]}
            if one.outcome == "through" and not (
                stands == one.made and moved == 1 and any("Push" in c for c in chosen)
            ):
                problems.append(f"{one.branch}: through, but moved {moved} times, and {chosen} was chosen")
            if one.outcome == "refused" and (stands or moved or not any("No" in c for c in chosen)):
                problems.append(f"{one.branch}: refused, but moved {moved} times, and {chosen} was chosen")
            if one.outcome not in {"through", "refused"}:
                problems.append(f"{one.branch}: {one.outcome}")
        return problems

    def times(self, *, undisturbed: bool) -> list[float]:
        """Return the milliseconds from a tap until git had ended, of all or of those that nothing befell meanwhile."""
        found = []
        for one in self.pushes:
            taps = self.taps[one.branch]
            if not taps or one.outcome != "through":
                continue
            if undisturbed and one.tries > 1:
                continue
            found.append((one.ended - taps[0][0]) * 1000)
        return found

    async def _push_of(self, number: int) -> None:
        chat = self.chats[number]
        await post_message(self.world.cloud, {"chat": chat, "user": chat, "text": "q1 [hang]"})
        runner = await eventually(lambda: self._find_hanging(names.build_thread_name("tg", chat, None)), timeout=120)
        folder = self.world.folder / f"pod-{number}"
        folder.mkdir()
        (folder / "token").write_text(runner._headers["Authorization"].removeprefix("Bearer "))
        host = self.forge.partition("://")[2]
        settings = [wire.GitConnection(name="lab", host=host, prefixes=["acme/"])]
        url = f"http://{self.world.host}:{_PORT_RUNNERS}"
        (folder / "gitconfig").write_text(build_settings(url, str(folder / "token"), settings))
        work = folder / "work"
        bare = self.server.root / f"{REPOSITORY}.git"
        await asyncio.to_thread(run_git, folder, "clone", "-q", str(bare), str(work))
        run_git(work, "remote", "set-url", "origin", f"{self.forge}/{REPOSITORY}.git")
        for count in range(self.each):
            run_git(work, "reset", "-q", "--hard", "origin/main")
            made = Pushed(f"agent/p{number}-{count}", commit(work, 100 * number + count + 50))
            self.pushes.append(made)
            await self._push(folder, work, made)

    async def _push(self, folder: Path, work: Path, one: Pushed) -> None:
        env = {"GIT_CONFIG_SYSTEM": str(folder / "gitconfig"), "GIT_TERMINAL_PROMPT": "0"}
        said = ""
        while one.tries < _MOST_TRIES:
            one.tries += 1
            done = await asyncio.to_thread(
                run_git, work, "push", "origin", f"HEAD:refs/heads/{one.branch}", env=env, check=False
            )
            said = done.stderr
            if done.returncode == 0 or _REFUSED in said:
                one.ended = time.monotonic()
                one.outcome = "through" if done.returncode == 0 else "refused"
                return
            await asyncio.sleep(_AGAIN_SECONDS)
        one.outcome = f"neither: {said[-300:]}"

    def _find_hanging(self, thread: str) -> PlayedRunner | None:
        return next((one for one in self.world.operator.runners if one.thread == thread and one.hangs), None)

    def _count_moves(self, branch: str) -> int:
        log = self.server.root / f"{REPOSITORY}.git" / "logs" / "refs" / "heads" / branch
        return len(log.read_text().splitlines()) if log.exists() else 0

    async def _tap_in(self, chat: int) -> None:
        found = self.world.cloud.chats.get(chat)
        for message in list(found.messages.values())[-4:] if found is not None else []:
            button = self._choose(message)
            if button is None:
                continue
            number = int(button["callback_data"].split(":")[1])
            if number in self.questions:
                continue
            self.questions.add(number)
            await self._tap(chat, message, button)
            if self.chance.random() < 0.2:
                again = self._choose(message)
                if again is not None:
                    await self._tap(chat, message, again)

    def _choose(self, message: dict[str, Any]) -> dict[str, Any] | None:
        rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
        found = [b for row in rows for b in row if str(b.get("callback_data", "")).startswith("d:")]
        return self.chance.choices(found, [3, 1][: len(found)])[0] if found else None

    async def _tap(self, chat: int, message: dict[str, Any], button: dict[str, Any]) -> None:
        said = message["text"].replace(":", " ").replace("`", " ").split()
        branch = next(word for word in said if word.startswith("agent/p"))
        self.taps[branch].append((time.monotonic(), button["text"]))
        body = {"chat": chat, "user": chat, "message_id": message["message_id"], "data": button["callback_data"]}
        await post_press(self.world.cloud, body)

"""AgentThreads: the gateway writes their spec, and watches what the operator says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agent_contract import names
from agent_contract.agentthread import Spending
from agent_contract.base import Wire
from agent_contract.lenient import MAX_RUN
from agent_contract.text import strip_controls
from agent_gateway.resources.agentclasses import AgentClasses
from agent_gateway.resources.changes import Changes
from agent_gateway.resources.collection import Collection
from agent_gateway.resources.packing import Form, pack_thread, unpack_thread
from agent_gateway.resources.reading import read_thread
from agent_gateway.resources.threadspec import (
    Resolve,
    build_claim,
    build_cold,
    build_model,
    build_settings,
    without_empty,
)
from agent_gateway.resources.values import ClaimValue, ClassValue, NarrowedField, ThreadValue
from agent_gateway.store.rows import Thread
from agent_kube.client import KubeClient
from agent_kube.errors import FORBIDDEN, Conflict, NotFound, Refused
from agent_kube.known import Present, Unknown

KIND = "AgentThread"
FORM = Form(read_thread, pack_thread, unpack_thread)
INVALID = 422
_STOP_STANDS = "stop only grows"
"""In the words by which the API server refuses a lower `spec.stop` than the one that stands."""


class RunConflict(Exception):
    """Somebody else wrote the resource in between: the next run is to be computed again."""


class NoMoreRuns(Refused):
    """The next run of a conversation has a number that no AgentThread may name."""

    def __init__(self) -> None:
        words = f"Its AgentThread names run {MAX_RUN}, the last there can be: an administrator has to delete it."
        super().__init__(words, None, "NoMoreRuns")


class AgentThreads(Collection[ThreadValue]):
    """Client and cache of one namespace's AgentThreads, and of their classes.

    Args:
        kube: The API server.
        namespace: Of agents.
        bot_name: The gateway's short name.
        classes: What AgentClasses say.
        changes: Takes what changed.
        check: Raises LeadershipLost unless this gateway leads; asked before each write.
        resolve: Returns whose model a choice of people stands for; None where the settings do not offer it.
        run_trace: Returns the trace of the turn that a run is begun for, as the operator reads it; None without one.
    """

    def __init__(
        self,
        kube: KubeClient,
        namespace: str,
        bot_name: str,
        classes: AgentClasses,
        changes: Changes[ThreadValue],
        check: Callable[[], None],
        resolve: Resolve = lambda _: None,
        run_trace: Callable[[str, int], str | None] = lambda _thread, _run: None,
    ) -> None:
        super().__init__(kube, namespace, KIND, names.AGENT_THREADS, FORM, changes, check)
        self._resolve = resolve
        self._run_trace = run_trace
        self._bot_name = bot_name
        self.classes = classes

    async def agent_class(self, name: str) -> ClassValue:
        """Return a class; see `AgentClasses.agent_class`."""
        return await self.classes.agent_class(name)

    async def find_class(self, name: str) -> ClassValue | None:
        """Return a class; None where nothing is known of it, so that nothing may be decided by it."""
        return await self.classes.find_class(name)

    def class_of(self, found: ThreadValue | None) -> str:
        """Return the name of the class of an AgentThread, or of one that is yet to be made."""
        return found.spec.class_ref.name if found is not None else names.DEFAULT_CLASS

    def find_class_name(self, thread_name: str) -> str | None:
        """Return the name of a thread's class; None where nothing is known of its AgentThread."""
        found = self.known(thread_name)
        if isinstance(found, Unknown):
            return None
        return self.class_of(found.value if isinstance(found, Present) else None)

    def find_pool(self, class_name: str) -> str | None:
        """Return the hash of the pods of a class's warm pool that may be claimed; None where there is no pool."""
        return self.classes.find_pool(class_name)

    async def want_run(
        self,
        thread: Thread,
        number: int,
        found: ThreadValue | None,
        claim: ClaimValue | None = None,
        cold: str | None = None,
    ) -> ThreadValue:
        """Write that run `number` is wanted; `found` is the resource that the number was computed from.

        Args:
            thread: Whose run.
            number: Which.
            found: The resource, or None where there is none.
            claim: The pod that it was given to; None where one is to be made.
            cold: Why it was given none, in a word; None where none was asked for.

        Raises:
            RunConflict: the resource changed in between.
            NoMoreRuns: there is no such number.
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        if number > MAX_RUN:
            raise NoMoreRuns
        try:
            if found is None:
                return await self._create(self._build(thread, number, claim, cold))
            spec = {
                "run": number, "title": strip_controls(thread.title), **build_model(thread, self._resolve),
                **build_claim(claim, found.spec.claim), **build_cold(number, cold),
            }  # fmt: skip
            known = {"resourceVersion": found.version, **self._build_trace(thread, number)}
            return await self._patch(thread.name, {"metadata": known, "spec": spec})
        except Conflict as error:
            raise RunConflict(error.reason) from error
        except NotFound as error:
            if found is None:
                raise  # so is the namespace
            raise RunConflict(error.reason) from error

    async def stop_run(self, name: str, number: int) -> None:
        """Write that run `number`, and those below it, must not be running.

        Nothing to do where the resource is gone, or a later run is stopped already: a stop never goes back.

        Raises:
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        try:
            await self._patch_any(name, {"spec": {"stop": number}})
        except NotFound:
            return
        except Refused as error:
            if error.status != INVALID or _STOP_STANDS not in str(error):
                raise

    async def retitle(self, name: str, title: str) -> None:
        """Write a title; nothing to do where the resource is gone.

        Raises:
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        try:
            await self._patch_any(name, {"spec": {"title": strip_controls(title)}})
        except NotFound:
            return

    async def narrow(self, name: str, rules: Sequence[Wire] | None, field: NarrowedField = "repositories") -> None:
        """Write what is left of the class's rules, None for all.

        Raises:
            NotFound: the resource is gone; another one would have all that the class allows.
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        written = None if rules is None else [rule.to_dict() for rule in rules]
        await self._patch_any(name, {"spec": {field: written}})

    async def tell_spending(self, name: str, spending: Spending) -> None:
        """Write what a conversation spent into its status; nothing to do where the resource is gone.

        Raises:
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        try:
            await self._merge(f"{name}/status", {"status": {"spending": spending.to_dict()}})
        except NotFound:
            return

    async def make(self, thread: Thread, like: ThreadValue) -> None:
        """Make the AgentThread of a thread, without a run, with what an administrator set on another one.

        One that stands already is given these settings, unless they are the defaults.

        Raises:
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        kept = build_settings(like)
        body = self._build(thread)
        body["spec"] |= kept
        try:
            await self._create(body)
        except Conflict:
            if kept != {"classRef": {"name": names.DEFAULT_CLASS}}:
                await self._patch(thread.name, {"spec": kept})

    async def ensure(self, thread: Thread) -> ThreadValue | None:
        """Return the AgentThread of a thread; where there is none, made without a run. None if it came and went.

        Raises:
            KubeError: it cannot be read or written.
            LeadershipLost: this gateway does not lead.
        """
        found = await self.get(thread.name)
        if found is not None:
            return found
        try:
            return await self._create(self._build(thread))
        except Conflict:
            return await self.get(thread.name)

    async def remove(self, found: ThreadValue) -> bool:
        """Delete this very resource; False where the gateway's role does not allow it.

        Raises:
            KubeError: the API server refuses it.
            LeadershipLost: this gateway does not lead.
        """
        try:
            await self._write("DELETE", f"{self._base}/{found.name}", {"preconditions": {"uid": found.uid}})
        except (NotFound, Conflict):
            return True
        except Refused as error:
            if error.status != FORBIDDEN:
                raise
            return False
        return True

    def _build_trace(self, thread: Thread, number: int) -> dict[str, Any]:
        trace = self._run_trace(thread.name, number) if number else None
        return {} if trace is None else {"annotations": {names.ANNOTATION_TRACE: trace}}

    def _build(
        self, thread: Thread, number: int = 0, claim: ClaimValue | None = None, cold: str | None = None
    ) -> dict[str, Any]:
        address = thread.address
        channel: dict[str, Any] = {
            "type": "telegram", "bot": self._bot_name, "botId": address.bot_id, "chatId": address.chat_id,
        }  # fmt: skip
        if address.topic_id is not None:
            channel["topicId"] = address.topic_id
        return {
            "apiVersion": names.API_VERSION,
            "kind": KIND,
            "metadata": {
                "name": thread.name,
                "labels": {names.LABEL_THREAD: thread.name},
                **self._build_trace(thread, number),
            },
            "spec": {
                "channel": channel,
                "title": strip_controls(thread.title),
                **({"run": number} if number else {}),
                **build_claim(claim, None),
                **({} if cold is None else build_cold(number, cold)),
                **without_empty(build_model(thread, self._resolve)),
            },
        }

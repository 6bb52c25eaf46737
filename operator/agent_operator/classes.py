"""Classes as they are found, or why they cannot be used."""

from __future__ import annotations

from pydantic import ValidationError

from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import Reason
from agent_operator.config import OperatorConfig
from agent_operator.kube import Kube
from agent_operator.reasons import Why
from agent_operator.reconcile import Wanted


async def read_class(kube: Kube, config: OperatorConfig, name: str) -> Wanted:
    """Read a class by name.

    Raises:
        KubeError: the API server did not answer.
    """
    raw = await kube.read_class(name)
    if raw is None:
        words = f"There is no AgentClass {name} in {config.namespace}. `kubectl get agentclasses` lists them."
        return Wanted(None, Why(Reason.CLASS_NOT_FOUND, words))
    try:
        return Wanted(AgentClass.model_validate(raw))
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, p["loc"])) for p in error.errors()}))
        return Wanted(None, Why(Reason.CLASS_INVALID, f"AgentClass {name} cannot be used: {fields}."))

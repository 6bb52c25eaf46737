"""Reads models of the contract and says what became of them: `python lean_cases.py` does so with lean models."""

from __future__ import annotations

import json
import sys


def judge(cases):
    """Return for each case, a kind and a JSON text, what is written of what was read, or what was wrong."""
    from agent_contract import wire  # noqa: PLC0415  # which models there are is decided before
    from agent_contract.modelling import ValidationError  # noqa: PLC0415
    from agent_contract.runnerconfig import RunnerConfig  # noqa: PLC0415
    from agent_runner.calls import Request, read_request  # noqa: PLC0415

    def read_config(text):
        return RunnerConfig.model_validate(json.loads(text))

    def write(frame):
        try:
            return wire.encode(frame).encode().decode()
        except ValueError:  # half of a surrogate pair, in a field that cleans none
            return "cannot be written"

    readers = {
        "runner": wire.decode_runner, "gateway": wire.decode_gateway, "config": read_config, "call": read_request,
        "bytes": lambda text: read_request(text.encode("latin-1")),
    }  # fmt: skip
    assert Request
    found = []
    for kind, text in cases:
        try:
            frame = readers[kind](text)
        except wire.FrameError as error:
            found.append(f"FrameError {error}")
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_context=False, include_input=False)
            found.append([[list(one["loc"]), one["type"]] for one in wrong])
        else:
            found.append(frame if frame is None else f"{type(frame).__name__} {write(frame)}")
    return found


if __name__ == "__main__":
    import agent_contract.lean  # noqa: F401  # before any model

    outcome = judge(json.load(sys.stdin))
    sys.stdout.write(
        json.dumps({"outcome": outcome, "heavy": sorted({"pydantic", "pydantic_core"} & set(sys.modules))})
    )

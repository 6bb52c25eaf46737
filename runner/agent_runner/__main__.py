"""Start pi, then everything else: `python -m agent_runner`, the first process of an agent pod."""

from __future__ import annotations

import os
import signal
import sys

from agent_contract.names import ExitCode
from agent_runner.launch import BadConfigError, Process, Setup, prepare, read_setup, spawn


def main() -> int:
    """Run the pod's agent; return the exit code."""
    try:
        setup = read_setup(os.environ)
        prepare(setup)
        signal.signal(signal.SIGTERM, _end)
        process = spawn(setup, setup.session)
    except BadConfigError as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.BAD_CONFIG
    return _serve(setup, process)


def _end(_signal: int, _frame: object) -> None:
    sys.exit(128 + signal.SIGTERM)  # until the loop takes the signal over; the first process of a pod has no default


def _serve(setup: Setup, process: Process) -> int:
    """Load what takes time while pi loads."""
    import asyncio  # noqa: PLC0415  # pi is loading by now

    import agent_contract.lean  # noqa: F401, PLC0415  # before any model: from here on these are lean

    # isort: split
    from agent_contract.modelling import ValidationError  # noqa: PLC0415
    from agent_contract.runnerconfig import RunnerConfig  # noqa: PLC0415
    from agent_runner.app import App  # noqa: PLC0415
    from agent_runner.logs import Log  # noqa: PLC0415

    try:
        config = RunnerConfig.model_validate(setup.config)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        words = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in problems)
        sys.stderr.write(f"AGENT_CONFIG is not valid: {words}.\n")
        os.kill(process.pid, signal.SIGKILL)
        return ExitCode.BAD_CONFIG
    log = Log(os.environ.get("LOG_LEVEL", "INFO"), thread=config.thread, run=config.run)

    async def run() -> int:
        return await App(setup, config, log).run(process)

    try:
        return asyncio.run(run())
    except Exception as error:  # noqa: BLE001  # the last line: said in the log, and by the exit code
        place = f"{type(error).__name__} at {_place(error)}"
        log.error("crashed", error=place)  # noqa: TRY400  # a trace could hold text of the conversation
        return ExitCode.PI_FAILED


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = "?"
    while trace:
        place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
        trace = trace.tb_next
    return place


if __name__ == "__main__":
    sys.exit(main())

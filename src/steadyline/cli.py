"""The command line: `steadyline up | gateway | … | call | status | calls | doctor | models | config | demo | drill | bench`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeAlias

from steadyline import __version__
from steadyline.commands.bench import BENCHES, add_bench_arguments, run_bench
from steadyline.commands.calls_arguments import CALLS_ACTIONS, add_calls_arguments
from steadyline.commands.config_options import add_config_options, config_of, config_place, config_source
from steadyline.commands.drill import DRILLS, add_drill_arguments, run_drill
from steadyline.commands.replay_arguments import add_replay_arguments
from steadyline.config_file import config_arguments, render_config
from steadyline.errors import SteadylineError
from steadyline.services.assembly import SERVICES

RETRY_OPTIONS = {
    "--retry-attempts": ("retry.attempts", "attempts of a direct connection before its failure is logged"),
    "--retry-fast-attempts": ("retry.fast_attempts", "how many of them are followed by the short delay"),
    "--retry-fast-delay": ("retry.fast_delay_s", "short delay, seconds"),
    "--retry-slow-delay": ("retry.slow_delay_s", "long delay, seconds"),
}
EPILOG = """examples:
  steadyline up                              answer calls on this machine until Ctrl-C
  steadyline call --say question.wav         call it and say something
  steadyline status                          what is connected to what
  steadyline calls list                      the calls that were; `calls show 1` tells the latest
  steadyline doctor                          what is wrong, and how to mend it
  steadyline --set gateway.sip_port=5070 up  any setting for one run; `steadyline config show` lists them all
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status (0 fine, 1 failed, 2 unusable input)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = build_parser(with_options={"call", "drill", "bench"} & set(given))
    namespace = parser.parse_args(given)
    try:
        return int(namespace.run(namespace))
    except SteadylineError as error:
        print(f"steadyline: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def build_parser(*, with_options: Collection[str] = ("call", "drill", "bench")) -> argparse.ArgumentParser:
    """All commands and their options.

    Args:
        with_options: of `call`, `drill` and `bench`, whose options are wanted: they bring the SIP stack along, which no other
            command's start shall pay.
    """
    parser = argparse.ArgumentParser(
        prog="steadyline",
        description="Answers the telephone with a local AI: SIP, Whisper, LLaMA, Kokoro or Piper, each a process of its own.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"steadyline {__version__}")
    add_config_options(parser, is_main=True)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_up(commands)
    _add_services(commands)
    _add_console(commands)
    _add_webphone(commands)
    _add_call(commands, with_options="call" in with_options)
    _add_status(commands)
    _add_calls(commands)
    _add_replay(commands)
    _add_doctor(commands)
    _add_models(commands)
    _add_config(commands)
    _add_demo(commands)
    _add_drill(commands, with_options="drill" in with_options)
    _add_bench(commands, with_options="bench" in with_options)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _command(
    commands: Commands, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    add_config_options(parser, is_main=False)
    parser.set_defaults(run=run)
    return parser


def _add_up(commands: Commands) -> None:
    def run(namespace: argparse.Namespace) -> int:
        from steadyline.commands.hub_models import fetch_hub_models
        from steadyline.supervisor.up import run_system

        async def forever(_: str) -> None:
            await asyncio.Event().wait()

        path, settings = config_source(namespace)
        config = config_of(namespace)
        fetch_hub_models(config, _progress)
        asyncio.run(run_system(config, config_arguments(path, settings), _progress, forever))
        return 0

    _command(commands, "up", "start all services and answer calls until Ctrl-C", run)


def _add_services(commands: Commands) -> None:
    def runner(name: str) -> Callable[[argparse.Namespace], int]:
        def run(namespace: argparse.Namespace) -> int:
            from steadyline.services.process import run_service

            given = {key: getattr(namespace, key.replace(".", "_")) for key, _ in RETRY_OPTIONS.values()}
            return run_service(
                name, config_of(namespace, [f"{key}={value}" for key, value in given.items() if value is not None])
            )

        return run

    for name in SERVICES:
        parser = _command(commands, name, f"run the {name} service alone, in the foreground", runner(name))
        for option, (key, text) in RETRY_OPTIONS.items():
            parser.add_argument(option, dest=key.replace(".", "_"), metavar="N", help=f"{text} (sets {key})")


def _add_console(commands: Commands) -> None:
    def run(namespace: argparse.Namespace) -> int:
        from steadyline.console.service import run_console

        path, settings = config_source(namespace)
        return run_console(config_of(namespace), path or config_place(), settings)

    _command(commands, "console", "run the console in the browser alone, in the foreground", run)


def _add_webphone(commands: Commands) -> None:
    def run(namespace: argparse.Namespace) -> int:
        from steadyline.services.process import run_service
        from steadyline.webphone.service import assemble_webphone

        return run_service("webphone", config_of(namespace), assemble_webphone)

    _command(commands, "webphone", "run the telephone in the browser alone, in the foreground", run)


def _add_call(commands: Commands, *, with_options: bool) -> None:
    def run(namespace: argparse.Namespace) -> int:
        from steadyline.commands.call import run_call

        return run_call(namespace, config_of(namespace))

    parser = _command(commands, "call", "make a real SIP call, say audio files, record and measure", run)
    if with_options:
        from steadyline.phone.arguments import add_call_arguments

        add_call_arguments(parser)


def _add_status(commands: Commands) -> None:
    def run(namespace: argparse.Namespace) -> int:
        from steadyline.commands.status import run_status

        return run_status(config_of(namespace), as_json=namespace.json)

    parser = _command(commands, "status", "show the services, their connections and the calls", run)
    parser.add_argument("--json", action="store_true", help="for programs")


def _add_replay(commands: Commands) -> None:
    def run(namespace: argparse.Namespace) -> int:
        from steadyline.commands.replay import run_replay

        return run_replay(namespace, config_of(namespace))

    add_replay_arguments(_command(commands, "replay", "play a recorded call's caller to the present code", run))


def _add_calls(commands: Commands) -> None:
    def runner(action: str) -> Callable[[argparse.Namespace], int]:
        def run(namespace: argparse.Namespace) -> int:
            from steadyline.commands.calls import run_calls

            return run_calls(action, namespace, config_of(namespace))

        return run

    text = "list, show, export and delete the calls that were"
    group = commands.add_parser(
        "calls", help=text, description="Calls that were, from the journal and their recordings."
    )
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    for action, text in CALLS_ACTIONS.items():
        add_calls_arguments(action, _command(actions, action, text, runner(action)))


def _add_doctor(commands: Commands) -> None:
    def run(namespace: argparse.Namespace) -> int:
        from steadyline.doctor import run_doctor

        return run_doctor(config_of(namespace), as_json=namespace.json)

    parser = _command(commands, "doctor", "find what is wrong with this installation, and say how to mend it", run)
    parser.add_argument("--json", action="store_true", help="for programs")


def _add_models(commands: Commands) -> None:
    def runner(action: str) -> Callable[[argparse.Namespace], int]:
        def run(namespace: argparse.Namespace) -> int:
            from steadyline.commands.models import run_models

            return run_models(action, getattr(namespace, "names", []), config_of(namespace), as_json=namespace.json)

        return run

    group = commands.add_parser(
        "models", help="list, fetch and check models", description="Models and where they come from."
    )
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    texts = {
        "list": "show the known models, their licences and what is here",
        "fetch": "fetch models; without a NAME those of the default set that are missing",
        "check": "compare every file that is here with its checksum",
    }
    for action, text in texts.items():
        parser = _command(actions, action, text, runner(action))
        parser.add_argument("--json", action="store_true", help="for programs")
        if action == "fetch":
            parser.add_argument("names", nargs="*", metavar="NAME", help="a name of `steadyline models list`")


def _add_config(commands: Commands) -> None:
    def show(namespace: argparse.Namespace) -> int:
        print(render_config(config_of(namespace), with_secrets=namespace.secrets), end="")
        return 0

    group = commands.add_parser("config", help="show the settings", description="Settings.")
    actions = group.add_subparsers(title="actions", metavar="ACTION", required=True)
    parser = _command(actions, "show", "print every setting that is in force, as a commented TOML file", show)
    parser.add_argument(
        "--secrets", action="store_true", help="print passwords and keys, too, which are hidden otherwise"
    )


def _add_demo(commands: Commands) -> None:
    def run(namespace: argparse.Namespace) -> int:
        from steadyline.commands.demo import run_demo

        path, settings = config_source(namespace)
        return run_demo(path, settings, namespace.out, namespace.say)

    parser = _command(
        commands, "demo", "bring a system up on free ports, call it, print the dialogue, take it down", run
    )
    parser.add_argument("--out", type=Path, default=Path("demo-output"), metavar="DIR", help="where call.wav is left")
    parser.add_argument("--say", type=Path, action="append", default=[], metavar="FILE", help="a question of your own")


def _add_drill(commands: Commands, *, with_options: bool) -> None:
    def runner(name: str) -> Callable[[argparse.Namespace], int]:
        return lambda namespace: run_drill(name, namespace, *config_source(namespace))

    text = "try what the system endures, and count what the caller heard"
    group = commands.add_parser("drill", help=text, description="Drills: the system under faults, measured.")
    drills = group.add_subparsers(title="drills", metavar="DRILL", required=True)
    for name, drill_text in DRILLS.items():
        parser = _command(drills, name, drill_text, runner(name))
        if with_options:
            add_drill_arguments(name, parser)


def _add_bench(commands: Commands, *, with_options: bool) -> None:
    def runner(name: str) -> Callable[[argparse.Namespace], int]:
        return lambda namespace: run_bench(name, namespace, *config_source(namespace))

    text = "measure what this machine can do"
    group = commands.add_parser("bench", help=text, description="Benchmarks: this machine, measured.")
    benches = group.add_subparsers(title="benchmarks", metavar="BENCHMARK", required=True)
    for name, bench_text in BENCHES.items():
        parser = _command(benches, name, bench_text, runner(name))
        if with_options:
            add_bench_arguments(name, parser)


def _progress(text: str) -> None:
    print(text, flush=True)

"""The entry point `unbroken`: finds the command, loads only its module, turns problems into lines.

A command is a module of this package with a function ``command`` whose parameters are
annotated for typer; one with several parts (``unbroken keys list``) has ``COMMANDS`` instead:
part -> such a function and its help in Chinese. It returns an exit code, or None for 0. It is
imported only when used, so that ``unbroken --help`` stays quick.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from engine.cli.common import INTERRUPTED, NOT_EXAMINED, Lang, Problem, bilingual, forget_output, say, system_language

COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "inspect": (
            "engine.cli.inspect",
            "Examine recordings for traces of gaps, cuts, insertions, loops and clock jumps.",
            "检验录像、录音：间断、剪切、插入、重复、时钟跳变等痕迹。",
        ),
        "audit": (
            "engine.cli.audit",
            "Hold a whole archive against a rule pack, case by case.",
            "按规则包逐案核查整个档案。",
        ),
        "seal": (
            "engine.cli.seal",
            "Write a proof beside each recording that binds every frame.",
            "为每个文件生成逐帧绑定的完整性证明。",
        ),
        "verify": (
            "engine.cli.verify",
            "Check recordings against their proofs; name the frames that differ.",
            "用证明校验文件，并指出不一致的帧。",
        ),
        "prove": (
            "engine.cli.prove",
            "Write a small proof that one frame belongs to the sealed recording.",
            "为单帧生成可独立校验的证明。",
        ),
        "excerpt": (
            "engine.cli.excerpt",
            "Cut a part out of a sealed recording, with a proof of its own.",
            "从已封存的文件中节选片段，并附独立的节选证明。",
        ),
        "renew": (
            "engine.cli.renew",
            "Add a timestamp to proofs, or renew it before its certificate lapses.",
            "为封存证明加盖时间戳，或在证书到期前续期。",
        ),
        "keys": (
            "engine.cli.keys",
            "Make signing keys; list, trust, rotate and revoke them.",
            "生成签名密钥；列出、信任、替换、吊销密钥。",
        ),
        "rules": (
            "engine.cli.rules",
            "List rule packs, show what one says, validate a pack file.",
            "列出、显示和校验规则包。",
        ),
        "log": (
            "engine.cli.log",
            "Keep the archive's log of seals: append, prove, verify, cosign.",
            "存证日志：追加封存证明、出具入日志证明、校验、联署。",
        ),
        "register": (
            "engine.cli.register",
            "Keep the access register: approvals and what was done on them.",
            "调阅登记簿：登记调阅、复制、节选、对外提供的审批与使用。",
        ),
        "tamper": (
            "engine.cli.tamper",
            "Make tampered copies with known ground truth, for training and tests.",
            "制作已知真值的篡改副本，用于培训和测试。",
        ),
        "demo": (
            "engine.cli.demo",
            "Generate a small sample archive; seal, inspect and verify it.",
            "生成小型示例档案，并完成封存、检验和校验。",
        ),
        "selftest": (
            "engine.cli.selftest",
            "Run known vectors and a tiny clip through the whole engine.",
            "用已知向量和微型片段自检整个引擎。",
        ),
    }
)
"""Command -> module, short help in English and Chinese."""

EXIT_CODES_ZH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "inspect": "退出码：0 未发现痕迹，1 发现痕迹，2 用法错误，3 有文件不具备检验条件（1 优先于 3），130 被中断。",
        "audit": "退出码：0 未发现痕迹，1 发现痕迹，2 用法错误，3 有案件或文件不具备检验条件"
        "（1 优先于 3），130 被中断。",
        "seal": "退出码：0 已封存，1 与已有证明不符，2 用法错误，3 有文件未能封存或证明未能记入存证日志（1 优先于 3），"
        "130 被中断。",
        "verify": "退出码：0 一致（OK、OK_WITH_MISSING_INFO），1 不一致（NOT_OK），2 用法错误，"
        "3 未封存（NOT_SEALED）；1 优先于 3；130 被中断。",
        "prove": "退出码：0 已生成，2 用法错误，3 未能生成。",
        "excerpt": "退出码：0 已节选，1 文件与封存证明不一致，2 用法错误，3 未予节选。",
        "renew": "退出码：0 已完成或尚无需续期，1 封存证明有误，2 用法错误，"
        "3 有文件未能加盖时间戳（1 优先于 3），130 被中断。",
        "keys": "退出码：0 已完成，2 用法错误，3 未完成。",
        "rules": "退出码：0 已完成，1 规则包不可用，2 用法错误，3 文件无法读取。",
        "log": "退出码：0 已完成或校验无误，1 日志有误或封存证明不在日志中，2 用法错误，"
        "3 有文件无法读写（1 优先于 3）。",
        "register": "退出码：0 已登记或校验无误，1 登记簿被改动，2 用法错误，3 未登记或无法读写。",
        "tamper": "退出码：0 副本已全部生成，2 用法错误，3 有副本未能生成。",
        "demo": "退出码：0 演示已完成，与检验结果无关。",
        "selftest": "退出码：0 通过，1 未通过。",
    }
)
"""Command -> its exit codes, in Chinese; English stands in the docstring of each command."""


class LazyGroup(TyperGroup):
    """A group whose commands are described by `COMMANDS` and imported only when called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and name is not None:
            command = _load(name)
        return name, command, rest


def _load(name: str) -> Any:
    module = importlib.import_module(COMMANDS[name][0])
    app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)
    chinese = f"{COMMANDS[name][2]}\n\n{EXIT_CODES_ZH[name]}" if system_language() is Lang.ZH else None
    parts = getattr(module, "COMMANDS", None)
    if parts is None:
        app.command(name, help=chinese)(module.command)
        return typer.main.get_command(app)
    app.callback(help=chinese or module.__doc__)(_nothing)
    for part, (command, zh) in parts.items():
        app.command(part, help=zh if system_language() is Lang.ZH else None)(command)
    return typer.main.get_command(app)


def _nothing() -> None:
    """Makes a group of commands even where it has one."""


def _show_version(wanted: bool) -> None:
    if wanted:
        from engine.cli.version import version_lines

        typer.echo("\n".join(version_lines()))
        raise typer.Exit(0)


def _root(
    version: bool = typer.Option(
        False,
        "--version",
        is_eager=True,
        callback=_show_version,
        help=bilingual("Show the versions of the engine and its libraries.", "显示引擎及其依赖库的版本。"),
    ),
) -> None:
    """Only carries the options that stand before a command."""


def _group() -> Any:
    app = typer.Typer(
        cls=LazyGroup,
        rich_markup_mode=None,
        no_args_is_help=True,
        add_completion=False,  # commands are loaded when called, so their options could not be completed
        help=bilingual(
            "Is this recording whole, and can that be proved later?",
            "这份录音录像是否完整？以后能否证明？",
        ),
        epilog=bilingual(
            "Exit codes: 0 all clear, 1 something found, 2 wrong usage, 3 something could not be examined, "
            "130 interrupted.",
            "退出码：0 未发现痕迹，1 发现痕迹，2 用法错误，3 有文件不具备检验条件，130 被中断。",
        ),
    )
    app.callback()(_root)
    group = typer.main.get_command(app)
    for name, (_, en, zh) in COMMANDS.items():
        group.add_command(TyperCommand(name, short_help=bilingual(en, zh)))  # type: ignore[attr-defined]
    return group


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; never raises for a user's mistake."""
    try:
        code = _group().main(args=arguments, prog_name="unbroken", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except Problem as problem:
        say(f"unbroken: {problem}")
        return problem.code
    except typer.TyperException as error:
        error.show()  # type: ignore[attr-defined]
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say(bilingual("unbroken: interrupted", "unbroken：已中断"))
        return INTERRUPTED
    except BrokenPipeError:
        forget_output()  # the reader of `--help | head` went away: nothing is wrong
        return 0
    except OSError as error:
        say(f"unbroken: {error.filename or ''}{': ' if error.filename else ''}{error.strerror or error}")
        return NOT_EXAMINED
    except Exception as error:
        return _internal(error)


def _internal(error: Exception) -> int:
    if os.environ.get("UNBROKEN_DEBUG"):
        traceback.print_exc()
    what = f"{type(error).__name__}: {error}"
    say(
        bilingual(
            f"unbroken: internal error: {what}. Please report it with the file's kind and the output of "
            "the same command under UNBROKEN_DEBUG=1.",
            f"unbroken：内部错误：{what}。请附上文件类型和设置 UNBROKEN_DEBUG=1 后同一命令的输出予以反馈。",
        )
    )
    return NOT_EXAMINED


def _terminated(_signal: int, _frame: object) -> None:
    """A polite request to end is treated like Ctrl-C: workers end, what is done is reported."""
    raise KeyboardInterrupt


@contextmanager
def _place_for_compiled_kernels(package: Path = Path(__file__).parent.parent) -> Iterator[None]:
    """A private place for compiled kernels where neither the installation nor the user's home takes them.

    Without any such place the kernels do not load: an account for a service often has no home.
    """
    home = Path.home()
    kept = any(os.access(place, os.W_OK) for place in (package / "kernels" / "__pycache__", home / ".cache", home))
    if kept or "NUMBA_CACHE_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="unbroken-kernels-") as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["NUMBA_CACHE_DIR"]


def main() -> None:
    """Console script."""
    signal.signal(signal.SIGTERM, _terminated)
    # After an interruption the helper process that tidies up semaphores finds some of them tidied
    # up already, and would say so below the last line that a user reads.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
    with _place_for_compiled_kernels():
        sys.exit(run())


if __name__ == "__main__":
    main()

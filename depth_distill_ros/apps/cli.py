# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command line ``depth-distill``: one subcommand per module of ``commands``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
import sys
from types import ModuleType

from depth_distill_ros import __version__
from depth_distill_ros.apps import commands
from depth_distill_ros.apps.options import add_options, given, settings
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.settings.commands import COMMANDS
from depth_distill_ros.settings.field import Settings

_INTERRUPTED = 130


def main(words: Sequence[str] | None = None) -> int:
    """Run one subcommand; 1 and one line on stderr for what the user can mend, 130 on Ctrl-C."""
    words = sys.argv[1:] if words is None else list(words)
    try:
        arguments = _parser(words).parse_args(words)
        return arguments.run(arguments)
    except DepthDistillError as error:
        print(f'depth-distill: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('depth-distill: interrupted', file=sys.stderr)
        return _INTERRUPTED


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='depth-distill',
        description='Train, distil, evaluate and export depth networks; run the demo.')
    parser.add_argument('--version', action='version', version=__version__)
    subparsers = parser.add_subparsers(required=True, metavar='COMMAND')
    names = [module.name for module in iter_modules(commands.__path__)
             if not module.name.startswith('_')]
    # Some commands import torch, which takes seconds: only what is asked for is imported, and the
    # help of all commands alone needs all of them.
    first = words[0] if words else ''
    for name in [first] if first in names else names:
        if first in (name, '', '-h', '--help'):
            _add(subparsers, name, import_module(f'{commands.__name__}.{name}'))
        else:
            subparsers.add_parser(name)
    return parser


def _add(subparsers: argparse._SubParsersAction, words: str, module: ModuleType) -> None:
    details = getattr(module, 'DETAILS', '')
    parser = subparsers.add_parser(
        words.split()[-1], help=module.HELP, description=module.__doc__,
        epilog='\n\n'.join(filter(None, (f'example: {module.EXAMPLE}', details))),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    if hasattr(module, 'add_arguments'):
        module.add_arguments(parser)
    if kind := COMMANDS.get(words):
        add_options(parser, kind)
        parser.set_defaults(run=partial(_run, module, kind))
    if hasattr(module, 'SUBCOMMANDS'):
        below = parser.add_subparsers(metavar='SUBCOMMAND', required=not hasattr(module, 'run'))
        for subcommand, inner in module.SUBCOMMANDS.items():
            _add(below, f'{words} {subcommand}', inner)


def _run(module: ModuleType, kind: type[Settings], arguments: argparse.Namespace) -> int:
    """Run a command with its arguments and all its settings, by default where not given."""
    vars(arguments).update(vars(settings(kind, given(arguments, kind))))
    return module.run(arguments)

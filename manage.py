#!/usr/bin/env python3
"""Django's command line, for people who expect one. Works on the same state folder as `daemonset-console`."""

import os
import sys


def main() -> None:
    from django.core.management import execute_from_command_line

    from console import state
    from console.errors import ConsoleError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    try:
        state.prepare(state.default_folder())
    except ConsoleError as error:
        sys.exit(f"{error.message} {error.way_out}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

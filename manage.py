#!/usr/bin/env python3
"""Django's command line, for people who expect one. Works on the same state folder as `daemonset-console`."""

import os
import sys


def main() -> None:
    from django.core.management import execute_from_command_line

    from console import state

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    state.prepare(state.default_folder())
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

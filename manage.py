#!/usr/bin/env python3
"""Django's command line, which makes its own virtual environment when it has none.

This file alone is kept readable for any old Python, so that it can be told that it is too old.
"""

import os
import sys

if __name__ == "__main__":
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.exit(
            "Soundverse Studio needs Python 3.11, 3.12 or 3.13, and this one is {}.{}: install one "
            "of these and run the command with it, for example: python3.12 {}".format(
                sys.version_info[0], sys.version_info[1], " ".join(sys.argv)
            )
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "soundverse_site.settings")
    from soundverse_site.bootstrap import enter_environment

    enter_environment(sys.argv)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit("A setting is wrong. {}".format(error))

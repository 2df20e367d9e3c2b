# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""In place of setproctitle where Debian's is for another version of Python."""


def setproctitle(_title):
    """The process keeps its name."""

# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""Files that appear whole or not at all."""

import os
import sys
import tempfile


def write(path, data):
    """A file that appears whole or not at all; on standard output where there is no path."""
    if path is None:
        sys.stdout.buffer.write(data)
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(file.name, 0o666 & ~umask)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise

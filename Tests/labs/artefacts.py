# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What a lab needs of a cell, as `build` leaves it in a folder: what `virgil boot --export` wrote (boot.json and the
files that it names) and expect.json, the marks that the second kernel must show."""

import dataclasses
import hashlib
import json
import pathlib

# Names that the jobs know.
FILES = ("kernel", "initrd", "code.fd", "vars.fd")


@dataclasses.dataclass(frozen=True)
class Artefacts:
    folder: pathlib.Path
    # KEY=VALUE or KEY~PART, as `virgil boot --expect` takes them.
    expectations: list
    # SHA-256 by name.
    sums: dict
    # boot.json
    boot: dict


def read(folder):
    """The artefacts of one cell. Raises ValueError where they are not whole."""
    folder = pathlib.Path(folder)
    try:
        expectations = json.loads((folder / "expect.json").read_text())
        boot = json.loads((folder / "boot.json").read_text())
    except OSError as reason:
        raise ValueError(f"{folder}: {pathlib.Path(reason.filename).name} cannot be read ({reason.strerror}); "
                         "Tests/labs/build makes it") from reason
    except ValueError as reason:
        raise ValueError(f"{folder}: expect.json or boot.json is not JSON: {reason}") from reason
    if not isinstance(expectations, list) or not all(isinstance(one, str) for one in expectations):
        raise ValueError(f"{folder}: expect.json is not a list of texts")
    if not isinstance(boot, dict):
        raise ValueError(f"{folder}: boot.json is not an object")
    missing = [name for name in ("kernel", "initrd") if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"{folder}: no {' and no '.join(missing)}; Tests/labs/build makes them")
    sums = {name: sha256(folder / name) for name in FILES if (folder / name).is_file()}
    return Artefacts(folder, expectations, sums, boot)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

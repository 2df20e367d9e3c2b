# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""A small project whose `make release` takes no minutes: what `virgil release --verify` builds again in these tests."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess

MAKEFILE = """\
release:
\t@mkdir -p artefacts/kernel-bundle/6.12
\t@for arch in aarch64 x86_64; do \\
\t  printf 'blob for %s, seed %s' $$arch "$${SEED:-$$(cat seed)}" >artefacts/virgil-$$arch.blob; \\
\t  printf '{"sha256": "%s"}' "$$(sha256sum <artefacts/virgil-$$arch.blob | cut -d ' ' -f 1)" >artefacts/virgil-$$arch.json; \\
\t  cp program artefacts/virgil-$$arch.elf; cp program artefacts/virgil-$$arch-runtime.elf; \\
\tdone
\t@cp program artefacts/virgil; cp program artefacts/relocation-fixer
\t@cp seed artefacts/kernel-bundle/6.12/SHA256SUMS
\t@"$$VIRGIL" release --artefacts artefacts --output '$(RELEASE)' --force \\
\t  $(if $(SOURCE_URI),--source-uri '$(SOURCE_URI)')
"""

IDENTITY = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "T",
            "GIT_COMMITTER_EMAIL": "t@example.org", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}


def make(folder):
    """A committed checkout."""
    folder = pathlib.Path(folder)
    files = {"VERSION": "1.2.3\n", "seed": "1\n", "Makefile": MAKEFILE, ".gitignore": "artefacts/\n",
             "LICENSES/README.md": "# Licences\n", "README.md": "# A project\n", "targets/aarch64/a": "a", "targets/x86_64/a": "a",
             "Sources/CHandover/include/virgil.h": "/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */\n",
             "Tools/Package.resolved": json.dumps({"version": 3, "pins": [
                 {"identity": "swift-log", "location": "https://example.org/swift-log.git",
                  "state": {"revision": "a" * 40, "version": "1.0.0"}}]})}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copy("/bin/true", folder / "program")
    os.chmod(folder / "program", 0o755)
    (folder / "Sources/link").symlink_to("CHandover/include")
    for command in (["init", "-q", "-b", "main"], ["add", "-A", "-f", "--", *files, "program", "Sources/link"],
                    ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=folder, env=os.environ | IDENTITY, check=True)
    return folder


def resum(release, name):
    """Brings the sums of a release in line with a file that was changed: what a forger would do."""
    sums = release / "SHA256SUMS"
    lines = [line for line in sums.read_text().splitlines() if not line.endswith("  " + name)]
    if (release / name).exists():
        lines.append(hashlib.sha256((release / name).read_bytes()).hexdigest() + "  " + name)
    sums.write_text("".join(line + "\n" for line in sorted(lines, key=lambda line: line[66:])))

# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""What LAVA says of job files: run with LAVA's packages in PYTHONPATH, as lavatools.py does.

    python3 check_jobs.py DEVICE_TYPES JOB...
    python3 check_jobs.py DEVICE_TYPES --device JOB     prints the device's dictionary
    python3 check_jobs.py --probe                       succeeds where LAVA can be imported

For each job, one line of JSON: {"job", "schema", "device", "pipeline"}, each with null or what is wrong. The schema is
that by which a server refuses a job; the device is the device type's template, filled in as a server does it; the
pipeline is what the dispatcher makes of both.
"""

import json
import logging
import os
import sys
import tempfile

import jinja2
import yaml

import lava_common.constants
from lava_common import schemas

# Of this machine nothing is used: neither the dispatcher's folder, which the dispatcher's modules read from here when
# they are imported, nor the TFTP server's, which a lab has.
SCRATCH = tempfile.TemporaryDirectory(prefix="virgil-lava-")
lava_common.constants.DISPATCHER_DOWNLOAD_DIR = SCRATCH.name

import lava_dispatcher.device
import lava_dispatcher.utils.filesystem

lava_dispatcher.utils.filesystem.tftpd_dir = lambda: SCRATCH.name

from lava_dispatcher.parser import JobParser

# What every lab adds to a device type for a device of its own.
LAB = {"connection_command": "telnet localhost 7001", "hard_reset_command": "true", "power_on_command": "true",
       "power_off_command": "true"}
DISPATCHER = "dispatcher_ip: 127.0.0.1\n"


def device(types, job):
    """A device's dictionary as text."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(types), trim_blocks=True, autoescape=False,
                                     undefined=jinja2.Undefined)
    # A server's own filter, of guests with disks.
    environment.filters["qemu_guest_fs_interface"] = lambda arch, interface=None: interface or "virtio"
    return environment.get_template(f"{job['device_type']}.jinja2").render(LAB | job.get("context", {}))


def dictionary(values):
    """The dispatcher's own type of a device's dictionary, by its older or its newer name."""
    module = lava_dispatcher.device
    return module.DeviceDict(values) if hasattr(module, "DeviceDict") else module.NewDevice(values)


def wrong(action):
    """None, or what `action` raises, in a line."""
    try:
        action()
    except jinja2.TemplateNotFound as reason:
        return f"no device type {str(reason).removesuffix('.jinja2')}"
    except Exception as reason:
        return " ".join(f"{type(reason).__name__}: {reason}".split())
    return None


def check(types, path):
    text = open(path).read()
    job = yaml.safe_load(text)
    found = {"job": path, "schema": wrong(lambda: schemas.validate(job, strict=True)), "device": None, "pipeline": None}
    made = []
    found["device"] = wrong(lambda: made.append(dictionary(yaml.safe_load(device(types, job)))))
    if made:
        logger = logging.getLogger("dispatcher")
        logger.setLevel(logging.CRITICAL + 1)
        found["pipeline"] = wrong(lambda: JobParser().parse(text, made[0], "1", logger=logger,
                                                            dispatcher_config=DISPATCHER))
    return found


def main():
    if sys.argv[1:] == ["--probe"]:
        return
    types, *jobs = sys.argv[1:]
    if jobs[0] == "--device":
        print(device(types, yaml.safe_load(open(jobs[1]))))
        return
    for path in jobs:
        print(json.dumps(check(types, os.path.abspath(path))), flush=True)


if __name__ == "__main__":
    main()

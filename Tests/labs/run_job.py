# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""LAVA's lava-run with its working folder below $LAVA_SCRATCH instead of /var/lib: run_job.py LAVA_RUN ARGUMENT..."""

import os
import runpy
import sys

import lava_common.constants

lava_common.constants.DISPATCHER_DOWNLOAD_DIR = os.environ["LAVA_SCRATCH"]
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")

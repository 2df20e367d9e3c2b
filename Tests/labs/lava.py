# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""A cell on a board as a LAVA job. Pure functions.

The job deploys the first kernel and its initramfs, in which the image and kexec-tools are, and boots it. Its script
loads the image and enters it; the second kernel's says what it finds. A test of LAVA's kind `interactive` waits for one
line after another and sends nothing: each is a test case of its own, with the value that is expected. What means the
end of it (a panic, a mark that never came, a reset) ends the job at once, by name.
"""

import re

# The marks in the order in which the second kernel's scripts say them (Tools/Sources/Guests/SecondScript.swift, and
# StateScript.swift for those of a family, which come sorted): they can only be waited for in that order.
MARKS = ("release", "machine", "cmdline", "cpus", "memtotal", "el", "initrd-size", "initrd-sha256", "extra",
         "extra-sha256", "acpi", "devicetree", "efi", "efi-line", "efi-tables", "efivars", "efivars-loader",
         "efivars-access", "efivar-stub-info", "efivar-loader-image", "secure-boot", "virgil-log",
         "state-release", "state-cmdline", "state-cpus", "state-consoles", "state-tainted", "state-microcode",
         "state-initrd", "state-unpacked", "state-extra:*", "state-efi", "state-efi-table:*", "state-runtime-map",
         "state-variable:*", "state-secure-boot", "state-lockdown", "state-acpi:*", "state-dmi:*")

# How a line of the serial port ends, as it comes through LAVA.
END = r"\r*\n"
# A job may use so much longer than its parts, for what LAVA does in between.
SLACK = 120

# What ends the boot, whichever line is waited for: pattern, and what is said of it.
TROUBLE = (
    (r"VIRGIL-FIRST failed [^\r\n]*", "kexec failed in the first kernel"),
    (r"Kernel panic - not syncing", "a kernel panicked"),
    (r"virgil: (?:fault|stopped): [^\r\n]*", "Virgil gave up"),
)
RESTART = (r"VIRGIL-FIRST begin", "the machine was reset before the second kernel's marks were complete")


def file_stem(cell):
    """A cell's name as a file's and as a part of an address."""
    return cell.name.replace("/", "_")


def job(cell, board, matrix, url, artefacts=None):
    """The job as a dictionary.

    url        where the cell's artefacts are, without a slash at the end
    artefacts  what is known of them (artefacts.Artefacts): sums and expectations; None if they are not here
    Raises ValueError where the cell does not fit the board.
    """
    if obstacle := board.obstacle(cell):
        raise ValueError(f"{cell.name} does not fit: {obstacle}")
    machine = matrix.machine(cell)
    expectations = artefacts.expectations if artefacts else expected(cell, matrix)
    return {
        "job_name": f"virgil {cell.name} on {board.name}"[:200],
        "device_type": board.device_type,
        "visibility": "public",
        **({"tags": list(board.tags)} if board.tags else {}),
        "timeouts": {"job": {"seconds": sum(board.timeouts.values()) + SLACK},
                     "action": {"seconds": max(board.timeouts.values())},
                     "connection": {"seconds": max(board.timeouts["boot"], board.timeouts["test"])}},
        "context": context(cell, board, machine),
        "metadata": {"virgil-cell": cell.name, "virgil-board": board.name,
                     **{f"virgil-{axis}": value for axis, value in axes(cell).items()}},
        "actions": [{"deploy": deploy(cell, board, machine, url, artefacts)}, {"boot": boot(board)},
                    {"test": marks(board, expectations)}],
    }


def axes(cell):
    return {field: getattr(cell, field) for field in cell.__dataclass_fields__}


def expected(cell, matrix):
    """What every boot of the cell must show, as far as the cell tells."""
    return [f"release~{matrix.kernel(cell).line}.", f"machine={cell.arch}", "efi=yes", "efi-line~by Virgil",
            *matrix.machine(cell).expect]


def first_line(cell, board, machine):
    """The first kernel's command line, as `virgil boot` gives it (Scenario.firstCommandLine)."""
    words = [f"console={board.console_argument}", *first_arguments(cell, machine)]
    return " ".join(words)


def first_arguments(cell, machine):
    words = ["loglevel=4", "panic=-1", "rdinit=/init"]
    if cell.arch == "x86_64":
        words.append("no_timer_check")
    if machine.append:
        words.append(machine.append)
    return words


def context(cell, board, machine):
    if board.method == "qemu":
        return board.context | qemu_context(cell, board, machine)
    own = board.context.get("extra_kernel_args")
    early = [f"earlycon={board.earlycon}"] if board.earlycon else []
    words = ([own] if own else early) + first_arguments(cell, machine)
    return board.context | {"extra_kernel_args": " ".join(words)}


def qemu_context(cell, board, machine):
    """The same machine as `virgil boot` makes (QEMU.arguments), in the words of LAVA's device type."""
    model = board.qemu["machine"]
    if machine.el == 2:
        model += ",virtualization=on"
    if machine.machine_options:
        model += f",{machine.machine_options}"
    cpu = machine.cpu or board.qemu["cpu"]
    options = ["-no-reboot", f"-smp {machine.smp}", *board.qemu["options"]]
    if cell.first_boot == "efi":
        # EDK2 passes a seed on only where it has a source of random numbers.
        options.append("-device virtio-rng-pci")
    found = {"arch": cell.arch, "memory": mebibytes(machine.memory), "no_kvm": "yes"}
    if cell.arch == "aarch64":
        found |= {"machine": model, "cpu": cpu}
    else:
        # The device type knows machine and CPU of x86_64 with KVM only.
        options = [f"-M {model}", f"-cpu {cpu}", *options]
    return found | {"extra_options": options}


def mebibytes(memory):
    """The number of MiB in `512M` or `6G`."""
    return int(memory[:-1]) * {"M": 1, "G": 1024}[memory[-1]]


def deploy(cell, board, machine, url, artefacts):
    def resource(name, **more):
        sums = artefacts.sums if artefacts else {}
        return {"url": f"{url}/{name}", **({"sha256sum": sums[name]} if name in sums else {}), **more}

    timeout = {"seconds": board.timeouts["deploy"]}
    if board.deploys_to == "tmpfs":
        line = first_line(cell, board, machine)
        if set(line) & set("'\"\\"):
            raise ValueError(f"{cell.name}: the first kernel's command line has quotes, which LAVA cannot hand on")
        images = {"kernel": resource("kernel", image_arg=f"-kernel {{kernel}} -append '{line}'"),
                  "initrd": resource("initrd", image_arg="-initrd {initrd}")}
        if cell.first_boot == "efi":
            images["code"] = resource("code.fd", image_arg="-drive if=pflash,unit=0,format=raw,readonly=on,file={code}")
            images["vars"] = resource("vars.fd", image_arg="-drive if=pflash,unit=1,format=raw,file={vars}")
        return {"to": "tmpfs", "timeout": timeout, "images": images}
    return {"to": board.deploys_to, "timeout": timeout,
            "kernel": resource("kernel", **({"type": board.kernel_type} if board.kernel_type else {})),
            # LAVA packs it anew, for U-Boot with the header that it wants, and adds nothing.
            "ramdisk": resource("initrd", install_overlay=False),
            **({"dtb": {"url": f"{url}/{board.dtb}"}} if board.dtb else {})}


def boot(board):
    action = {"method": board.method, "timeout": {"seconds": board.timeouts["boot"]}}
    if board.method == "qemu":
        action["media"] = "tmpfs"
    else:
        action["commands"] = board.commands
    # The first kernel may be quiet: only its script is waited for.
    return action | {"prompts": ["VIRGIL-FIRST begin"], "parameters": {"kernel-start-message": ""}}


def marks(board, expectations):
    script = [step("load", r"VIRGIL-FIRST load" + END, []), step("execute", r"VIRGIL-FIRST execute" + END, [])]
    for key, comparison, value in in_order(expectations):
        met = re.escape(value) if comparison == "=" else f"[^\\r\\n]*{re.escape(value)}[^\\r\\n]*"
        line = f"VIRGIL-MARK {re.escape(key)}="
        script.append(step(case_name(key), f"{line}{met}{END}", [
            # Named, so that the others are still looked at.
            {"message": f"{line}(?!{met}{END})[^\\r\\n]*{END}"},
            {"message": f"VIRGIL-MARK end{END}", "exception": "TestError", "error": f"no mark '{key}'"}]))
    script.append(step("end", f"VIRGIL-MARK end{END}", []))
    # There is no prompt: nothing matches this.
    return {"timeout": {"seconds": board.timeouts["test"]},
            "interactive": [{"name": "marks", "prompts": ["(?!)"], "script": script}]}


def step(name, success, failures):
    trouble = [{"message": message, "exception": "TestError", "error": error} for message, error in (*TROUBLE, RESTART)]
    return {"name": name, "command": None, "wait_for_prompt": False, "successes": [{"message": success}],
            "failures": failures + trouble}


def case_name(key):
    """A mark's key as LAVA takes it for the name of a test case."""
    return re.sub(r"[^-_a-zA-Z0-9.]", "_", key)


def in_order(expectations):
    """(key, comparison, value) of KEY=VALUE and KEY~PART, in the order of the marks. Raises ValueError."""
    found = []
    for text in expectations:
        match = re.fullmatch(r"([^=~\r\n]+)([=~])([^\r\n]*)", text)
        if not match:
            raise ValueError(f"expectation '{text}': KEY=VALUE or KEY~PART is wanted")
        place(match[1])
        if match[1] in [key for key, _, _ in found]:
            raise ValueError(f"expectation '{text}': the mark '{match[1]}' comes once only, and is expected already")
        found.append((match[1], match[2], match[3]))
    return sorted(found, key=lambda one: (place(one[0]), one[0]))


def place(key):
    """Where a mark comes among the others. Raises ValueError for one that does not exist."""
    family = key[:key.index(":") + 1] + "*" if ":" in key else key
    if family not in MARKS:
        raise ValueError(f"no mark '{key}'; there are {', '.join(MARKS)}")
    return MARKS.index(family)

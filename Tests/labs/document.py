# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""YAML out of plain values, the same bytes for the same value: block style, every text quoted as in JSON, which is YAML
1.2 and leaves nothing to guess (no `on` that is a boolean, no `1e3` that is a number)."""

import json


# What some readers take for something else than a text.
WORDS = ("on", "off", "yes", "no", "y", "n", "true", "false", "null")


def yaml(value):
    """A document of dictionaries, lists, texts, numbers, booleans and None. Raises TypeError for another."""
    return "\n".join(lines(value)) + "\n"


def lines(value):
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key is {type(key).__name__}, not a text: {key!r}")
            yield from labelled(f"{key_text(key)}:", inner, "  ")
    elif isinstance(value, list) and value:
        for inner in value:
            first = True
            for line in lines(inner):
                yield ("- " if first else "  ") + line
                first = False
    else:
        yield scalar(value)


def labelled(label, value, indent):
    if isinstance(value, (dict, list)) and value:
        yield label
        # A list may stand as far left as its key.
        yield from (("" if isinstance(value, list) else indent) + line for line in lines(value))
    else:
        yield f"{label} {scalar(value)}"


def key_text(key):
    plain = key.replace("-", "").replace("_", "")
    return key if plain.isalpha() and plain.isascii() and key.lower() not in WORDS else json.dumps(key)


def scalar(value):
    if value is None or isinstance(value, (bool, int, float, str)) or value in ({}, []):
        return json.dumps(value)
    raise TypeError(f"no YAML for a {type(value).__name__}: {value!r}")

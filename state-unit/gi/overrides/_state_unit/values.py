# SPDX-License-Identifier: MIT
"""Python values as GVariants, and back."""

from gi.repository import GLib

_PLAIN = {bool: "b", str: "s", float: "d", bytes: "ay", bytearray: "ay"}
_ARRAYS = {bool: "ab", str: "as", float: "ad", int: "ax"}
_KEYS = {str: "s", int: "x"}

_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)


def _from_int(value):
    if value in _INT64:
        return GLib.Variant.new_int64(value)
    if value in _UINT64:
        return GLib.Variant.new_uint64(value)
    raise OverflowError(f"{value} does not fit into 64 bits")


def _from_list(values):
    kinds = {type(value) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind in _ARRAYS and (kind is not int or all(value in _INT64 for value in values)):
        return GLib.Variant(_ARRAYS[kind], values)
    return GLib.Variant("av", [to_variant(value) for value in values])


def _from_dict(values):
    kinds = {type(key) for key in values} or {str}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind not in _KEYS:
        raise TypeError("the keys of a dictionary have to be all strings, or all integers")
    items = {key: to_variant(value) for key, value in values.items()}
    return GLib.Variant(f"a{{{_KEYS[kind]}v}}", items)


def to_variant(value):
    """The GVariant that holds a value: numbers, strings, bytes, None, and lists, tuples and
    dictionaries of them. A dictionary with strings as keys is an a{sv}."""
    if isinstance(value, GLib.Variant):
        return value
    if value is None:
        return GLib.Variant("mv", None)
    for kind, letter in _PLAIN.items():
        if isinstance(value, kind):
            return GLib.Variant(letter, bytes(value) if letter == "ay" else value)
    if isinstance(value, int):
        return _from_int(int(value))
    if isinstance(value, dict):
        return _from_dict(value)
    if isinstance(value, list):
        return _from_list(value)
    if isinstance(value, tuple):
        return GLib.Variant.new_tuple(*[to_variant(item) for item in value])
    raise TypeError(f"a {type(value).__name__} has no GLib.Variant to hold it")


def _from_array(variant, kind):
    if kind == "ay":
        return bytes(variant.get_data_as_bytes().get_data() or b"")
    if kind.startswith("a{"):
        entries = (variant.get_child_value(n) for n in range(variant.n_children()))
        return {
            to_python(entry.get_child_value(0)): to_python(entry.get_child_value(1))
            for entry in entries
        }
    if kind[1] in "bynqiuxtdsog":
        return variant.unpack()
    return [to_python(variant.get_child_value(n)) for n in range(variant.n_children())]


def to_python(variant):
    """The value that a GVariant holds."""
    if variant is None:
        return None
    kind = variant.get_type_string()
    if kind == "v":
        return to_python(variant.get_variant())
    if kind[0] == "a":
        return _from_array(variant, kind)
    if kind[0] == "m":
        return to_python(variant.get_maybe())
    if kind[0] in "({":
        return tuple(to_python(variant.get_child_value(n)) for n in range(variant.n_children()))
    return variant.unpack()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the types of the library for editors and checkers, as Python sees it.

What is mechanical is read off the introspection data; overrides.pyi beside this script has what
the overrides do in another way. After a change of the library's symbols, or of the overrides:

    state-unit/gi/stubs/generate.py _build/state-unit/StateUnit-1.gir > state-unit/gi/stubs/StateUnit.pyi

usage: generate.py GIR
"""

import ast
import keyword
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

CORE = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"

HEADER = '''\
# SPDX-License-Identifier: MIT
# Written by generate.py: change overrides.pyi, and run that.

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal, overload

from gi.repository import Gio, GLib, GObject

Seconds = float | timedelta
Timeouts = Seconds | Mapping[str, Seconds] | Mapping[Operation, Seconds] | None
Handles = str | UnitHandle | Iterable[str | UnitHandle]
'''

INTEGERS = {f"g{sign}int{size}" for sign in ("", "u") for size in ("", "8", "16", "32", "64")}
TYPES = {
    "none": "None",
    "gboolean": "bool",
    "gdouble": "float",
    "gfloat": "float",
    "utf8": "str",
    "filename": "str",
    "gpointer": "object",
    "gsize": "int",
    "gssize": "int",
    "GType": "GObject.GType",
    "GLib.Quark": "int",
    **dict.fromkeys(INTEGERS, "int"),
}


def type_of(element):
    """The type of a parameter, a return value, a property or a field."""
    array = element.find(f"{CORE}array")
    if array is not None:
        return f"list[{type_of(array)}]"
    kind = element.find(f"{CORE}type")
    if kind is None:
        return "object"
    name = kind.get("name")
    return TYPES.get(name, name)


def nullable(element):
    return element.get("nullable") == "1" or element.get("allow-none") == "1"


def optional(element):
    return type_of(element) + (" | None" if nullable(element) else "")


def is_handler(parameter):
    return parameter.get("scope") is not None


def python_name(name):
    return f"{name}_" if keyword.iskeyword(name) else name


class Function:
    """A function, method or virtual function, as PyGObject shows it."""

    def __init__(self, element):
        self.name = element.get("name")
        self.is_method = element.tag in (f"{CORE}method", f"{CORE}virtual-method")
        listed = element.findall(f"{CORE}parameters/{CORE}parameter")
        # Data of a callback, and lengths of arrays, are not shown.
        hidden = {int(p.get("closure")) for p in listed if p.get("closure")} | {
            int(p.get("destroy")) for p in listed if p.get("destroy")
        }
        arrays = listed + [element.find(f"{CORE}return-value")]
        for parameter in arrays:
            array = parameter.find(f"{CORE}array")
            if array is not None and array.get("length"):
                hidden.add(int(array.get("length")))
        shown = [p for n, p in enumerate(listed) if n not in hidden]
        self.inputs = [p for p in shown if p.get("direction", "in") == "in"]
        self.outputs = [p for p in shown if p.get("direction") == "out"]
        self.returned = element.find(f"{CORE}return-value")

    def parameters(self, inputs=None):
        inputs = self.inputs if inputs is None else inputs
        words = ["self"] if self.is_method else []
        for n, parameter in enumerate(inputs):
            kind = "Callable[..., Any]" if is_handler(parameter) else type_of(parameter)
            may_be_none = nullable(parameter) or parameter.get("scope") == "async"
            default = all(nullable(p) or p.get("scope") == "async" for p in inputs[n:])
            kind += " | None" if may_be_none else ""
            kind += " = None" if may_be_none and default else ""
            words.append(f"{python_name(parameter.get('name'))}: {kind}")
            if is_handler(parameter):
                words.append("*user_data: Any")
        return ", ".join(words)

    def result(self):
        kinds = [] if type_of(self.returned) == "None" else [optional(self.returned)]
        kinds += [optional(output) for output in self.outputs]
        if len(kinds) > 1:
            return f"tuple[{', '.join(kinds)}]"
        return kinds[0] if kinds else "None"

    def decorator(self):
        return "" if self.is_method else "@staticmethod\n"

    def define(self, name=None, parameters=None, result=None, prefix=""):
        parameters = self.parameters() if parameters is None else parameters
        return (
            f"{self.decorator()}{prefix}def {name or self.name}({parameters})"
            f" -> {result or self.result()}: ..."
        )


def numbers_with_defaults(inputs):
    """Those of a pair that may be left out, from the end: numbers, and what may be None."""
    words = []
    may_be = [nullable(parameter) or type_of(parameter) == "int" for parameter in inputs]
    for n, parameter in enumerate(inputs):
        may = all(may_be[n:])
        default = (" = 0" if type_of(parameter) == "int" else " = None") if may else ""
        words.append(f"{parameter.get('name')}: {optional(parameter)}{default}")
    return words


def define_pair(begin, finish):
    """The coroutine for a pair, and its blocking twin."""
    inputs = [p for p in begin.inputs if p.get("name") != "cancellable" and not is_handler(p)]
    words = (["self"] if begin.is_method else []) + numbers_with_defaults(inputs)
    name = begin.name.removesuffix("_async")
    parameters = ", ".join(words)
    return {
        name: begin.define(name, parameters, finish.result(), "async "),
        f"{name}_sync": begin.define(f"{name}_sync", parameters, finish.result()),
    }


def define_properties(element):
    lines = []
    for found in element.findall(f"{CORE}property"):
        name = found.get("name").replace("-", "_")
        lines.append(f"    {name}: {type_of(found)}")
    if not lines:
        return {}
    return {
        "Props": "\n".join(["class Props(GObject.Object.Props):", *lines]),
        "props": "@property\ndef props(self) -> Props: ...",
    }


def define_members(element):
    """The members of a class or interface, by their names."""
    members = define_properties(element)
    functions = {}
    for tag in ("constructor", "function", "method"):
        for found in element.findall(f"{CORE}{tag}"):
            functions[found.get("name")] = Function(found)
    for name, function in functions.items():
        members[name] = function.define()
        if tag_is_constructor(element, name):
            members[name] = function.define(result=element.get("name"))
    for name, function in functions.items():
        pair = name.removesuffix("_async")
        if pair != name and f"{pair}_finish" in functions:
            blocking = functions.get(pair)
            members.update(define_pair(function, functions[f"{pair}_finish"]))
            if blocking is not None:
                members[f"{pair}_sync"] = blocking.define(f"{pair}_sync")
    for found in element.findall(f"{CORE}virtual-method"):
        function = Function(found)
        members[f"do_{function.name}"] = function.define(f"do_{function.name}")
    return members


def tag_is_constructor(element, name):
    return any(found.get("name") == name for found in element.findall(f"{CORE}constructor"))


def define_enumeration(element):
    flags = element.tag == f"{CORE}bitfield"
    base = "GObject.GFlags" if flags else "GObject.GEnum"
    lines = [f"class {element.get('name')}({base}):"]
    for member in element.findall(f"{CORE}member"):
        lines.append(f"    {member.get('name').upper()}: {element.get('name')}")
    return "\n".join(lines)


def bases_of(element):
    parent = element.get("parent")
    bases = [parent] if parent else []
    bases += [found.get("name") for found in element.findall(f"{CORE}implements")]
    if element.tag == f"{CORE}interface":
        bases = ["GObject.GInterface"]
    # An interface of a parent is one already; and a list of handles is one of Python's, too.
    return [TYPES.get(base, base) for base in bases]


def indent(text):
    return "\n".join(f"    {line}" for line in text.split("\n"))


def read_additions(path):
    """By class: its bases, and the source of its members by their names."""
    source = path.read_text()
    classes = {}
    for node in ast.parse(source).body:
        members = {}
        for item in node.body:
            name = item.target.id if isinstance(item, ast.AnnAssign) else item.name
            lines = source.split("\n")
            decorated = getattr(item, "decorator_list", None)
            first = decorated[0].lineno if decorated else item.lineno
            text = "\n".join(line[4:] for line in lines[first - 1 : item.end_lineno])
            members[name] = f"{members[name]}\n{text}" if name in members else text
        classes[node.name] = ([ast.unparse(base) for base in node.bases], members)
    return classes


def define_class(name, bases, members):
    body = "\n".join(members.values()) or "..."
    # The messages of a GLib.Error and of a group are the same, which no type can say.
    comment = "  # type: ignore[misc]" if name == "TransitionError" else ""
    return f"class {name}({', '.join(bases)}):{comment}\n{indent(body)}"


def class_order(classes):
    """Bases before those that derive from them."""
    ordered = []
    left = dict(classes)
    while left:
        for name, (bases, _) in list(left.items()):
            if not any(base in left for base in bases):
                ordered.append(name)
                del left[name]
    return ordered


def main():
    namespace = ET.parse(sys.argv[1]).find(f"{CORE}namespace")
    additions = read_additions(Path(__file__).with_name("overrides.pyi"))
    parts = [HEADER]
    for element in namespace.findall(f"{CORE}constant"):
        parts.append(f"{element.get('name')}: {type_of(element)}\n")
    for tag in ("enumeration", "bitfield"):
        parts += [f"\n{define_enumeration(e)}\n" for e in namespace.findall(f"{CORE}{tag}")]

    classes = {}
    for tag in ("interface", "class"):
        for element in namespace.findall(f"{CORE}{tag}"):
            members = define_members(element)
            members.update(additions.pop(element.get("name"), ([], {}))[1])
            classes[element.get("name")] = (bases_of(element), members)
    classes.update(additions)
    parts += [f"\n{define_class(name, *classes[name])}\n" for name in class_order(classes)]

    parts.append("\n")
    for element in namespace.findall(f"{CORE}function"):
        function = Function(element)
        function.is_method = True
        text = function.define().replace("(self, ", "(").replace("(self)", "()")
        parts.append(f"{text}\n")
    print("".join(parts), end="")


if __name__ == "__main__":
    main()

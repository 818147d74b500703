#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The types for editors and checkers are those of the library and its overrides.

usage: test-types.py SOURCE_ROOT GIR MYPY
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GObject, StateUnit

ROOT, GIR, MYPY = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
STUB = ROOT / "state-unit" / "gi" / "stubs" / "StateUnit.pyi"
GENERATE = ROOT / "state-unit" / "gi" / "stubs" / "generate.py"
CASES = ROOT / "tests" / "python" / "types"


def members_of(node):
    """The names that a class of the stub defines."""
    found = set()
    for item in node.body:
        if isinstance(item, ast.AnnAssign):
            found.add(item.target.id)
        elif hasattr(item, "name"):
            found.add(item.name)
    return found


def public_functions(cls):
    """What a class of the library, or its override, defines itself."""
    for base in cls.__mro__:
        if base.__name__ != cls.__name__:
            return
        for name, value in vars(base).items():
            if not name.startswith("_") and callable(getattr(base, name)):
                yield name


class TypesTest(unittest.TestCase):
    def setUp(self):
        tree = ast.parse(STUB.read_text())
        self.classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        self.names = {node.name for node in tree.body if hasattr(node, "name")} | {
            node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)
        }

    def test_generated_anew_it_is_the_same(self):
        text = subprocess.run(
            [sys.executable, GENERATE, GIR], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        self.assertEqual(text, STUB.read_text(), f"run {GENERATE.name}, as its first lines say")

    def test_everything_is_there(self):
        missing = []
        for name in dir(StateUnit):
            value = getattr(StateUnit, name)
            if name.startswith("_") or isinstance(value, types.ModuleType):
                continue
            # The structures of classes and interfaces are of no use in Python.
            if name.endswith(("Class", "Interface")):
                continue
            if name not in self.names:
                missing.append(name)
            elif isinstance(value, type) and issubclass(value, (GObject.Object, GObject.GInterface)):
                known = members_of(self.classes[name])
                missing += [f"{name}.{n}" for n in public_functions(value) if n not in known]
                missing += self.missing_properties(name, value)
        self.assertEqual(missing, [])

    def missing_properties(self, name, cls):
        (inner,) = [n for n in self.classes[name].body if getattr(n, "name", "") == "Props"] or [None]
        known = members_of(inner) if inner else set()
        own = [p for p in getattr(cls.__info__, "get_properties", list)()]
        names = {p.get_name().replace("-", "_") for p in own}
        return [f"{name}.props.{found}" for found in names - known]

    def test_constants_of_enumerations(self):
        for name, node in self.classes.items():
            value = getattr(StateUnit, name)
            if issubclass(value, (GObject.GEnum, GObject.GFlags)):
                for member in members_of(node):
                    self.assertTrue(hasattr(value, member), f"{name}.{member}")

    def run_mypy(self, *files):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "path"
            shutil.copytree(CASES / "gi", path / "gi")
            shutil.copy(STUB, path / "gi" / "repository")
            done = subprocess.run(
                [MYPY, "--strict", "--python-version=3.11", f"--cache-dir={folder}/cache", *files],
                env=dict(os.environ, MYPYPATH=str(path), PYTHONPATH=""),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            return done.stdout

    def test_right_program(self):
        self.assertRegex(self.run_mypy(CASES / "right.py"), "^Success: no issues found")

    def test_wrong_program(self):
        lines = (CASES / "wrong.py").read_text().split("\n")
        wrong = {n for n, line in enumerate(lines, 1) if line.endswith("# wrong")}
        output = self.run_mypy(CASES / "wrong.py")
        found = {int(line) for line in re.findall(r"wrong\.py:(\d+): error", output)}
        self.assertEqual(found, wrong, output)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

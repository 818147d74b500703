# SPDX-License-Identifier: MIT
"""The parts of the overrides of StateUnit."""

"""Builds small /proc and /sys trees for tests."""

import os
import tempfile
import unittest


class HostTree(unittest.TestCase):
    """A test with an empty root folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, path, text):
        place = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)

    def process(self, pid, *arguments, links=()):
        self.write(f"proc/{pid}/cmdline", "".join(f"{argument}\0" for argument in arguments))
        folder = os.path.join(self.root, "proc", str(pid), "fd")
        os.makedirs(folder, exist_ok=True)
        for number, target in enumerate(links):
            os.symlink(target, os.path.join(folder, str(number)))

"""Runs a unittest suite and writes its results as JSON Lines, each line flushed as soon as its test ended.

Usage: python3 edgecert_unittest.py --output FILE [-s FOLDER] [-p PATTERN] [-t TOP] [--only ID]

The lines are those of the format `unittest`: one `start`, for each method a `started` and a `test`, one more `test` for
each failed sub-test, one `end`. Exit code 0 when nothing failed, 1 otherwise; any other code means that this runner broke.

A class or a method says what it proves by an attribute `edgecert`, or in its docstring as `[[PROPERTY|scenario=VS-3]]`:

    def proves(**properties):
        return lambda method: setattr(method, "edgecert", properties) or method

    @proves(scenario=["VS-1", "VS-2"], requirement="SR-7")
    def test_it(self): ...
"""

import argparse
import faulthandler
import json
import os
import platform
import sys
import time
import traceback
import unittest

# Characters of captured output in one line; beginning and end of more are kept.
OUTPUT = 4 << 20

STATUSES = ("passed", "failed", "error", "skipped", "expected-failure", "unexpected-success")


class LineResult(unittest.TestResult):
    """A result that writes a line for each test method; a method's worst status wins."""

    def __init__(self, output, folder):
        super().__init__()
        self.buffer = True
        self.counts = dict.fromkeys(STATUSES, 0)
        self._process = os.getpid()
        self._output = output
        self._folder = folder
        self._pending = None
        self._started = None

    def line(self, **fields):
        if os.getpid() != self._process:
            return  # what a test forked may come back here
        self._output.write(json.dumps({name: value for name, value in fields.items() if value is not None}) + "\n")
        self._output.flush()
        os.fsync(self._output.fileno())

    def startTest(self, test):
        super().startTest(test)
        # Because unittest ends a test that was interrupted as well: only what it says makes a status.
        self._pending = {}
        self._started = time.monotonic()
        self.line(type="started", id=test.id())

    def stopTest(self, test):
        said = self._said()
        super().stopTest(test)
        pending, self._pending = self._pending, None
        if "status" in pending:
            self._write(test, pending, time.monotonic() - self._started, said)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._pending.setdefault("status", "passed")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._settle(test, "failed", err)

    def addError(self, test, err):
        super().addError(test, err)
        self._settle(test, "error", err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        if self._pending is None:
            self._write(test, {"status": "skipped", "message": reason}, None, "")
        elif self._pending.get("status", "passed") == "passed":
            self._pending = {"status": "skipped", "message": reason}

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._settle(test, "expected-failure", err)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._pending = {"status": "unexpected-success", "message": "expected to fail, and passed"}

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is None:
            return
        status = "failed" if issubclass(err[0], test.failureException) else "error"
        description = subtest.id()[len(test.id()) :].strip()
        self.line(type="test", id=test.id(), subtest=description, **self._explained(status, err, subtest), seconds=None)
        if self._pending.get("status") != "failed":
            self._pending = {"status": status, "message": f"sub-test {description} {status}"}

    def _settle(self, test, status, err):
        explained = self._explained(status, err, test)
        if self._pending is None:
            self._write(test, explained, None, "")
        elif self._pending.get("status") not in ("failed", "error") or status == "failed":
            self._pending = explained

    def _explained(self, status, err, test):
        kind, error, trace = err
        place = self._place(test, trace)
        while trace and "__unittest" in trace.tb_frame.f_globals:
            trace = trace.tb_next  # frames of unittest itself explain nothing
        first = (str(error).splitlines() or [""])[0]
        return {
            "status": status,
            "message": f"{kind.__name__}: {first}" if first else kind.__name__,
            "details": "".join(traceback.format_exception(kind, error, trace)),
            **place,
        }

    def _place(self, test, trace):
        """The deepest line of the test's own module, else of the suite: a failure inside unittest explains nothing."""
        module = sys.modules.get(type(getattr(test, "test_case", test)).__module__)
        source = None if "__unittest" in vars(module or object) else getattr(module, "__file__", None)
        frames = traceback.extract_tb(trace)
        near = [frame for frame in frames if frame.filename.startswith(self._folder + os.sep)]
        own = [frame for frame in frames if source and frame.filename == source] or near
        return {"file": os.path.relpath(own[-1].filename, self._folder), "line": own[-1].lineno} if own else {}

    def _properties(self, test):
        """What class and method say they prove: pairs of texts, and docstrings that hold a marker."""
        method = getattr(test, getattr(test, "_testMethodName", ""), None)
        pairs, notes = [], []
        for holder in (type(test), method):
            said = getattr(holder, "edgecert", None)
            for name, values in said.items() if isinstance(said, dict) else ():
                for value in values if isinstance(values, (list, tuple, set, frozenset)) else (values,):
                    pairs.append([str(name), str(value)])
            doc = getattr(holder, "__doc__", None)
            if isinstance(doc, str) and "[[" in doc:
                notes.append(doc)
        return {"properties": pairs[:200] or None, "notes": "\n".join(notes)[:OUTPUT] or None}

    def _said(self):
        streams = (self._stdout_buffer, self._stderr_buffer)
        said = "".join(stream.getvalue() for stream in streams if stream is not None)
        if len(said) <= OUTPUT:
            return said
        left = len(said) - OUTPUT
        return f"{said[: OUTPUT // 2]}\n... {left} characters left out ...\n{said[-OUTPUT // 2 :]}"

    def _write(self, test, outcome, seconds, said):
        self.counts[outcome["status"]] += 1
        more = self._properties(test)
        self.line(type="test", id=test.id(), seconds=seconds, stdout=said or None, **outcome, **more)
        print(f"{outcome['status']:<9} {test.id()}", file=sys.__stdout__, flush=True)
        if "details" in outcome and outcome["status"] in ("failed", "error"):
            print(outcome["details"], file=sys.__stdout__, flush=True)


def leaves(suite):
    """The tests of a suite and of all suites in it."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from leaves(test)
        else:
            yield test


def main():
    """Loads, runs and tells."""
    parser = argparse.ArgumentParser(description="Runs a unittest suite and writes its results as JSON Lines.")
    parser.add_argument("--output", required=True)
    parser.add_argument("-s", "--start-directory", default=".")
    parser.add_argument("-p", "--pattern", default="test*.py")
    parser.add_argument("-t", "--top-level-directory")
    parser.add_argument("--only", metavar="ID", help="run this test alone, such as test_login.LoginTest.test_refusal")
    chosen = parser.parse_args()
    faulthandler.enable()
    suite = unittest.defaultTestLoader.discover(chosen.start_directory, chosen.pattern, chosen.top_level_directory)
    if chosen.only is not None:
        suite = unittest.TestSuite(test for test in leaves(suite) if test.id() == chosen.only)
    with open(chosen.output, "w", encoding="utf-8") as output:
        result = LineResult(output, os.getcwd())
        result.line(v=1, type="start", tests=suite.countTestCases(), python=platform.python_version())
        suite.run(result)
        result.line(type="end", tests=sum(result.counts.values()), stopped=result.shouldStop, **result.counts)
    return 1 if any(result.counts[status] for status in ("failed", "error", "unexpected-success")) else 0


if __name__ == "__main__":
    sys.exit(main())

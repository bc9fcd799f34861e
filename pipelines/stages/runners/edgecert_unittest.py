"""Runs a unittest suite and writes its results as JSON Lines, each line flushed as soon as its test ended.

Usage: python3 edgecert_unittest.py --output FILE [-s FOLDER] [-p PATTERN] [-t TOP] [--only ID]

The lines are those of the format `unittest`: one `start`, a `test` for each method and failed sub-test, one `end`.
Exit code 0 when nothing failed, 1 otherwise; any other code means that this runner broke.
"""

import argparse
import json
import os
import platform
import sys
import time
import traceback
import unittest

STATUSES = ("passed", "failed", "error", "skipped", "expected-failure", "unexpected-success")


class LineResult(unittest.TestResult):
    """A result that writes a line for each test method; a method's worst status wins."""

    def __init__(self, output, folder):
        super().__init__()
        self.buffer = True
        self.counts = dict.fromkeys(STATUSES, 0)
        self._output = output
        self._folder = folder
        self._pending = None
        self._started = None

    def line(self, **fields):
        self._output.write(json.dumps({name: value for name, value in fields.items() if value is not None}) + "\n")
        self._output.flush()
        os.fsync(self._output.fileno())

    def startTest(self, test):
        super().startTest(test)
        self._pending = {"status": "passed"}
        self._started = time.monotonic()

    def stopTest(self, test):
        said = self._said()
        super().stopTest(test)
        pending, self._pending = self._pending, None
        self._write(test, pending, time.monotonic() - self._started, said)

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
        elif self._pending["status"] == "passed":
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
        if self._pending["status"] != "failed":
            self._pending = {"status": status, "message": f"sub-test {description} {status}"}

    def _settle(self, test, status, err):
        explained = self._explained(status, err, test)
        if self._pending is None:
            self._write(test, explained, None, "")
        elif self._pending["status"] not in ("failed", "error") or status == "failed":
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
        """The deepest line of the test's own module, because a failure inside unittest explains nothing."""
        method = getattr(test, "test_case", test)
        source = getattr(sys.modules.get(type(method).__module__), "__file__", None)
        frames = traceback.extract_tb(trace)
        own = [frame for frame in frames if source and frame.filename == source] or list(frames)
        if not own:
            return {}
        return {"file": os.path.relpath(own[-1].filename, self._folder), "line": own[-1].lineno}

    def _said(self):
        streams = (self._stdout_buffer, self._stderr_buffer)
        return "".join(stream.getvalue() for stream in streams if stream is not None)

    def _write(self, test, outcome, seconds, said):
        self.counts[outcome["status"]] += 1
        self.line(type="test", id=test.id(), seconds=seconds, stdout=said or None, **outcome)
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
    suite = unittest.defaultTestLoader.discover(chosen.start_directory, chosen.pattern, chosen.top_level_directory)
    if chosen.only is not None:
        suite = unittest.TestSuite(test for test in leaves(suite) if test.id() == chosen.only)
    with open(chosen.output, "w", encoding="utf-8") as output:
        result = LineResult(output, os.getcwd())
        result.line(v=1, type="start", tests=suite.countTestCases(), python=platform.python_version())
        suite.run(result)
        result.line(type="end", tests=sum(result.counts.values()), **result.counts)
    return 1 if any(result.counts[status] for status in ("failed", "error", "unexpected-success")) else 0


if __name__ == "__main__":
    sys.exit(main())

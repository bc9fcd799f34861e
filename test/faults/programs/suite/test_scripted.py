"""Eight tests, one every fifth of a second."""

import time
import unittest


class Scripted(unittest.TestCase):
    pass


def _test(number):
    def test(self):
        time.sleep(0.2)
        self.assertEqual(number, number)

    return test


for _number in range(1, 9):
    setattr(Scripted, f"test_{_number}", _test(_number))

import unittest

from edgeprobe.channel import Refused
from edgeprobe.replay import ReplayGuard


class ReplayTest(unittest.TestCase):
    def setUp(self):
        self.guard = ReplayGuard(120)

    def test_a_report_is_taken_once(self):
        self.guard.admit("a", at=1000, now=1001)
        with self.assertRaisesRegex(Refused, "before"):
            self.guard.admit("a", at=1000, now=1002)

    def test_the_window_has_two_sides(self):
        for now, taken in ((880, True), (1120, True), (879, False), (1121, False)):
            with self.subTest(now=now):
                if taken:
                    self.guard.admit(f"at {now}", at=1000, now=now)
                else:
                    self.assertRaisesRegex(Refused, "away", self.guard.admit, f"at {now}", 1000, now)

    def test_a_refused_time_does_not_use_up_the_nonce(self):
        with self.assertRaises(Refused):
            self.guard.admit("b", at=1000, now=5000)
        self.guard.admit("b", at=5000, now=5000)

    def test_what_left_the_window_is_forgotten(self):
        for second in range(100):
            self.guard.admit(str(second), at=1000 + second * 10, now=1000 + second * 10)
        self.assertLessEqual(len(self.guard), 13)


if __name__ == "__main__":
    unittest.main()

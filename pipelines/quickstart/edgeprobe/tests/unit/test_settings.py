import tempfile
import unittest

from edgeprobe import schedule, settings


class SecondsTest(unittest.TestCase):
    def test_intervals(self):
        for text, seconds in (("30", 30), ("45s", 45), (" 5m ", 300), ("2 h", 7200)):
            with self.subTest(text=text):
                self.assertEqual(settings.parse_seconds(text), seconds)

    def test_what_is_no_interval_is_refused_with_its_value(self):
        for text in ("", "0", "-3s", "1.5m", "soon", "0s"):
            with self.subTest(text=text), self.assertRaises(settings.Wrong) as caught:
                settings.parse_seconds(text)
            self.assertIn(repr(text), str(caught.exception))


class EndpointTest(unittest.TestCase):
    def test_endpoints(self):
        for text, expected in (("frontend:7420", ("frontend", 7420)), ("[::1]:80", ("::1", 80))):
            with self.subTest(text=text):
                self.assertEqual(settings.parse_endpoint(text), expected)

    def test_what_is_no_endpoint_is_refused(self):
        for text in ("frontend", ":7420", "frontend:", "frontend:0", "frontend:99999"):
            with self.subTest(text=text), self.assertRaises(settings.Wrong):
                settings.parse_endpoint(text)


class FileTest(unittest.TestCase):
    defaults = {"interval": "30s", "collector": "localhost:7420"}

    def read(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(text)
            file.flush()
            return settings.read_settings(file.name, "agent", self.defaults)

    def test_what_is_not_set_keeps_its_default(self):
        self.assertEqual(self.read("[agent]\ninterval = 5s\n"), {**self.defaults, "interval": "5s"})

    def test_a_percent_sign_is_only_a_percent_sign(self):
        self.assertEqual(self.read("[agent]\ncollector = a%b:1\n")["collector"], "a%b:1")

    def test_a_misspelt_setting_is_refused_by_name(self):
        with self.assertRaisesRegex(settings.Wrong, "intervall"):
            self.read("[agent]\nintervall = 5s\n")


class ScheduleTest(unittest.TestCase):
    def test_reports_stay_on_the_grid(self):
        for now, due in ((100.0, 130), (100.4, 130), (129.9, 130), (130.0, 160), (171.0, 190)):
            with self.subTest(now=now):
                self.assertEqual(schedule.next_due(100, 30, now), due)


if __name__ == "__main__":
    unittest.main()

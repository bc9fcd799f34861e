import json
import os
import socket
import tempfile
import threading
import time
import unittest

from edgeprobe import agent, channel, collector, query

from scenario import verifies

KEY = channel.derive_key(b"correct horse battery staple, and more")
OTHER = channel.derive_key(b"another horse battery staple, and more")


class ExchangeTest(unittest.TestCase):
    """Agent and collector over real sockets."""

    def setUp(self):
        self.ledger = collector.Ledger(120)
        self.server = collector.ReportServer(("127.0.0.1", 0), KEY, self.ledger)
        self.start(self.server)

    def start(self, server):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def report(self, **changes):
        return {"host": "node1", "at": time.time(), "nonce": os.urandom(8).hex(), "guests": [], **changes}

    def deliver(self, report, key=KEY):
        agent.deliver(self.server.server_address, key, report)

    def test_the_last_report_of_each_host_is_kept(self):
        for report in (self.report(sequence=1), self.report(sequence=2), self.report(host="node2", sequence=1)):
            self.deliver(report)
        hosts = self.ledger.answer()["hosts"]
        self.assertEqual([(host["host"], host["sequence"]) for host in hosts], [("node1", 2), ("node2", 1)])
        self.assertEqual(len(hosts[0]["reportedAt"]), 2)

    @verifies("EP-K1")
    def test_another_key_is_refused_on_both_sides(self):
        with self.assertRaises(channel.Refused):
            self.deliver(self.report(), OTHER)
        self.assertEqual(self.ledger.answer(), {"refused": 1, "hosts": []})

    @verifies("EP-K5")
    def test_a_recorded_report_is_refused_the_second_time(self):
        report = self.report()
        self.deliver(report)
        with self.assertRaisesRegex(channel.Refused, "received before"):
            self.deliver(report)

    def test_an_old_report_is_refused(self):
        with self.assertRaisesRegex(channel.Refused, "away"):
            self.deliver(self.report(at=time.time() - 3600))

    def test_a_report_without_a_host_is_refused(self):
        for report in (self.report(host=None), {"nonce": "x"}):
            with self.subTest(report=report), self.assertRaisesRegex(channel.Refused, "no host"):
                self.deliver({"at": time.time(), **report})

    def test_rubbish_ends_no_more_than_its_own_connection(self):
        with socket.create_connection(self.server.server_address, 5) as connection:
            connection.sendall(b"GET ")  # read as the length of a frame
            self.assertEqual(connection.recv(100), b"")
        self.deliver(self.report())
        self.assertEqual(len(self.ledger.answer()["hosts"]), 1)

    def test_a_real_report_of_this_machine(self):
        self.deliver(agent.make_report("here", 1, 30))
        host = self.ledger.answer()["hosts"][0]
        self.assertEqual(host["processors"]["online"], os.sysconf("SC_NPROCESSORS_ONLN"))
        self.assertEqual(host["memory"]["totalBytes"], os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        self.assertNotIn("nonce", host)

    def test_reports_are_taken_quickly(self):
        count = 50
        began = time.monotonic()
        for sequence in range(count):
            self.deliver(self.report(sequence=sequence))
        print(f"[[MEASURE|reports={count / (time.monotonic() - began):.1f} reports/s|higher]]")
        self.assertEqual(self.ledger.answer()["hosts"][0]["sequence"], count - 1)

    def test_a_local_query_gets_what_is_known(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "collector.sock")
        self.start(collector.QueryServer(path, self.ledger))
        self.deliver(self.report())
        self.assertEqual(query.ask(path), json.loads(json.dumps(self.ledger.answer())))
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)


class TableTest(unittest.TestCase):
    def test_one_line_per_host(self):
        host = {
            "host": "node1",
            "processors": {"online": 2},
            "memory": {"totalBytes": 2 << 30},
            "numa": [{}],
            "kvm": True,
            "guests": [{"name": "web", "acceleration": "kvm"}],
        }
        self.assertEqual(
            query.table({"hosts": [host]}),
            "HOST   CPUS  MEMORY MiB  NUMA  KVM  GUESTS\nnode1  2     2048        1     yes  web (kvm)",
        )


if __name__ == "__main__":
    unittest.main()

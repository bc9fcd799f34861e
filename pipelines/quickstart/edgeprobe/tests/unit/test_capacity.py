import os
import unittest

from edgeprobe import capacity

from host_tree import HostTree
from scenario import verifies

MEMINFO = """MemTotal:        1540048 kB
MemFree:          803384 kB
MemAvailable:    1274632 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
"""


class MeminfoTest(unittest.TestCase):
    @verifies("EP-R1")
    def test_a_kilobyte_of_the_kernel_has_1024_bytes(self):
        self.assertEqual(capacity.parse_meminfo(MEMINFO)["MemTotal"], 1_577_009_152)

    def test_counts_without_a_unit_are_no_sizes(self):
        self.assertNotIn("HugePages_Total", capacity.parse_meminfo(MEMINFO))

    def test_damaged_lines_are_left_out(self):
        for text in ("MemTotal:", "MemTotal: many kB", "\0\0", "MemTotal 12 kB"):
            with self.subTest(text=text):
                self.assertEqual(capacity.parse_meminfo(text), {})


class CpuListTest(unittest.TestCase):
    def test_lists_of_the_kernel(self):
        for text, expected in (("0\n", [0]), ("0-3,8", [0, 1, 2, 3, 8]), ("", []), ("0,2-3,5-6\n", [0, 2, 3, 5, 6])):
            with self.subTest(text=text):
                self.assertEqual(capacity.parse_cpu_list(text), expected)


class HostTest(HostTree):
    def setUp(self):
        super().setUp()
        self.write("proc/meminfo", MEMINFO)
        self.write("proc/cpuinfo", "processor\t: 0\nmodel name\t: EPYC 9654 96-Core Processor\n")
        self.write("sys/devices/system/cpu/online", "0-3\n")

    @verifies("EP-R2")
    def test_processors(self):
        self.assertEqual(capacity.processors(self.root), {"online": 4, "model": "EPYC 9654 96-Core Processor"})

    def test_available_memory_is_part_of_the_total(self):
        memory = capacity.memory(self.root)
        self.assertLess(memory["availableBytes"], memory["totalBytes"])

    @verifies("EP-R3")
    def test_nodes_in_numerical_order(self):
        for node, processors, size in ((10, "2-3", 2048), (2, "0-1", 1024)):
            self.write(f"sys/devices/system/node/node{node}/cpulist", processors)
            self.write(f"sys/devices/system/node/node{node}/meminfo", f"Node {node} MemTotal:  {size} kB\n")
        self.assertEqual(
            capacity.numa_nodes(self.root),
            [
                {"node": 2, "processors": [0, 1], "memoryBytes": 1 << 20},
                {"node": 10, "processors": [2, 3], "memoryBytes": 2 << 20},
            ],
        )

    def test_a_kernel_without_numa_has_one_node_with_everything(self):
        nodes = capacity.numa_nodes(self.root)
        self.assertEqual([node["processors"] for node in nodes], [[0, 1, 2, 3]])
        self.assertEqual(nodes[0]["memoryBytes"], capacity.memory(self.root)["totalBytes"])

    @verifies("EP-R4")
    def test_a_plain_file_is_no_kvm_device(self):
        self.assertFalse(capacity.kvm_present(self.root))
        self.write("dev/kvm", "")
        self.assertFalse(capacity.kvm_present(self.root))

    @unittest.skipUnless(os.geteuid() == 0, "only root makes devices")
    def test_a_character_device_is(self):
        os.makedirs(os.path.join(self.root, "dev"))
        try:
            os.mknod(os.path.join(self.root, "dev/kvm"), 0o20600, os.makedev(1, 3))
        except PermissionError:
            self.skipTest("this machine lets nobody make devices")
        self.assertTrue(capacity.kvm_present(self.root))


if __name__ == "__main__":
    unittest.main()

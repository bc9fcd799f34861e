import unittest

from edgeprobe import guests

from host_tree import HostTree


class MemoryTest(unittest.TestCase):
    def test_sizes_as_qemu_reads_them(self):
        for text, expected in (
            ("128", 128 << 20),
            ("128M", 128 << 20),
            ("2G", 2 << 30),
            ("1.5g", 3 << 29),
            ("size=512M,slots=2,maxmem=4G", 512 << 20),
            ("65536K", 64 << 20),
        ):
            with self.subTest(text=text):
                self.assertEqual(guests.parse_memory(text), expected)

    def test_what_is_no_size_is_refused(self):
        for text in ("", "lots", "-5", "12X"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                guests.parse_memory(text)


class CommandLineTest(unittest.TestCase):
    def guest(self, *options):
        return guests.parse_guest(["/usr/bin/qemu-system-x86_64", *options])

    def test_a_whole_guest(self):
        self.assertEqual(
            self.guest("-name", "guest=web,debug-threads=on", "-M", "microvm", "-accel", "kvm", "-m", "256M", "-smp", "2"),
            {"name": "web", "memoryBytes": 256 << 20, "vcpus": 2, "machine": "microvm", "acceleration": "kvm"},
        )

    def test_what_qemu_takes_when_nothing_is_said(self):
        self.assertEqual(
            self.guest("-nographic"),
            {"name": "unnamed", "memoryBytes": 128 << 20, "vcpus": 1, "machine": "pc", "acceleration": "tcg"},
        )

    def test_all_ways_to_ask_for_kvm(self):
        for options in (
            ("-enable-kvm",),
            ("--enable-kvm", "-m", "64"),
            ("-accel", "kvm"),
            ("-accel", "accel=kvm,kernel-irqchip=on"),
            ("-machine", "q35,accel=kvm"),
            ("-M", "type=q35,accel=kvm:tcg"),
            ("-accel", "kvm", "-accel", "tcg"),
        ):
            with self.subTest(options=options):
                self.assertEqual(self.guest(*options)["acceleration"], "kvm")

    def test_emulation_is_not_kvm(self):
        for options in (("-accel", "tcg,tb-size=64"), ("-machine", "q35,accel=tcg"), ("-name", "kvm")):
            with self.subTest(options=options):
                self.assertEqual(self.guest(*options)["acceleration"], "tcg")

    def test_other_programs_are_no_guests(self):
        for arguments in ([], ["/usr/bin/qemu-img", "convert"], ["python3", "qemu-system-x86_64"], ["qemu-ga"]):
            with self.subTest(arguments=arguments):
                self.assertIsNone(guests.parse_guest(arguments))


class ProcessesTest(HostTree):
    def test_guests_in_order_of_process_id(self):
        self.write("proc/meminfo", "")
        self.process(2200, "qemu-system-x86_64", "-name", "second")
        self.process(310, "qemu-system-x86_64", "-name", "first")
        self.process(1, "/sbin/init")
        self.process(2)
        self.assertEqual([(guest["pid"], guest["name"]) for guest in guests.running_guests(self.root)],
                         [(310, "first"), (2200, "second")])

    def test_an_open_kernel_machine_decides(self):
        self.process(50, "qemu-system-x86_64", "-M", "q35", links=("/dev/null", "anon_inode:kvm-vm"))
        self.process(51, "qemu-system-x86_64", "-M", "q35", links=("/dev/null",))
        self.assertEqual([guest["acceleration"] for guest in guests.running_guests(self.root)], ["kvm", "tcg"])

    def test_a_command_line_that_qemu_would_refuse_is_left_out(self):
        self.process(60, "qemu-system-x86_64", "-m", "lots")
        self.assertEqual(guests.running_guests(self.root), [])


if __name__ == "__main__":
    unittest.main()

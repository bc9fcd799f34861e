import os
import socket
import struct
import tempfile
import unittest

from edgeprobe import channel

KEY = channel.derive_key(b"correct horse battery staple, and more")


class KeyTest(unittest.TestCase):
    def key_file(self, mode, text=b"correct horse battery staple, and more\n"):
        handle, path = tempfile.mkstemp()
        self.addCleanup(os.unlink, path)
        os.write(handle, text)
        os.close(handle)
        os.chmod(path, mode)
        return path

    def test_white_space_around_the_key_is_no_part_of_it(self):
        self.assertEqual(channel.read_key(self.key_file(0o600)), KEY)

    def test_a_key_that_others_can_read_is_refused(self):
        for mode in (0o640, 0o604, 0o660, 0o644):
            with self.subTest(mode=oct(mode)), self.assertRaisesRegex(channel.Refused, "only its owner"):
                channel.read_key(self.key_file(mode))

    def test_a_short_key_is_refused_and_not_shown(self):
        with self.assertRaises(channel.Refused) as caught:
            channel.read_key(self.key_file(0o600, b"swordfish"))
        self.assertNotIn("swordfish", str(caught.exception))


class FrameTest(unittest.TestCase):
    message = {"host": "node1", "memory": {"totalBytes": 1577009152}}

    def test_what_is_sealed_comes_back(self):
        self.assertEqual(channel.unseal(KEY, b"R", channel.seal(KEY, b"R", self.message)), self.message)

    def test_nothing_of_the_message_is_readable(self):
        body = channel.seal(KEY, b"R", self.message)
        for word in (b"node1", b"totalBytes", b"1577009152"):
            with self.subTest(word=word):
                self.assertNotIn(word, body)

    def test_the_same_message_never_looks_the_same(self):
        self.assertNotEqual(channel.seal(KEY, b"R", self.message), channel.seal(KEY, b"R", self.message))

    def test_every_changed_byte_is_noticed(self):
        body = channel.seal(KEY, b"R", self.message)
        for place in range(len(body)):
            changed = bytearray(body)
            changed[place] ^= 1
            with self.assertRaises(channel.Refused):
                channel.unseal(KEY, b"R", bytes(changed))

    def test_another_key_is_refused(self):
        other = channel.derive_key(b"another horse battery staple, and more")
        with self.assertRaisesRegex(channel.Refused, "another key"):
            channel.unseal(other, b"R", channel.seal(KEY, b"R", self.message))

    def test_an_answer_cannot_be_played_back_as_a_report(self):
        with self.assertRaises(channel.Refused):
            channel.unseal(KEY, b"R", channel.seal(KEY, b"A", self.message))


class WireTest(unittest.TestCase):
    def setUp(self):
        self.left, self.right = socket.socketpair()
        self.addCleanup(self.left.close)
        self.addCleanup(self.right.close)

    def test_frames_arrive_whole(self):
        for body in (b"", b"x", os.urandom(100_000)):
            with self.subTest(length=len(body)):
                channel.send(self.left, body)
                self.assertEqual(channel.receive(self.right), body)

    def test_a_frame_that_is_too_long_is_not_read(self):
        self.left.sendall(struct.pack(">I", channel.LIMIT_BYTES + 1))
        with self.assertRaisesRegex(channel.Refused, "too long"):
            channel.receive(self.right)

    def test_a_connection_that_ends_early_is_no_frame(self):
        self.left.sendall(struct.pack(">I", 10) + b"half")
        self.left.close()
        with self.assertRaisesRegex(channel.Refused, "ended"):
            channel.receive(self.right)


if __name__ == "__main__":
    unittest.main()

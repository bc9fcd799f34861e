"""Frames between agent and collector: length, then AES-256-GCM under a key derived from the pre-shared key.

    frame   = length (4 bytes, big endian) | body
    body    = "EP1" direction (1 byte: "R" report, "A" answer) | nonce (12 bytes) | ciphertext with tag
"""

import json
import os
import stat
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"EP1"
REPORT = b"R"
ANSWER = b"A"
NONCE_BYTES = 12
LIMIT_BYTES = 1 << 20
SHORTEST_KEY = 32


class Refused(Exception):
    """A frame or key that cannot be trusted; the text says why and holds nothing secret."""


def read_key(path):
    """The encryption key derived from a pre-shared key file that only its owner may read."""
    mode = os.stat(path).st_mode
    if stat.S_IMODE(mode) & 0o077:
        raise Refused(f"{path} has mode {stat.S_IMODE(mode):04o}: only its owner may read it (0600)")
    with open(path, "rb") as file:
        return derive_key(file.read().strip())


def derive_key(secret):
    """32 bytes from a secret of at least 32 characters."""
    if len(secret) < SHORTEST_KEY:
        raise Refused(f"the pre-shared key has {len(secret)} characters: {SHORTEST_KEY} are needed")
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"edgeprobe 1").derive(secret)


def seal(key, direction, message):
    """A frame's body from a JSON value."""
    head = MAGIC + direction
    nonce = os.urandom(NONCE_BYTES)
    text = json.dumps(message, separators=(",", ":")).encode()
    return head + nonce + AESGCM(key).encrypt(nonce, text, head)


def unseal(key, direction, body):
    """The JSON value of a frame's body; Refused when it was not sealed with this key for this direction."""
    head = MAGIC + direction
    start = len(head) + NONCE_BYTES
    if len(body) < start or body[: len(head)] != head:
        raise Refused("this is no frame of this protocol")
    try:
        text = AESGCM(key).decrypt(body[len(head) : start], body[start:], head)
    except InvalidTag:
        raise Refused("the frame was sealed with another key, or was changed on its way") from None
    return json.loads(text)


def send(connection, body):
    """Writes one frame."""
    connection.sendall(struct.pack(">I", len(body)) + body)


def receive(connection):
    """Reads one frame's body."""
    (length,) = struct.unpack(">I", _exactly(connection, 4))
    if length > LIMIT_BYTES:
        raise Refused(f"a frame of {length} bytes is too long: {LIMIT_BYTES} are allowed")
    return _exactly(connection, length)


def _exactly(connection, count):
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(min(count - len(parts), 65536))
        if not part:
            raise Refused("the connection ended inside a frame")
        parts += part
    return bytes(parts)

"""moto's server on a free port of loopback; it ends with its starter, who holds the other end of standard input."""

import os
import sys
import threading

from moto.server import main


def end_with_starter():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_starter, daemon=True).start()
main(["-H", "127.0.0.1", "-p", "0"])

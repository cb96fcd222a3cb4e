# A board's `socket`, as far as umqtt.simple needs it, over wire.mjs.
from binascii import hexlify, unhexlify

import _wire


def getaddrinfo(host, port):
    return [(2, 1, 0, "", (host, port))]


class socket:
    def __init__(self):
        self._id = -1
        self._waits = True

    def connect(self, address):
        self._id = _wire.connect(*address)
        if self._id < 0:
            raise OSError(111)

    def setblocking(self, waits):
        self._waits = waits

    def write(self, data, count=None):
        some = data if count is None else data[:count]
        if isinstance(some, str):
            some = some.encode()
        if not _wire.write(self._id, hexlify(some).decode()):
            raise OSError(104)

    def read(self, count):
        got = _wire.read(self._id, count, self._waits)
        return None if got is None else unhexlify(got)

    def close(self):
        _wire.close(self._id)

"""RIPEMD-160 in plain Python: old time stamp proofs use it, and many builds of OpenSSL leave it out.

Written after Dobbertin, Bosselaers, Preneel: "RIPEMD-160: A Strengthened Version of RIPEMD" (1996), appendix A.
"""

from collections.abc import Iterator

_MASK = 0xFFFFFFFF
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
_RHO = (7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8)
_LEFT_ADDED = (0, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E)
_RIGHT_ADDED = (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0)
_SHIFTS = (
    (11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8),
    (12, 13, 11, 15, 6, 9, 9, 7, 12, 15, 11, 13, 7, 8, 7, 7),
    (13, 15, 14, 11, 7, 7, 6, 8, 13, 14, 13, 12, 5, 5, 6, 9),
    (14, 11, 12, 14, 8, 6, 5, 5, 15, 12, 15, 14, 9, 9, 8, 6),
    (15, 12, 13, 13, 9, 5, 8, 6, 14, 11, 12, 11, 8, 6, 5, 5),
)
"""How far each message word is turned in each round, by the word's number."""

_Round = tuple[int, int, list[tuple[int, int]]]


def _rounds(first: list[int], added: tuple[int, ...], functions: range) -> list[_Round]:
    """Return for each round its function, its constant, and its (word, turn) pairs in order."""
    words, found = first, list[_Round]()
    for number, function in enumerate(functions):
        found.append((function, added[number], [(word, _SHIFTS[number][word]) for word in words]))
        words = [_RHO[word] for word in words]
    return found


_LEFT = _rounds(list(range(16)), _LEFT_ADDED, range(5))
_RIGHT = _rounds([(9 * i + 5) % 16 for i in range(16)], _RIGHT_ADDED, range(4, -1, -1))


def digest(data: bytes) -> bytes:
    """Return the 20-byte hash."""
    state = list(_START)
    for block in _blocks(data):
        words = [int.from_bytes(block[i : i + 4], "little") for i in range(0, 64, 4)]
        left, right = _line(state, words, _LEFT), _line(state, words, _RIGHT)
        state = [(state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & _MASK for i in range(5)]
    return b"".join(word.to_bytes(4, "little") for word in state)


def _blocks(data: bytes) -> Iterator[bytes]:
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "little")
    return (padded[i : i + 64] for i in range(0, len(padded), 64))


def _line(state: list[int], words: list[int], rounds: list[_Round]) -> tuple[int, int, int, int, int]:
    a, b, c, d, e = state
    for function, added, steps in rounds:
        for word, turn in steps:
            mixed = (a + _mix(function, b, c, d) + words[word] + added) & _MASK
            turned = (_turn(mixed, turn) + e) & _MASK
            a, b, c, d, e = e, turned, b, _turn(c, 10), d
    return a, b, c, d, e


def _mix(function: int, x: int, y: int, z: int) -> int:
    if function == 0:
        return x ^ y ^ z
    if function == 1:
        return (x & y) | (~x & z)
    if function == 2:
        return (x | (~y & _MASK)) ^ z
    if function == 3:
        return (x & z) | (y & ~z)
    return x ^ (y | (~z & _MASK))


def _turn(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & _MASK

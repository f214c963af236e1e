"""The states of the ZP coder (Z'-coder): how likely its next bit is, and which state follows; pure data.

Table 9 of the DjVu Reference (LizardTech, version 3, November 2005, appendix 3). The likelier bit of a state is the
lowest bit of its number. States up to 82 are steady, the others belong to the first bits of a context.
"""

from typing import Final


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number, 16) for number in text.split())


STEPS: Final = _numbers("""
    8000 8000 8000 6bbd 6bbd 5d45 5d45 51b9 51b9 4813 4813 3fd5 3fd5 38b1 38b1 3275 3275 2cfd 2cfd 2825
    2825 23ab 23ab 1f87 1f87 1bbb 1bbb 1845 1845 1523 1523 1253 1253 0fcf 0fcf 0d95 0d95 0b9d 0b9d 09e3
    09e3 0861 0861 0711 0711 05f1 05f1 04f9 04f9 0425 0425 0371 0371 02d9 02d9 0259 0259 01ed 01ed 0193
    0193 0149 0149 010b 010b 00d5 00d5 00a5 00a5 007b 007b 0057 0057 003b 003b 0023 0023 0013 0013 0007
    0007 0001 0001 5695 24ee 8000 0d30 481a 0481 3579 017a 24ef 007b 1978 0028 10ca 000d 0b5d 0034 078a
    00a0 050f 0117 0358 01ea 0234 0144 0173 0234 00f5 0353 00a1 05c5 011a 03cf 01aa 0285 0286 01ab 03d3
    011a 05c5 00ba 08ad 007a 0ccc 01eb 1302 02e6 1b81 045e 24ef 0690 2865 09de 3987 0dc8 2c99 10ca 3b5f
    0b5d 5695 078a 8000 050f 24ee 0358 0d30 0234 0481 0173 017a 00f5 007b 00a1 0028 011a 000d 01aa 0034
    0286 00a0 03d3 0117 05c5 01ea 08ad 0144 0ccc 0234 1302 0353 1b81 05c5 24ef 03cf 2b74 0285 201d 01ab
    1715 011a 0fb7 00ba 0a67 01eb 06e7 02e6 0496 045e 030d 0690 0206 09de 0155 0dc8 00e1 2b74 0094 201d
    0188 1715 0252 0fb7 0383 0a67 0547 06e7 07e2 0496 0bc0 030d 1178 0206 19da 0155 24ef 00e1 320e 0094
    432a 0188 447d 0252 5ece 0383 8000 0547 481a 07e2 3579 0bc0 24ef 1178 1978 19da 2865 24ef 3987 320e
    2c99 432a 3b5f 447d 5695 5ece 8000 8000 5695 481a 481a
""")
"""How far the likelier bit moves the lower end of the interval (delta)."""

_THRESHOLDS: Final = _numbers("""
    0000 10a5 1f28 2bd3 36e3 408c 48fd 505d 56d0 5c71 615b 65a5 6962 6ca2 6f74 71e6 7404 75d6 7768 78c2
    79ea 7ae7 7bbe 7c75 7d0f 7d91 7dfe 7e5a 7ea6 7ee6 7f1a 7f45 7f6b 7f8d 7faa 7fc3 7fd7 7fe7 7ff2 7ffa
    7fff
""")
THRESHOLDS: Final = (0, *(value for value in _THRESHOLDS for _ in (0, 1)), *[0] * 168)
"""From which lower end on the likelier bit changes the state (theta)."""

UP: Final = _numbers("""
    54 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21
    22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f 40 41
    42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 51 52 51 52 09 56 05 58 59 5a 5b 5c 5d 5e 5f 60 61
    52 63 4c 65 46 67 42 69 6a 6b 42 6d 3c 6f 38 45 72 41 74 3d 76 39 78 35 7a 31 7c 2b 48 27 3c 21
    38 1d 34 17 30 17 2a 89 26 15 8c 0f 8e 09 90 8d 92 93 94 95 96 97 98 99 9a 9b 46 9d 42 51 3e 4b
    3a 45 36 41 32 a7 2c 41 28 3b 22 37 1e af 18 b1 b2 b3 b4 b5 b6 b7 b8 45 ba 3b bc 37 be 33 c0 2f
    c2 29 c4 25 c6 c7 48 c9 3e cb 3a cd 36 cf 32 d1 2e d3 28 d5 24 d7 1e d9 1a db 14 47 0e 3d 0e 39
    08 35 e4 31 e6 2d e8 27 ea 23 8a 1d 18 19 f0 13 16 0d 10 0d 0a 07 f4 f9 0a 59 e6
""")
"""The state after the likelier bit, where it changes (mu)."""

DOWN: Final = _numbers("""
    91 04 03 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d
    1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f 30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d
    3e 3f 40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 55 e2 06 b0 8f 8a 8d 70 87 68 85 64 81
    62 7f 48 7d 66 7b 3c 79 6e 77 6c 75 36 73 30 71 86 3b 84 37 82 33 80 2f 7e 29 3e 25 42 1f 36 19
    32 83 2e 11 28 0f 88 07 20 8b ac 09 aa 55 a8 f8 a6 f7 a4 c5 a2 5f a0 ad 9e a5 9c a1 3c 9f 38 47
    34 a3 30 3b 2a ab 26 a9 20 35 1a 2f ae c1 12 bf de bd da bb d8 b9 d6 3d d4 35 d2 31 d0 2d ce 27
    cc c3 ca 1f c8 f3 40 ef 38 ed 34 eb 30 e9 2c e7 26 e5 22 e3 1c e1 16 df 10 dd dc 3f 08 37 e0 33
    02 2f 57 2b f6 25 f4 21 ee 1b ec 15 10 0f 08 f1 f2 07 0a f5 02 01 53 fa 02 8f f6
""")
"""The state after the other bit (lambda)."""

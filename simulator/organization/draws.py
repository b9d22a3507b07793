"""Random numbers with an address: (seed, replication, who, decision, attempt).

Nothing here has state. A number is a pure function of who is deciding, what is being
decided and how often it was asked before, so a buyer keeps its luck in every scenario and
an extra question in one department changes no answer in another.

The generator is Squares (B. Widynski, "Squares: A Fast Counter-Based RNG",
arXiv:2004.06278), four rounds, 32 bits. A replication is a key, an address is a counter.

`squares32` and `uniform` use only ``+ * >> << & |`` and mask what every shift to the right
leaves, so that they give the same numbers when compiled for 64-bit integers, signed or
unsigned, that wrap around. All arguments must then be of one integer type; keys stay below
2**63 for that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MASK_64 = 0xFFFFFFFFFFFFFFFF

# SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).
_GOLDEN_GAMMA = 0x9E3779B97F4A7C15


def squares32(counter: int, key: int) -> int:
    """Return the 32-bit Squares number of a counter under a key.

    Parameters
    ----------
    counter : int
        0 <= counter < 2**64.
    key : int
        A Squares key, 0 < key < 2**64, such as `make_key` returns.

    Returns
    -------
    int
        0 <= number < 2**32.
    """
    y = counter * key & 0xFFFFFFFFFFFFFFFF
    z = y + key
    x = y * y + y
    x = (x & 0xFFFFFFFF) << 32 | x >> 32 & 0xFFFFFFFF
    x = x * x + z
    x = (x & 0xFFFFFFFF) << 32 | x >> 32 & 0xFFFFFFFF
    x = x * x + y
    x = (x & 0xFFFFFFFF) << 32 | x >> 32 & 0xFFFFFFFF
    return x * x + z >> 32 & 0xFFFFFFFF


def uniform(key: int, who: int, decision: int, attempt: int) -> float:
    """Return the uniform number at an address, strictly between 0 and 1.

    The number is one of the 2**32 midpoints (n + 1/2) / 2**32, so neither a logarithm nor a
    quantile ever meets 0 or 1; the smallest is about 1.2e-10.

    Nothing is checked, because this is the hot path: a value out of range silently reads
    another address.

    Parameters
    ----------
    key : int
        The key of the replication, from `make_key`.
    who : int
        The buyer, employee or other stream that decides; 0 <= who < 2**40.
    decision : int
        What is decided; 0 <= decision < 256.
    attempt : int
        How often this was asked before; 0 <= attempt < 65536.

    Returns
    -------
    float
        The number, in the open interval (0, 1).
    """
    # squares32 written out: a call costs CPython about a fifth of the whole.
    y = (who << 24 | decision << 16 | attempt) * key & 0xFFFFFFFFFFFFFFFF
    z = y + key
    x = y * y + y
    x = (x & 0xFFFFFFFF) << 32 | x >> 32 & 0xFFFFFFFF
    x = x * x + z
    x = (x & 0xFFFFFFFF) << 32 | x >> 32 & 0xFFFFFFFF
    x = x * x + y
    x = (x & 0xFFFFFFFF) << 32 | x >> 32 & 0xFFFFFFFF
    return ((x * x + z >> 32 & 0xFFFFFFFF) + 0.5) * 2.0**-32


def uniforms(
    key: int,
    who: int | NDArray[np.int64],
    decision: int | NDArray[np.int64],
    attempts: int | NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the numbers of `uniform` for many addresses at once, bit for bit.

    Parameters
    ----------
    key : int
        The key of the replication, from `make_key`.
    who : int or array of int64
        The streams that decide; 0 <= who < 2**40.
    decision : int or array of int64
        What is decided; 0 <= decision < 256.
    attempts : int or array of int64
        How often each was asked before; 0 <= attempt < 65536.

    Returns
    -------
    array of float64
        In the open interval (0, 1); its shape is that of `who`, `decision` and `attempts` broadcast
        together.
    """
    streams = np.asarray(who, dtype=np.int64).astype(np.uint64)
    decided = np.asarray(decision, dtype=np.int64).astype(np.uint64)
    asked = np.asarray(attempts, dtype=np.int64).astype(np.uint64)
    counter = streams << np.uint64(24) | decided << np.uint64(16) | asked
    shape = counter.shape
    # Arrays wrap around silently; NumPy scalars, which arrays without dimensions decay to,
    # warn about it.
    y = np.atleast_1d(counter) * np.uint64(key)
    z = y + np.uint64(key)
    half = np.uint64(32)
    x = y * y + y
    x = x << half | x >> half
    x = x * x + z
    x = x << half | x >> half
    x = x * x + y
    x = x << half | x >> half
    numbers = x * x + z >> half
    midpoints: NDArray[np.float64] = (numbers.astype(np.float64) + 0.5) * 2.0**-32
    return midpoints.reshape(shape)


def make_key(seed: int, replication: int) -> int:
    """Return the Squares key of a replication.

    Widynski asks for keys with an irregular bit pattern and gets it from hexadecimal digits:
    none is zero, the lower eight are different, the lowest is odd, and the ninth differs from
    the eighth. Here the upper eight are different as well, and the highest is at most 7, so
    that a key also fits a signed 64-bit integer. About 1.6e16 keys remain: two of a million
    replications share one with a probability of about 3e-5.

    Parameters
    ----------
    seed : int
        The seed of the experiment; 0 <= seed < 2**63.
    replication : int
        The number of the run; 0 <= replication < 2**31.

    Returns
    -------
    int
        The key, 2**60 < key < 2**63.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be in 0..2**63-1, not {seed}")
    if not 0 <= replication < 2**31:
        raise ValueError(f"replication must be in 0..2**31-1, not {replication}")
    # Two rounds, so that (seed, replication + 1) and (seed + 1, replication) do not meet: a
    # sum of both would make a run of one seed reappear under the next.
    state = _mix(_mix(seed + _GOLDEN_GAMMA & _MASK_64) + replication & _MASK_64)
    digits: list[int] = []
    for half in range(2):
        left = list(range(1, 16))
        for place in range(8):
            if half == 0 and place == 0:
                allowed = left[:7]
            elif half == 1 and place == 0:
                allowed = [digit for digit in left if digit != digits[7]]
            elif half == 1 and place == 7:
                allowed = [digit for digit in left if digit & 1]
            else:
                allowed = left
            state = state + _GOLDEN_GAMMA & _MASK_64
            digit = allowed[(_mix(state) >> 32) * len(allowed) >> 32]
            left.remove(digit)
            digits.append(digit)
    key = 0
    for digit in digits:
        key = key << 4 | digit
    return key


def _mix(state: int) -> int:
    """Scramble 64 bits one to one (the output function of SplitMix64)."""
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & _MASK_64
    state = (state ^ state >> 27) * 0x94D049BB133111EB & _MASK_64
    return state ^ state >> 31

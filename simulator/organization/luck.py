"""The random numbers that nearly every new buyer asks for, worked out for many buyers at once.

They are the very numbers of :func:`draws.uniform`: an address has one number, whoever works it
out. NumPy makes a page of some thousands for the price of some dozens made one by one, so a
number that one buyer in fifty asks for is still worth having on the page.
"""

from __future__ import annotations

from array import array
from typing import Final

import numpy as np

from simulator.organization import addresses as at
from simulator.organization.draws import uniforms
from simulator.organization.journal import SLOTS

_BUYERS: Final = 128  # buyers whose numbers are worked out together

_USUAL: Final = {
    # what is true of it
    at.FIT: 1, at.DEAL: 1, at.OBSTACLE: 1, at.CLEARING: 1, at.WINDOW: 1,
    at.ARRIVAL: 1,
    # its first pass through marketing
    at.SCREENING_TIME: 3, at.SCORE: 3, at.NURTURE_WAIT: 2,
    # inside sales
    at.CALL_TIME: 7, at.REACHED: 7, at.RETRY: 6, at.PURSUED: 1, at.TALK_TIME: 1, at.IMPRESSION: 1,
    at.OBSTACLE_SEEN: 1, at.AGREES: 1,
    # field sales
    at.PATIENCE: 3, at.ASKED_AGAIN: 3, at.MEETING_TIME: 3, at.FIRST_IMPRESSION: 3, at.THINKING: 2,
    at.SIGNS: 1,
    # the end of that pass
    at.RECORDED: 1, at.REMEMBERED: 1, at.RETURN_TIME: 1,
}  # fmt: skip
"""How often a buyer usually asks for each decision on its first way through the organization."""

_MONTHLY: Final = {at.LEAVES: 24, at.CONTRACTS: 24, at.CLAIM_COUNT: 24}
"""How often a customer does, once a month; these follow on a customer's page."""

_NEW: Final = sum(_USUAL.values())
_ASKED: Final = [(d, n) for d, times in (_USUAL | _MONTHLY).items() for n in range(times)]
_DECISIONS: Final = np.array([decision for decision, _ in _ASKED])
_ATTEMPTS: Final = np.array([attempt for _, attempt in _ASKED])

ON_PAGE: Final = tuple((_USUAL | _MONTHLY).get(d, 0) for d in range(at.BUYER_DECISIONS))
"""How many numbers of each decision are on a page."""

PLACE: Final = tuple(_ASKED.index((d, 0)) if ON_PAGE[d] else 0 for d in range(at.BUYER_DECISIONS))
"""Where on a page the numbers of a decision begin."""


class Pages:
    """Makes the pages of buyers, a block of consecutive ones of a channel at a time."""

    def __init__(self, key: int) -> None:
        self._key = key
        self._first = [-_BUYERS] * SLOTS
        self._blocks: list[list[bytes]] = [[] for _ in range(SLOTS)]

    def page_of(self, number: int) -> array[float]:
        """Return the page of a new buyer."""
        sequence, slot = divmod(number, SLOTS)
        place = sequence - self._first[slot]
        if not 0 <= place < _BUYERS:
            place = sequence % _BUYERS
            self._first[slot] = sequence - place
            self._blocks[slot] = self._block(number - SLOTS * place)
        page = array("d")
        page.frombytes(self._blocks[slot][place])
        return page

    def page_of_customer(self, number: int) -> array[float]:
        """Return the longer page of a buyer that has become a customer."""
        page = array("d")
        page.frombytes(uniforms(self._key, number, _DECISIONS, _ATTEMPTS).tobytes())
        return page

    def _block(self, first: int) -> list[bytes]:
        """Work out the pages of consecutive buyers of a channel."""
        buyers = first + SLOTS * np.arange(_BUYERS)
        numbers = uniforms(self._key, buyers[:, np.newaxis], _DECISIONS[:_NEW], _ATTEMPTS[:_NEW])
        return [row.tobytes() for row in numbers]

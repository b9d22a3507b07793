"""Whose random number it is, and for which decision.

A random number is addressed by (seed, replication, who, decision, how often asked before), so
two scenarios with the same seed differ only by what the organization did. The numbers below are
part of that address: never renumber them, add new ones at the end.
"""

from __future__ import annotations

from typing import Final

# What is true of a buyer.
FIT: Final = 0
DEAL: Final = 1
OBSTACLE: Final = 2
CLEARING: Final = 3
FISCAL_YEAR: Final = 4
WINDOW: Final = 5
ARRIVAL: Final = 6
TENURE: Final = 7
PROGRESS: Final = 8

# What happens to it in marketing.
SCREENING_TIME: Final = 10
SCORE: Final = 11
NURTURE_WAIT: Final = 12
AI_MARKETING: Final = 13

# In inside sales.
CALL_TIME: Final = 20
REACHED: Final = 21
TALK_TIME: Final = 22
IMPRESSION: Final = 23
OBSTACLE_SEEN: Final = 24
AGREES: Final = 25
RETRY: Final = 26
PURSUED: Final = 27
CONTACT_VALID: Final = 28
AI_INSIDE_SALES: Final = 29

# In field sales.
MEETING_TIME: Final = 30
FIRST_IMPRESSION: Final = 31
THINKING: Final = 32
PATIENCE: Final = 33
SIGNS: Final = 34
ASKED_AGAIN: Final = 35
LOSS_REASON: Final = 36
RECORDED: Final = 37
AI_FIELD_SALES: Final = 38

# In customer success.
ONBOARDING_TIME: Final = 40
TOLD_AGAIN: Final = 41
PROMISE_BROKEN: Final = 42
CLAIM_COUNT: Final = 43
CLAIM_WHEN: Final = 44
CLAIM_CAUSE: Final = 45
CLAIM_TIME: Final = 46
REVIEW_TIME: Final = 47
LEAVES: Final = 48
EXPANDS: Final = 49
EXPANDS_BY: Final = 50
CONTRACTS: Final = 51
CONTRACTS_BY: Final = 52
AI_CUSTOMER_SUCCESS: Final = 53
FIRST_TICK: Final = 54

# In the recycle loop.
REMEMBERED: Final = 56
RETURN_TIME: Final = 57
AI_GUESS: Final = 58
AI_WARNING: Final = 59

BUYER_DECISIONS: Final = 60

# Of a person.
SKILL: Final = 60
QUITS: Final = 61
IS_STRONG: Final = 62
IS_CROSS_TRAINED: Final = 63
GOES_ON_LEAVE: Final = 64

# Of the company as a whole.
DAY_LEVEL: Final = 70
DECISION_ERROR: Final = 71

PERSON_BASE: Final = 1 << 38
"""Persons' addresses start here, beyond every buyer's."""
COMPANY: Final = 1 << 39
"""Address of the company itself."""

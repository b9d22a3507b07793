"""What the compiled engine keeps, and where: arrays of records instead of objects.

A record has the attributes of the reference's object of the same name, so that the code reads
alike. Objects refer to each other by number: a buyer by its *place*, a person by the order of
being hired. Lists are chains of such numbers, with -1 at the end.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.organization import addresses as at
from simulator.organization.journal import SLOTS

NOBODY = -1
"""Stands where no buyer, person, piece of work or event is meant."""

Record = Any
"""One record of an array; assigning to its fields writes into the array."""
State = Record
Buyer = Record
Person = Record
"""Records of STATE, BUYER and PERSON: what functions are compiled for."""
Records = NDArray[np.void]

# Queues of the departments, by number; the follow-ups of person i are queue PERSONAL + i.
INQUIRIES, RETURNING, CALLS, RECYCLED, NEW, CLAIMS, ONBOARDINGS, REVIEWS = range(8)
PERSONAL = 8

# Kinds of events.
(
    STARTS, CHANNEL_OPENS, WOKEN, DONE, ARRIVES, RESTED, TRIES_AGAIN, THOUGHT, WENT_COLD, RETURNS,
    CUSTOMER_MONTH, CLAIM_COMES, QUITS, RAMPS, REPLACES, PLANNED, ROTATES, MONTH,
    GOES_ON_LEAVE, COMES_BACK,
) = range(20)  # fmt: skip

# Laws, by number.
(
    SCREENING_LAW, NURTURING_LAW, NURTURE_WAIT_LAW, ATTEMPT_LAW, TALK_LAW, RETRY_LAW, MEETING_LAW,
    THINKING_LAW, ONBOARDING_LAW, CLAIM_LAW, REVIEW_LAW, UNTIMED_LAW, TIMED_DELAY_LAW,
    WIN_BACK_LAW,
) = range(14)  # fmt: skip

# Decisions, by number, in the order of ``Policy.plan``.
(
    MQL_CUTOFF, BOOKING_CUTOFF, DISCOVERY_DEPTH, RECYCLE_SHARE, IS_RECORDING, WALK_AWAY_CUTOFF,
    PROMISE, FS_RECORDING, RECORD_LOSS_REASON, PROACTIVE_SHARE,
) = range(10)  # fmt: skip
DECISIONS = 10

_F, _I, _L, _B, _U = np.float64, np.int32, np.int64, np.bool_, np.uint8  # _U: arrays of flags


def _fields(kind: Any, names: str) -> list[tuple[str, Any]]:
    return [(name, kind) for name in names.split()]


BUYER = np.dtype(
    [
        *_fields(_L, "number ticket"),
        *_fields(
            _F,
            "fit deal clears_at closes_at trust interest_from contact_checked_at score_sum met_at"
            " effort kept promise mrr won_at onboarded gap last_contact churn_hazard",
        ),
        *_fields(
            _I,
            "channel obstacle status looks rounds attempts passes loss_on_file owner meetings"
            " claims_open owned_before owned_after entry_before entry_after",
        ),
        *_fields(_B, "valid_contact review_due held"),
        ("asked", np.uint16, (at.BUYER_DECISIONS,)),
    ],
    align=True,
)
"""A buyer. ``held``: the place is taken; ``owned_before`` and ``owned_after`` chain what its owner
in field sales owns; ``entry_before`` and ``entry_after`` chain all buyers in order of coming, and
``entry_after`` the free places as well."""

PERSON = np.dtype(
    [
        *_fields(_L, "number item_number item_ticket joining leaves"),
        *_fields(
            _F,
            "skill ramp_from ramp_days ramp_start started facing admin reserved worked"
            " item_queued seen missing away_since",
        ),
        *_fields(
            _I,
            "team desk next_desk leave_cause helping item_buyer item_what owned_first owned_last"
            " owned_count idle_before idle_after help_before help_after team_before team_after"
            " group next_group",
        ),
        *_fields(_B, "strong cross_trained rotated employed away waits busy asked wrong reached"),
    ],
    align=True,
)
"""A person. ``waits``: idle; ``busy``: has a piece of work in hand, in the fields ``item_...``;
``seen``, ``missing``, ``asked``, ``wrong``, ``reached``: what will come of it. ``away``: on a long
leave; ``joining``: how many had joined a department before; ``group``: 1 serves the channels of
the team's split alone, 0 all others."""

ITEM = np.dtype(
    [
        *_fields(_F, "queued"),
        *_fields(_L, "number ticket"),
        *_fields(_I, "buyer what before after"),
    ],
    align=True,
)
"""A piece of work that waits; ``number`` is the buyer's, whoever is at its place by then."""

LINE = np.dtype([*_fields(_I, "first last")])

EVENT = np.dtype(
    [*_fields(_F, "time x"), *_fields(_L, "order ticket"), *_fields(_I, "kind about code next")],
    align=True,
)
"""Something to come: ``about`` a buyer, person, channel or step; ``x`` and ``code`` say more."""

DUE = np.dtype([*_fields(_F, "time"), *_fields(_L, "order event")])
"""An event of the present moment, in the heap."""

LAW = np.dtype([*_fields(_L, "kind"), *_fields(_F, "a b")])

STEP = np.dtype([*_fields(_F, "day"), *_fields(_L, "team people")], align=True)
"""A planned change of a team's size."""

SLICE = np.dtype([*_fields(_I, "first")])

SETTLED = np.dtype([*_fields(_L, "number status")])

_TEAMS = 6
_DEPARTMENTS = 4

PARAMETERS = np.dtype(
    [
        ("key", _L),
        *_fields(
            _L,
            "channels start_month customers opportunities parked nurture_rounds max_attempts"
            " meetings contract_months max_passes biggest_step",
        ),
        *_fields(
            _F,
            "horizon slices fit_sd mu sigma timing_mean contract_mean window_mean"
            " tenure_mean customer_fit_mean promise_before recording_before reasons_before"
            " score_noise discovery_noise enablement_discovery agrees_intercept agrees_fit"
            " agrees_obstacle tau_hours k stigma recontact_reach valid_per_month extra_meeting"
            " usual_thinking meeting_noise patience_mean spread comfortable_load"
            " win_intercept win_fit win_trust win_promise win_effort win_obstacle usual_chance"
            " onboarding_missing onboarding_due claim_due claims_per_month claims_gap review_every"
            " early_exit monthly_at_one_year tenure_shape churn_fit churn_gap churn_late"
            " churn_neglect churn_trust gap_memory expansion_intercept expansion_fit"
            " expansion_health expansion_low expansion_high contraction h_usage h_claims"
            " h_onboarding h_contact claims_jump handoff_lost keeps spoken recording_hours"
            " understanding recovers recovery_hours revops_handoff revops_definition"
            " revops_feedback enablement_ramp span remembered guesses drift_strength learnable"
            " half_at shared feedback drift decision_error rotate_every strong_share"
            " tool_price",
        ),
        *_fields(
            _B,
            "loaded subscription newest_first systematic waives_gate written comes_back"
            " rotation_costs keeps_journal",
        ),
        ("obstacle_bounds", _F, (3,)),
        ("year_end_bounds", _F, (12,)),
        ("trust_costs", _F, (4,)),
        ("fit_mean", _F, (SLOTS,)),
        ("reach", _F, (SLOTS,)),
        ("flows", _U, (SLOTS,)),
        ("spend", _F, (SLOTS,)),
        *[(name, _F, (DECISIONS,)) for name in ("stated", "weight", "range", "low", "high")],
        ("hours_for_buyers", _F, (_DEPARTMENTS,)),
        *[
            (name, _F, (_TEAMS,))
            for name in (
                "hours_per_day", "buyer_share", "cross_speed", "ramp_days", "ramp_start",
                "skill_spread", "quit_rate", "leave_rate", "leave_days", "time_to_fill",
                "monthly_pay", "cross_trained",
            )
        ],
        ("people", _L, (_TEAMS,)),
        ("neighbor", _L, (_DEPARTMENTS,)),
        ("split", _U, (_DEPARTMENTS,)),
        ("split_people", _L, (_DEPARTMENTS,)),
        ("group_by_slot", _L, (_DEPARTMENTS * SLOTS,)),
        ("replaces", _U, (_TEAMS,)),
        ("ai", _U, (_DEPARTMENTS,)),
        *[
            (name, _F, (_DEPARTMENTS,))
            for name in ("ai_saves", "ai_novice", "ai_insight", "ai_slips", "ai_check_hours")
        ],
    ],
    align=True,
)  # fmt: skip
"""What a scenario amounts to, in numbers; :func:`simulator.compiled.parameters.parameters`."""

STATE = np.dtype(
    [
        *_fields(_F, "now fed_back score_count score_sum chance_count chance_sum revops enablement"
                     " paid_until"),
        *_fields(
            _L,
            "phase order slice heap_used rows_used buyers_used buyers_free buyers_held"
            " items_used items_free items_held events_used events_free events_held people_used"
            " settled_used joinings rotations loaded most_owned entry_first entry_last overrun",
        ),
        # where the arrays lie, and how long they are
        *_fields(
            _L,
            "p buyers people items lines events heap slices settled rows laws steps upto daily"
            " rows_room buyers_room items_room events_room people_room settled_room slices_room"
            " steps_count days",
        ),
        ("policy", _F, (DECISIONS,)),
        ("worked", _F, (SLOTS,)),
        ("booked", _F, (SLOTS,)),
        ("expected", _F, (SLOTS,)),
        ("sequence", _L, (SLOTS,)),
        *[(name, _L, (_TEAMS,)) for name in ("head_count", "next_hire")],
        *[
            (name, _L, (_DEPARTMENTS,))
            for name in (
                "idle_first", "idle_last", "help_first", "help_last", "team_first", "team_last",
            )
        ],
    ],
    align=True,
)  # fmt: skip
"""Where the run is: nothing else changes but this and the arrays of records."""


class World(NamedTuple):
    """Everything a run works on; the arrays are replaced by longer ones between two events.

    Attributes
    ----------
    p, s : array of PARAMETERS, of STATE
        One record each.
    buyers, people, items, lines, events, heap, slices, settled, rows : array of records
    laws, steps : array of LAW, of STEP
    upto, daily : ndarray of float64, (channel, day)
        Inquiries expected up to each midnight, and on each day.
    """

    p: Records
    s: Records
    buyers: Records
    people: Records
    items: Records
    lines: Records
    events: Records
    heap: Records
    slices: Records
    settled: Records
    rows: Records
    laws: Records
    steps: Records
    upto: NDArray[np.float64]
    daily: NDArray[np.float64]

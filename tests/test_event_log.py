"""A run as an event log: CSV, XES and OCEL 2.0 say the same, and say it in the right form."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from simulator.calibration.exporting.crm_tables import crm_tables, known_at
from simulator.calibration.exporting.crm_words import WORDS, Step
from simulator.calibration.exporting.event_files import (
    FILES,
    FORMATS,
    WRITERS,
    csv_pieces,
    staged,
    xes_pieces,
)
from simulator.calibration.exporting.event_log import EventLog, event_log
from simulator.calibration.exporting.ocel_json import ocel_pieces
from simulator.calibration.records import Outcome
from simulator.calibration.working_time import WorkingTime
from simulator.engine import run
from simulator.errors import OutputError
from simulator.organization.journal import (
    LOADED_SLOT,
    MONTHS_PER_YEAR,
    SLOTS,
    Journal,
    Kind,
    Status,
    Team,
)
from simulator.scenario.schema import Scenario

TIME = WorkingTime(date(2024, 4, 1))
XES = "{http://www.xes-standard.org/}"

Change = Callable[[Scenario, dict[str, Any]], Scenario]


@pytest.fixture(scope="module")
def journal(small: Scenario, changed: Change) -> Journal:
    loop = {"horizon.months": 12.0, "recycling.mode": "systematic"}
    return run(changed(small, loop), 3, 0, "company")


def logged(journal: Journal, language: str = "en") -> EventLog:
    return event_log(journal, crm_tables(journal), WORDS["ja" if language == "ja" else "en"], TIME)


@pytest.fixture(scope="module")
def log(journal: Journal) -> EventLog:
    return logged(journal)


@pytest.fixture(scope="module")
def rows(log: EventLog) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(csv_pieces(log)), newline="")))


@pytest.fixture(scope="module")
def xes(log: EventLog) -> ElementTree.Element:
    return ElementTree.fromstring("".join(xes_pieces(log)))


@pytest.fixture(scope="module")
def ocel(log: EventLog) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(ocel_pieces(log)))
    return found


# ------------------------------------------------------------------ what happened


def test_nothing_that_a_department_did_is_lost(journal: Journal, log: EventLog) -> None:
    count = Counter(log.events["step"].tolist())
    team = journal.team[journal.where(Kind.LOST)]
    steps = {
        Step.TALKED: (journal.code[journal.where(Kind.ATTEMPTED)] == 1).sum(),
        Step.NOT_REACHED: (journal.code[journal.where(Kind.ATTEMPTED)] == 0).sum(),
        Step.MEETING: len(journal.where(Kind.MET)),
        Step.WON: len(journal.where(Kind.WON)),
        Step.LOST: (team == Team.FIELD_SALES).sum(),
        Step.LEAD_CLOSED: (team != Team.FIELD_SALES).sum(),
        Step.BROUGHT_BACK: len(journal.where(Kind.RECYCLED)),
        Step.CONTRACT_BEGAN: len(journal.where(Kind.CUSTOMER)),
        Step.ONBOARDED: len(journal.where(Kind.ONBOARDED)),
        Step.CLAIMED: len(journal.where(Kind.CLAIMED)),
        Step.ANSWERED: len(journal.where(Kind.ANSWERED)),
        Step.REVIEWED: len(journal.where(Kind.REVIEWED)),
        Step.LEFT: len(journal.where(Kind.CHURNED)),
    }
    assert {step: count[step] for step in steps} == steps
    assert min(steps.values()) > 0
    screened = count[Step.PASSED_ON] + count[Step.NURTURED] + count[Step.DROPPED]
    assert screened == len(journal.where(Kind.SCREENED))
    # Every talk has one result; bookings of the first opportunities came before the run.
    results = count[Step.TURNED_AWAY] + count[Step.DECLINED] + count[Step.NOT_NOW]
    booked = count[Step.BOOKED] - 22
    assert results + booked == len(journal.where(Kind.QUALIFIED)) == count[Step.TALKED]


def test_a_case_begins_with_an_inquiry_unless_the_company_started_with_it(
    rows: list[dict[str, str]],
) -> None:
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row["case_id"], row["activity"])
    by_slot = {case: int(case.removeprefix("A-")) % SLOTS for case in first}
    begun = {case for case, activity in first.items() if activity == "Inquired"}
    assert begun == {case for case, slot in by_slot.items() if slot < LOADED_SLOT}
    others = Counter(activity for case, activity in first.items() if case not in begun)
    assert set(others) == {"Contract began", "Meeting booked", "Brought back"}


def test_events_of_a_case_are_in_order_and_each_case_is_in_one_piece(
    rows: list[dict[str, str]],
) -> None:
    ended: set[str] = set()
    for earlier, later in pairwise(rows):
        if earlier["case_id"] == later["case_id"]:
            assert earlier["timestamp"] <= later["timestamp"]
        else:
            ended.add(earlier["case_id"])
            assert later["case_id"] not in ended


def test_what_happens_at_one_instant_stands_in_the_order_of_its_causes(
    log: EventLog,
) -> None:
    follows = {
        Step.BOOKED: {Step.TALKED},
        Step.NOT_NOW: {Step.TALKED},
        Step.TURNED_AWAY: {Step.TALKED},
        Step.DECLINED: {Step.TALKED},
        Step.WON: {Step.MEETING},
        Step.LEAD_CLOSED: {Step.DROPPED, Step.NOT_REACHED, Step.NOT_NOW, Step.TURNED_AWAY,
                           Step.DECLINED},
    }  # fmt: skip
    seen = Counter[Step]()
    before: Any = None
    for row in log.events.itertuples():
        allowed = follows.get(Step(row.step))
        if allowed is not None and row.buyer % SLOTS != LOADED_SLOT + 1:
            assert before.step in allowed, (Step(before.step), Step(row.step))
            assert before.time == row.time
            seen[Step(row.step)] += 1
        before = row
    assert set(seen) == set(follows)


def test_events_name_the_opportunity_and_the_contract_that_they_are_about(
    journal: Journal, log: EventLog
) -> None:
    events, tables = log.events, log.tables
    about_deal = events["opportunity"] != ""
    deal_steps = {Step.BOOKED, Step.MEETING, Step.WON, Step.LOST}
    assert (about_deal == events["step"].isin(deal_steps)).all()
    for row in events[about_deal].itertuples():
        assert row.opportunity.startswith(f"O-{row.buyer}-")
    contract_steps = {Step.WON, Step.CONTRACT_BEGAN, *range(Step.ONBOARDED, Step.LEFT + 1)}
    assert ((events["contract"] != "") == events["step"].isin(contract_steps)).all()
    for row in events[events["contract"] != ""].itertuples():
        assert row.contract.startswith(f"C-{row.buyer}-")
    begun = events[events["step"].isin({Step.WON, Step.CONTRACT_BEGAN})]["contract"]
    assert begun.is_unique
    assert len(begun) == len(tables.contracts)
    won = events[events["step"] == Step.WON]
    paid = sorted(journal.a[journal.where(Kind.WON)] * MONTHS_PER_YEAR)
    assert sorted(won["amount"]) == paid


def test_what_only_the_simulator_knows_is_in_no_log(
    log: EventLog, rows: list[dict[str, str]]
) -> None:
    recorded = Counter(row["recorded_reason"] for row in rows if row["activity"] == "Lost")
    deals = log.tables.opportunities
    lost = deals[deals["outcome"] == Outcome.LOST]
    assert recorded == Counter(log.words.reasons[code] for code in lost["reason"].tolist())
    assert recorded[""] > 0
    assert set(rows[0]) == {
        "case_id", "activity", "timestamp", "resource", "opportunity_id", "contract_id",
        "amount", "recorded_reason", "channel",
    }  # fmt: skip


def test_a_cut_log_is_the_beginning_of_the_whole(journal: Journal, log: EventLog) -> None:
    cut = logged(known_at(journal, 120.0))
    columns = ["stamp", "buyer", "activity", "resource", "opportunity", "contract", "reason"]
    whole = log.events[log.events["time"] <= 120.0][columns].reset_index(drop=True)
    assert cut.events[columns].equals(whole)


def test_a_company_that_sells_once_and_one_without_buyers_have_logs(
    small: Scenario, changed: Change
) -> None:
    once = logged(run(changed(small, {"sale": "one_off"}), 3, 0, "shop"))
    assert (once.events["step"] == Step.ONBOARDED).any()
    nobody = {f"market.channels.{name}.leads_per_day": 0.0 for name in small.market.channels}
    empty = changed(small, {**nobody, "start.loaded": False, "horizon.months": 1.0})
    for log in (once, logged(run(empty, 1))):
        check(json.loads("".join(ocel_pieces(log))))
        check_xes(ElementTree.fromstring("".join(xes_pieces(log))))
    assert len(log) == 0


# ------------------------------------------------------------------ XES

# The form of IEEE 1849-2016: elements in this order, names that are names.
LOG_ORDER = ("extension", "global", "classifier", "attribute", "trace")
ATTRIBUTES = {"string": str, "date": datetime.fromisoformat, "int": int, "float": float}
NAME = re.compile(r"[A-Za-z_][\w.-]*")


def named(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(XES)


def attributes(element: ElementTree.Element) -> dict[str, str]:
    found = {}
    for child in element:
        if named(child) in ATTRIBUTES:
            assert set(child.attrib) == {"key", "value"}
            ATTRIBUTES[named(child)](child.attrib["value"])
            assert child.attrib["key"] not in found
            found[child.attrib["key"]] = child.attrib["value"]
    return found


def check_xes(root: ElementTree.Element) -> None:
    assert root.tag == f"{XES}log"
    float(root.attrib["xes.version"])  # a decimal in the schema
    places = [
        LOG_ORDER.index("attribute" if named(each) in ATTRIBUTES else named(each)) for each in root
    ]
    assert places == sorted(places)
    prefixes = {each.attrib["prefix"] for each in root.findall(f"{XES}extension")}
    assert prefixes == {"concept", "time", "org"}
    for each in root.findall(f"{XES}extension"):
        assert set(each.attrib) == {"name", "prefix", "uri"}
        assert each.attrib["uri"].startswith("http://www.xes-standard.org/")
    promised = {each.attrib["scope"]: attributes(each) for each in root.findall(f"{XES}global")}
    assert set(promised) == {"trace", "event"}
    for each in root.findall(f"{XES}classifier"):
        assert NAME.fullmatch(each.attrib["name"])
        assert each.attrib["keys"]
    for trace in root.findall(f"{XES}trace"):
        kinds = [named(child) == "event" for child in trace]
        assert kinds == sorted(kinds)  # attributes come first
        assert set(attributes(trace)) >= set(promised["trace"])
        stamps = []
        for event in trace.findall(f"{XES}event"):
            told = attributes(event)
            assert set(told) >= set(promised["event"])
            for key in told:
                prefix, colon, rest = key.rpartition(":")
                assert not colon or prefix in prefixes
                assert NAME.fullmatch(rest)
            stamps.append(datetime.fromisoformat(told["time:timestamp"]))
            assert stamps[-1].tzinfo is not None
        assert stamps
        assert stamps == sorted(stamps)


def test_xes_has_the_form_of_the_standard(xes: ElementTree.Element) -> None:
    check_xes(xes)


def test_xes_and_csv_tell_the_same(xes: ElementTree.Element, rows: list[dict[str, str]]) -> None:
    told = []
    for trace in xes.findall(f"{XES}trace"):
        case = attributes(trace)
        for event in trace.findall(f"{XES}event"):
            a = attributes(event)
            told.append(
                {
                    "case_id": case["concept:name"],
                    "activity": a["concept:name"],
                    "timestamp": a["time:timestamp"].replace(".000+00:00", "Z"),
                    "resource": a.get("org:resource", ""),
                    "opportunity_id": a.get("opportunity", ""),
                    "contract_id": a.get("contract", ""),
                    "amount": a.get("amount", ""),
                    "recorded_reason": a.get("reason", ""),
                    "channel": case.get("channel", ""),
                }
            )
    assert told == rows


# ------------------------------------------------------------------ OCEL


def listed(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", **of}}


def texts(*names: str, **others: Any) -> dict[str, Any]:
    return {"properties": {**{n: {"type": "string"} for n in names}, **others}}


STAMP = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
TYPES = listed(
    {
        **texts("name", attributes=listed(
            {**texts("name", type={"enum": ["string", "time", "integer", "float", "boolean"]}),
             "required": ["name", "type"]})),
        "required": ["name", "attributes"],
    }
)  # fmt: skip
RELATIONS = listed({**texts("objectId", "qualifier"), "required": ["objectId", "qualifier"]})
# What the JSON schema of the OCEL 2.0 specification asks for: values are texts there.
OCEL_SCHEMA = {
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "additionalProperties": False,
    "properties": {
        "eventTypes": TYPES,
        "objectTypes": TYPES,
        "events": listed(
            {
                **texts("id", "type", time=STAMP, relationships=RELATIONS, attributes=listed(
                    {**texts("name", "value"), "required": ["name", "value"]})),
                "required": ["id", "type", "time"],
            }
        ),
        "objects": listed(
            {
                **texts("id", "type", relationships=RELATIONS, attributes=listed(
                    {**texts("name", "value", time=STAMP), "required": ["name", "value", "time"]})),
                "required": ["id", "type"],
            }
        ),
    },
}  # fmt: skip


def check(ocel: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(OCEL_SCHEMA).validate(ocel)
    kinds = {}
    for kind in ("eventTypes", "objectTypes"):
        names = [each["name"] for each in ocel[kind]]
        assert len(set(names)) == len(names)
        kinds[kind] = {
            each["name"]: {a["name"]: a["type"] for a in each["attributes"]} for each in ocel[kind]
        }
    identities = [each["id"] for each in (*ocel["objects"], *ocel["events"])]
    assert len(set(identities)) == len(identities)
    known = {each["id"] for each in ocel["objects"]}
    for things, types in (("objects", "objectTypes"), ("events", "eventTypes")):
        for each in ocel[things]:
            declared = kinds[types][each["type"]]
            for attribute in each["attributes"]:
                if declared[attribute["name"]] == "float":
                    float(attribute["value"])
            relations = [(r["objectId"], r["qualifier"]) for r in each["relationships"]]
            assert len(set(relations)) == len(relations)
            assert {of for of, _ in relations} <= known
    assert {each["type"] for each in ocel["events"]} == set(kinds["eventTypes"])


def test_ocel_has_the_form_of_its_schema(ocel: dict[str, Any]) -> None:
    check(ocel)
    assert len(ocel["events"]) > 5000


def test_ocel_and_csv_tell_the_same(ocel: dict[str, Any], rows: list[dict[str, str]]) -> None:
    told = Counter()
    for event in ocel["events"]:
        about = {r["qualifier"]: r["objectId"] for r in event["relationships"]}
        said = {a["name"]: a["value"] for a in event["attributes"]}
        told[
            about["account"], event["type"], event["time"], about.get("done by", ""),
            about.get("opportunity", ""), about.get("contract", ""), said.get("amount", ""),
            said.get("reason", ""),
        ] += 1  # fmt: skip
    columns = list(rows[0])[:-1]
    assert told == Counter(tuple(row[name] for name in columns) for row in rows)
    times = [event["time"] for event in ocel["events"]]
    assert times == sorted(times)


def test_objects_are_those_of_the_crm_and_hang_together(
    log: EventLog, ocel: dict[str, Any]
) -> None:
    objects = {each["id"]: each for each in ocel["objects"]}
    count = Counter(each["type"] for each in objects.values())
    tables = log.tables
    assert count["lead"] == len(tables.leads)
    assert count["opportunity"] == len(tables.opportunities)
    assert count["contract"] == len(tables.contracts)
    assert count["person"] == len(tables.owners)
    related = Counter(
        (each["type"], relation["qualifier"], objects[relation["objectId"]]["type"])
        for each in objects.values()
        for relation in each["relationships"]
    )
    assert related == {
        ("lead", "of", "account"): len(tables.leads),
        ("opportunity", "with", "account"): len(tables.opportunities),
        ("opportunity", "from", "lead"): (tables.opportunities["lead"] >= 0).sum(),
        ("contract", "with", "account"): len(tables.contracts),
        ("contract", "signed as", "opportunity"): (tables.contracts["opportunity"] >= 0).sum(),
    }


def test_stages_and_revenue_change_over_time(
    journal: Journal, log: EventLog, ocel: dict[str, Any]
) -> None:
    last: dict[str, str] = {}
    for each in ocel["objects"]:
        for name in ("stage", "revenue"):
            values = [a for a in each["attributes"] if a["name"] == name]
            times = [a["time"] for a in values]
            assert times == sorted(times)
            if values:
                last[each["id"]] = values[-1]["value"]
    deals = log.tables.opportunities
    for row in deals.itertuples():
        assert last[f"O-{row.buyer}-{row.number}"] == log.words.stage(row.stage)
    # What contracts come to at the end is the recurring revenue that the run ends with.
    status = journal.where(Kind.STATUS)
    paying = journal.code[status] == Status.CUSTOMER
    total = sum(float(value) for name, value in last.items() if name.startswith("C-"))
    assert total == journal.a[status][paying].sum() > 0


# ------------------------------------------------------------------ words and names


def test_both_languages_tell_the_same_in_other_words(journal: Journal, log: EventLog) -> None:
    japanese = logged(journal, "ja")
    assert (japanese.events["step"] == log.events["step"]).all()
    named = set(japanese.events["activity"])
    assert {"問い合わせ", "受注", "失注", "商談1回目", "解約"} <= named
    pairs = set(zip(log.events["activity"], japanese.events["activity"], strict=True))
    assert len(pairs) == len(named) == len(set(log.events["activity"]))
    told = json.loads("".join(ocel_pieces(japanese)))
    assert {each["name"] for each in told["eventTypes"]} == named
    check_xes(ElementTree.fromstring("".join(xes_pieces(japanese))))


HOSTILE = "=1+1,\"</log>'&<x>\n\r\t]]>\x00\x08\ufffe"


def test_a_name_can_break_no_log(small: Scenario) -> None:
    values = small.model_dump()
    channel = {**values["market"]["channels"]["website"], "leads_per_day": 1.0}
    values["market"]["channels"] = {HOSTILE: channel}
    values["horizon"]["months"] = 1.0
    log = logged(run(Scenario.model_validate(values), 1, 0, HOSTILE))
    assert HOSTILE in log.channels.values()

    root = ElementTree.fromstring("".join(xes_pieces(log)))
    check_xes(root)
    lead = next(t for t in root.findall(f"{XES}trace") if "channel" in attributes(t))
    printable = re.sub("[\x00\x08\ufffe]", "\ufffd", HOSTILE)
    assert attributes(lead)["channel"] == attributes(root)["concept:name"] == printable

    told = json.loads("".join(ocel_pieces(log)))
    check(told)
    leads = [each for each in told["objects"] if each["type"] == "lead"]
    assert {each["attributes"][0]["value"] for each in leads} == {HOSTILE}

    text = "".join(csv_pieces(log))
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(found) == len(log)
    safe = "'" + HOSTILE.replace("\n\r", "\n\n")
    assert {row["channel"] for row in found} == {"", safe}


# ------------------------------------------------------------------ files


def test_logs_are_made_piece_by_piece(log: EventLog) -> None:
    for form in FORMATS:
        sizes = [len(piece) for piece in WRITERS[form](log)]
        assert len(sizes) > 3
        assert max(sizes) < 1_000_000


def test_logs_are_whole_or_not_there(log: EventLog, tmp_path: Path) -> None:
    with staged(tmp_path, {FILES[form]: WRITERS[form](log) for form in FORMATS}):
        assert not any((tmp_path / FILES[form]).exists() for form in FORMATS)
    assert (tmp_path / FILES["xes"]).read_text("utf-8") == "".join(xes_pieces(log))
    assert {path.name for path in tmp_path.iterdir()} == set(FILES.values())


def test_what_fails_beside_or_in_a_log_leaves_the_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("earlier")

    def breaks() -> Iterator[str]:
        yield "half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"), staged(tmp_path, {"a": breaks()}):
        pytest.fail("the block must not run")
    with pytest.raises(ValueError, match="elsewhere"), staged(tmp_path, {"a": iter(["new"])}):
        raise ValueError("elsewhere")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "earlier"}


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError), staged(tmp_path / "file" / "logs", {"a": iter(["x"])}):
        pytest.fail("the block must not run")

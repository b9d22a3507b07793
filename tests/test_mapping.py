"""What files are and what their words mean: guessed, asked for, written out and read back."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from simulator.calibration.importing.channel_names import (
    MASKED,
    MOST_CHANNELS,
    NOT_RECORDED,
    OTHER,
    channel_name,
    largest,
)
from simulator.calibration.importing.guessing import guess
from simulator.calibration.importing.headings import plain, stage_of_heading
from simulator.calibration.importing.mapping import ASK, FileMapping, Mapping, open_questions
from simulator.calibration.importing.mapping_file import load_mapping, mapping_text
from simulator.calibration.importing.reading import Sheet, read_sheets
from simulator.calibration.importing.stage_names import (
    act_of,
    in_usual_order,
    reached_by,
    reason_meaning,
    stage_meaning,
    status_meaning,
)
from simulator.calibration.records import Act
from simulator.errors import ScenarioError
from simulator.presentation.calibration_tables import guess_story
from simulator.scenario.scalars import plain_value

DATA = Path(__file__).parents[2] / "shared" / "data"


def needs(folder: str) -> Path:
    path = DATA / folder
    if not path.is_dir():
        pytest.skip(f"{path} is not there: its licence keeps it out of the project")
    return path


def sheets_of(folder: Path, **files: str) -> list[Sheet]:
    found: list[Sheet] = []
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        found += read_sheets(path)
    return found


def only(mapping: Mapping, file: str) -> FileMapping:
    return next(each for each in mapping.files if each.file == file)


# ------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Closed Won", "won"), ("closedwon", "won"), ("受注", "won"), ("成約", "won"),
        ("成立", "won"),
        ("ＷＯＮ", "won"), ("Closed Lost", "lost"), ("closedlost", "lost"), ("失注", "lost"),
        ("不成立", "lost"), ("見送り", "lost"), ("Contract Sent", "open"), ("受注予定", "open"),
        ("契約書送付済み", "open"), ("decisionmakerboughtin", "open"), ("Engaging", "open"),
        ("2. 提案・見積", "open"), ("Id. Decision Makers", "open"), ("商談2回目", "open"),
        ("Closed", None), ("Zebra", None), ("★", None),
        ("6 - Closed Won", "won"), ("Won (100%)", "won"), ("クローズ(受注)", "won"),
        ("Closed Lost - Price", "lost"), ("Lost (no budget)", "lost"), ("失注（価格）", "lost"),
        ("Closed - Not Won", "lost"), ("契約締結", "won"), ("契約締結予定", "open"),
        ("契約書締結待ち", "open"), ("qualifiedtobuy", "open"), ("Negotiations", "open"),
        # What only holds a known word can mean anything.
        ("Signed NDA", None), ("Paid pilot", None), ("Win-back", None), ("Inactive", None),
        ("Renewed", None), ("Qualified out", None), ("失注懸念", None), ("Contracted", None),
        ("Disengaged", None), ("Verbal win", None), ("Lost - reopened", None), ("受注A", None),
        ("Deal won?", None), ("Cancellation risk", None), ("契約解除", None), ("契約未締結", None),
        ("検討中止", None), ("Contract executed", None), ("契約", None),
    ],
)  # fmt: skip
def test_a_stage_says_by_its_name_whether_it_is_open_won_or_lost(
    word: str, meaning: str | None
) -> None:
    assert stage_meaning(word) == meaning


def test_stages_stand_in_their_usual_order_whatever_the_order_of_the_rows() -> None:
    usual = [
        "Prospecting", "Qualification", "Needs Analysis", "Value Proposition",
        "Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost",
    ]  # fmt: skip
    meanings = {name: str(stage_meaning(name)) for name in reversed(usual)}
    assert in_usual_order(meanings) == usual
    meetings = ["Qualified", "Meeting 1", "Meeting 2", "Meeting 10", "Won", "Lost"]
    assert (
        in_usual_order({name: str(stage_meaning(name)) for name in reversed(meetings)}) == meetings
    )


def test_numbers_in_names_and_then_probabilities_rule_the_order() -> None:
    numbered = {"3_Demo": "open", "1_Offer": "open", "02 Talk": "open", "9_Won": "won"}
    assert in_usual_order(numbered) == ["1_Offer", "02 Talk", "3_Demo", "9_Won"]
    rated = {"Demo": "open", "Offer": "open", "Won": "won"}
    assert in_usual_order(rated, {"Demo": 60.0, "Offer": 20.0}) == ["Offer", "Demo", "Won"]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("Price", "no_budget"), ("予算なし", "no_budget"), ("Timing", "wrong_timing"),
        ("時期尚早", "wrong_timing"), ("Lost to Competitor", "with_competitor"),
        ("他社に決定", "with_competitor"), ("Product Fit", "bad_fit"), ("機能不足", "bad_fit"),
        ("No Decision / Non-Responsive", "no_decision"), ("音信不通", "no_decision"),
        ("Other", "unknown"), ("その他", "unknown"),
    ],
)  # fmt: skip
def test_loss_reasons_are_recognized_by_their_words(word: str, meaning: str) -> None:
    assert reason_meaning(word) == meaning


def test_statuses_and_activities_are_recognized_in_both_languages() -> None:
    assert [status_meaning(w) for w in ("Unqualified", "対象外", "Converted", "商談化済み")] == [
        "given_up", "given_up", "converted", "converted",
    ]  # fmt: skip
    assert status_meaning("Marketing Qualified Lead") == "open"
    assert [act_of(w) for w in ("Call", "架電", "Meeting", "訪問", "Email")] == [
        Act.CALL, Act.CALL, Act.MEETING, Act.MEETING, Act.OTHER,
    ]  # fmt: skip
    results = ("Connected", "通話", "No answer", "不在", "Not connected", "?")
    assert [reached_by(word) for word in results] == [1, 1, 0, 0, 0, -1]


def test_headings_are_compared_by_letters_and_digits_alone() -> None:
    assert (
        plain("Lead Source")
        == plain("lead_source")
        == plain("LeadSource")
        == plain("ＬＥＡＤ　source")
    )
    assert plain("商談 ID") == plain("商談ID") == plain("商談ＩＤ")
    assert plain("Region__c") == "region"


@pytest.mark.parametrize(
    ("heading", "stage"),
    [
        ('Date entered "Closed Won (Sales Pipeline)"', "Closed Won"),
        ('Date entered "Contract (draft)"', "Contract (draft)"),
        ('date entered "提案 (営業パイプライン)"', "提案"),
        ("hs_v2_date_entered_closedwon", "closedwon"),
        ("hs_date_entered_contractsent", "contractsent"),
        ('Date exited "Closed Won (Sales Pipeline)"', ""),
        ("Date entered", ""),
    ],
)
def test_columns_of_stage_dates_name_their_stage(heading: str, stage: str) -> None:
    assert stage_of_heading(heading) == stage


# ------------------------------------------------------------------ channels


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Paid Search", "paid_search"), ("展示会 2024", "展示会_2024"), ("", NOT_RECORDED),
        ("jane.doe@example.com", MASKED), ("via Jane <jane@example.com>", MASKED),
        ("2024", "source_2024"), ("No", "source_no"), ("=HYPERLINK(\"x\")", "hyperlink_x"),
        ("<script>alert(1)</script>", "script_alert_1_script"), ("a\u202eb\x00c\n", "a_b_c"),
        ("---", NOT_RECORDED),
    ],
)  # fmt: skip
def test_a_channel_has_a_harmless_name(source: str, name: str) -> None:
    assert channel_name(source) == name
    value, rule = plain_value(channel_name(source))
    assert isinstance(value, str)
    assert not rule


def test_a_name_of_a_channel_is_bounded_and_keeps_being_itself() -> None:
    long = channel_name("word " * 50)
    assert len(long) <= 40
    assert channel_name(long) == long


def test_the_smallest_channels_are_merged_where_there_are_too_many() -> None:
    sizes = {f"c{at:02}": 100.0 - at for at in range(20)} | {NOT_RECORDED: 1.0, OTHER: 50.0}
    kept, merged = largest(sizes)
    assert len(kept) == MOST_CHANNELS
    assert kept[-1] == OTHER
    assert NOT_RECORDED in kept
    assert set(kept) - {OTHER} | set(merged) == set(sizes)
    assert largest({"a": 1.0, "b": 2.0}) == (["b", "a"], [])


# ------------------------------------------------------------------ guesses on real files


def test_the_two_files_of_the_real_funnel_are_told_apart() -> None:
    folder = needs("olist")
    mapping = guess([each for path in sorted(folder.glob("*.csv")) for each in read_sheets(path)])
    leads = only(mapping, "olist_marketing_qualified_leads_dataset.csv")
    deals = only(mapping, "olist_closed_deals_dataset.csv")
    assert leads.kind == "leads"
    assert leads.columns == {"id": "mql_id", "created": "first_contact_date", "source": "origin"}
    assert deals.kind == "opportunities"
    assert deals.columns == {
        "lead_id": "mql_id", "owner": "sr_id", "inside_owner": "sdr_id", "won_at": "won_date",
    }  # fmt: skip
    assert open_questions(mapping) == []


def test_the_teaching_files_are_read_month_first_and_ask_what_amounts_count() -> None:
    folder = needs("maven_crm")
    mapping = guess([each for path in sorted(folder.glob("*.csv")) for each in read_sheets(path)])
    deals = only(mapping, "sales_pipeline.csv")
    assert deals.columns == {
        "id": "opportunity_id", "account": "account", "owner": "sales_agent", "stage": "deal_stage",
        "amount": "close_value", "created": "engage_date", "closed": "close_date",
    }  # fmt: skip
    assert deals.date_order == "month_first"
    assert mapping.stages == {
        "Prospecting": "open", "Engaging": "open", "Won": "won", "Lost": "lost",
    }  # fmt: skip
    assert [problem.key for problem in open_questions(mapping)] == ["amounts"]
    assert only(mapping, "sales_teams.csv").kind == "owners"
    assert only(mapping, "accounts.csv").kind == "ignored"


def test_hubspot_files_are_told_apart_and_joined_by_address() -> None:
    folder = needs("crm_exports")
    mapping = guess([each for path in sorted(folder.glob("*.csv")) for each in read_sheets(path)])
    contacts, deals = mapping.files
    assert (contacts.kind, deals.kind) == ("leads", "opportunities")
    assert contacts.columns["email"] == "Email"
    assert deals.columns["email"] == "Associated Contact Email"
    assert deals.columns["closed"] == "Close Date"
    assert mapping.loss_reasons["Competitor"] == "with_competitor"
    assert mapping.pipelines == ("Sales Pipeline", "Renewals Pipeline")


# ------------------------------------------------------------------ guesses on small files

OPPORTUNITIES = (
    "Opportunity ID,Opportunity Name,Opportunity Owner,Stage,Amount,Close Date,Created Date\n"
    "1,a,x,Closed Won,100,2024-03-01,2024-01-01\n"
    "2,b,y,Closed Lost,200,2024-04-01,2024-01-05\n"
)


def test_japanese_headings_are_known(tmp_path: Path) -> None:
    mapping = guess(
        sheets_of(
            tmp_path,
            リード="リード ID,作成日,リードソース,リード 所有者,リード状況\n"
            "1,2024/1/15,展示会,山田,新規\n",
            商談="商談 ID,商談名,フェーズ,金額,完了予定日,作成日,商談 所有者,失注理由\n"
            "1,A社,受注,¥100,2024/3/1,2024/1/20,佐藤,\n2,B社,失注,¥90,2024/3/2,2024/1/21,佐藤,予算\n",
        )
    )
    leads, deals = mapping.files
    assert leads.kind == "leads"
    assert leads.columns == {
        "id": "リード ID", "created": "作成日", "source": "リードソース", "owner": "リード 所有者",
        "status": "リード状況",
    }  # fmt: skip
    assert deals.kind == "opportunities"
    assert deals.columns == {
        "id": "商談 ID", "name": "商談名", "owner": "商談 所有者", "stage": "フェーズ",
        "amount": "金額", "created": "作成日", "closed": "完了予定日", "loss_reason": "失注理由",
    }  # fmt: skip
    assert mapping.stages == {"受注": "won", "失注": "lost"}
    assert mapping.currency == "JPY"


def test_histories_are_told_from_the_table_of_opportunities(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        object="Id,OpportunityId,CreatedById,CreatedDate,StageName,Amount,CloseDate\n"
        "h1,1,u,2024-01-01,Prospecting,1,2024-03-01\nh2,1,u,2024-02-01,Closed Won,1,2024-03-01\n",
        report="Opportunity Owner,Edited By,Field / Event,Old Value,New Value,Edit Date,"
        "Opportunity Name\nx,x,Stage,Prospecting,Closed Won,2024-02-01,a\n",
        deals=OPPORTUNITIES,
    )
    assert [each.kind for each in guess(sheets).files] == [
        "stage_history", "field_history", "opportunities",
    ]  # fmt: skip


def test_two_equally_good_headings_are_asked_for(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads="Lead ID,Created Date,Lead Source,Original Source\n1,2024-01-01,Web,Paid\n",
    )
    mapping = guess(sheets)
    assert mapping.files[0].columns["source"] == ASK
    asked = open_questions(mapping)
    assert [problem.key for problem in asked] == ["files.leads.csv.columns.source"]
    assert '"Lead Source" or "Original Source"' in asked[0].rule


def test_a_heading_counts_only_if_its_cells_fit(tmp_path: Path) -> None:
    mapping = guess(
        sheets_of(
            tmp_path,
            leads="Lead ID,Created Date,Date Created,Lead Source\n1,soon,2024-01-01,Web\n"
            "2,later,2024-01-02,Web\n",
        )
    )
    assert mapping.files[0].columns["created"] == "Date Created"


def test_an_ambiguous_date_is_asked_for_and_one_clear_date_settles_a_file(tmp_path: Path) -> None:
    head = "Lead ID,Created Date,Lead Source\n"
    doubt = guess(sheets_of(tmp_path, leads=head + "1,03/04/2024,Web\n2,05/06/2024,Web\n"))
    assert doubt.files[0].date_order == ASK
    assert [p.key for p in open_questions(doubt)] == ["files.leads.csv.date_order"]
    clear = guess(sheets_of(tmp_path, leads=head + "1,03/04/2024,Web\n2,25/06/2024,Web\n"))
    assert clear.files[0].date_order == "day_first"
    assert open_questions(clear) == []


def test_times_with_an_offset_ask_for_the_time_zone(tmp_path: Path) -> None:
    text = "Id,CreatedDate,LeadSource\n1,2024-01-01T03:00:00.000+0000,Web\n"
    mapping = guess(sheets_of(tmp_path, leads=text))
    assert mapping.time_zone == ASK
    assert [p.key for p in open_questions(mapping)] == ["time_zone"]


def test_a_stage_of_unknown_meaning_is_asked_for_unless_flags_tell(tmp_path: Path) -> None:
    text = (
        "Deal ID,Deal Stage,Create Date,Close Date{}\n"
        "1,Zebra,2024-01-01,2024-02-01{}\n2,Lion,2024-01-02,2024-02-02{}\n"
    )
    asked = guess(sheets_of(tmp_path, deals=text.format("", "", "")))
    assert asked.stages == {"Zebra": ASK, "Lion": ASK}
    flags = text.format(",Is Won,Is Closed", ",true,true", ",false,true")
    told = guess(sheets_of(tmp_path, deals=flags))
    assert told.stages == {"Zebra": "won", "Lion": "lost"}


def test_a_stage_whose_words_and_probability_disagree_is_asked_for(tmp_path: Path) -> None:
    text = (
        "Deal ID,Deal Stage,Create Date,Close Date,Probability\n"
        "1,Pilot,2024-01-01,2024-02-01,100\n2,Demo,2024-01-02,2024-02-02,0\n"
        "3,Proposal,2024-01-02,2024-02-02,60\n4,Signed,2024-01-02,2024-02-02,75\n"
        "5,Zebra,2024-01-02,2024-02-02,100\n6,Lost,2024-01-02,2024-02-02,0\n"
    )
    mapping = guess(sheets_of(tmp_path, deals=text))
    assert mapping.stages == {
        "Demo": ASK, "Pilot": ASK, "Signed": ASK, "Proposal": "open", "Zebra": "won",
        "Lost": "lost",
    }  # fmt: skip
    rules = {problem.key: problem.rule for problem in open_questions(mapping)}
    assert "sounds open, but its probability is 100 %" in rules["stages.Pilot"]
    assert "sounds won, but its probability is 75 %" in rules["stages.Signed"]


def test_a_stage_whose_words_and_closing_dates_disagree_is_asked_for(tmp_path: Path) -> None:
    head = "Deal ID,Deal Stage,Create Date,Close Date\n"

    def rows(stage: str, closed: str) -> str:
        return "".join(f"{stage}{at},{stage},2024-01-0{at},{closed}\n" for at in range(1, 6))

    ended = rows("Closed Won", "2024-02-01") + rows("Closed Lost", "2024-02-01")
    still = rows("Demo", "")
    odd = guess(sheets_of(tmp_path, deals=head + ended + still + rows("Trial", "2024-02-03")))
    assert (odd.stages["Demo"], odd.stages["Trial"]) == ("open", ASK)
    assert "its rows have a closing date" in odd.notes["stages.Trial"]
    odd = guess(sheets_of(tmp_path, deals=head + ended + still + rows("Signed", "")))
    assert odd.stages["Signed"] == ASK
    # Where open opportunities have an expected closing date, a date says nothing.
    usual = guess(sheets_of(tmp_path, deals=head + ended + rows("Trial", "2024-09-03")))
    assert usual.stages["Trial"] == "open"


def test_a_stage_called_closed_is_not_asked_for_where_flags_tell_its_rows_apart(
    tmp_path: Path,
) -> None:
    head = "Deal ID,Deal Stage,Won,Create Date,Close Date\n"
    text = head + "1,Closed,Yes,2024-01-01,2024-02-01\n2,Closed,No,2024-01-02,2024-02-02\n"
    mapping = guess(sheets_of(tmp_path, deals=text))
    assert mapping.stages == {"Closed": "lost"}
    assert "won where" in mapping.notes["stages.Closed"]
    assert open_questions(mapping) == []


def test_the_meaning_of_every_stage_is_shown() -> None:
    mapping = Mapping(
        (FileMapping("deals.csv", "opportunities", {"stage": "Phase"}),),
        stages={"Talk [b]": "open", "Signed": "won", "Zebra": ASK},
        notes={"stages.Zebra": "it sounds like nothing"},
    )
    console = Console(width=120, file=io.StringIO(), color_system=None)
    for part in guess_story(mapping):
        console.print(part)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert {"Talk [b] open", "Signed won"} <= set(lines)
    assert "Zebra ? (asked): it sounds like nothing" in lines


@pytest.mark.parametrize(
    "cell",
    ["01/13/2024 11:30 PM GMT", "2024-03-01 16:30:00 +9", "2024-03-01 16:30 JST", "1709310600000"],
)
def test_every_time_of_a_known_zone_asks_for_the_time_zone(cell: str, tmp_path: Path) -> None:
    head = "Lead ID,Created Date,Lead Source\n"
    mapping = guess(sheets_of(tmp_path, leads=head + f"1,{cell},Web\n2,{cell},Web\n"))
    assert mapping.files[0].columns["created"] == "Created Date"
    assert mapping.time_zone == ASK


def test_one_row_of_many_with_a_zone_asks_for_the_time_zone(tmp_path: Path) -> None:
    rows = [f"{at},2024-03-{1 + at % 28:02d} 16:30,Web\n" for at in range(6000)]
    rows[1234] = "1234,2024-03-05T16:30:00Z,Web\n"
    text = "Lead ID,Created Date,Lead Source\n" + "".join(rows)
    assert guess(sheets_of(tmp_path, leads=text)).time_zone == ASK


def test_a_column_that_contradicts_itself_is_asked_for_whatever_another_tells(
    tmp_path: Path,
) -> None:
    head = "Opportunity ID,Opportunity Name,Stage,Created Date,Close Date\n"
    rows = [
        f"{at},n{at},Closed {'Won' if at % 2 else 'Lost'},01/{13 + at % 15}/2024,"
        f"{'25/02/2024' if at == 3 else '02/20/2024'}\n"
        for at in range(40)
    ]
    mapping = guess(sheets_of(tmp_path, deals=head + "".join(rows)))
    assert mapping.files[0].date_order == ASK
    rule = open_questions(mapping)[0].rule
    assert '"25/02/2024"' in rule
    assert '"02/20/2024"' in rule


def test_one_row_of_many_that_contradicts_the_order_is_found(tmp_path: Path) -> None:
    rows = [f"{at},03/{13 + at % 15}/2024,Web\n" for at in range(6000)]
    rows[1235] = "1235,25/03/2024,Web\n"
    text = "Lead ID,Created Date,Lead Source\n" + "".join(rows)
    assert guess(sheets_of(tmp_path, leads=text)).files[0].date_order == ASK


def test_odd_cells_do_not_take_its_role_from_a_known_heading(tmp_path: Path) -> None:
    rows = [
        f"{at},Closed {'Won' if at % 2 else 'Lost'},2024-01-{1 + at:02d},2024-02-{1 + at:02d},"
        f"{'TBD' if at % 5 else 1000 + at},{'soon' if at % 4 else '2024-02-03'}\n"
        for at in range(20)
    ]
    head = "Deal ID,Deal Stage,Create Date,Close Date,Amount,Contract Start Date\n"
    columns = guess(sheets_of(tmp_path, deals=head + "".join(rows))).files[0].columns
    assert columns["amount"] == "Amount"
    assert columns["contract_start"] == "Contract Start Date"


@pytest.mark.parametrize("heading", ["Amount (thousands)", "金額(千円)", "Amount ($ M)", "MRR [K]"])
def test_amounts_in_thousands_are_refused_and_not_read_as_they_stand(
    heading: str, tmp_path: Path
) -> None:
    mapping = guess(sheets_of(tmp_path, deals=OPPORTUNITIES.replace("Amount", heading)))
    assert mapping.files[0].columns["amount"] == heading
    asked = {problem.key: problem.rule for problem in open_questions(mapping)}
    assert "whole amounts" in asked["files.deals.csv.columns.amount"]


def test_a_currency_behind_a_heading_of_amounts_is_no_matter(tmp_path: Path) -> None:
    mapping = guess(sheets_of(tmp_path, deals=OPPORTUNITIES.replace("Amount", "月額(円)")))
    assert mapping.files[0].columns["amount"] == "月額(円)"
    assert mapping.amounts == "monthly"
    assert open_questions(mapping) == []


def test_a_heading_that_says_what_an_amount_counts_is_believed(tmp_path: Path) -> None:
    text = OPPORTUNITIES.replace("Amount", "MRR")
    mapping = guess(sheets_of(tmp_path, deals=text))
    assert mapping.amounts == "monthly"
    assert guess(sheets_of(tmp_path, deals=OPPORTUNITIES)).amounts == ASK


def test_a_file_that_nothing_is_known_about_is_asked_for(tmp_path: Path) -> None:
    alone = guess(sheets_of(tmp_path, zoo="animal,legs\nlion,4\n"))
    assert alone.files[0].kind == ASK
    assert [p.key for p in open_questions(alone)] == ["files.zoo.csv.kind"]
    beside = guess(sheets_of(tmp_path, zoo="animal,legs\nlion,4\n", deals=OPPORTUNITIES))
    assert only(beside, "zoo.csv").kind == "ignored"


def test_files_of_the_same_name_are_refused(tmp_path: Path) -> None:
    sheets = sheets_of(tmp_path, deals=OPPORTUNITIES)
    with pytest.raises(ScenarioError, match=r"deals\.csv: two files have this name"):
        guess([*sheets, *sheets])


# ------------------------------------------------------------------ the mapping file

NASTY = (
    'Deal ID,"Deal\nStage","Create: Date #1",Close Date,"a ""quoted"" \\ heading",'
    "Lead Source,Amount\n"
    "1,Closed Won,2024-01-01,2024-02-01,x,展示会,10\n"
    '2,"Lost: \'too\' ""late"" # \U0001f600",2024-01-02,2024-02-02,y,yes,20\n'
    "3,No,2024-01-02,2024-02-02,y,2024,20\n"
)


def test_what_is_written_is_read_back_the_same_whatever_headings_and_words_hold(
    tmp_path: Path,
) -> None:
    sheets = sheets_of(tmp_path, deals=NASTY)
    mapping = guess(sheets)
    assert "Deal\nStage" in mapping.files[0].columns.values()
    path = tmp_path / "mapping.yaml"
    path.write_text(mapping_text(mapping), encoding="utf-8")
    assert load_mapping(path, sheets) == mapping


@pytest.mark.parametrize("folder", ["olist", "maven_crm", "crm_exports"])
def test_the_mapping_of_real_files_is_read_back_the_same(folder: str, tmp_path: Path) -> None:
    sheets = [s for path in sorted(needs(folder).glob("*.csv")) for s in read_sheets(path)]
    mapping = guess(sheets)
    path = tmp_path / "mapping.yaml"
    path.write_text(mapping_text(mapping), encoding="utf-8")
    assert load_mapping(path, sheets) == mapping


def test_a_mapping_file_states_what_it_corrects_and_the_rest_is_guessed(tmp_path: Path) -> None:
    sheets = sheets_of(tmp_path, deals=OPPORTUNITIES)
    path = tmp_path / "mapping.yaml"
    path.write_text('amounts: annual\nuntil: "2024-05-31"\n', encoding="utf-8")
    mapping = load_mapping(path, sheets)
    guessed = guess(sheets)
    assert mapping.amounts == "annual"
    assert str(mapping.until) == "2024-05-31"
    assert mapping.files == guessed.files
    assert dataclasses.replace(mapping, amounts=guessed.amounts, until=None) == guessed


def test_what_is_stated_of_a_file_is_used_and_checked_without_its_kind(tmp_path: Path) -> None:
    head = "Opportunity ID,Opportunity Name,Stage,Created Date,Close Date\n"
    text = head + "1,n,Closed Won,02/01/2024,03/04/2024\n2,m,Demo,03/01/2024,05/04/2024\n"
    sheets = sheets_of(tmp_path, deals=text)
    path = tmp_path / "mapping.yaml"
    path.write_text("files:\n  deals.csv:\n    date_order: day_first\n", encoding="utf-8")
    (found,) = load_mapping(path, sheets).files
    assert (found.kind, found.date_order) == ("opportunities", "day_first")
    assert found.columns["closed"] == "Close Date"
    path.write_text("files:\n  deals.csv:\n    columns: {nonsense: x}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"nonsense.*no such role"):
        load_mapping(path, sheets)


def test_a_file_of_unknown_kind_with_stated_columns_is_asked_for(tmp_path: Path) -> None:
    sheets = sheets_of(tmp_path, zoo="animal,legs\nlion,4\n", deals=OPPORTUNITIES)
    path = tmp_path / "mapping.yaml"
    path.write_text("files:\n  zoo.csv:\n    columns: {id: animal}\n", encoding="utf-8")
    mapping = load_mapping(path, sheets)
    asked = {problem.key: problem.rule for problem in open_questions(mapping)}
    assert "columns stated" in asked["files.zoo.csv.kind"]


def test_stating_columns_keeps_the_columns_of_stage_dates_unless_they_are_stated(
    tmp_path: Path,
) -> None:
    text = (
        'Record ID,Deal Stage,Create Date,Close Date,"Date entered ""Closed Won"""\n'
        "1,Closed Won,2024-01-01,2024-02-02,2024-02-02\n2,Demo,2024-01-01,,\n"
    )
    sheets = sheets_of(tmp_path, deals=text)
    dated = {'Date entered "Closed Won"': "Closed Won"}
    assert guess(sheets).files[0].stage_dates == dated
    path = tmp_path / "mapping.yaml"
    stated = (
        "files:\n  deals.csv:\n    columns: {id: Record ID, stage: Deal Stage,"
        " created: Create Date}\n"
    )
    path.write_text(stated, encoding="utf-8")
    assert load_mapping(path, sheets).files[0].stage_dates == dated
    path.write_text(stated + "    stage_dates: {}\n", encoding="utf-8")
    none = load_mapping(path, sheets)
    assert none.files[0].stage_dates == {}
    path.write_text(mapping_text(none), encoding="utf-8")
    assert load_mapping(path, sheets) == none


def test_every_mistake_in_a_mapping_file_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    sheets = sheets_of(tmp_path, deals=OPPORTUNITIES)
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "amount: annual\n"
        "amounts: yearly\n"
        "time_zone: Mars/Olympus\n"
        'until: "31.5.2024"\n'
        "files:\n"
        "  dels.csv:\n"
        "    kind: opportunities\n"
        "  deals.csv:\n"
        "    kind: opportunities\n"
        "    columns:\n"
        "      stag: Stage\n"
        "      closed: Closing Date\n"
        "      created: Created Date\n"
        "      name: Created Date\n"
        "    date_order: backwards\n"
        "stages:\n"
        "  Closed Won: yeah\n"
        "channels:\n"
        "  Web: The Web!\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        load_mapping(path, sheets)
    found = {(p.where, p.key): p.rule for p in caught.value.problems}
    expected = {
        ("mapping.yaml:1:1", "amount"): "did you mean amounts",
        ("mapping.yaml:2:10", "amounts"): "must be one of monthly, annual, total",
        ("mapping.yaml:3:12", "time_zone"): "no such time zone",
        ("mapping.yaml:4:8", "until"): "must be a date like",
        ("mapping.yaml:6:3", "files.dels.csv"): "did you mean deals.csv",
        ("mapping.yaml:11:7", "files.deals.csv.columns.stag"): "did you mean stage",
        ("mapping.yaml:12:15", "files.deals.csv.columns.closed"): "did you mean Close Date",
        ("mapping.yaml:14:13", "files.deals.csv.columns.name"): "a column has one role",
        ("mapping.yaml:15:17", "files.deals.csv.date_order"): "must be one of year_first",
        ("mapping.yaml:17:15", "stages.Closed Won"): "must be one of open, won, lost, leave_out",
        ("mapping.yaml:19:8", "channels.Web"): "write the_web",
    }
    assert set(found) == set(expected)
    for key, words in expected.items():
        assert words in found[key]


def test_a_mapping_file_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    sheets = sheets_of(tmp_path, deals=OPPORTUNITIES)
    path = tmp_path / "mapping.yaml"
    for text in (
        "- a list\n",
        "files: [deals.csv]\n",
        "!!python/object:os.system {}\n",
        "stages: 3\n",
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError):
            load_mapping(path, sheets)

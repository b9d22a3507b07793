"""From answers to a scenario, its healthy twin and ranked remedies."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

import simulator
from simulator.diagnosis.amounts import Amounts
from simulator.diagnosis.answers import FACTS, WORDS, Answers, answers_text, read_answers
from simulator.diagnosis.diagnosis import MECHANISMS, Diagnosis, diagnose, through
from simulator.diagnosis.practices import FEEDS, GOVERNS, PRACTICES, settings
from simulator.diagnosis.questions import (
    ANSWERS,
    DANGEROUS,
    GOOD,
    PARTLY,
    UNKNOWN,
    Answer,
    questions,
)
from simulator.diagnosis.tailoring import changes, scenario_text, tailored, usual_facts
from simulator.diagnosis.verdict import MECHANISM_NAMES, verdict
from simulator.errors import ScenarioError
from simulator.experiment.execution import run_streamed
from simulator.experiment.statistics import Estimate
from simulator.languages.languages import LANGUAGES, Both, Language, of_locale, speaking
from simulator.languages.messages import listed
from simulator.metrics.definitions import TEAMS
from simulator.metrics.units import unit_shown
from simulator.presentation.flowing import Flowing, lines_of
from simulator.scenario import load_scenario
from simulator.scenario.behavior import CounterForces
from simulator.scenario.changing import changed, value_of
from simulator.scenario.scalars import compact
from simulator.scenario.schema import Scenario

ARTICLES = Path(__file__).parents[2] / "shared" / "seeds"
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
KPI = ("inside_sales_measure", "customer_success_measure", "targets")


def everywhere(answer: Answer, **others: Answer) -> Answers:
    return Answers.of({**dict.fromkeys(questions(), answer), **others})


def alike(one: Scenario, other: Scenario) -> bool:
    """Compare organizations, whatever they are said to be about."""
    no_words = {"question": "", "stands_for": ""}
    return one.model_copy(update=no_words) == other.model_copy(update=no_words)


@pytest.fixture(scope="module")
def base() -> Scenario:
    return load_scenario("base").scenario


@pytest.fixture(scope="module")
def company(base: Scenario) -> Scenario:
    """The default company for eight months: somebody has changed places by then."""
    return changed(base, {"horizon.months": 8.0})


# ------------------------------------------------------------------ questions


@pytest.mark.parametrize("name", questions())
def test_every_question_is_whole_in_both_languages(name: str) -> None:
    question = questions()[name]
    texts = [question.title, question.ask, question.means, question.remedy]
    texts += [question.answer(answer) for answer in ANSWERS]
    for text in texts:
        assert text.en.strip()
        assert not JAPANESE.search(text.en)
        assert text.ja.strip()
        assert JAPANESE.search(text.ja) or text.ja == "RevOps"
        assert "\n" not in text.en + text.ja
    assert len({question.answer(answer).ja for answer in ANSWERS}) == len(ANSWERS)
    assert len({question.answer(answer).en for answer in ANSWERS}) == len(ANSWERS)


def test_the_articles_are_quoted_word_for_word() -> None:
    files = sorted(ARTICLES.glob("*.txt"))
    if not files:
        pytest.skip("the articles are not part of the project and not beside it")
    said = "".join(file.read_text(encoding="utf-8") for file in files)
    asked = [q for q in questions().values() if q.number <= 6]
    quotes = [q.ask.ja for q in asked]
    quotes += [text.ja for q in questions().values() for text in (q.good, q.dangerous, q.means)]
    assert [quote for quote in quotes if quote not in said] == []


def test_the_six_reverse_questions_come_first_and_numbers_follow_the_order() -> None:
    asked = list(questions().values())
    assert [each.number for each in asked] == list(range(1, len(asked) + 1))
    assert [each.id for each in asked[:6]] == [
        "recycling", "sql_definition", "inside_sales_measure", "customer_success_measure",
        "moves", "revops",
    ]  # fmt: skip
    assert {each.article for each in asked[:6]} == {"S3"}
    assert set(PRACTICES) == set(questions())


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "", "LANG": "ja"}, "ja"),
        ({"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_MESSAGES": "ja_JP", "LANG": "de_DE"}, "ja"),
    ],
)
def test_the_language_is_that_of_the_locale(
    environment: dict[str, str], language: Language
) -> None:
    assert of_locale(environment) == language


def test_texts_take_values_in_both_languages() -> None:
    both = Both("{n} of them", "{n}件")
    assert (both("en", n=3), both("ja", n=3)) == ("3 of them", "3件")
    assert listed(["1", "2", "3"], language="en") == "1, 2 and 3"
    assert listed(["1", "2", "3"], language="ja") == "1、2、3"


def _pairs_of_texts() -> Iterator[tuple[str, str]]:
    """Every text that stands in both languages side by side: in code, and of the questions."""
    for path in Path(simulator.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Both":
                texts = [str(each.value) for each in node.args if isinstance(each, ast.Constant)]
                if len(texts) == 2:
                    yield texts[0], texts[1]
    for question in questions().values():
        told = (question.ask, question.title, question.means, question.remedy)
        for each in (*told, question.good, question.partly, question.dangerous):
            yield each.en, each.ja


def test_both_texts_of_a_pair_have_the_same_places() -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    pairs = list(_pairs_of_texts())
    assert len(pairs) > 100
    assert not [(en, ja) for en, ja in pairs if places(en) != places(ja)]
    assert any(places(en) for en, _ in pairs)


def test_units_in_japanese_are_those_of_every_other_table() -> None:
    assert Amounts.of("wins", "ja", "JPY", [3.0]).unit == unit_in_japanese("buyers")
    assert Amounts.of("lead_time", "ja", "JPY", [3.0]).unit == unit_in_japanese("business days")
    assert Amounts.of("logo_churn", "ja", "JPY", [0.1]).level_unit == unit_in_japanese(
        "share per month"
    )


def unit_in_japanese(unit: str) -> str:
    with speaking("ja"):
        return unit_shown(unit, "JPY")


# ------------------------------------------------------------------ scenarios


@pytest.mark.parametrize("name", questions())
def test_every_answer_leads_to_a_scenario_that_loads_and_says_where_it_is_from(
    name: str, tmp_path: Path, base: Scenario
) -> None:
    loaded = load_scenario("base")
    for answer in (GOOD, PARTLY, DANGEROUS):
        answers = Answers.of({name: answer})
        file = tmp_path / f"{answer}.yaml"
        file.write_text(scenario_text(answers, loaded, "ja", tmp_path), encoding="utf-8")
        again = load_scenario(file)
        assert again.notes == ()  # each number has a source
        assert alike(again.scenario, tailored(answers, base))
        made = changes(answers, base)
        assert made
        (notes,) = [notes for where, notes in again.sources.items() if file.name in where]
        for change in made:
            note = notes[".".join(change.path)]
            assert note.trust == "M"
            number = questions()[name].number
            assert note.source.startswith(f"answer to question {number} ({name}: {answer}); ")
        assert questions()[name].answer(answer).ja in file.read_text(encoding="utf-8")


def test_no_two_answers_to_a_question_mean_the_same(base: Scenario) -> None:
    for name in questions():
        one, two, three = (
            {each.path: each.value for each in settings(name, answer, base)}
            for answer in (GOOD, PARTLY, DANGEROUS)
        )
        assert one != two, name
        assert two != three, name
        assert one != three, name


def test_a_question_that_nobody_can_answer_changes_nothing(base: Scenario) -> None:
    assert tailored(everywhere(UNKNOWN), base) is base
    assert changes(everywhere(UNKNOWN), base) == []


@pytest.mark.parametrize(("answer", "name"), [(DANGEROUS, "divisional"), (GOOD, "shared")])
def test_measures_bring_the_decisions_that_were_found_for_them(
    answer: Answer, name: str, base: Scenario
) -> None:
    found = tailored(Answers.of(dict.fromkeys(KPI, answer)), base)
    assert alike(found, load_scenario(name).scenario)


def test_an_answer_about_a_practice_outweighs_what_follows_from_a_measure(base: Scenario) -> None:
    measured = {"inside_sales_measure": DANGEROUS, "targets": DANGEROUS}
    follows = tailored(Answers.of(measured), base).decisions
    told = {"sql_definition": GOOD, "leads_pursued": PARTLY, "handover": GOOD}
    stated = tailored(Answers.of({**measured, **told}), base).decisions
    assert (follows.inside_sales.booking_cutoff, stated.inside_sales.booking_cutoff) == (0.0, 0.1)
    assert (follows.marketing.mql_cutoff, stated.marketing.mql_cutoff) == (-1.5, -0.2)
    assert (follows.inside_sales.recording, stated.inside_sales.recording) == (0.375, 0.85)
    assert stated.field_sales.recording == 0.85
    known = {**measured, **told, "customer_knowledge": DANGEROUS}
    assert tailored(Answers.of(known), base).decisions.field_sales.recording == 0.15


def test_ranges_reach_to_where_one_department_alone_is_measured_apart(base: Scenario) -> None:
    (share,) = [
        each
        for each in settings("customer_success_measure", DANGEROUS, base)
        if each.path.endswith("proactive_share")
    ]
    alone = load_scenario("customer_success_divisional").scenario.decisions.customer_success
    assert share.span == (share.value, alone.proactive_share)
    assert "divisional.yaml, found by themodel incentives" in share.source


def test_revops_is_staffed_for_the_people_there_are(base: Scenario) -> None:
    def staff(answer: Answer, people: int) -> int:
        facts = {f"{team}_people": people for team in TEAMS}
        return tailored(Answers.of({"revops": answer}, facts), base).teams.revops.people

    assert [staff(GOOD, people) for people in (1, 3, 4, 14)] == [1, 1, 2, 4]
    assert [staff(PARTLY, people) for people in (1, 3, 4, 14)] == [0, 0, 1, 2]
    assert staff(DANGEROUS, 14) == 0


def test_wear_never_lowers_the_attrition_that_a_company_states(base: Scenario) -> None:
    worn = changed(base, {"teams.field_sales.attrition_per_year": 0.6})
    found = tailored(Answers.of({"recovery": DANGEROUS}), worn).teams
    assert found.field_sales.attrition_per_year == 0.6
    assert found.inside_sales.attrition_per_year == 0.4
    assert alike(
        tailored(Answers.of({"recovery": GOOD}), worn), worn
    )  # nor does a good answer change what is known


def test_facts_reach_the_scenario(base: Scenario, tmp_path: Path) -> None:
    facts = {
        "marketing_people": 1.0, "inside_sales_people": 2.0, "field_sales_people": 3.0,
        "customer_success_people": 4.0, "inquiries_per_day": 13.0, "customers": 100.0,
        "deal_size": 35_000.0, "months": 12.0,
    }  # fmt: skip
    assert set(facts) == set(FACTS)
    answers = Answers.of({}, facts)
    found = tailored(answers, base)
    assert usual_facts(found) == pytest.approx(facts)
    for name, channel in base.market.channels.items():
        half = found.market.channels[name]
        assert half.leads_per_day == channel.leads_per_day / 2
        assert half.spend_per_month == channel.spend_per_month / 2
    assert found.start.opportunities == base.start.opportunities // 2
    assert found.market.deal.p90 == 100_000.0
    file = tmp_path / "facts.yaml"
    file.write_text(scenario_text(answers, load_scenario("base"), "en", tmp_path), encoding="utf-8")
    assert alike(load_scenario(file).scenario, found)


def test_names_of_channels_are_quoted_whatever_they_are(tmp_path: Path) -> None:
    names = ["展示会", "yes", 'say "hi": #1', "a.b", "3"]
    own = tmp_path / "own.yaml"
    listing = "".join(f"    {name!r}: {{leads_per_day: 2.0}}\n" for name in names)
    own.write_text(f"market:\n  channels:\n{listing}", encoding="utf-8")
    loaded = load_scenario(own)
    answers = Answers.of({}, {"inquiries_per_day": 5.0})
    below = tmp_path / "below"
    below.mkdir()
    text = scenario_text(answers, loaded, "en", below)
    (below / "mine.yaml").write_text(text, encoding="utf-8")
    again = load_scenario(below / "mine.yaml")
    assert list(again.scenario.market.channels) == names
    assert alike(again.scenario, tailored(answers, loaded.scenario))


def test_inquiries_cannot_be_spread_over_channels_without_any(base: Scenario) -> None:
    none = changed(
        base, {f"market.channels.{name}.leads_per_day": 0.0 for name in base.market.channels}
    )
    with pytest.raises(ScenarioError, match="inquiries_per_day: 5: cannot be spread"):
        tailored(Answers.of({}, {"inquiries_per_day": 5.0}), none)


# ------------------------------------------------------------------ files of answers


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_of_answers_reads_back_as_what_was_answered(
    language: Language, tmp_path: Path, base: Scenario
) -> None:
    given = dict(zip(questions(), ANSWERS * 4, strict=False))
    for answers in (Answers.of({}), Answers.of(given, {"months": 18.0, "deal_size": 12.5})):
        file = tmp_path / f"{language}.yaml"
        text = answers_text(answers, language, "a\nb.yaml", usual_facts(base), "JPY")
        file.write_text(text, encoding="utf-8")
        assert read_answers(file) == answers
    # Whoever takes the marks away gets the facts of the scenario.
    blank = answers_text(Answers.of({}), language, "a.yaml", usual_facts(base), "JPY")
    file.write_text(re.sub(r"^#(?! )|^#(?=  \w+: )", "", blank, flags=re.MULTILINE), "utf-8")
    assert read_answers(file).facts == usual_facts(base)


def test_both_languages_may_be_mixed_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mixed.yaml"
    file.write_text("answers: {recycling: 良い, moves: dangerous, revops: 一部}\n", "utf-8")
    found = read_answers(file).by_question
    assert (found["recycling"], found["moves"], found["revops"]) == (GOOD, DANGEROUS, PARTLY)
    assert found["careers"] == UNKNOWN


WRONG = """\
answers:
  recyclin: good
  recycling: godo
  moves: 3
  revops: yes
facts:
  months: 1.5
  customer: 3
  deal_size: -3
  customers: true
other: 3
"""


def test_everything_wrong_with_a_file_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    for language in LANGUAGES:
        with pytest.raises(ScenarioError) as caught:
            read_answers(file, language)
        problems = caught.value.problems
        lines = [int(re.findall(r"wrong\.yaml:(\d+):", each.where)[0]) for each in problems]
        assert lines == [2, 3, 4, 5, 7, 8, 9, 10, 11]
        said = "\n".join(map(str, problems))
        assert "recycling" in problems[0].rule  # did you mean
        assert "good" in problems[1].rule
        assert "customers" in problems[5].rule
        assert bool(JAPANESE.search(said)) == (language == "ja")


@pytest.mark.parametrize("text", ["", "- good\n", "answers: good\n", "{}\n"])
def test_a_file_without_answers_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    file.write_text(text)
    with pytest.raises(ScenarioError):
        read_answers(file)


# ------------------------------------------------------------------ mechanisms


def test_mechanisms_are_named_and_keys_that_they_govern_exist(base: Scenario) -> None:
    assert set(GOVERNS) == set(MECHANISM_NAMES) == set(MECHANISMS)
    for path in {*FEEDS, *(path for paths in GOVERNS.values() for path in paths)}:
        assert value_of(base, path) is not None, path
    assert {name for fed in FEEDS.values() for name in fed} <= set(MECHANISMS)


def _gap(answers: Answers, company: Scenario, off: tuple[str, ...]) -> float:
    """Largest difference between an organization and its twin with mechanisms switched off."""
    switched = {f"mechanisms.{name}.active": False for name in off}
    # What sharing a measure costs is no mechanism of silo damage: compare without it.
    switched |= {f"counter_forces.{name}.active": False for name in CounterForces.model_fields}
    ready = changed(company, switched)
    here, twin = tailored(answers, ready), tailored(answers.healthy(), ready)
    apart = []
    for metric in ("mrr_end", "revenue", "sql_count", "claims_per_customer"):
        found = [run_streamed(each, "", 3, 0)[metric] for each in (here, twin)]
        apart.append(abs(found[1] - found[0]) / abs(found[0]))
    return max(apart)


@pytest.mark.parametrize(
    "name",
    [
        "sql_definition", "inside_sales_measure", "customer_success_measure", "revops",
        "leads_pursued", "customer_knowledge", "targets", "handover", "losses", "pdca",
    ],
)  # fmt: skip
def test_an_answer_acts_through_the_mechanisms_that_it_is_said_to_act_through(
    name: str, company: Scenario
) -> None:
    # RevOps would share definitions and feed back whatever else is answered.
    answers = everywhere(GOOD, revops=UNKNOWN).with_answer(name, DANGEROUS)
    claimed = tuple(m for m, (direct, _) in through(answers, company).items() if direct)
    assert 0 < len(claimed) < 4
    assert _gap(answers, company, ()) > 0.0
    assert _gap(answers, company, claimed) == 0.0


@pytest.mark.parametrize("name", ["recycling", "moves", "recovery", "careers"])
def test_answers_about_people_time_and_the_loop_also_act_beside_the_mechanisms(
    name: str, company: Scenario
) -> None:
    answers = everywhere(GOOD, **{name: DANGEROUS})
    assert _gap(answers, company, MECHANISMS) > 0.0


def test_a_middle_answer_switches_on_only_what_it_changes(base: Scenario) -> None:
    partly = through(everywhere(GOOD, targets=PARTLY), base)
    assert "overpromising" not in partly
    dangerous = through(everywhere(GOOD, targets=DANGEROUS), base)
    assert dangerous["overpromising"] == ((questions()["targets"],), ())
    assert dangerous["fire_fighting"] == ((), (questions()["targets"],))


# ------------------------------------------------------------------ the diagnosis


@pytest.fixture(scope="module")
def mixed(company: Scenario) -> Diagnosis:
    answers = everywhere(
        GOOD, sql_definition=DANGEROUS, handover=DANGEROUS, customer_knowledge=DANGEROUS,
        revops=PARTLY, leads_pursued=UNKNOWN, pdca=UNKNOWN,
    )  # fmt: skip
    return diagnose(answers, company, seed=5, replications=5)


def test_a_company_of_dangerous_answers_earns_less_and_loses_more_customers(
    base: Scenario,
) -> None:
    bad, good = (tailored(everywhere(answer), base) for answer in (DANGEROUS, GOOD))
    n = 6
    runs = [[run_streamed(each, "", 2, i) for each in (bad, good)] for i in range(n)]
    for metric, sign in (("mrr_end", 1.0), ("logo_churn", -1.0)):
        gap = sign * np.array([twin[metric] - here[metric] for here, twin in runs])
        # Three standard errors above nothing.
        assert gap.mean() > 3.0 * gap.std(ddof=1) / n**0.5


def test_a_healthy_organization_has_nothing_to_remedy(company: Scenario) -> None:
    result = diagnose(everywhere(GOOD), company, replications=2)
    assert (result.remedies, result.mechanisms, result.unknown) == ((), (), ())
    assert result.arms == 1  # it is its own twin
    assert all(effect.estimate.mean == 0.0 for effect in result.gap.values())
    assert verdict(result, "en") == [
        "Nothing to remedy: every answer given is the good one (14 of 14 questions answered)."
    ]
    assert verdict(result, "ja")[0].startswith("改善すべき点はありません。")


def test_the_twin_knows_no_more_than_the_organization(mixed: Diagnosis) -> None:
    company = mixed.scenario
    assert mixed.twin.decisions.marketing.mql_cutoff == company.decisions.marketing.mql_cutoff
    assert mixed.twin.definitions.feedback == company.definitions.feedback
    assert mixed.twin.handoffs.medium == "one_system"


def test_what_nobody_knows_is_listed_with_what_it_may_matter(mixed: Diagnosis) -> None:
    assert {each.question.id for each in mixed.unknown} == {"leads_pursued", "pdca"}
    sizes = [abs(each.between.estimate.mean) for each in mixed.unknown]
    assert sizes == sorted(sizes, reverse=True)
    for each in mixed.unknown:
        between = each.if_good.mean - each.if_dangerous.mean
        assert each.between.estimate.mean == pytest.approx(between)
    for language in LANGUAGES:
        assert "2" in verdict(mixed, language)[-1]


def test_remedies_are_ranked_and_each_is_one_answer_turned(
    mixed: Diagnosis, company: Scenario
) -> None:
    assert {each.question.id for each in mixed.remedies} == {
        "sql_definition", "handover", "customer_knowledge", "revops",
    }  # fmt: skip
    gains = [each.effects["mrr_end"].estimate.mean for each in mixed.remedies]
    assert gains == sorted(gains, reverse=True)
    best = mixed.remedies[0]
    cured = tailored(mixed.answers.with_answer(best.question.id, GOOD), company)
    by_hand = [
        run_streamed(cured, "", 5, i)["mrr_end"] - run_streamed(mixed.scenario, "", 5, i)["mrr_end"]
        for i in range(5)
    ]
    assert best.effects["mrr_end"].estimate == Estimate.of(by_hand)
    assert mixed.apart is not None
    together = mixed.gap["mrr_end"].estimate.mean
    assert mixed.apart.estimate.mean == pytest.approx(together - mixed.sum_of_remedies)


def test_a_remedy_that_another_answer_blocks_is_said_to_change_nothing(mixed: Diagnosis) -> None:
    idle = [each.question.id for each in mixed.remedies if each.is_idle]
    # What is only spoken of is lost, however much field sales records.
    assert idle == ["customer_knowledge"]
    assert any("question 8" in said and "nothing" in said for said in verdict(mixed, "en"))


def test_only_what_intervals_allow_is_called_an_effect(mixed: Diagnosis) -> None:
    tested = 0
    for metric in mixed.metrics:
        for each in mixed.remedies:
            effect = each.effects[metric]
            low, high = effect.estimate.low, effect.estimate.high
            if effect.told:
                assert low is not None
                assert high is not None
                assert low * high > 0.0
                tested += 1
    assert tested


def test_one_replication_tells_nothing(company: Scenario) -> None:
    result = diagnose(everywhere(GOOD, handover=DANGEROUS), company, replications=1)
    assert not any(effect.told for effect in result.gap.values())
    assert not any(each.effects[m].told for each in result.remedies for m in result.metrics)
    assert "One replication" in " ".join(verdict(result, "en"))


def test_a_company_that_sells_once_is_ranked_by_revenue(company: Scenario) -> None:
    once = changed(company, {"sale": "one_off"})
    result = diagnose(everywhere(GOOD, handover=DANGEROUS), once, replications=2)
    assert result.metrics == ("revenue", "profit", "wins")


def test_what_is_shown_is_complete_in_both_languages(mixed: Diagnosis) -> None:
    for language in LANGUAGES:
        said = " ".join(verdict(mixed, language))
        assert not re.search(r"[{}]|None|nan", said)
        assert bool(JAPANESE.search(said)) == (language == "ja")
    assert all(JAPANESE.search(words.ja) for words in WORDS.values())


def test_amounts_are_written_as_each_language_writes_them() -> None:
    sizes = [3_400_000.0]
    for language, size, unit in (
        ("en", "3.40 M JPY (1.00 to 5.00)", "M JPY"),
        ("ja", "3.40百万円(95%区間 1.00～5.00)", "百万円"),
    ):
        money = Amounts.of("mrr_end", language, "JPY", sizes)  # type: ignore[arg-type]
        assert money.size(Estimate(-3_400_000.0, -5e6, -1e6, 9)) == size
        assert (money.unit, money.signed(3_400_000.0)) == (unit, "+3.40")
        assert money.signed(1.0) == "0.00"
    churn = Amounts.of("logo_churn", "ja", "JPY", [0.004])
    assert (churn.unit, churn.level(0.011)) == ("ポイント/月", "1.10%/月")
    assert Amounts.of("mrr_end", "ja", "USD", sizes).unit == "百万USD"


# ------------------------------------------------------------------ lines


SENTENCES = [
    "差は7.4百万円(95%区間 5.0～9.7)縮まります。原因は質問3、5、6、10です。「はい」と答えた。",
    "A plain sentence (with parentheses, and more) that is longer than a line.",
    "https://example.org/a-very-long-address-that-fits-on-no-line-at-all",
    "",
]


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("width", [12, 20, 47, 200])
def test_lines_fit_lose_nothing_and_begin_with_no_closing_mark(text: str, width: int) -> None:
    lines = lines_of(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    if width >= 20:
        assert not any(line.startswith(tuple("、。)」〜～")) for line in lines)
        assert not any(line.endswith(tuple("「(")) for line in lines)
    for one, two in pairwise(lines):
        assert one
        assert two


def test_a_flowing_text_says_how_wide_it_may_be() -> None:
    from rich.console import Console

    console = Console(width=30)
    found = Flowing("情報の欠落 7.4").__rich_measure__(console, console.options)
    assert found.maximum == cell_len("情報の欠落 7.4")
    assert 0 < found.minimum < found.maximum


def test_the_documentation_lists_what_every_answer_means(base: Scenario) -> None:
    page = (Path(__file__).parents[1] / "docs" / "diagnosis.md").read_text(encoding="utf-8")
    for question in questions().values():
        cells = [
            "<br>".join(
                f"`{each.path}` {compact(each.value)}{' (†)' if each.yields else ''}"
                for each in settings(question.id, answer, base)
            )
            for answer in (GOOD, PARTLY, DANGEROUS)
        ]
        row = f"| {question.number} `{question.id}` ({question.article}) | {' | '.join(cells)} |"
        assert row in page

"""A diagnosis as sentences and tables, and the questions as they are asked, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from simulator.diagnosis.amounts import Amounts
from simulator.diagnosis.answers import WORDS, Answers
from simulator.diagnosis.diagnosis import Diagnosis, Effect
from simulator.diagnosis.questions import UNKNOWN, Question, questions
from simulator.diagnosis.verdict import MECHANISM_NAMES, amounts, verdict
from simulator.languages.languages import Both, Language
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, right, titled

_INTERVAL = Both("95 % interval", "95%区間")
_NARROW_INTERVAL = Both("95 %\ninterval", "\n95%区間")
_MISSING = "-"
_REMEDY_WIDTH = 24
_HEADINGS = {
    "mrr_end": Both("MRR", "MRR"),
    "revenue": Both("revenue", "売上高"),
    "profit": Both("contribution", "貢献利益"),
    "logo_churn": Both("churn", "解約率"),
    "wins": Both("wins", "受注"),
}

# ------------------------------------------------------------------ the questions

_OF = Both("Question {number} of {all}", "質問 {number} / {all}")
_INTRO = Both(
    "{all} questions about your organization, then a few facts. One key answers: a number, b to go"
    " back; Ctrl-C ends and keeps nothing.",
    "あなたの組織について{all}問と、いくつかの数字をお聞きします。番号で回答、b で前に戻ります。"
    "Ctrl-C で"
    "中止します(何も保存されません)。",
)
_FACTS = Both(
    "A few facts. Enter keeps what stands in brackets; b goes back.",
    "いくつかの数字をお聞きします。Enter だけなら[ ]内の値のままです。b で前に戻ります。",
)
_BEFORE = Both("answered before: {number}", "前回の回答: {number}")


def introduction(language: Language) -> RenderableType:
    """Say what will be asked, and by which keys it is answered."""
    return Flowing(_INTRO(language, all=len(questions())), "dim")


def facts_introduction(language: Language) -> Iterator[RenderableType]:
    """Say how facts are given."""
    yield Text("")
    yield Flowing(_FACTS(language), "dim")


def question_page(
    question: Question, options: Iterable[str], before: int | None, language: Language
) -> Iterator[RenderableType]:
    """Show one question with its answers, none of them called good or bad.

    Parameters
    ----------
    question : Question
    options : iterable of str
        The words of the answers, in the order of their keys.
    before : int or None
        Key of the answer given before, if any.
    language : {"en", "ja"}
    """
    heading = _OF(language, number=question.number, all=len(questions()))
    if before is not None:
        heading += f" ({_BEFORE(language, number=before)})"
    yield Text(f"\n{heading}", style="dim")
    yield Flowing(question.ask(language), "bold")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for key, words in enumerate(options, start=1):
        table.add_row(str(key), Flowing(words))
    yield Padding(table, (0, 0, 0, 2))


# ------------------------------------------------------------------ the result

_BOTH_TITLE = Both("This organization and its healthy twin", "この組織と健全な組織")
_ALONE_TITLE = Both("This organization", "この組織")
_HERE = Both("organization", "この組織")
_TWIN = Both("healthy twin", "健全な組織")
_DIFFERENCE = Both("difference", "差")
_REMEDIES_TITLE = Both(
    "What each remedy changes: alone, from the first day",
    "改善策ごとの効果: 単独で、初日から実施した場合",
)
_NOW = Both("now", "現状")
_TOGETHER = Both("all together", "すべて同時に")
_ADDED = Both("effects of each added up", "単独の効果の合計")
_REMEDIES_NOTE = Both(
    "In parentheses: cannot be told from nothing among all that were asked at once (Holm, 5 %); "
    "each"
    " interval stands alone. Pay for added people and licences is in the contribution; what it"
    " takes to bring a change about is not.",
    "括弧内は、同時に調べたすべての中で効果があると言えないもの(Holm法、5%)。区間は個別のもので"
    "す。増員の人件費と"
    "ライセンス料は貢献利益に含まれ、改革そのものの手間は含まれません。",
)
_MECHANISMS_TITLE = Both(
    "Through which mechanisms the answers act", "回答がどのメカニズムを通じて効いているか"
)
_SWITCHED = Both("switched on by", "原因の質問")
_FED = Both("fed by", "強める質問")
_CARRIES = Both("carries", "差への寄与")
_INACTIVE = Both("off in this scenario", "シナリオで無効")
_MECHANISMS_NOTE = Both(
    "Numbers of questions. carries: how much of the gap in {metric} between the twin and the"
    " organization vanishes with the mechanism off in both; a negative one hides some of the gap."
    " They do not add up.",
    "数字は質問番号です。差への寄与: 両方の組織でそのメカニズムを止めたとき、{metric}の差がどれだ"
    "け縮まるか(負の値は"
    "差を隠しているもの)。足し算にはなりません。",
)
_BESIDE = Both(
    "Beside the ten mechanisms (through time, people or the recycle loop itself): {numbers}.",
    "10のメカニズム以外(時間・人員・リサイクルの流れそのもの)を通じて効くもの: 質問{numbers}。",
)
_UNKNOWN_TITLE = Both("What you do not know", "分からないと答えた質問")
_IF_DANGEROUS = Both("if dangerous", "危険なら")
_IF_GOOD = Both("if good", "良いなら")
_BETWEEN = Both("between the two", "両者の差")
_UNKNOWN_NOTE = Both(
    "Change of {metric} against the organization as it was run, in which these stay as the scenario"
    " has them.",
    "{metric}の変化。計算ではこれらの質問はシナリオの値のままにしています。",
)
_ANSWERS_TITLE = Both("Your answers", "回答")
_LIMITS = Both(
    "Before you act: these answers are one person's view. How much each of them matters comes from"
    " the model's defaults (trust M: common knowledge of the trade), not from your data; decisions"
    " that follow from measures were searched for the default company. Write the scenario with"
    " --out, read it, and try it against wrong assumptions: themodel sensitivity.",
    "使う前に: 回答は一人の見方です。影響の大きさはモデルの既定値(信頼度M: 業界の通念)によるもの"
    "で、御社のデータによる"
    "ものではありません。評価指標から導かれる行動は既定の会社で探索したものです。--out でシナリオを"
    "書き出して読み、"
    "themodel sensitivity で前提が違う場合も確かめてください。",
)
_CLOSING = Both(
    "{arms} x {runs} replications of {months} months, based on {name}, paired by luck;"
    " seed {seed}; themodel {version}.",
    "{name}を基に{arms}通りの組織を{months}か月、{runs}回ずつ同じ乱数で比較。乱数の種{seed}、"
    "themodel {version}。",
)
_INTERRUPTED = Both(
    "Interrupted after {runs} of {asked} replications. ", "{asked}回中{runs}回で中断されました。"
)


def story(result: Diagnosis, language: Language) -> list[RenderableType]:
    """Tell what the answers come to: the verdict first, then what it rests on.

    Parameters
    ----------
    result : Diagnosis
    language : {"en", "ja"}
    """
    first, *others = verdict(result, language)
    content: list[RenderableType] = [Flowing(first, "bold"), *map(Flowing, others), Text("")]
    if result.remedies:
        content.append(_levels(result, language))
        content.append(_remedies(result, language))
        content += _mechanisms(result, language)
    elif result.gap:
        content.append(_levels(result, language))
    if result.unknown:
        content.append(_unknown(result, language))
    content.append(_answers(result.answers, language))
    content.append(Flowing(_LIMITS(language)))
    return content


def closing(result: Diagnosis, language: Language, version: str) -> RenderableType:
    """Say on what the figures rest."""
    runs = len(result.numbers)
    before = _INTERRUPTED(language, runs=runs, asked=result.asked) if result.interrupted else ""
    said = _CLOSING(
        language,
        arms=_companies(result.arms, language),
        runs=runs,
        months=f"{result.scenario.horizon.months:g}",
        name=result.name,
        seed=result.seed,
        version=version,
    )
    return Flowing(before + said)


def _companies(count: int, language: Language) -> str:
    if language == "ja":
        return str(count)
    return f"{count} compan{'y' if count == 1 else 'ies'}"


def _levels(result: Diagnosis, language: Language) -> RenderableType:
    columns: list[Column | str] = ["", right(_HERE(language))]
    if result.remedies:
        columns += [right(_TWIN(language)), right(_DIFFERENCE(language))]
        columns += [right(_INTERVAL(language))]
    table = grid(*columns)
    for metric in result.metrics:
        money = amounts(result, metric, language)
        here, twin = result.levels[metric]
        name = _named(money, money.level_unit, language)
        cells: list[RenderableType] = [name, money.number(here.mean)]
        if result.remedies:
            gap = result.gap[metric]
            cells += [money.number(twin.mean), _cell(money, gap), money.span(gap.estimate)]
        table.add_row(*cells)
    table.show_header = bool(result.remedies)
    title = _BOTH_TITLE if result.remedies else _ALONE_TITLE
    return titled(title(language), table)


def _remedies(result: Diagnosis, language: Language) -> RenderableType:
    written = {metric: amounts(result, metric, language) for metric in result.metrics}
    main, *others = result.metrics
    table = grid(
        right(), Column("", min_width=_REMEDY_WIDTH), Column(f"\n{_NOW(language)}", no_wrap=True),
        _heading(written[main], language), right(_NARROW_INTERVAL(language)),
        *(_heading(written[metric], language) for metric in others),
    )  # fmt: skip
    for each in result.remedies:
        effect = each.effects[main]
        table.add_row(
            str(each.question.number),
            Flowing(each.question.remedy(language)),
            WORDS[each.answer](language),
            _cell(written[main], effect),
            written[main].span(effect.estimate),
            *(_cell(written[metric], each.effects[metric]) for metric in others),
        )
    if len(result.remedies) > 1:
        table.add_row()
        gap = result.gap[main]
        table.add_row(
            "",
            Text(_TOGETHER(language), style="bold"),
            "",
            _cell(written[main], gap),
            written[main].span(gap.estimate),
            *(_cell(written[metric], result.gap[metric]) for metric in others),
        )
        added = written[main].signed(result.sum_of_remedies)
        table.add_row("", Text(_ADDED(language), style="dim"), "", Text(added, style="dim"))
    if len(result.numbers) == 1:
        del table.columns[4]
    note = Flowing(_REMEDIES_NOTE(language), "dim")
    return titled(_REMEDIES_TITLE(language), table, note)


def _mechanisms(result: Diagnosis, language: Language) -> Iterator[RenderableType]:
    content: list[RenderableType] = []
    money = amounts(result, result.main, language)
    if result.mechanisms:
        table = grid(
            "", _SWITCHED(language), _FED(language),
            right(f"{_CARRIES(language)}{_in(money.unit, language)}"), right(_INTERVAL(language)),
        )  # fmt: skip
        for each in result.mechanisms:
            span = money.span(each.effect.estimate)
            table.add_row(
                MECHANISM_NAMES[each.mechanism](language),
                _numbers(each.switched_on),
                _numbers(each.fed),
                _cell(money, each.effect) if each.active else _MISSING,
                span if each.active else _INACTIVE(language),
            )
        note = _MECHANISMS_NOTE(language, metric=money.label)
        content += [table, Flowing(note, "dim")]
    acting = {question.id for each in result.mechanisms for question in each.switched_on}
    beside = [each.question for each in result.remedies if each.question.id not in acting]
    if beside:
        in_order = tuple(sorted(beside, key=lambda question: question.number))
        content.append(Flowing(_BESIDE(language, numbers=_numbers(in_order))))
    yield titled(_MECHANISMS_TITLE(language), *content)


def _unknown(result: Diagnosis, language: Language) -> RenderableType:
    money = amounts(result, result.main, language)
    table = grid(
        right(), Column(""), right(_IF_DANGEROUS(language)),
        right(_IF_GOOD(language)), right(_BETWEEN(language)), right(_INTERVAL(language)),
    )  # fmt: skip
    for each in result.unknown:
        table.add_row(
            str(each.question.number),
            Flowing(each.question.title(language)),
            money.signed(each.if_dangerous.mean),
            money.signed(each.if_good.mean),
            _cell(money, each.between),
            money.span(each.between.estimate),
        )
    named = _named(money, money.unit, language).plain
    note = Flowing(_UNKNOWN_NOTE(language, metric=named), "dim")
    return titled(_UNKNOWN_TITLE(language), table, note)


def _answers(answers: Answers, language: Language) -> RenderableType:
    table = grid(right(), "", "")
    table.show_header = False
    for question in questions().values():
        answer = answers.by_question[question.id]
        style = "dim" if answer == UNKNOWN else ""
        table.add_row(
            str(question.number),
            Text(question.title(language)),
            Text(WORDS[answer](language), style=style),
        )
    return titled(_ANSWERS_TITLE(language), table)


# ------------------------------------------------------------------ cells


def _cell(money: Amounts, effect: Effect) -> str:
    text = money.signed(effect.estimate.mean)
    return text if effect.told else f"({text})"


def _in(unit: str, language: Language) -> str:
    if not unit:
        return ""
    return f", {unit}" if language == "en" else f"({unit})"


def _named(money: Amounts, unit: str, language: Language) -> Text:
    return Text(f"{money.label}{_in(unit, language)}")


def _heading(money: Amounts, language: Language) -> Column:
    """Return a column with the metric's name above its unit."""
    name, unit = _HEADINGS[money.metric](language), money.unit
    if language == "en" and unit.startswith("% points"):
        unit = "points/mo"
    return right(f"{name}\n{unit}" if unit else f"\n{name}")


def _numbers(asked: tuple[Question, ...]) -> str:
    return ", ".join(str(each.number) for each in asked) or _MISSING

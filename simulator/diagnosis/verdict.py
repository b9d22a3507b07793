"""What a diagnosis comes to, in sentences: never more than the intervals say."""

from __future__ import annotations

from simulator.diagnosis.amounts import Amounts
from simulator.diagnosis.diagnosis import Diagnosis, Remedy
from simulator.diagnosis.questions import DANGEROUS, GOOD, PARTLY, Question
from simulator.experiment.quantities import better
from simulator.languages.languages import Both, Language
from simulator.languages.messages import listed

MECHANISM_NAMES: dict[str, Both] = {
    "lead_volume": Both("lead volume", "リード数の追求"),
    "cooling_interest": Both("cooling interest", "関心の冷え込み"),
    "source_stigma": Both("source stigma", "流入元への不信"),
    "appointment_volume": Both("appointment volume", "アポ数の追求"),
    "spread_effort": Both("spread effort", "注力の分散"),
    "overpromising": Both("overpromising", "過剰な約束"),
    "lost_information": Both("lost information", "情報の欠落"),
    "lost_reasons": Both("lost reasons", "失注理由の欠落"),
    "fire_fighting": Both("fire-fighting", "火消し優先"),
    "drifting_definitions": Both("drifting definitions", "定義のずれ"),
}
"""What the ten mechanisms are called."""

_NOTHING_ANSWERED = Both(
    "Nothing was answered, so nothing can be diagnosed; the table says which answers matter most.",
    "回答がないため診断はできません。どの質問が重要かは表のとおりです。",
)
_NOTHING_TO_REMEDY = Both(
    "Nothing to remedy: every answer given is the good one ({n} of {all} questions answered).",
    "改善すべき点はありません。回答はすべて「良い」でした({all}問中{n}問に回答)。",
)
_LESS = Both(
    "After {months} months this organization has {here} of {metric}; its healthy twin, with the"
    " same people, buyers and luck but the good answer wherever one was given, has {twin}:"
    " {size} more.",
    "{months}か月後の{metric}は、この組織が{here}、健全な組織(人員・顧客・乱数は同じで、回答した質"
    "問がすべて"
    "「良い」場合)が{twin}で、健全な組織のほうが{size}多くなります。",
)
_MORE = Both(
    "After {months} months this organization has {here} of {metric}; its healthy twin has {twin},"
    " {size} less: in this model, what the articles warn of pays here (see below at what price).",
    "{months}か月後の{metric}は、この組織が{here}、健全な組織が{twin}で、健全な組織のほうが"
    "{size}少なくなります。"
    "このモデルでは、記事が危険とする状態がこの期間では得になっています(代償は下記)。",
)
_SAME = Both(
    "After {months} months this organization has {here} of {metric} and its healthy twin {twin}:"
    " no difference can be told.",
    "{months}か月後の{metric}は、この組織が{here}、健全な組織が{twin}で、差があるとは言えません。",
)
_BESIDES = Both("The twin's other differences: {parts}.", "健全な組織のそのほかの差: {parts}。")
_BEST = Both(
    "What helps most by itself: {remedy} (question {number}): {size} more {metric}.",
    "単独で最も効くのは「{remedy}」(質問{number})で、{metric}が{size}増えます。",
)
_TIED = Both(
    "Cannot be told from it: what remedies {questions}.",
    "これと差があると言えないもの: {questions}の改善策。",
)
_MANY_TIED = Both(
    "It cannot be told from {count} others; more --replications tell more.",
    "ほかの{count}個の改善策と差があるとは言えません。--replications を増やすと区別しやすくなりま"
    "す。",
)
_MOST_TIED = 5
_IDLE = Both(
    "Alone, these change nothing while the other answers stand: what remedies {questions}.",
    "ほかの回答が今のままでは、単独では何も変わらないもの: {questions}の改善策。",
)
_NONE_HELPS = Both(
    "No single remedy can be told to raise {metric}.",
    "単独で{metric}を増やすと言える改善策はありません。",
)
_HARM = Both(
    "By themselves these lower {metric} here: {parts}. Look at churn and contribution, too,"
    " before you conclude anything; themodel bottleneck shows what they crowd out.",
    "単独では{metric}が下がるもの: {parts}。結論を出す前に、解約率と貢献利益も見てください。"
    "何が押し出されるかは themodel bottleneck で分かります。",
)
_HARM_PART = Both("{remedy} (question {number}), by {size}", "「{remedy}」(質問{number}) {size}")
_NO_SUM = Both(
    "Effects do not add up: one by one the remedies come to {sum}, together to {together}.",
    "効果は足し算になりません。単独の効果の合計は{sum}、すべて同時なら{together}です。",
)
_CARRIED = Both(
    "Of the ten mechanisms, {name} carries most of the gap: without it {size} of it would vanish."
    " It is switched on by the answers to {questions}.",
    "10のメカニズムのうち差を最も大きくしているのは「{name}」で、これがなければ差は{size}縮まりま"
    "す。"
    "原因は{questions}への回答です。",
)
_FED = Both(
    "Of the ten mechanisms, {name} carries most of the gap: without it {size} of it would vanish."
    " It is fed by the answers to {questions}.",
    "10のメカニズムのうち差を最も大きくしているのは「{name}」で、これがなければ差は{size}縮まりま"
    "す。"
    "{questions}への回答が間接的に強めています。",
)
_NOTHING_CARRIED = Both(
    "Of no mechanism can be told that it carries the gap by itself.",
    "単独で差を生んでいると言えるメカニズムはありません。",
)
_FIND_OUT = Both(
    "Unknown: {count} of {all}. Most worth finding out: question {number}, {title}; between its"
    " dangerous and its good answer lie {size} of {metric}.",
    "不明な質問は{all}問中{count}問です。最初に確かめるべきは質問{number}「{title}」で、危険な回"
    "答と良い回答の間に"
    "{metric}で{size}の差があります。",
)
_NO_MATTER = Both(
    "Unknown: {count} of {all}; of none can be told that {metric} depends on it.",
    "不明な質問は{all}問中{count}問です。{metric}を左右すると言えるものはありません。",
)
_ONE_RUN = Both(
    "One replication: no intervals, so nothing can be told.",
    "反復が1回のため区間がなく、何も断定できません。",
)


_SHORT = {"mrr_end": Both("MRR", "MRR"), "revenue": Both("revenue", "売上高")}
"""What the main metric is called in a sentence."""


def amounts(result: Diagnosis, metric: str, language: Language) -> Amounts:
    """Return how everything about a metric is written.

    Parameters
    ----------
    result : Diagnosis
    metric : str
    language : {"en", "ja"}
    """
    sizes = [result.gap[metric].estimate.mean]
    sizes += [each.effects[metric].estimate.mean for each in result.remedies]
    if metric == result.main:
        sizes += [each.effect.estimate.mean for each in result.mechanisms]
        sizes += [each.between.estimate.mean for each in result.unknown]
    if not any(sizes):
        sizes = [result.levels[metric][0].mean]
    return Amounts.of(metric, language, result.scenario.currency, sizes)


def verdict(result: Diagnosis, language: Language) -> list[str]:
    """Say what is known.

    Parameters
    ----------
    result : Diagnosis
    language : {"en", "ja"}

    Returns
    -------
    list of str
        The main thing first.
    """
    said = [_main(result, language)]
    if result.remedies:
        if len(result.numbers) == 1:
            said.append(_ONE_RUN(language))
        else:
            said += _besides(result, language)
            said += _of_remedies(result, language)
            said += _of_mechanisms(result, language)
    return said + _of_unknown(result, language)


def _main(result: Diagnosis, language: Language) -> str:
    answered = result.answers.those(GOOD, PARTLY, DANGEROUS)
    if not answered:
        return _NOTHING_ANSWERED(language)
    if not result.remedies:
        everything = len(result.answers.by_question)
        return _NOTHING_TO_REMEDY(language, n=len(answered), all=everything)
    money = amounts(result, result.main, language)
    gap = result.gap[result.main]
    here, twin = (money.level(each.mean) for each in result.levels[result.main])
    sentence = {1: _LESS, -1: _MORE, 0: _SAME}[gap.told]
    return sentence(
        language,
        months=f"{result.scenario.horizon.months:g}",
        metric=_SHORT[result.main](language),
        here=here,
        twin=twin,
        size=money.size(gap.estimate),
    )


def _besides(result: Diagnosis, language: Language) -> list[str]:
    parts = []
    for metric in result.metrics[1:]:
        effect = result.gap[metric]
        if effect.told:
            written = amounts(result, metric, language)
            label = written.label
            if language == "en":
                label = label[0].lower() + label[1:]
            parts.append(f"{label} {written.gain(effect.estimate)}")
    return [_BESIDES(language, parts=listed(parts, language=language))] if parts else []


def _of_remedies(result: Diagnosis, language: Language) -> list[str]:
    money, sign = amounts(result, result.main, language), better(result.main)
    best = result.remedies[0]
    effect = best.effects[result.main]
    if effect.told == sign:
        said = [
            _BEST(
                language,
                remedy=best.question.remedy(language),
                number=best.question.number,
                size=money.size(effect.estimate),
                metric=_SHORT[result.main](language),
            )
        ]
        if len(result.tied) > _MOST_TIED:
            said.append(_MANY_TIED(language, count=len(result.tied)))
        elif result.tied:
            tied = [r.question for r in result.remedies if r.question.id in result.tied]
            said.append(_TIED(language, questions=_numbered(tuple(tied), language)))
    else:
        said = [_NONE_HELPS(language, metric=_SHORT[result.main](language))]
    harm = [each for each in result.remedies if each.effects[result.main].told == -sign]
    if harm:
        parts = [_harm(each, result.main, money, language) for each in harm]
        said.append(
            _HARM(
                language,
                metric=_SHORT[result.main](language),
                parts=listed(parts, language=language),
            )
        )
    idle = tuple(each.question for each in result.remedies if each.is_idle)
    if idle:
        said.append(_IDLE(language, questions=_numbered(idle, language)))
    if result.apart is not None and result.apart.told:
        together = result.gap[result.main].estimate.mean
        said.append(
            _NO_SUM(
                language,
                sum=f"{money.signed(result.sum_of_remedies)} {money.unit}".rstrip(),
                together=f"{money.signed(together)} {money.unit}".rstrip(),
            )
        )
    return said


def _harm(remedy: Remedy, metric: str, money: Amounts, language: Language) -> str:
    return _HARM_PART(
        language,
        remedy=remedy.question.remedy(language),
        number=remedy.question.number,
        size=money.size(remedy.effects[metric].estimate),
    )


def _of_mechanisms(result: Diagnosis, language: Language) -> list[str]:
    if not result.mechanisms or result.gap[result.main].told != better(result.main):
        return []  # nothing can be told to be missing that a mechanism could carry
    most = result.mechanisms[0]
    if most.effect.told != better(result.main):
        return [_NOTHING_CARRIED(language)]
    money = amounts(result, result.main, language)
    sentence, by = (_CARRIED, most.switched_on) if most.switched_on else (_FED, most.fed)
    return [
        sentence(
            language,
            name=MECHANISM_NAMES[most.mechanism](language),
            size=money.size(most.effect.estimate),
            questions=_numbered(by, language),
        )
    ]


def _of_unknown(result: Diagnosis, language: Language) -> list[str]:
    if not result.unknown:
        return []
    money = amounts(result, result.main, language)
    count, everything = len(result.unknown), len(result.answers.by_question)
    telling = next((each for each in result.unknown if each.between.told), None)
    if telling is None:
        return [
            _NO_MATTER(language, count=count, all=everything, metric=_SHORT[result.main](language))
        ]
    return [
        _FIND_OUT(
            language,
            count=count,
            all=everything,
            number=telling.question.number,
            title=telling.question.title(language),
            size=money.size(telling.between.estimate),
            metric=_SHORT[result.main](language),
        )
    ]


def _numbers(asked: list[Question], language: Language) -> str:
    return listed([str(each.number) for each in asked], language=language)


def _numbered(asked: tuple[Question, ...], language: Language) -> str:
    word = "question" if len(asked) == 1 else "questions"
    numbers = _numbers(list(asked), language)
    return f"{word} {numbers}" if language == "en" else f"質問{numbers}"

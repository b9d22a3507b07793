"""What words in CRM files mean, in English and Japanese: stages, statuses, reasons, activities.

Everything guessed here is written into the mapping file, where a person can correct it; what is
not recognized stays unrecognized.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

from simulator.calibration.importing.cell_text import is_missing
from simulator.calibration.importing.headings import plain
from simulator.calibration.records import Act

StageMeaning = Literal["open", "won", "lost", "leave_out"]
StatusMeaning = Literal["open", "converted", "given_up", "leave_out"]
ReasonMeaning = Literal[
    "unknown", "no_budget", "wrong_timing", "with_competitor", "bad_fit", "no_decision"
]


def _all(listed: str) -> frozenset[str]:
    return frozenset(plain(each) for each in listed.split(","))


# Whole names of stages. A name that only holds such a word ("signed NDA", "win-back", "失注懸念")
# may mean anything, and is asked for.
_WON = _all(
    "won, win, closed won, close won, closed and won, won closed, deal won, opportunity won,"
    "order won, signed, contract signed, agreement signed, deal signed, closed signed, paid,"
    "closed paid, 受注, 受注済, 受注済み, 受注確定, 受注完了, 成約, 成約済, 成約済み, 成約完了,"
    "成立, 契約済, 契約済み, 契約完了, 契約締結, 契約締結済, 契約締結済み, 契約締結完了, 導入決定,"
    "獲得済, 獲得済み"
)
_LOST = _all(
    "lost, lose, loss, closed lost, close lost, closed and lost, lost closed, deal lost,"
    "opportunity lost, order lost, dead, closed dead, cancelled, canceled, closed cancelled,"
    "closed canceled, abandoned, closed abandoned, disqualified, closed disqualified, unqualified,"
    "rejected, closed rejected, declined, withdrawn, no decision, closed no decision, no sale,"
    "not interested, not won, closed not won, lost to competitor, lost to competition,"
    "lost no decision, 失注, 失注済, 失注済み, 失注確定, 不成立, 見送り, 辞退, キャンセル,"
    "キャンセル済, キャンセル済み, 取消, 取り消し, 没, 対象外, 断念, 中止, 不採用, 破談, ロスト"
)
_BEFORE = re.compile(
    r"^(?:(?:stage|phase|step|フェーズ|ステージ|クローズ(?:済み?)?|商談|案件|取引|[0-9]+"
    r"|[a-z](?= ))\s*)+"
)
_BEHIND = re.compile(r"[\s0-9]+$")
_REASON_BEHIND = re.compile(r"^(closed ?won|closed ?lost|lost|失注|受注|成約|不成立)\s+\S")
"""What is written behind the end of an opportunity, with a gap, is why it ended so."""
_NOT_YET_WON = re.compile(
    r"(受注|成約|成立|契約|契約締結)(予定|見込|見込み|確度|前|待ち|可能性|交渉|調整|準備|手続|手続き)$"
    r"|契約書?(の)?(締結待ち|送付|送付済|送付済み|確認|確認中|準備中?|作成中?|レビュー|交渉中?|調整中?)$"
    r"|^契約手続き?中?$"
)
_DOUBT = re.compile(
    r"\b(won|win|wins|lost|lose|loss|closed?|out|not|no|non|never|dead|cancel\w*|abandon\w*"
    r"|disqualif\w*|unqualif\w*|reject\w*|declin\w*|sign|signed|paid|back|expired|terminat\w*"
    r"|ended|stopped|failed|refused|withdrawn|executed|received|delivered|live|at risk|risk"
    r"|reopened|renewal|former|past)\b"
    r"|受注|成約|成立|失注|契約|締結|見送|辞退|キャンセル|取消|取り消|断念|中止|不採用|破談|ロスト"
    r"|解約|解除|終了|対象外|懸念|内定|発注"
)
_ALMOST_OPEN = re.compile(
    r"\bcontract (sent|negotiations?|review|sending|out|drafted|preparation)\b"
)
_UNSURE = re.compile(r"[?？]")

# In the order in which an opportunity usually passes them.
_OPEN = (
    "new, open, prospect, prospecting, identified, 新規, 見込み, 未着手, 潜在, リード",
    "contacted, connected, engaging, engaged, working, アプローチ, 接触",
    "appointment, meeting scheduled, meeting booked, appointmentscheduled, アポ,"
    "初回訪問, 初回面談, 初回商談",
    "qualification, qualified, qualifying, qualifiedtobuy, 選定, 案件化, 商談化, 有効",
    "meeting, 面談, 商談, 訪問",
    "discovery, needs, analysis, assessment, ヒアリング, ニーズ, 課題, 調査, 現状",
    "presentation, demo, trial, poc, pilot, evaluation, presentationscheduled,"
    "プレゼン, デモ, トライアル, 評価,"
    "検証, 試用",
    "value proposition, solution, 価値, 解決策",
    "decision maker, perception, stakeholder, buy-in, bought-in, decisionmakerboughtin,"
    "意思決定, 決裁者, 稟議, 認識,検討",
    "proposal, quote, quotation, price, 提案, 見積, 価格",
    "negotiation, negotiating, review, legal, 交渉, 調整, レビュー, 条件, 商談中, 進行中",
    "verbal, commit, closing, contract sent, contractsent, contract, pending, 内示, 口頭, 合意,"
    "クロージング, 契約, 受注, 成約, 成立, 注文書, 最終",
    "in progress, on hold, hold, active, pipeline, 保留, 対応中",
)
_NUMBERED = re.compile(
    r"^\W*(?:stage|phase|step|フェーズ|ステージ)?\s*([0-9]{1,3})\s*[\W_]", re.IGNORECASE
)
_ANY_NUMBER = re.compile(r"[0-9]{1,3}")


def _spoken(text: str) -> str:
    """Words in lower case and normal width, with single blanks between them."""
    found = unicodedata.normalize("NFKC", text)
    found = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", found).casefold()
    return " ".join(re.sub(r"[_\W]+", " ", found).split())


_RANKED = tuple(
    (rank, word, re.compile(rf"\b{re.escape(word)}s?\b" if word.isascii() else re.escape(word)))
    for rank, listed in enumerate(_OPEN)
    for word in map(_spoken, listed.split(","))
)
"""English words count as a whole ("inactive" is not "active"); Japanese has no blanks between."""


def stage_meaning(text: str) -> StageMeaning | None:
    """Say whether an opportunity in this stage is open, won or lost; None: not recognized.

    Only whole names that are known mean an end, with a number before them or a reason behind. A
    name that holds a word of an end among others is not recognized: it can mean either.
    """
    words = _spoken(text)
    if _UNSURE.search(text):
        return None
    shorter = _BEHIND.sub("", _BEFORE.sub("", words))
    named = {plain(words), plain(shorter)}
    if named & _LOST:
        return "lost"
    if named & _WON:
        return "won"
    if _NOT_YET_WON.search(shorter):
        return "open"
    behind = _REASON_BEHIND.match(shorter)
    if behind is not None:
        rest = shorter[behind.end(1) :].strip()
        ended = behind[1].replace(" ", "")
        won = ended in ("closedwon", "受注", "成約")
        if not won and reason_meaning(rest) != "unknown":
            return "lost"
        if _DOUBT.search(rest) or _rank(rest) is not None:
            return None
        return "won" if won else "lost"
    if _ALMOST_OPEN.search(words):
        return "open"
    if _DOUBT.search(words) or plain(shorter) == "contract":
        return None
    return "open" if _rank(text) is not None else None


def _rank(text: str) -> int | None:
    found = _spoken(text)
    ranks = [(len(word), rank) for rank, word, pattern in _RANKED if pattern.search(found)]
    # The longest word says most: "contract sent" more than "contract".
    return max(ranks)[1] if ranks else None


def in_usual_order(
    meanings: Mapping[str, str], probabilities: Mapping[str, float] | None = None
) -> list[str]:
    """Put stages into the order in which opportunities pass them.

    Parameters
    ----------
    meanings : mapping of str to str
        Names as the files have them, in order of first appearance, and what they mean.
    probabilities : mapping of str to float, optional
        The CRM's own probability of winning, by stage.

    Returns
    -------
    list of str
        Open stages by their number, else by probability, else by what they are called; then won,
        then lost, then the others.
    """
    places = {"open": 0, "won": 2, "lost": 3}
    names = list(meanings)
    numbers = [_NUMBERED.match(unicodedata.normalize("NFKC", name)) for name in names]
    still_open = [at for at, name in enumerate(names) if meanings[name] == "open"]
    numbered = bool(still_open) and all(numbers[at] for at in still_open)
    known = probabilities or {}
    rated = bool(still_open) and all(names[at] in known for at in still_open)

    def place(at: int) -> tuple[float, ...]:
        name, found = names[at], numbers[at]
        group = float(places.get(meanings[name], 1))
        if group:
            return group, 0.0, float(at)
        if numbered and found:
            return group, float(found[1]), float(at)
        if rated:
            return group, known[name], float(at)
        rank, number = _rank(name), _ANY_NUMBER.search(unicodedata.normalize("NFKC", name))
        return (
            group,
            float(len(_OPEN) if rank is None else rank),
            float(number[0]) if number else 0.0,
            float(at),
        )

    return [names[at] for at in sorted(range(len(names)), key=place)]


_GIVEN_UP = re.compile(
    r"\b(unqualified|disqualified|not qualified|junk|dead|lost|spam|not interested|bad timing"
    r"|rejected|closed not converted|not converted|do not contact|invalid|recycled)\b"
    r"|対象外|失注|不成立|除外|見送り|不可|無効|不要|断念|見込みなし|競合"
)
_CONVERTED = re.compile(
    r"\b(converted|qualified|customer|opportunity|open deal|won|evangelist)\b"
    r"|取引開始|商談化|案件化|受注|成約|顧客"
)


def status_meaning(text: str) -> StatusMeaning:
    """Say what a lead's status means; what is not recognized is open."""
    words = _spoken(text)
    if _GIVEN_UP.search(words):
        return "given_up"
    if re.search(r"\b(marketing|sales) qualified lead\b", words):
        return "open"
    return "converted" if _CONVERTED.search(words) else "open"


_REASONS: tuple[tuple[ReasonMeaning, re.Pattern[str]], ...] = (
    ("with_competitor", re.compile(r"compet|incumbent|another vendor|競合|他社|コンペ|相見積")),
    (
        "no_budget",
        re.compile(r"\b(price|pricing|budget|cost|costs|expensive|funding|money)\b"
                   r"|予算|価格|費用|コスト|料金|金額|高い|高額"),
    ),
    (
        "no_decision",
        re.compile(r"no decision|lost interest|no interest|not interested|no response|unresponsive"
                   r"|non responsive|ghost|stalled|status quo|no longer|went dark|音信不通|返信なし"
                   r"|連絡不通|連絡不可|連絡が取れ|決裁|検討中止|見送り|興味なし|自然消滅|不要|立ち消え|現状維持"),
    ),
    (
        "wrong_timing",
        re.compile(r"timing|postpone|delay|not ready|not now|too early|too late|later|frozen"
                   r"|時期|タイミング|延期|凍結|先送り|保留|時間"),
    ),
    (
        "bad_fit",
        re.compile(r"\bfit\b|feature|functional|requirement|missing|capabilit|product|wrong size"
                   r"|unqualified|機能|要件|合わない|ミスマッチ|不一致|適合|対象外|仕様"),
    ),
)  # fmt: skip


def reason_meaning(text: str) -> ReasonMeaning:
    """Say which of the model's loss reasons a recorded one is; "unknown" if none is recognized."""
    words = _spoken(text)
    return next((meaning for meaning, pattern in _REASONS if pattern.search(words)), "unknown")


_CALL = re.compile(r"\b(call|phone|dial|telephone)|電話|架電|コール|通話")
_MEETING = re.compile(
    r"\b(meeting|visit|demo|event|appointment|presentation|conference)|訪問|面談|打ち?合わ?せ|商談|会議"
    r"|ミーティング|デモ|来社|アポ"
)


def act_of(text: str) -> Act:
    """Say what kind of activity a word names."""
    words = _spoken(text)
    if _CALL.search(words):
        return Act.CALL
    return Act.MEETING if _MEETING.search(words) else Act.OTHER


_NOT_REACHED = re.compile(
    r"\b(no answer|not reached|unreached|busy|voice ?mail|left (live )?message|wrong number|no show"
    r"|missed|no contact|not connected|unanswered|gatekeeper|failed|cancel+ed)\b"
    r"|不在|留守|不通|つながらず|繋がらず|応答なし|話し中|番号違い|未接続|受付"
)
_REACHED = re.compile(
    r"\b(connected|reached|answered|spoke|conversation|contacted|completed|held|interested|booked)\b"
    r"|接続|通話|会話|着電|担当者と|本人|アポ獲得|実施"
)


def reached_by(text: str) -> int:
    """Say whether the buyer was reached: 1, 0, or -1 where the word does not tell."""
    words = _spoken(text)
    if _NOT_REACHED.search(words):
        return 0
    return 1 if _REACHED.search(words) else -1


_YES = frozenset({"true", "yes", "y", "1", "10", "はい", "有", "済", "あり", "t", "won", "〇", "○"})


def says_yes(text: str) -> bool:
    """Tell whether a cell of a yes-or-no column says yes."""
    return plain(text) in _YES


_PROGRAM = "unassigned nobody integration deactivated automated automation bot robot api system"
_BESIDE_IT = (
    "user users account admin administrator process platform service sync data the default owner"
    " lead leads contact team salesforce hubspot marketo pardot zapier crm analytics cloud security"
    " insights support bulk import web marketing sales inside field"
)
_NOBODY = frozenset(_PROGRAM.split())
_BESIDES = _NOBODY.union(_BESIDE_IT.split())
_NO_PERSON = frozenset({"no owner", "not assigned", "not set", "no one", "n a", "none none"})
_NOBODY_JAPANESE = re.compile(
    r"(担当|担当者|所有者|オーナー)?\s?(未割り?当て?|未定|未設定|未アサイン|なし|無し)"
    r"|.*キュー[0-9]*|(システム|自動|api|連携|データ|\s)*(システム|連携|管理者|ユーザー?|処理|移行)"
)


def is_nobody(text: str) -> bool:
    """Tell whether an owner is a waiting line or a program and no person.

    Only whole words count, and all of them: a system engineer is a person, and so is Ms. Na.
    """
    words = _spoken(text)
    each = words.split()
    if is_missing(text) or words in _NO_PERSON or "queue" in each or "unassigned" in each:
        return True
    if _NOBODY_JAPANESE.fullmatch(words):
        return True
    return bool(each) and _BESIDES.issuperset(each) and not _NOBODY.isdisjoint(each)


def any_telling(words: Iterable[str]) -> bool:
    """Tell whether words look like stages: most are recognized, and one of them is an end."""
    found = [stage_meaning(word) for word in words]
    known = [meaning for meaning in found if meaning is not None]
    return len(known) * 2 > len(found) and any(m in ("won", "lost") for m in known)

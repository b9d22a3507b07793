"""Headings that CRM exports carry, and the role that a column of each plays.

Salesforce (reports and objects), HubSpot (labels and internal names), Zoho, in English and
Japanese, and the headings of plain tables. Headings are compared by their letters and digits
alone: case, width, blanks, underscores and brackets make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, get_args

FileKind = Literal[
    "leads", "opportunities", "stage_history", "field_history", "activities", "contracts",
    "owners", "ignored",
]  # fmt: skip
"""What one row of a file is."""

KINDS: tuple[FileKind, ...] = get_args(FileKind)


def plain(text: str) -> str:
    """Reduce a heading or a word to its letters and digits, in lower case and normal width."""
    found = unicodedata.normalize("NFKC", text).casefold()
    # Salesforce ends the names of a company's own fields so.
    found = re.sub(r"__[cr]\b", "", found)
    kept = "".join(c for c in found if c.isalnum())
    return kept or found.strip()


# Per kind and role: headings, best first; "|" ends a tier. Within a tier none is better than
# another, so two of them in one file are a question.
_CREATED = (
    "created date, create date, created time, created at, created on, date created, creation date,"
    "hs createdate, 作成日, 作成日時, 登録日, 登録日時, 発生日"
)
_MODIFIED = (
    "last modified date, last modified, modified time, modified date, hs lastmodifieddate,"
    "last modified at, updated at, 最終更新日, 最終更新日時, 更新日, 更新日時 | system modstamp"
)
_SOURCE = (
    "lead source, original source, original traffic source, hs analytics source, リードソース,"
    "見込み客のデータ元, オリジナルソース, 流入元, 流入経路, 獲得経路, リード元"
    "| source, origin, channel, データ元, チャネル, 経路, 媒体, utm source, marketing channel"
    "| latest source, latest traffic source"
)
_EMAIL = "email, email address, e-mail, e-mail address, メール, メールアドレス, eメール"
_DOMAIN = "associated company domain, company domain name, company domain, domain, 会社のドメイン名"
_ACCOUNT = (
    "account name, account, account id, company, company name, company / account, 取引先名,"
    "取引先, associated company, primary associated company, customer, 会社名, 会社・取引先,"
    "企業名, 法人名, 顧客名, converted account id"
)
_OWNER = "owner, owner name, owner full name, assigned to, 所有者, 担当者, 担当者名, 担当"
_OWNER_ID = "| owner id, hubspot owner id, lead owner id, deal owner id, opportunity owner id"
_SDR = (
    "sdr id, sdr, sdr name, bdr, bdr name, inside sales, inside sales rep, inside sales owner,"
    "インサイドセールス, インサイドセールス担当, インサイドセールス担当者, is担当, is担当者"
)

_TABLES: dict[FileKind, dict[str, str]] = {
    "leads": {
        "id": "lead id, mql id, inquiry id, リード id, リード番号, 見込み客 id, 問い合わせ id"
        "| contact id, コンタクト id | record id, レコード id, id, hs object id",
        "created": _CREATED + ", first contact date, inquiry date, lead date, lead created date,"
        "問い合わせ日, 問合せ日, お問い合わせ日, リード獲得日, 獲得日, 流入日, 受付日"
        "| became a lead date, date, created, 日付",
        "source": _SOURCE,
        "owner": "lead owner, contact owner, リード所有者, リード担当者, 見込み客の担当者,"
        "コンタクト担当者, lead owner name," + _SDR + "|" + _OWNER + _OWNER_ID,
        "status": "lead status, hs lead status, リード状況, リードステータス, 見込み客のステータス"
        "| status, ステータス, 状況 | lifecycle stage, ライフサイクルステージ",
        "converted_at": "converted date, conversion date, converted at, date converted,"
        "became an opportunity date, hs lifecyclestage opportunity date, 取引の開始日, 取引開始日,"
        "商談化日, 商談化日時, converted time, converted",
        "won_at": "won date, date won, became a customer date, hs lifecyclestage customer date,"
        "受注日, 成約日 | close date, クローズ日",
        "given_up_at": "disqualified date, date disqualified, unqualified date, rejected date,"
        "除外日, 対象外日, 失格日 | closed, closed date",
        "opportunity_id": "converted opportunity id, opportunity id, deal id, 商談 id, 案件 id,"
        "取引 id, 取引開始後の商談 id, potential id | associated deal ids, associated deal id",
        "email": _EMAIL,
        "domain": _DOMAIN,
        "account": _ACCOUNT,
        "modified": _MODIFIED,
    },
    "opportunities": {
        "id": "opportunity id, deal id, potential id, 商談 id, 取引 id, 案件 id, 案件番号,"
        "商談番号, 案件コード | record id, レコード id, id, hs object id",
        "lead_id": "lead id, mql id, converted lead id, original lead id, リード id, 見込み客 id"
        "| associated contact ids, associated contact id, contact id, コンタクト id",
        "email": "associated contact email, contact email, primary contact email," + _EMAIL,
        "domain": _DOMAIN,
        "account": _ACCOUNT,
        "name": "opportunity name, deal name, potential name, 商談名, 取引名, 案件名 | name, 件名",
        "owner": "opportunity owner, deal owner, potential owner, sales agent, sales rep, sr id,"
        "sales person, account executive, 商談所有者, 商談の所有者, 取引担当者, 案件担当者,"
        "営業担当, 営業担当者, フィールドセールス, フィールドセールス担当"
        "|" + _OWNER + _OWNER_ID,
        "inside_owner": _SDR,
        "stage": "stage, stage name, deal stage, opportunity stage, sales stage, フェーズ,"
        "ステージ, 取引ステージ, 商談ステージ, 商談フェーズ, 案件フェーズ"
        "| deal status, 案件ステータス, 進捗 | status, outcome, ステータス, 状況, 状態",
        "amount": "amount, deal amount, opportunity amount, deal value, close value, 金額,"
        "商談金額, 受注金額, 契約金額, 案件金額, 総額, 見込み金額, 見込金額, contract value"
        "| mrr, monthly recurring revenue, 月額, 月額料金, arr, acv, annual recurring revenue,"
        "annual contract value, 年額, 年間契約額, 年間経常収益, tcv, total contract value,"
        "契約総額, price",
        "created": _CREATED + ", engage date, open date, opened, opened date, opened at,"
        "商談作成日, 案件作成日, 商談化日, 商談開始日, 案件化日 | created, date, 日付",
        "closed": "close date, closed date, closing date, date closed, closed at, close time,"
        "クローズ日, 完了予定日, 完了日, 受注予定日, クローズ予定日, 成約予定日, 決着日 | closed"
        "| actual close date | expected close date",
        "won_at": "won date, date won, won at, won time, signed date, 受注日, 成約日,"
        "契約日, 契約締結日",
        "lost_at": "lost date, date lost, lost at, lost time, 失注日",
        "loss_reason": "closed lost reason, loss reason, lost reason, reason lost, reason for loss,"
        "失注理由, 失注原因, 不成立理由, 敗因",
        "source": _SOURCE,
        "is_won": "is won, is closed won, hs is closed won, won, 受注フラグ, 商談成立フラグ",
        "is_lost": "is closed lost, hs is closed lost, is lost, 失注フラグ",
        "is_closed": "is closed, hs is closed, is deal closed, クローズ済み, 完了フラグ",
        "probability": "probability, probability (%), deal probability, hs deal stage probability,"
        "確度, 確度 (%), 取引の確度",
        "currency": "currency, currency iso code, amount currency, total amount currency,"
        "deal currency code, 通貨",
        "pipeline": "pipeline, pipeline name, パイプライン",
        "contract_start": "contract start date, subscription start date, service start date,"
        "契約開始日, 利用開始日",
        "contract_end": "contract end date, subscription end date, churn date, cancellation date,"
        "契約終了日, 解約日",
        "modified": _MODIFIED,
    },
    "stage_history": {
        "opportunity_id": "opportunity id, deal id, potential id, 商談 id, 取引 id, 案件 id"
        "| record id, レコード id",
        "opportunity_name": "opportunity name, deal name, potential name, 商談名, 取引名,"
        "案件名",
        "time": "created date, change date, changed at, changed on, edit date, entered at,"
        "timestamp, entered, 変更日, 変更日時, 編集日, 作成日, 作成日時, modified time,"
        "stage change date"
        "| last modified, last modified date, date, time, 日時",
        "stage": "to stage, new stage, stage name, stage, deal stage, 変更後のフェーズ,"
        "変更後フェーズ, フェーズ, ステージ, 取引ステージ",
    },
    "field_history": {
        "opportunity_id": "opportunity id, deal id, parent id, 商談 id, 取引 id, 案件 id"
        "| record id, レコード id",
        "opportunity_name": "opportunity name, deal name, 商談名, 取引名, 案件名",
        "field": "field / event, field, field name, property, 項目/行動, 項目 / イベント, 項目,"
        "項目名, プロパティー, プロパティ",
        "old": "old value, previous value, 古い値, 旧値, 変更前の値, 以前の値, 変更前",
        "new": "new value, value, 新しい値, 新値, 変更後の値, 変更後",
        "time": "edit date, created date, changed at, change date, timestamp, 編集日, 変更日,"
        "変更日時, 作成日, 作成日時 | date, 日時",
    },
    "activities": {
        "id": "activity id, task id, call id, event id, 活動 id | record id, id",
        "time": "activity date, call start time, start date time, activity time, hs timestamp,"
        "completed date, 活動日, 活動日時, 実施日, 架電日, 架電日時, 開始日時"
        "| date, due date, due date only, 期日, 日付, 日時 | created date, create date, 作成日",
        "type": "activity type, task subtype, type, task type, 活動種別, 活動タイプ, 種別, 種類",
        "owner": _OWNER + ", activity assigned to, 任命先, activity owner" + _OWNER_ID,
        "lead_id": "lead id, mql id, who id, リード id, 見込み客 id"
        "| contact id, associated contact ids, コンタクト id",
        "opportunity_id": "opportunity id, deal id, potential id, what id, 商談 id, 取引 id,"
        "案件 id"
        "| associated deal ids",
        "reached": "result, call result, call disposition, call outcome, outcome, 架電結果,"
        "通話結果, 活動結果 | status, 結果, 状況, ステータス",
    },
    "contracts": {
        "id": "contract id, contract number, subscription id, 契約 id, 契約番号 | record id, id",
        "account": _ACCOUNT + ", customer id, 顧客 id",
        "opportunity_id": "opportunity id, deal id, potential id, 商談 id, 取引 id, 案件 id"
        "| associated deal ids",
        "start": "contract start date, subscription start date, start date, started at, 契約開始日,"
        "利用開始日, 開始日, start | contract date, 契約日",
        "end": "contract end date, subscription end date, end date, churn date, cancellation date,"
        "canceled at, cancelled at, ended at, churned at, 契約終了日, 終了日, 解約日, end",
        "mrr": "mrr, monthly recurring revenue, monthly fee, 月額, 月額料金",
        "arr": "arr, acv, annual recurring revenue, annual contract value, 年額, 年間契約額",
        "amount": "amount, contract value, contract amount, price, 金額, 契約金額",
    },
    "owners": {
        "id": "user id, owner id, agent id, employee id, 社員番号, ユーザ id, ユーザー id | id",
        "name": "full name, owner name, user name, sales agent, sales rep, 氏名, 担当者名, 担当者,"
        "社員名 | name, 名前, owner",
        "team": "department, team, role, user role, profile, regional office, 部署, チーム, 役割",
        "active": "is active, active, 有効",
        "manager": "manager, manager id, 上司",
    },
    "ignored": {},
}  # fmt: skip

ROLES: dict[FileKind, dict[str, tuple[tuple[str, ...], ...]]] = {
    kind: {
        role: tuple(
            tuple(plain(each) for each in tier.split(",") if each.strip())
            for tier in listed.split("|")
        )
        for role, listed in table.items()
    }
    for kind, table in _TABLES.items()
}
"""Per kind and role, tiers of headings in their plain form (see `plain`)."""

NEEDED: dict[FileKind, tuple[tuple[str, ...], ...]] = {
    "leads": (("created",),),
    "opportunities": (("stage", "is_won", "won_at"), ("created", "closed", "won_at")),
    "stage_history": (("opportunity_id", "opportunity_name"), ("stage",), ("time",)),
    "field_history": (("opportunity_id", "opportunity_name"), ("field",), ("new",), ("time",)),
    "activities": (("time",), ("type", "reached")),
    "contracts": (("start",),),
    "owners": (("name", "id"), ("team", "active", "manager")),
    "ignored": (),
}
"""Per kind, groups of roles; a file of that kind has at least one of each group."""

DATES = frozenset(
    {
        "created", "converted_at", "won_at", "given_up_at", "closed", "lost_at", "modified", "time",
        "start", "end", "contract_start", "contract_end",
    }
)  # fmt: skip
"""Roles whose cells are dates."""
AMOUNTS = frozenset({"amount", "mrr", "arr"})
"""Roles whose cells are amounts of money."""
WORDS = frozenset({"stage", "status", "type", "reached", "pipeline", "currency", "field"})
"""Roles whose cells are words out of a short list: they name nobody and may be shown."""
JOINING = frozenset({"email", "domain", "account", "name", "opportunity_name"})
"""Roles that serve to join rows; their cells are neither kept nor shown."""

_MEANINGS: dict[Literal["monthly", "annual", "total"], str] = {
    "monthly": "mrr, monthly recurring revenue, monthly fee, 月額, 月額料金",
    "annual": "arr, acv, annual recurring revenue, annual contract value, 年額, 年間契約額,"
    "年間経常収益",
    "total": "tcv, total contract value, 契約総額",
}
AMOUNT_MEANINGS = {
    plain(each): meaning for meaning, listed in _MEANINGS.items() for each in listed.split(",")
}
"""Headings that say by themselves over what time an amount is counted."""

_TELLING: dict[FileKind, tuple[str, ...]] = {
    "leads": (
        "lead", "mql", "contact", "inquir", "lifecycle", "リード", "見込み客", "コンタクト",
        "問い合わせ",
    ),
    "opportunities": (
        "opportunit", "deal", "potential", "pipeline", "商談", "案件", "取引名",
        "取引ステージ", "受注",
    ),
    "stage_history": ("history", "fromstage", "tostage", "modstamp", "履歴"),
    "field_history": ("fieldhistory", "oldvalue", "newvalue", "履歴"),
    "activities": ("activit", "task", "call", "meeting", "subject", "whoid", "whatid", "活動",
        "架電"),
    "contracts": ("contract", "subscription", "customer", "mrr", "churn", "契約", "解約"),
    "owners": ("user", "owners", "team", "employee", "manager", "社員",
        "ユーザ", "担当者一覧"),
    "ignored": (),
}  # fmt: skip


def telling(kind: FileKind, text: str) -> bool:
    """Tell whether a heading or a file's name speaks for a kind."""
    found = plain(text)
    return any(word in found for word in _TELLING[kind])


_STAGE_DATES = (
    re.compile(r"^date entered\s+[\"'“”「](?P<stage>.+)[\"'“”」]\s*$", re.IGNORECASE),
    re.compile(r"^[\"'“”「](?P<stage>.+)[\"'“”」]\s*(に入った日付?|の開始日|に入った日時).*$"),
    re.compile(r"^date entered stage\s*:?\s*(?P<stage>.+)$", re.IGNORECASE),
    re.compile(r"^hs_(?:v2_)?date_entered_(?P<stage>.+)$", re.IGNORECASE),
)


def stage_of_heading(heading: str) -> str:
    """Return the stage whose beginning a column of dates records; empty if it is no such column.

    HubSpot writes the pipeline behind the stage, ``Date entered "Closed Won (Sales Pipeline)"``;
    it is taken off.
    """
    text = unicodedata.normalize("NFKC", heading).strip()
    for pattern in _STAGE_DATES:
        match = pattern.match(text)
        if match:
            stage = match["stage"].strip()
            return re.sub(r"\s*\([^()]*(pipeline|パイプライン)[^()]*\)$", "", stage, flags=re.I)
    return ""

"""The registry: every metric, described once.

Tables, reports, the command's ``--json`` and docs/metrics.md take label, unit and direction
from here; the code that computes a metric stands in the module of its subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.languages.languages import spoken
from simulator.metrics.team_labels import TEAM_LABELS

Better = Literal["higher", "lower", "neither"]
Department = Literal[
    "marketing",
    "inside_sales",
    "field_sales",
    "customer_success",
    "shared",
    "finance",
    "flow",
]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number means, how it is formed and which way is better.

    Attributes
    ----------
    id : str
        Name in code, YAML, tables and ``--json``; per team: ``team.metric``.
    label_en, label_ja : str
        What a reader sees.
    unit : str
        Shares are in 0..1.
    better : {"higher", "lower", "neither"}
    numerator, denominator : str
        What is counted, and per what ("1" if it is not a ratio).
    rule : str
        Which events or which cohort belong to a period, and how unfinished ones are treated.
    source : str
        Where the definition comes from.
    department : str
        Whose number it is.
    formula : str
        How the two make the number.
    monthly : bool
        Whether it is also given month by month.
    followed : bool
        Whether it is a time that is known only once its cases were followed for long enough: the
        last months of a run, and what more than half of the cases still wait for, have none.
    """

    id: str
    label_en: str
    label_ja: str
    unit: str
    better: Better
    numerator: str
    denominator: str
    rule: str
    source: str
    department: Department
    formula: str
    monthly: bool
    followed: bool

    @property
    def label(self) -> str:
        """What the reader sees, in the language that is spoken."""
        return self.label_ja if spoken() == "ja" else self.label_en


PERIOD = "events after the start of the period, up to and including its end"
END = "state at the end of the period"
AVERAGE = "time average over the period"
MONTHS = (
    "events of the period; the denominator is taken at each month's start, an unfinished month "
    "counts with the part that has passed"
)
ARRIVALS = "buyers whose inquiry came in the period, followed to the horizon; "
WAITS = (
    "by when the wait began; served and abandoned waits have ended, those still waiting are "
    "censored (Kaplan-Meier)"
)
FIRST_CALLS = (
    "by when marketing passed the new buyer on (recycled ones are left out, and those that inside "
    "sales does not pursue); those not called yet are censored (Kaplan-Meier)"
)
ONBOARDING_STARTS = "by contract; those not begun yet, or gone before, are censored (Kaplan-Meier)"
ONBOARDINGS = "by contract; those not onboarded yet, or gone before, are censored (Kaplan-Meier)"
CLAIMS = "by claim; those not answered yet are censored (Kaplan-Meier)"
WON_DURATION = (
    "by when it began; among those that end this way within the longest observation: open ones "
    "are censored, lost ones a competing end (Aalen-Johansen)"
)
_TIMES = (WAITS, FIRST_CALLS, ONBOARDING_STARTS, ONBOARDINGS, CLAIMS, WON_DURATION)
YEAR = (
    "customers of twelve months before the end of the period, followed for these twelve months; "
    "a customer won back does not count; missing in a shorter (measured) run"
)
LOWEST = "(MRR lost that was gained within the twelve months is not counted as lost)"

S0, S3, TRADE, THEORY = "S0", "S3", "subscription trade", "queueing theory"
MODEL, GLOSSARY = "this model", "glossary"
SPEED_TO_LEAD = "speed to lead (HBR 2011)"


def _metric(
    department: Department,
    identity: str,
    label_en: str,
    label_ja: str,
    unit: str,
    better: Better,
    numerator: str,
    denominator: str = "1",
    *,
    rule: str = PERIOD,
    source: str = GLOSSARY,
    formula: str = "",
    monthly: bool = True,
) -> Metric:
    plain = numerator if denominator == "1" else f"({numerator}) / ({denominator})"
    return Metric(
        identity,
        label_en,
        label_ja,
        unit,
        better,
        numerator,
        denominator,
        rule,
        source,
        department,
        formula or plain,
        monthly,
        rule in _TIMES,
    )


# The table below reads better with several values to a line.
# fmt: off
_MARKETING = (
    _metric("marketing", "inquiries", "Inquiries", "問い合わせ数", "buyers", "higher",
            "inquiries that arrived", source=MODEL),
    _metric("marketing", "mql_count", "MQLs", "リード獲得数(MQL)", "buyers", "higher",
            "buyers passed to inside sales; one that is passed again counts again", source=S3),
    _metric("marketing", "cpa", "Cost per MQL (CPA)", "顧客獲得単価(CPA)",
            "currency per MQL", "lower",
            "advertising spend of marketing", "MQLs of the period", source=S3),
    _metric("marketing", "opportunity_rate", "Opportunity rate", "商談化率", "share", "higher",
            "MQLs that became an opportunity", "MQLs",
            rule=ARRIVALS + "those still open in inside sales are left out", source=f"{S0}, {S3}"),
    _metric("marketing", "contract_rate", "Inquiry-to-contract rate", "受注転換率", "share",
            "higher", "inquiries that became a contract", "inquiries",
            rule=ARRIVALS + "those still open in a department are left out", source=MODEL),
)
_INSIDE_SALES = (
    _metric("inside_sales", "activities", "Activities", "アクション数", "per day", "higher",
            "contact attempts", "inside-sales person-days employed", source=S3),
    _metric("inside_sales", "reach_rate", "Reach rate", "接続率", "share", "higher",
            "attempts that reached the buyer", "contact attempts", source=MODEL),
    _metric("inside_sales", "sql_count", "Opportunities created (SQL)", "商談創出数",
            "buyers", "higher", "buyers passed to field sales", source=S3),
    _metric("inside_sales", "reactivation_rate", "Reactivation rate", "有効リード転換率",
            "share", "higher", "recycled buyers that reached an opportunity",
            "recycled buyers worked",
            rule="returns that began in the period, followed to the buyer's next return or the "
                 "horizon; those still open in marketing or inside sales are left out",
            source=S3),
    _metric("inside_sales", "meetings_per_inside_sales_person",
            "Meetings booked per IS person and month", "IS一人あたり月間商談設定数",
            "per month", "higher", "opportunities created",
            "inside-sales person-months employed", source=MODEL),
    _metric("inside_sales", "speed_to_lead", "Speed to lead, median",
            "初回コンタクトまでの日数(中央値)", "business days", "lower",
            "days from MQL to the beginning of the first contact attempt, median",
            rule=FIRST_CALLS, source=SPEED_TO_LEAD),
    _metric("inside_sales", "speed_to_lead_p90", "Speed to lead, p90",
            "初回コンタクトまでの日数(90%点)", "business days", "lower",
            "days from MQL to the beginning of the first contact attempt, 90 % quantile",
            rule=FIRST_CALLS, source=SPEED_TO_LEAD),
)
_FIELD_SALES = (
    _metric("field_sales", "bookings", "Bookings (MRR signed)", "受注金額",
            "currency", "higher",
            "MRR of contracts won (one-off sale: their prices)", source=S3),
    _metric("field_sales", "wins", "Contracts won", "受注数", "buyers", "higher",
            "contracts won", source=MODEL),
    _metric("field_sales", "win_rate", "Win rate (count)", "受注率(件数)", "share", "higher",
            "opportunities won", "opportunities won or lost",
            rule="by the time of the decision; walked away from and gone cold count as lost",
            source=S3),
    _metric("field_sales", "win_rate_amount", "Win rate (amount)", "受注率(金額)", "share",
            "higher", "amount won", "amount won or lost",
            rule="by the time of the decision; walked away from and gone cold count as lost",
            source=S3),
    _metric("field_sales", "lead_time", "Lead time, median", "リードタイム(中央値)",
            "business days", "lower", "days from first meeting to contract, median",
            rule=WON_DURATION, source=S3),
    _metric("field_sales", "lead_time_p90", "Lead time, p90", "リードタイム(90%点)",
            "business days", "lower", "days from first meeting to contract, 90 % quantile",
            rule=WON_DURATION, source=S3),
    _metric("field_sales", "wins_per_field_sales_person", "Wins per FS person and month",
            "FS一人あたり月間受注数", "per month", "higher", "contracts won",
            "field-sales person-months employed", source=MODEL),
    _metric("field_sales", "open_opportunities_per_field_sales_person",
            "Open opportunities per FS person", "FS一人あたり進行中商談数", "per person",
            "neither", "open opportunities", "field-sales people", rule=AVERAGE, source=MODEL),
    _metric("field_sales", "pipeline_coverage", "Pipeline coverage", "パイプラインカバレッジ",
            "ratio", "higher", "deal size of open opportunities",
            "remaining quota of the quarter: 3 x monthly quota x field-sales people then, "
            "minus bookings since the quarter began",
            rule="month: at its start; measured period: at the start of each 60-day quarter "
                 "in it, numerators and denominators summed; missing once the quota is reached",
            source=TRADE),
    _metric("field_sales", "quota_attainment", "Quota attainment", "達成率", "share", "higher",
            "bookings", "quota: per person-month employed in field sales", source=TRADE),
    _metric("field_sales", "quota_reached_share", "Share of people at quota", "目標達成者比率",
            "share", "higher", "field-sales people whose bookings reach the quota of their time",
            "field-sales people employed for at least one month", source=TRADE, monthly=False),
)
_CUSTOMER_SUCCESS = (
    _metric("customer_success", "logo_churn", "Customer churn", "解約率(カスタマー)",
            "share per month", "lower", "customers who left", "customers at start of month",
            rule=MONTHS, source=S3),
    _metric("customer_success", "gross_revenue_churn", "Gross revenue churn",
            "解約率(グロスレベニュー)", "share per month", "lower",
            "MRR lost by leaving and contraction", "MRR at start of month",
            rule=MONTHS, source=S3),
    _metric("customer_success", "net_revenue_churn", "Net revenue churn",
            "解約率(ネットレベニュー)", "share per month", "lower",
            "MRR lost by leaving and contraction, minus expansion", "MRR at start of month",
            rule=MONTHS, source=S3),
    _metric("customer_success", "expansion", "Upsell and cross-sell (MRR)",
            "アップセル・クロスセル金額", "currency", "higher",
            "MRR added by existing customers", source=S3),
    _metric("customer_success", "health_score", "Health score", "ヘルススコア", "points",
            "higher", "health points", "monthly readings", source=S3),
    _metric("customer_success", "accounts_per_customer_success_person",
            "Accounts per CS person", "CS一人あたり担当顧客数", "per person", "neither",
            "customers", "customer-success people", rule=AVERAGE, source=MODEL),
    _metric("customer_success", "onboarding_start_days", "Onboarding start, median",
            "オンボーディング開始までの日数(中央値)", "business days", "lower",
            "days from contract to the beginning of the onboarding work, median",
            rule=ONBOARDING_STARTS, source=MODEL),
    _metric("customer_success", "onboarding_start_days_p90", "Onboarding start, p90",
            "オンボーディング開始までの日数(90%点)", "business days", "lower",
            "days from contract to the beginning of the onboarding work, 90 % quantile",
            rule=ONBOARDING_STARTS, source=MODEL),
    _metric("customer_success", "onboarding_days", "Onboarding time, median",
            "オンボーディング日数(中央値)", "business days", "lower",
            "days from contract to onboarded, median",
            rule=ONBOARDINGS, source=MODEL),
    _metric("customer_success", "onboarding_late_share", "Onboardings late",
            "オンボーディング遅延率", "share", "lower", "onboarded late, or not yet and overdue",
            "onboarded, or overdue", rule="by contract", source=MODEL),
    _metric("customer_success", "claims_per_customer", "Claims per customer and month",
            "顧客あたり月間クレーム数", "per month", "lower", "claims", "customer-months",
            source=MODEL),
    _metric("customer_success", "claim_answer_days", "Claim answer time, median",
            "クレーム回答日数(中央値)", "business days", "lower",
            "days from claim to answer, median", rule=CLAIMS, source=MODEL),
    _metric("customer_success", "claim_answer_days_p90", "Claim answer time, p90",
            "クレーム回答日数(90%点)", "business days", "lower",
            "days from claim to answer, 90 % quantile", rule=CLAIMS, source=MODEL),
    _metric("customer_success", "claims_late_share", "Claims answered late",
            "クレーム回答遅延率", "share", "lower", "answered late, or not yet and overdue",
            "answered, or overdue", rule="by claim", source=MODEL),
)
_SHARED = (
    _metric("shared", "inquiry_to_opportunity", "Inquiry to opportunity, median",
            "問い合わせから商談まで(中央値)", "business days", "lower",
            "days from inquiry to first opportunity, median", rule=WON_DURATION),
    _metric("shared", "inquiry_to_opportunity_p90", "Inquiry to opportunity, p90",
            "問い合わせから商談まで(90%点)", "business days", "lower",
            "days from inquiry to first opportunity, 90 % quantile", rule=WON_DURATION),
    _metric("shared", "inquiry_to_contract", "Inquiry to contract, median",
            "問い合わせから受注まで(中央値)", "business days", "lower",
            "days from inquiry to first contract, median", rule=WON_DURATION),
    _metric("shared", "inquiry_to_contract_p90", "Inquiry to contract, p90",
            "問い合わせから受注まで(90%点)", "business days", "lower",
            "days from inquiry to first contract, 90 % quantile", rule=WON_DURATION),
    _metric("shared", "customers", "Customers", "顧客数", "buyers", "higher",
            "customers (one-off sale: buyers served or being served so far)", rule=END,
            source=MODEL),
    _metric("shared", "new_customers", "New customers", "新規顧客数", "buyers", "higher",
            "contracts won, except with former customers", source=MODEL),
    _metric("shared", "recycled_buyers", "Buyers brought back", "リサイクル数", "buyers",
            "higher", "returns of lost, parked or former buyers; each return counts", source=S3),
    _metric("shared", "recycled_opportunities", "Recycled opportunities",
            "リサイクル商談数", "buyers", "higher",
            "opportunities created with recycled buyers", source=S3),
    _metric("shared", "recycled_win_share", "Share of wins that are recycled",
            "受注に占めるリサイクル比率", "share", "neither",
            "contracts won with recycled buyers that never were customers", "contracts won",
            source=S3),
    _metric("shared", "won_back_share", "Share of wins that are won back",
            "受注に占める再契約比率", "share", "neither",
            "contracts won with former customers", "contracts won", source=S3),
    _metric("shared", "loss_reasons_true_share", "Loss reasons recorded truly",
            "失注理由の正確な記録率", "share", "higher",
            "losses whose recorded reason is the true one", "losses", source=S3),
    _metric("shared", "re_explanations", "Re-explanations per customer", "たらい回し回数",
            "per customer", "lower", "times that it had to explain again, until the horizon",
            "buyers won", rule="buyers won in the period", source=f"{S0}, {S3}"),
    _metric("shared", "trust", "Trust", "顧客からの信頼", "share", "higher",
            "last trust (1 if never lost)",
            "buyers that ever were an opportunity or a customer", rule="at the horizon",
            source=MODEL, monthly=False),
    _metric("shared", "facing_share", "Customer-facing share of sales time",
            "営業の顧客対応時間比率", "share", "higher",
            "customer-facing hours of inside and field sales",
            "8 hours x their person-days employed", source=S3),
)
_FINANCE = (
    _metric("finance", "mrr", "MRR", "MRR(月次経常収益)", "currency", "higher",
            "contracted monthly recurring revenue", rule=END, source=TRADE),
    _metric("finance", "arr", "ARR", "ARR(年間経常収益)", "currency", "higher",
            "12 x MRR", rule=END, source=TRADE),
    _metric("finance", "mrr_start", "MRR at start", "期首MRR", "currency", "neither",
            "MRR at the start of the period", rule="state at the start of the period",
            source=TRADE),
    _metric("finance", "mrr_new", "New MRR", "新規MRR", "currency", "higher",
            "MRR of contracts won, except with former customers", source=TRADE),
    _metric("finance", "mrr_reactivated", "Reactivated MRR", "再契約MRR", "currency", "higher",
            "MRR of contracts won with former customers", source=TRADE),
    _metric("finance", "mrr_expansion", "Expansion MRR", "拡大MRR", "currency", "higher",
            "MRR added by existing customers", source=TRADE),
    _metric("finance", "mrr_contraction", "Contraction MRR", "縮小MRR", "currency", "lower",
            "MRR removed by customers who stay", source=TRADE),
    _metric("finance", "mrr_churned", "Churned MRR", "解約MRR", "currency", "lower",
            "MRR of customers who left", source=TRADE),
    _metric("finance", "mrr_end", "MRR at end", "期末MRR", "currency", "higher",
            "MRR at the end of the period", rule=END, source=TRADE,
            formula="mrr_start + mrr_new + mrr_reactivated + mrr_expansion - mrr_contraction "
                    "- mrr_churned"),
    _metric("finance", "grr", "Gross revenue retention (GRR)", "GRR(グロス売上維持率)", "share",
            "higher", f"opening MRR - contraction - churn {LOWEST}",
            "opening MRR of the cohort", rule=YEAR, source=TRADE,
            formula="sum of each customer's lowest MRR within the twelve months / opening MRR"),
    _metric("finance", "nrr", "Net revenue retention (NRR)", "NRR(売上維持率)", "share",
            "higher", "opening MRR - contraction - churn + expansion",
            "opening MRR of the cohort", rule=YEAR, source=f"{S0}, {TRADE}",
            formula="MRR of the cohort twelve months later / opening MRR"),
    _metric("finance", "revenue", "Revenue", "売上高", "currency", "higher",
            "MRR x months in force (one-off sale: prices of contracts won)", source=TRADE),
    _metric("finance", "cost", "Cost", "費用合計", "currency", "lower",
            "pay, advertising and tools", source=MODEL),
    _metric("finance", "cost_pay", "Pay", "人件費", "currency", "lower",
            "pay of everybody employed, all in", source=MODEL),
    _metric("finance", "cost_advertising", "Advertising", "広告費", "currency", "lower",
            "advertising spend", source=MODEL),
    _metric("finance", "cost_tools", "Tools", "ツール費", "currency", "lower",
            "tools and systems", source=MODEL),
    _metric("finance", "profit", "Contribution", "貢献利益", "currency", "higher",
            "gross margin x revenue - cost", source=MODEL),
    _metric("finance", "cac", "Customer acquisition cost (CAC)", "CAC(顧客獲得コスト)",
            "currency", "lower",
            "pay of marketing, inside and field sales, plus advertising", "new customers",
            source=TRADE),
    _metric("finance", "ltv", "Lifetime value (LTV)", "LTV(顧客生涯価値)", "currency", "higher",
            "MRR per customer x gross margin", "gross revenue churn per month",
            rule="averages of the period", source=TRADE),
    _metric("finance", "ltv_realized", "Lifetime value realized", "実績LTV", "currency",
            "higher", "gross margin x MRR paid by customers won",
            "customers won, month of age by month of age, each over those observed that long",
            rule="contracts won in the measured period, up to the longest observation; "
                 "nothing is extrapolated",
            source=TRADE, monthly=False,
            formula="gross margin x sum over months of age of mean MRR per customer won "
                    "(one-off sale: gross margin x mean revenue per buyer)"),
    _metric("finance", "payback", "CAC payback", "CAC回収期間", "months", "lower",
            "CAC", "MRR per customer x gross margin", rule="averages of the period",
            source=TRADE),
    _metric("finance", "magic_number", "Magic number", "マジックナンバー", "ratio", "higher",
            "4 x growth of quarterly recurring revenue",
            "sales and marketing cost of the quarter before",
            rule="month: the 60 days to its end against the 60 before; measured period: "
                 "calendar quarters wholly within it, numerators and denominators summed",
            source=TRADE),
)
# fmt: on

TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")


def _flow(team: str) -> tuple[Metric, ...]:
    """Describe the flow through one team."""
    label_en, label_ja = TEAM_LABELS[team]

    def flow(
        name: str,
        words_en: str,
        words_ja: str,
        unit: str,
        better: Better,
        numerator: str,
        denominator: str = "1",
        rule: str = PERIOD,
    ) -> Metric:
        return _metric(
            "flow",
            f"{team}.{name}",
            f"{label_en}: {words_en}",
            f"{label_ja}：{words_ja}",
            unit,
            better,
            numerator,
            denominator,
            rule=rule,
            source=THEORY,
        )

    # fmt: off
    return (
        flow("utilization", "utilization", "稼働率", "share", "neither",
             "time that the team's people are at work on a buyer, from whichever queue",
             "time that people are employed in the team", AVERAGE),
        flow("queue", "queue", "待ち行列", "buyers", "lower",
             "pieces of work waiting in the team's queue", rule=AVERAGE),
        flow("wait_mean", "wait, mean", "待ち時間(平均)", "business days", "lower",
             "days in the queue, mean", rule=WAITS + "; up to the longest wait observed"),
        flow("wait_p50", "wait, median", "待ち時間(中央値)", "business days", "lower",
             "days in the queue, median", rule=WAITS),
        flow("wait_p90", "wait, p90", "待ち時間(90%点)", "business days", "lower",
             "days in the queue, 90 % quantile", rule=WAITS),
        flow("throughput", "throughput", "スループット", "per day", "higher",
             "pieces of work finished from the team's queue", "business days"),
        flow("abandonment", "abandonment", "離脱率", "share", "lower",
             "waits that ended because the buyer gave up", "waits that ended"),
        flow("lost", "buyers lost", "失注・失客数", "buyers", "lower",
             "buyers lost or turned away at this stage"
             + (" (customers who left)" if team == "customer_success" else "")),
    )
    # fmt: on


METRICS: dict[str, Metric] = {
    metric.id: metric
    for metric in (
        *_MARKETING,
        *_INSIDE_SALES,
        *_FIELD_SALES,
        *_CUSTOMER_SUCCESS,
        *_SHARED,
        *_FINANCE,
        *(metric for team in TEAMS for metric in _flow(team)),
    )
}
"""Every metric by id, in the order in which tables show them."""

RESPONSES = (
    "speed_to_lead",
    "speed_to_lead_p90",
    "onboarding_start_days",
    "onboarding_start_days_p90",
    "claim_answer_days_p90",
)
"""What departments can promise; tables leave them out, since waits say much the same."""

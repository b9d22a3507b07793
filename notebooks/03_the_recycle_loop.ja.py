# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 リサイクルのループと、失注理由1件の価値
#
# 「今は要らない」は「要らない」ではありません。予算のない見込み顧客も、来年度には予算が付きます。
# 競合と契約中の見込み顧客も、その契約が終われば自由になります。こうした見込み顧客を掘り起こすこと
# を**リサイクル**と呼び、THE MODELの強みとしてよく挙げられます。それには2つのものが要ります。掘り
# 起こしを仕事とする人と、なぜ買わなかったのかを書いた記録です。記録があれば、次の連絡をちょうど
# 良い時期に入れられます。
#
# 誰もがリサイクルをほめますが、記録を書く人はあまりいません。このノートブックの問いは2つです。
# **記録1件にはどれだけの価値があるか。リサイクルはいつも良いことなのか。**
#
# [English](03_the_recycle_loop.ipynb)

# %%
# %matplotlib inline
import numpy as np
from IPython.display import display

from simulator import METRICS, load_scenario, plots, replicate
from simulator.experiment.bottleneck import cost_of
from simulator.languages.languages import speak
from simulator.presentation.figures import words

from playing import play
from telling import change, interval, is_told, level, picture, quick, table, tell, variant

speak("ja")
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
base = load_scenario("base").scenario
CHANNELS = {name: channel.leads_per_day for name, channel in base.market.channels.items()}
INQUIRIES = sum(CHANNELS.values())


def market(factor: float) -> tuple[str, ...]:
    """すべてのチャネルの問い合わせを何倍かにした市場の設定を返す。"""
    return tuple(
        f"market.channels.{name}.leads_per_day={leads * factor:.3f}"
        for name, leads in CHANNELS.items()
    )


# %% [markdown]
# ## ループ
#
# `systematic_recycling`は、標準の会社のやり方を1つだけ変えたものです。断られた見込み顧客に担当者
# と待ち行列を決め、そのための時間を確保します。ここでは、問い合わせが標準の会社の半分しかない**静
# かな市場**で動かします。オレンジの帯が戻りです。

# %%
calm = variant("体系的なリサイクル", "systematic_recycling", *market(0.5))
results = replicate(calm, replications=10, seed=1)
plots.flow(results, size=(9, 5.6))

# %%
totals = results.totals
tell(
    f"2年間に掘り起こされるのは、延べ{level('recycled_buyers', totals['recycled_buyers'])}です。",
    f"全受注の{level('recycled_win_share', totals['recycled_win_share'])}は、",
    "一度は失注または見送りとなった見込み顧客との契約です。（かっこ内は95%区間。反復10回、乱数の種1。）",
)
known = results.recycling
table(
    ["記録上の理由", "リサイクル待ち", "戻った数", "商談", "受注", "戻った100社あたりの受注"],
    [
        [words(row.recorded_reason), f"{row.parked:,.0f}", f"{row.came_back:,.0f}",
         f"{row.opportunities:,.0f}", f"{row.won:,.1f}",
         f"{100 * row.won / row.came_back:.1f}" if row.came_back >= 10 else "-"]
        for row in known.itertuples()
    ],
    "反復10回の平均、乱数の種1。戻った数が1回あたり10社に満たない行では、右端の列を省きます。",
)  # fmt: skip

# %% [markdown]
# 障害が分かっている行（予算なし、時期が合わない、競合と契約中）には、障害がなくなった頃に連絡しま
# す。「不明」には、誰かの手が空いたときに連絡します。ただし、行によって見込み顧客の顔ぶれが違いま
# す。ですから、この表は理由の記録に価値があることをうかがわせるだけで、示してはいません。示すに
# は、記録だけを変え、ほかは何も変えずに比べる必要があります。それは後で行います。
#
# ## リサイクルはいつも良いことなのか
#
# **まず予想してください。** やり方は3つです。「なし」では、誰にも二度と連絡しません。「空き時間」
# では、10社のうち3社が思い出され、時間のあるときに連絡します。「体系的」では、仕組みとして
# 行います。人員は同じまま、市場を静かな状態から忙しい状態まで変えます。体系的なリサイクルがいちばん
# 効くのはどこでしょうか。

# %%
FACTORS = (0.35, 0.5, 0.75, 1.0)
WAYS = {"空き時間": "discretionary_recycling", "体系的": "systematic_recycling"}
none = {factor: quick("no_recycling", *market(factor)) for factor in FACTORS}
gains = {
    (way, factor): interval(quick(file, *market(factor))["mrr_end"] - none[factor]["mrr_end"])
    for way, file in WAYS.items()
    for factor in FACTORS
}


@picture(9, 4.4)
def draw_gains(axes) -> None:
    """リサイクルの2つのやり方の効果を、リサイクルなしとの差として市場の忙しさ別に描く。"""
    for (way, color), shift in zip({"空き時間": "#0072b2", "体系的": "#d55e00"}.items(),
                                   (-0.15, 0.15), strict=True):  # fmt: skip
        of_it = [gains[way, factor] for factor in FACTORS]
        places = np.array(FACTORS) * INQUIRIES + shift
        means = [each.mean / 1e6 for each in of_it]
        axes.plot(places, means, "o-", color=color)
        for place, each in zip(places, of_it, strict=True):
            axes.plot([place] * 2, [each.low / 1e6, each.high / 1e6], color=color, linewidth=2)
        axes.annotate(way, (places[0], means[0]), (8, 8), textcoords="offset points", color=color)
    axes.axhline(0.0, color="#333333", linewidth=1)
    axes.set_xlabel("1日の問い合わせ数（人員は同じ）")
    axes.set_ylabel("期末MRRのリサイクルなしとの差（百万円）")
    axes.set_title("リサイクルの効果は、どれだけ忙しいかによって変わる", loc="left")


display(draw_gains())

# %%
table(
    ["1日の問い合わせ数", "フィールドセールスの稼働率", "カスタマーサクセスの稼働率", *WAYS],
    [
        [f"{factor * INQUIRIES:.1f}",
         level("field_sales.utilization", interval(none[factor]["field_sales.utilization"])),
         level("customer_success.utilization",
               interval(none[factor]["customer_success.utilization"])),
         *(change("mrr_end", gains[way, factor]) for way in WAYS)]
        for factor in FACTORS
    ],
    "右の2列は期末MRRのリサイクルなしとの差、稼働率はリサイクルなしの場合。かっこ内は95%区間。"
    "対応のある20組、乱数の種1。",
)  # fmt: skip
hurts = [factor for factor in FACTORS if gains["体系的", factor].high < 0.0]
helps = [factor for factor in FACTORS if gains["体系的", factor].low > 0.0]
tell(
    "体系的なリサイクルについて、偶然を超えて言えることは次のとおりです。",
    "**効果がある**問い合わせ数（1日）：",
    f"{'、'.join(f'{each * INQUIRIES:.1f}' for each in helps) or 'なし'}。",
    "**害になる**問い合わせ数（1日）：",
    f"{'、'.join(f'{each * INQUIRIES:.1f}' for each in hurts) or 'なし'}。",
)

# %% [markdown]
# ### なぜ害になりうるのか
#
# 戻ってきた見込み顧客にも、新しい見込み顧客と同じように、架電1回、商談3回、オンボーディング1回の
# 手間がかかります。その時間が空いていれば、もうけものです。空いていなければ、ほかの誰かの前に割
# り込むことになります。ここで試した中で最も忙しい市場では、体系的なリサイクルによってほかの見込み
# 顧客に何が起きるでしょうか。

# %%
busy = max(FACTORS)
before, after = none[busy], quick("systematic_recycling", *market(busy))
LOOKED_AT = ["recycled_opportunities", "inside_sales.utilization", "field_sales.queue"]
LOOKED_AT += ["field_sales.abandonment", "win_rate", "wins", "mrr_end", "profit"]
table(
    ["", "リサイクルなし", "体系的", "差"],
    [
        [METRICS[metric].label,
         *(level(metric, interval(each[metric])) for each in (before, after)),
         change(metric, interval(after[metric] - before[metric]))]
        for metric in LOOKED_AT
    ],
    f"1日の問い合わせ数{busy * INQUIRIES:.0f}。かっこ内は95%区間。対応のある20組、乱数の種1。",
)  # fmt: skip

# %% [markdown]
# つまり、ループそのものに良いも悪いもありません。ループの価値は、そのために使う時間の価値で決まり
# ます。**リサイクルが割に合うのは、後ろの部門に余裕があるとき**、または余裕を与えたときです（どの
# 部門に余裕がないかは、ノートブック04で調べます）。
#
# ## 記録された理由1件の価値
#
# 今度は、記録だけを変えます。フィールドセールスが失注の本当の理由を記録する割合を、0%、50%、100%
# とします。静かな市場、体系的なリサイクルで、同じ乱数を使って60回ずつ動かします。

# %%
RUNS = 60
SHARES = (0.0, 0.5, 1.0)


def recorded(share: float, factor: float = 0.5):
    """フィールドセールスが失注の一定の割合について本当の理由を記録する実行を返す。"""
    setting = f"decisions.field_sales.record_loss_reason={share}"
    return quick("systematic_recycling", setting, *market(factor), replications=RUNS)


nothing = recorded(0.0)
curve = {metric: [interval(recorded(share)[metric] - nothing[metric]) for share in SHARES]
         for metric in ("mrr_end", "profit")}  # fmt: skip


@picture(9, 3.9, columns=2)
def draw_shares(both) -> None:
    """記録の効果を、理由を記録する失注の割合別に描く。"""
    for axes, (metric, of_it) in zip(both, curve.items(), strict=True):
        means, low, high = (
            np.array([getattr(each, which) for each in of_it]) / 1e6
            for which in ("mean", "low", "high")
        )
        places = 100.0 * np.array(SHARES)
        axes.plot(places, means, "o-", color="#0072b2")
        axes.fill_between(places, low, high, color="#0072b2", alpha=0.2, linewidth=0)
        axes.axhline(0.0, color="#333333", linewidth=1)
        axes.set_title(f"{METRICS[metric].label}の増加（百万円）", loc="left")
        axes.set_xlabel("本当の理由が記録された失注の割合（%）")


display(draw_shares())

# %% [markdown]
# この増加を、増えた記録の件数で割ります（100%ならフィールドセールスの失注すべて、0%なら1件もあり
# ません）。これが理由**1件**の価値です。

# %%
everything = recorded(1.0)
reasons = everything["field_sales.lost"]
worth = {
    metric: interval((everything[metric] - nothing[metric]) / reasons)
    for metric in ("mrr_end", "profit")
}


def yen(estimate) -> str:
    """理由1件の金額を区間とともに書く。"""
    return f"{estimate.mean:,.0f}円 ({estimate.low:,.0f}～{estimate.high:,.0f})"


tell(
    f"失注{interval(reasons).mean:,.0f}件の理由をすべて記録した場合、理由1件の価値は、",
    f"2年後の期末MRRで**{yen(worth['mrr_end'])}**、",
    f"2年間の貢献利益で**{yen(worth['profit'])}**です。（かっこ内は95%区間。",
    f"対応のある{RUNS}組、乱数の種1、静かな市場。）",
)

# %%
SOLD = ("recycled_buyers", "recycled_opportunities", "wins")
table(
    ["すべて記録した場合（1件も記録しない場合との比較）", "差"],
    [[METRICS[each].label, change(each, interval(everything[each] - nothing[each]))]
     for each in (*SOLD, "bookings", "mrr_end", "profit")],
    f"かっこ内は95%区間。対応のある{RUNS}組、乱数の種1、静かな市場。",
)  # fmt: skip

# %% [markdown]
# 連絡の回数が減っても、時期が遅くなっても、受注が増えることはあります。記録を見れば、まだ連絡す
# べきでない相手も、いつまでも合わない相手も分かるからです。
#
# ## 記録に何分かけてよいか
#
# モデルでは、失注理由を書いても時間はかかりません。現実にはかかります。そこで、逆に問います。何分
# までなら割に合うでしょうか。フィールドセールスの1時間には、会社が払う費用がかかります。その1時間
# にほかの良い使い道がなければ、記録の費用はそれだけです。

# %%
HOURS_A_MONTH = 20 * 8
scenario = calm.scenario
hour = cost_of(scenario, "field_sales") / (scenario.horizon.months * HOURS_A_MONTH)
even, least, most = (
    60.0 * getattr(worth["profit"], which) / hour for which in ("mean", "low", "high")
)
tell(
    f"フィールドセールスの1時間の費用は{hour:,.0f}円です。静かな市場では、記録1件の費用と効果が",
    f"**{even:.0f}分**（95%区間：{least:.0f}～{most:.0f}）で釣り合います。",
    "ここで数えたのは、2年のうちに得られる効果だけです。",
)


# %%
@picture(9, 3.9)
def draw_even(axes, minutes_a_note: int = 5) -> None:
    """記録1件の効果から費用を引いた額を、かかる分数別に描く。"""
    minutes = np.linspace(0.0, max(60.0, 1.2 * even), 50)
    cost = hour * minutes / 60.0
    gain = worth["profit"]
    axes.plot(minutes, gain.mean - cost, color="#0072b2")
    axes.fill_between(minutes, gain.low - cost, gain.high - cost, color="#0072b2", alpha=0.2, lw=0)
    axes.axhline(0.0, color="#333333", linewidth=1)
    axes.axvline(minutes_a_note, color="#5f6b7a", linestyle="--", linewidth=1)
    left = gain.mean - hour * minutes_a_note / 60.0
    axes.set_title(f"記録1件に{minutes_a_note}分かけると、残るのは{left:,.0f}円", loc="left")
    axes.set_xlabel("記録1件にかかる時間（分）")
    axes.set_ylabel("記録1件あたりの貢献利益（円）")


play(draw_even, minutes_a_note=[5, 1, 2, 10, 15, 20, 30, 45])

# %% [markdown]
# ### 忙しい市場ではどうか
#
# 標準の会社と同じ数の問い合わせがある場合について、同じことを調べます。

# %%
busy_none, busy_all = recorded(0.0, 1.0), recorded(1.0, 1.0)
busy_worth = {
    metric: interval((busy_all[metric] - busy_none[metric]) / busy_all["field_sales.lost"])
    for metric in ("mrr_end", "profit")
}
known = "と".join(METRICS[m].label for m, each in busy_worth.items() if is_told(each))
tell(
    f"忙しい市場では、理由1件の価値は期末MRRで{yen(busy_worth['mrr_end'])}、",
    f"貢献利益で{yen(busy_worth['profit'])}です（対応のある{RUNS}組、乱数の種1）。",
    f"偶然を超えるもの：{known or 'どちらでもない'}。",
)

# %% [markdown]
# 良い記録があれば、見込み顧客は良い時期に戻ってきます。しかし、並ぶのは同じ、すでに埋まった待ち行
# 列です。失注理由の記録を徹底しようと呼びかける前に、それを使う人たちに1時間の余裕があるかを確か
# めてください。
#
# ## 書く人と、得をする人
#
# 記録に時間を使うのはフィールドセールスで、ちょうど良い時期に連絡できるのはインサイドセールスです。
# フィールドセールスが受注金額だけで評価されるかぎり、記録は他部門への贈り物にすぎません。これがノー
# トブック02のテーマです。
#
# ## 演習
#
# 1. 忙しい会社のフィールドセールスとカスタマーサクセスの人員を増やしてください
#    （`teams.field_sales.people=12`、`teams.customer_success.people=11`）。体系的なリサイクルは割
#    に合うようになりますか。（`quick("systematic_recycling", …)`を`quick("no_recycling", …)`と
#    比べます。）
# 2. インサイドセールスは、1日のどのくらいを戻ってきた見込み顧客に使うべきでしょうか。両方の市場で
#    `decisions.inside_sales.recycle_share`を0から0.6まで動かしてください。
# 3. 誰も記録を書かない代わりに、AIが障害を推測します：`ai.inside_sales.active=true`。推測には、記
#    録と比べてどれだけの価値がありますか。
# 4. 1日の問い合わせがいくつになると、リサイクルは害になり始めますか。`FACTORS`に値を足してくださ
#    い。
#
# ## 引用する前に
#
# これらの数値は、仮定で作った1つの会社のものです。障害の割合と、障害がなくなるまでの期間は、出典
# を付けた前提です（`themodel explain base --lang ja`）。ほかの会社にも当てはまるのは、結果の性質
# です。記録の価値が大きいか小さいかは、その先の時間に余裕があるかどうかで決まります。また、3年たっ
# て実を結ぶ記録を評価するには、2年は短すぎます。

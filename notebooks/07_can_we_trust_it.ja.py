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
# # 07 信じてよいのか
#
# シミュレーションは必ず何か答えを出します。その答えに価値があるかどうかは、次の4つの問いで決まりま
# す。このノートブックでは、それを1つずつ確かめます。
#
# 1. **計算は正しいか。** 数学で答えが分かっているところでは、エンジンもその答えを出さなければなりま
#    せん。
# 2. **区間は正直か。** 95%区間が100個あれば、およそ95個が真実を含まなければなりません。
# 3. **答えは1つの前提に左右されないか。** 会社の数値の多くは、分かっていません。
# 4. **現実に似ているか。** 出てくる結果はありうるものでなければならず、省いたものは省いたと言わなけ
#    ればなりません。
#
# 初めの3つは、このノートブックの中で確かめられます。4つ目はそうはいかず、できるとしても一部だけで
# す。だから最後に、このモデルに含まれていないものを挙げます。
#
# [English](07_can_we_trust_it.ipynb)

# %%
# %matplotlib inline
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from IPython.display import Markdown, display

from playing import play
from simulator import METRICS, compare, load_scenario, plots, run, sensitivity, verify
from simulator.experiment.assumption_labels import assumption_label
from simulator.experiment.replications import replicate_totals
from simulator.experiment.statistics import Estimate, jeffreys
from simulator.languages.languages import speak
from simulator.languages.messages import say
from telling import change, picture, table, tell, variant

speak("ja")
SIZE = (9, 5)
SEED = 1
BLUE, RED, GRAY = "#0072b2", "#d55e00", "#555555"

# %% [markdown]
# ## 1. 計算は正しいか
#
# ### 手計算で：アーランの知っていた待ち行列
#
# 電話がでたらめな間隔でかかってきて、*c*人が応対し、1件の応対時間は指数分布に従います。かけた人はど
# れだけ待つでしょうか。A. K. アーラン（Erlang）は1917年に、コペンハーゲンの電話について、この問いに
# 答えました。その公式は5行で書けます。


# %%
def erlang_c_wait(arrivals: float, service_days: float, people: int) -> float:
    """平均待ち時間を日数で返す（アーランC式）。"""
    load = arrivals * service_days
    terms = [load**k / math.factorial(k) for k in range(people)]
    last = load**people / math.factorial(people) * people / (people - load)
    return last / (sum(terms) + last) * service_days / (people - load)


# %% [markdown]
# 次はシミュレーターです。中にこの公式は入っていません。会社全体をそのまま使い、アーランの知らなかっ
# たもの（技量、立ち上がり、購入の障害、信頼、リサイクルなど）を設定だけですべて切ります。残るのは、
# マーケティングで問い合わせを選別する3人の窓口だけで、1件に0.21日かかります。エンジンは標準の会社を
# 動かすものと同じです。こちらは、誰がいつからいつまで待ったかを見るだけです。

# %%
from simulator.metrics.flow import waits
from simulator.metrics.rows import Book
from simulator.organization.journal import Team
from simulator.reductions import experiments
from simulator.scenario.changing import changed

SERVICE, PEOPLE, RUNS = 0.21, 3, 24
reduced = experiments()[1].scenario


def waits_by_run(arrivals: float) -> list[float]:
    """簡略化した会社を動かし、助走期間を除いた平均待ち時間を反復ごとに返す。"""
    company = changed(reduced, {"market.channels.all.leads_per_day": arrivals})
    means = []
    for replication in range(RUNS):
        journal = run(company, SEED, replication)
        every = waits(Book(journal))
        chosen = (every.team == Team.MARKETING) & (every.start > journal.facts.warm_up_days)
        means.append(float(np.mean((every.end - every.start)[chosen])))
    return means


LOADS = (0.3, 0.5, 0.7, 0.8, 0.9)
rates = [load * PEOPLE / SERVICE for load in LOADS]
formula = [erlang_c_wait(rate, SERVICE, PEOPLE) for rate in rates]
engine = [Estimate.of(waits_by_run(rate)) for rate in rates]
held = [each.low <= value <= each.high for value, each in zip(formula, engine, strict=True)]
table(
    ["稼働率", "アーランC式（日）", "シミュレーション（日）", "区間は公式の値を含むか"],
    [
        [f"{load:.0%}", f"{value:.4f}", f"{each.mean:.4f} ({each.low:.4f}～{each.high:.4f})",
         "はい" if inside else "いいえ"]
        for load, value, each, inside in zip(LOADS, formula, engine, held, strict=True)
    ],
    f"平均待ち時間。かっこ内は95%区間。反復{RUNS}回、各"
    f"{reduced.horizon.months * 20:.0f}営業日、乱数の種{SEED}。",
)  # fmt: skip


# %%
@picture(9, 4.2)
def draw_curve(axes) -> None:
    """アーランの公式を線で、シミュレーションの結果を区間つきで描く。"""
    fine = np.linspace(0.2, 0.93, 200)
    curve = [erlang_c_wait(load * PEOPLE / SERVICE, SERVICE, PEOPLE) for load in fine]
    axes.plot(100 * fine, curve, color=GRAY)
    for load, each in zip(LOADS, engine, strict=True):
        axes.plot([100 * load] * 2, [each.low, each.high], color=BLUE, linewidth=3)
        axes.plot(100 * load, each.mean, "o", color=BLUE)
    axes.annotate("アーランの公式", (100 * fine[-1], curve[-1]), (-8, 0),
                  textcoords="offset points", ha="right", va="top", color=GRAY)  # fmt: skip
    axes.annotate("シミュレーション（95%区間）", (100 * LOADS[-2], engine[-2].mean), (-10, 8),
                  textcoords="offset points", ha="right", color=BLUE)  # fmt: skip
    axes.set_title(f"アーランの値を含む区間：{len(held)}個のうち{sum(held)}個", loc="left")
    axes.set_xlabel("稼働率（%）")
    axes.set_ylabel("平均待ち時間（日）")


display(draw_curve())
times = formula[-1] / formula[1]
tell(
    f"稼働率が{LOADS[1]:.0%}から{LOADS[-1]:.0%}になると、待ち時間は**{times:.0f}倍**になります。",
    "誰かが忙しく働き**すぎている**ことは、どの部門のダッシュボードにも表れません。この曲線こそ、",
    "全員がいつも忙しい会社の動きが遅い理由です。",
)

# %% [markdown]
# ### すべてまとめて：`verify`
#
# `themodel verify --lang ja`は、エンジンを一連の項目と照合します。1人の窓口、3人の窓口、待ちきれず
# に離脱する人のいる窓口（アーランA式）、そしてリサイクルのループを含む4部門全体（ジャクソンネット
# ワーク）です。公式のない標準の会社全体については、**どんな**待ち行列でも成り立つ法則を確かめます。
# 最後の桁まで一致するリトルの法則と、収支の合う帳簿です。

# %%
checks = verify(seed=SEED)
statistical = [each for each in checks if each.standard_error > 0.0]
exact = [each for each in checks if each.standard_error == 0.0]
worst = max(statistical, key=lambda each: abs(each.z))
limit = statistical[0].tolerance / statistical[0].standard_error
far = sum(abs(each.z) > 2.0 for each in statistical)
tell(
    f"**{len(checks)}項目のうち{sum(each.passed for each in checks)}項目が合格**です"
    f"（乱数の種{SEED}）。",
    f"{len(exact)}項目は厳密な照合です。統計的な照合{len(statistical)}項目のうち、"
    f"標準誤差の2倍を超えてずれたものは{far}項目です。",
    "エンジンが正しくても、偶然だけで20項目に1項目ほどはこれだけずれるはずです"
    "（同じ待ち行列から得た値は一緒にずれるので、",
    "その数は増えたり減ったりします）。",
    f"最も大きくずれたのは「{worst.name}」で、標準誤差の{abs(worst.z):.1f}倍です。合否の境目は",
    f"{limit:.1f}倍で、全項目を合わせた誤報が、乱数の種100個に1個の割合になるように決めてあります。",
)


# %%
@picture(9, 3.6)
def draw_checks(axes) -> None:
    """各項目のずれを標準誤差を単位として、小さい順に描く。"""
    z = np.sort([each.z for each in statistical])
    axes.axvspan(-2, 2, color="#e8eef4")
    axes.axvline(0, color=GRAY, linewidth=1)
    for place in (-limit, limit):
        axes.axvline(place, color=RED, linestyle="--", linewidth=1)
    axes.plot(z, np.arange(1, len(z) + 1), "o", color=BLUE, markersize=4)
    axes.annotate("ここを超えると不合格", (limit, 2), (-4, 0), textcoords="offset points",
                  ha="right", color=RED)  # fmt: skip
    axes.set_title("エンジンの値と数学の値の差", loc="left")
    axes.set_xlabel("標準誤差を単位とした差（淡色：95%が入るはずの範囲）")
    axes.set_ylabel("項目（差の順）")


display(draw_checks())

# %% [markdown]
# **この照合は、誤りがあれば気づくのか。** 不合格になりようのない照合に意味はありません。そこで、同
# じ反復を、わざと間違えた公式と照合してみます。1件の選別に、実際より少し長くかかると思い込んだ場合
# です。

# %%
from simulator.verification import held_against, limit_for

rate, runs = rates[2], waits_by_run(rates[2])
claim = next(each for each in experiments()[1].claims if each.figure == "wait")
rows = []
for error in (0.0, 0.01, 0.03, 0.05, 0.1):
    wrong = erlang_c_wait(rate, SERVICE * (1.0 + error), PEOPLE)
    check = held_against(replace(claim, expected=wrong), runs, limit_for(len(statistical), RUNS))
    rows.append([f"{error:+.0%}", f"{wrong:.4f}", f"{check.simulated:.4f}", f"{check.z:+.1f}",
                 "合格" if check.passed else "**不合格**"])  # fmt: skip
table(
    ["選別1件の時間の誤り", "公式（日）", "シミュレーション（日）", "ずれ（標準誤差の倍数）",
     "照合"],
    rows, f"平均待ち時間、稼働率{LOADS[2]:.0%}、反復{RUNS}回、乱数の種{SEED}。",
)  # fmt: skip
failing = [row[0] for row in rows if "不合格" in row[-1]]
tell(
    f"この1項目だけでも、時間の誤りが{failing[0]}あれば気づきます。"
    "それより小さな誤りは、すり抜けます。"
    if failing
    else "どの誤りにも気づきませんでした。この1項目だけでは弱すぎます。"
)

# %% [markdown]
# ## 2. 区間は正直か
#
# ノートブック01では、20人の分析者が区間を示しました。ここでは、**数えられる**ほど何度も繰り返しま
# す。何百回も動かせるように、会社は小さくします（標準の会社の半分、半年間）。

# %%
base = load_scenario("base")
HALF = [
    *(f"market.channels.{name}.leads_per_day={each.leads_per_day / 2}"
      for name, each in base.scenario.market.channels.items()),
    "teams.marketing.people=2", "teams.inside_sales.people=3", "teams.field_sales.people=4",
    "teams.customer_success.people=4", "start.customers=260", "start.opportunities=45",
    "start.parked=300",
]  # fmt: skip
small = variant("小さな会社", "base", *HALF, "horizon.months=6")

LIVES, GROUP = 1200, 6
lives = replicate_totals(small, seed=SEED, replications=LIVES)
COUNTED = ("wins", "mrr_end", "win_rate", "logo_churn", "profit", "field_sales.queue")
values = {metric: np.array([each[metric] for each in lives.runs.values()]) for metric in COUNTED}


def coverage(metric: str, size: int) -> Estimate:
    """この回数の反復から作った区間のうち、全反復の平均を含むものの割合を返す。"""
    groups = values[metric].reshape(-1, size)
    truth = groups.mean()
    stated = [Estimate.of(group) for group in groups]
    return jeffreys(float(np.mean([e.low <= truth <= e.high for e in stated])), len(stated))


found = {metric: coverage(metric, GROUP) for metric in COUNTED}
table(
    ["", "区間の数", "全反復の平均を含む割合", "その割合の95%区間", "95%を含むか"],
    [
        [METRICS[metric].label, each.n, f"{each.mean:.1%}", f"{each.low:.1%}～{each.high:.1%}",
         "はい" if each.low <= 0.95 <= each.high else "いいえ"]
        for metric, each in found.items()
    ],
    f"反復{LIVES}回を{GROUP}回ずつの組に分けたもの。乱数の種{SEED}。",
)  # fmt: skip
short = [METRICS[metric].label for metric, each in found.items() if each.high < 0.95]
tell(
    "スチューデントのt分布による区間は、平均がほぼ正規分布に従うことを前提とします。"
    + (
        f"「{'」「'.join(short)}」は、約束の95%に届いていないと言えます。分布の偏った指標なので、"
        f"{GROUP}回の反復では少なすぎるのです。このような指標では、反復を増やしてください。"
        if short
        else "この中に、約束の95%に届いていないと言える指標はありません。"
    )
)

# %% [markdown]
# **何回動かせばよいか。** 区間は反復の回数の**平方根**に反比例して狭まります。幅を半分にするには4倍
# の回数が必要です。

# %%
sizes = (3, 6, 12, 24, 48, 100, 300)
widths = []
for size in sizes:
    groups = values["mrr_end"].reshape(-1, size)
    widths.append(np.mean([e.high - e.low for e in map(Estimate.of, groups)]) / 1e6)


@picture(9, 3.8)
def draw_widths(axes) -> None:
    """区間の幅を、もとになる反復の回数ごとに描く。"""
    axes.loglog(sizes, widths, "o-", color=BLUE)
    axes.loglog(sizes, widths[-1] * np.sqrt(sizes[-1] / np.array(sizes)), ":", color=GRAY)
    for size, width in zip(sizes, widths, strict=True):
        axes.annotate(f"{width:.2f}", (size, width), (6, 5), textcoords="offset points", color=BLUE)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_yticks([])
    axes.minorticks_off()
    axes.set_xlabel("1つの区間のもとになる反復の回数（両軸とも対数、点線：平方根に反比例）")
    axes.set_ylabel("平均の幅（百万円）")
    axes.set_title("期末MRRの95%区間の幅", loc="left")


display(draw_widths())
tell(
    f"反復{sizes[1]}回では幅が{widths[1]:.2f}百万円、その4倍の{sizes[3]}回では",
    f"{widths[3]:.2f}百万円です。回数がごく少ないときは、平方根の法則よりもさらに広くなります。3回では、",
    "運の大きさそのものが分からないからです。`themodel run`に`--precision`を付けると、区間が",
    "求める幅になるまで反復を増やします。",
)

# %% [markdown]
# ### 両方に同じ運を
#
# 2つの会社を比べるときは、それぞれを何度も動かすより良い方法があります。**両方に同じ運を与える**こ
# とです。同じ見込み顧客が、同じ購入の障害を抱えて、同じ日に現れ、同じ人が辞めます。ここでは、ある部
# 門に1人増やすといった変更を、同じ運で比べた場合と、それぞれ別の運（別の乱数の種）で比べた場合とで
# 見てみます。

# %%
PAIRS = 60
same = values["mrr_end"][:PAIRS]
present = small.scenario.teams.inside_sales.buyer_share
CHANGES = {
    "フィールドセールスを1人増やす": "teams.field_sales.people=5",
    "インサイドセールスを1人増やす": "teams.inside_sales.people=4",
    "インサイドセールスの時間を10%増やす": f"teams.inside_sales.buyer_share={present * 1.1:.4f}",
}
rows, factors = [], []
for name, setting in CHANGES.items():
    key = setting.split("=")[0]
    others = [each for each in HALF if each.split("=")[0] != key]
    other = variant("other", "base", *others, setting, "horizon.months=6")
    paired_runs, apart_runs = (
        np.array([each["mrr_end"] for each in replicate_totals(
            other, seed=seed, replications=PAIRS).runs.values()])
        for seed in (SEED, SEED + 1)
    )  # fmt: skip
    paired, apart = Estimate.of(paired_runs - same), Estimate.of(apart_runs - same)
    factor = float(np.var(apart_runs - same, ddof=1) / np.var(paired_runs - same, ddof=1))
    factors.append(factor)
    rows.append([name, change("mrr_end", paired), change("mrr_end", apart), f"{factor:.0f}"])
table(
    ["", "期末MRRの差（同じ運）", "期末MRRの差（別の運）", "同じ運なら反復は何分の1で済むか"],
    rows,
    f"かっこ内は95%区間。{PAIRS}組の反復、乱数の種{SEED}（別の運は"
    f"{SEED + 1}）。最後の列は分散の比。",
)
tell(
    f"ここでは、同じ運を使うことで反復が{min(factors):.0f}～{max(factors):.0f}分の1で済みます。",
    "（この方法は**共通乱数法**と呼ばれます。見込み顧客が1人増えても、ほかの誰の乱数も変わらないような乱数の作り方が",
    "必要です。`docs/model.md`（英語）の「Clock, money, chance」をご覧ください。）",
)

# %% [markdown]
# ## 3. 答えは1つの前提に左右されないか
#
# 区間が表すのは運だけです。**前提とした**数値については何も語りません。そのような数値はいくつあるで
# しょうか。

# %%
from collections import Counter

from simulator.scenario import numbers

MEANING = {
    "A": "査読済みまたは公的な資料", "B": "標本を明示した一次データ",
    "C": "二次資料", "D": "出典なし", "M": "業界の通念",
    "calc": "引用した数値からの計算",
}  # fmt: skip
letters = Counter(each.trust for each in numbers(base) if each.is_number)
total = sum(letters.values())
table(
    ["信頼度", "意味", "数値の数", "割合"],
    [
        [letter or "なし", MEANING.get(letter, "記載なし"), count, f"{count / total:.0%}"]
        for letter, count in sorted(letters.items())
    ],
    "標準の会社の数値を、出典をどこまで信頼できるかで分けたもの"
    "（`themodel explain base --lang ja`がすべてを一覧にする）。",
    words=2,
)
bare = sum(count for letter, count in letters.items() if letter not in ("A", "B", "C", "calc"))
tell(
    f"**{total}個の数値のうち{bare}個は、裏づけとなるデータを持ちません**（信頼度DまたはM）。",
    f"ほかに{letters['C']}個は、二次資料によるものです（C）。",
    "標準の会社は、ありうる会社の1つであって、あなたの会社ではありません。較正した会社（ノートブック06）では、",
    "その一部がファイルから分かる値に置き換わり、残りは仮定したものだと明記されます。",
)

# %% [markdown]
# そこで、それらを動かしてみます。`sensitivity`は、信頼度C以下の数値をすべてその範囲の中で動かし、結
# 果に効くものを見つけます。次に、最も強いものを1つずつ、範囲の端から端まで動かします（**トルネード
# 図**）。ここでは小さな分析として、上の小さな会社の受注数を調べます。（2つの会社の優劣は変わらない
# か、という問いには、`themodel sensitivity shared --versus divisional --lang ja`がもっと多くの反復
# で答えます。その結果は`docs/experiments.md`（英語）にあります。）

# %%
study = sensitivity(
    small,
    metric="wins",
    seed=SEED,
    trajectories=2,
    top=3,
    sobol=4,
    points=20,
    replications=6,
    workers=2,
)
tell(study.verdict)
statuses = Counter(study.assumptions["status"])
tell(
    f"動かした前提のうち{statuses['varied']}個には何らかの働きがあり、"
    f"{statuses['without effect']}個は",
    "この会社では何の効果もありません（この会社が使っていないメカニズムのものです）。",
    f"実行{study.runs:,}回、乱数の種{study.seed}です。",
)

# %%
plots.tornado(study, size=(9, 6))

# %%
ENDS = {"low": "下限", "high": "上限"}
ends = study.tornado
is_luck = (ends["change_low"] <= 0.0) & (ends["change_high"] >= 0.0)
table(
    ["前提", "範囲の端", "そこでの値", "受注数", "変化"],
    [
        [assumption_label(row.path), ENDS[row.end], f"{row.value:.3g}", f"{row.outcome:.1f}",
         f"{row.change:+.1f} ({row.change_low:.1f}～{row.change_high:.1f})"]
        for row in ends.head(8).itertuples()
    ],
    f"幅の広い順。かっこ内は、同じ乱数で比べた変化の95%区間（1つの端につき{int(ends['n'].min())}組）。"
    f"乱数の種{SEED}。時間の分布の値は倍率。",
    words=2,
)  # fmt: skip
strongest = ends.head(2)
swing = abs(strongest["outcome"].iloc[1] - strongest["outcome"].iloc[0])
luck = study.baseline.high - study.baseline.low
tell(
    f"最も強い前提「{assumption_label(strongest['path'].iloc[0])}」は、範囲の端から端まで動かすと、結果を",
    f"**{swing:.1f}件**動かします。一方、設定値のままでの運の区間の",
    f"幅は{luck:.1f}件です。"
    + (
        "この数値を間違えることの影響は、運よりも大きいのです。まずこれを測ってください。"
        if swing > luck
        else "つまり、運の範囲を出ません。"
    ),
    f"{len(ends)}個の端のうち{int(is_luck.sum())}個では、",
    "変化をゼロと区別できません。6組というのは少ない数です。「区別できない」は「効果がない」という",
    "意味ではありません。",
)

# %% [markdown]
# ## 4. 現実に似ているか
#
# もっともらしい値を入れたモデルでも、でたらめな結果を出すことがあります。そこで、ほかで公表されてい
# て、標準の会社の入力には**使っていない**数値と比べます。

# %%
from simulator.plausibility import hold_against_published

published = hold_against_published(seed=SEED, replications=10)


@picture(9, 4.8)
def draw_published(axes) -> None:
    """公表された範囲を同じ幅の帯で、シミュレーションの結果をその中に描く。"""
    for place, each in enumerate(reversed(published)):
        low, high = each.published.low, each.published.high
        spread = high - low
        mean, left, right = (
            (value - low) / spread
            for value in (each.simulated.mean, each.simulated.low, each.simulated.high)
        )
        axes.plot([0, 1], [place, place], color="#c9d6e2", linewidth=9, solid_capstyle="butt")
        axes.plot([left, right], [place, place], color=BLUE, linewidth=3)
        axes.plot(mean, place, "o", color=BLUE if each.passed else RED)
    axes.set_yticks(
        range(len(published)),
        [METRICS[each.published.metric].label for each in reversed(published)],
    )
    axes.set_xticks([0, 1], ["公表値の下限", "公表値の上限"])
    axes.set_title(
        f"平均が範囲に入る指標：{len(published)}個のうち{sum(each.passed for each in published)}個",
        loc="left",
    )
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


display(draw_published())
IN_PERCENT = {"share": (100.0, "%"), "share per month": (100.0, "%/月")}
table(
    ["", "公表値", "シミュレーション", "単位", "出典"],
    [
        [METRICS[each.published.metric].label,
         f"{factor * each.published.low:g}～{factor * each.published.high:g}",
         f"{factor * each.simulated.mean:.3g} ({factor * each.simulated.low:.3g}～"
         f"{factor * each.simulated.high:.3g})",
         unit, say(each.published.source)]
        for each in published
        for factor, unit in [IN_PERCENT.get(each.published.unit, (1.0, say(each.published.unit)))]
    ],
    f"2年間の反復10回の平均。かっこ内は95%区間。乱数の種{SEED}。",
)  # fmt: skip

# %% [markdown]
# 読むときは注意が必要です。範囲は広く、標準の会社の前提を選ぶときにも参照しています。ですから、これ
# が示すのは「この会社は**ありうる**」ということであって、「あなたの会社を**予測する**」ということで
# はありません。予測できると言えるのは、結果が分かる前に立てた予測だけです。`themodel backtest`は、
# 自社のファイルの過去から、そのような予測を立てます。

# %% [markdown]
# ## モデルに含まれていないもの
#
# `docs/model.md`（英語）の一覧を、そのまま順に訳したものです。

# %%
page = Path("../docs/model.md").read_text(encoding="utf-8")
section = page.split("## What the model leaves out")[1].split("\n## ")[0]
left_out = [
    each.strip() for each in section.split(". Within a run")[0].replace("\n", " ").split(";")
]
TRANSLATED = (
    "時刻と祝日；購買に関わる複数の人（1つの見込み顧客は1つの取引先とみなす）；競合他社の反応；価格；"
    "製品の変化；立ち上がりを終えた後の習熟；口コミ；管理職"
)
shown = TRANSLATED.split("；") if TRANSLATED else left_out
assert len(shown) == len(left_out)
display(Markdown("\n".join(f"- {each.rstrip('.')}" for each in shown)))

# %% [markdown]
# ## 結果はどのように間違いうるか。どう備えるか

# %%
table(
    ["間違いうるもの", "確かめる方法", "それでも残るもの"],
    [
        ["プログラムの誤り",
         "理論との照合、収支の合う帳簿、一致しなければならない2つのエンジン",
         "公式のないメカニズム（信頼、約束、リサイクル）"],
        ["反復の不足", "区間（上で数えたもの）", "反復がごく少ないときの、分布の偏った指標"],
        ["開始時点の会社の姿",
         "顧客と進行中の商談がある状態から始める、`themodel warm-up`",
         "自社とは違う始まり方"],
        ["数値の誤り", "`sensitivity`、`run --input-uncertainty`",
         "範囲もまた判断の産物であること"],
        ["形の誤り（信頼、我慢、誰が何を決めるか）",
         "どのメカニズムも切ることができる（`themodel attribute`）",
         "誰も思いついていない形"],
        ["省いたもの", "上の一覧", "そのすべて"],
        ["人が設定とは違う判断をすること",
         "`themodel incentives`が部門の選択を探す",
         "人は評価指標だけで動くのではないこと"],
        ["未来が過去と違うこと", "自社の履歴での`themodel backtest`",
         "過去に例のない未来"],
    ],
    words=3,
)  # fmt: skip

# %% [markdown]
# **目安。** 「水準」より「比較」を（両方に共通する誤りは、一部が打ち消し合います）、「大きさ」より
# 「向き」を、「いくら」より「なぜ」を信頼してください。ある数値をもとに動く前に、どの前提が変われば
# その結論がひっくり返るかを問い、それを測りに行ってください。

# %% [markdown]
# ## 試してみる
#
# 2つの会社のどちらが優れているかは、反復からどれほど確かに分かるでしょうか。JupyterLabでは、反復の
# 数と乱数の種をスライダーで変えられます。区間がゼロをまたがなくなるのは、いつでしょうか。


# %%
def told(runs: int, seed: int) -> object:
    """この数の組の反復から分かる差を描く。"""
    return plots.difference(
        compare("shared", "divisional", seed=seed, replications=runs), "mrr_end", size=(9, 3.6)
    )


play(told, runs=[8, 2, 4, 16, 32], seed=[1, 2, 3, 4, 5])

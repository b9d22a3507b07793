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
# # 05 何人必要で、いつまでに始めるべきか
#
# 「年末までにこれだけの経常収益がほしい。何人必要で、いつ採用を始めればよいか」。表計算ソフトは平均
# で答えます。1人あたり何件、というぐあいです。このノートブックでは、まず公式に聞き、それでは足りな
# い理由を確かめ、そのうえでシミュレーターに、**約束**を守れる最も安い体制を探させます。約束とは、平
# 均的な未来で目標に届くことではなく、起こりうる未来の90%で目標に届くことです。
#
# 探索が数秒で終わるように、標準の会社の半分の規模の会社を1年間だけ動かします。`themodel size`と
# `themodel hiring`を使えば、どの会社でも、自社でも（ノートブック06）、同じことができます。
#
# [English](05_how_many_people.ipynb)

# %%
# %matplotlib inline
import numpy as np
from IPython.display import display

from playing import play
from simulator import plan_hiring, size
from simulator.experiment.replications import replicate_totals
from simulator.experiment.statistics import jeffreys
from simulator.languages.languages import speak
from simulator.languages.messages import say
from simulator.metrics.team_labels import team_label
from telling import picture, table, tell, variant

speak("ja")
SEED = 1
TARGET, ARR = "final_arr>=3.7e8", 370.0  # 百万円
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
HALF = {
    **{f"market.channels.{name}.leads_per_day": rate
       for name, rate in (("website", 4), ("referral", 1), ("webinar", 3), ("advertising", 5))},
    "teams.marketing.people": 2, "teams.inside_sales.people": 3, "teams.field_sales.people": 2,
    "teams.customer_success.people": 4, "start.customers": 260, "start.opportunities": 45,
    "start.parked": 300, "horizon.months": 12,
}  # fmt: skip


def company(name: str, **people: int) -> object:
    """半分の規模の会社を、人数を変えて返す。"""
    settings = HALF | {f"teams.{team}.people": count for team, count in people.items()}
    return variant(name, "base", *(f"{key}={value}" for key, value in settings.items()))


def chance(share: object) -> str:
    """確率を区間つきで書く。"""
    return f"{share.mean:.0%} ({share.low:.0%}～{share.high:.0%})"


today = company("現在")

# %% [markdown]
# ## 公式は何と言うか
#
# どの段階にも1日に何件かの仕事が来て、1件に何時間かがかかります。その合計を、1人が見込み顧客や顧客
# のために使える時間で割ったものが**負荷**です。誰も待たずに済むとしたら何人が働いていることになる
# か、を表します。負荷が4.2なら少なくとも5人が必要で、仕事は均等には来ないので、さらに何人か余裕が要
# ります。昔からの目安は「負荷 + ½√負荷」です（平方根の法則）。

# %%
from simulator.planning.offered_load.analytic import loads, square_root_plan

load, guess = loads(today.scenario), square_root_plan(today.scenario)
table(
    ["", "1日の仕事（件）", "1件の所要（時間）", "負荷（人）", "負荷 + ½√負荷（人）", "現在（人）"],
    [
        [team_label(team), f"{load[team].work_per_day:.1f}", f"{load[team].hours_per_piece:.2f}",
         f"{load[team].people:.2f}", guess[team], getattr(today.scenario.teams, team).people]
        for team in TEAMS
    ],
    "公式だけで求めた値で、シミュレーションは実行していません。",
)  # fmt: skip
short = [team for team in TEAMS if getattr(today.scenario.teams, team).people < guess[team]]
tell(
    "この目安によれば、現在の人数では足りない部門は**"
    + "**、**".join(team_label(team) for team in short)
    + "**です。"
    if short
    else "この目安によれば、現在の人数はどの部門でも足りています。"
)

# %% [markdown]
# ## 運は何をするか
#
# 公式に分かるのは平均だけです。しかし、会社に訪れる未来は1つしかありません。下の図は、現在の会社と
# 公式どおりの人数の会社について、それぞれ100通りの未来を示したものです。点の1つ1つが1つの未来、線が
# 目標です。

# %%
FUTURES = 100
by_formula = company("公式どおり", **{team: guess[team] for team in TEAMS})
futures = {}
for each in (today, by_formula):
    done = replicate_totals(each, seed=SEED, replications=FUTURES)
    futures[each.name] = np.array([one["arr"] / 1e6 for one in done.runs.values()])


@picture(9, 3.2)
def draw_futures(axes, futures: dict[str, np.ndarray], limit: float) -> None:
    """未来の1つ1つのARRを点で、目標を線で描く。"""
    for place, values in enumerate(futures.values()):
        up = np.random.default_rng(0).uniform(-0.28, 0.28, len(values))
        for good, color in ((values >= limit, "#0072b2"), (values < limit, "#d55e00")):
            axes.plot(values[good], place + up[good], "o", color=color, markersize=4, alpha=0.7)
        axes.plot([values.mean()] * 2, [place - 0.38, place + 0.38], color="#222222", linewidth=2)
    axes.axvline(limit, color="#222222", linestyle="--", linewidth=1)
    axes.set_yticks(range(len(futures)), list(futures))
    axes.set_ylim(len(futures) - 0.45, -0.55)
    axes.set_xlabel("12か月後のARR（百万円。黒線：平均、破線：目標）")
    shares = "、".join(f"{name}{np.mean(values >= limit):.0%}" for name, values in futures.items())
    axes.set_title(f"{limit:.0f}百万円に届く未来の割合：{shares}", loc="left")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


display(draw_futures(futures, ARR))

# %%
for name, values in futures.items():
    share = jeffreys(float(np.mean(values >= ARR)), len(values))
    tell(
        f"**{name}**：ARRは平均{values.mean():.0f}百万円です。10の未来のうち9つで",
        f"{np.quantile(values, 0.1):.0f}百万円を上回り、1つでは",
        f"{np.quantile(values, 0.9):.0f}百万円も上回ります。目標に届く確率は{chance(share)}です。",
        f"未来の数は{FUTURES}、乱数の種は{SEED}です。",
    )
spread = {name: values.mean() - np.quantile(values, 0.1) for name, values in futures.items()}
values = futures["公式どおり"]
tell(
    "公式は目標のことを何も知りません。仕事がどんな成果を生むかにかかわらず、仕事の量に合わせて人数を決めるだけです。",
    "また、平均でちょうど目標に届く計画は、起こりうる未来のおよそ半分で目標に届きません。",
    "90%の未来で届くと約束するには、運が奪いかねない分だけ、平均を目標より高くしておく必要があります。",
    f"ここでは約{values.mean() - np.quantile(values, 0.1):.0f}百万円です。"
    "**運に備えるには人が要ります。**",
    "では、どの部門に何人でしょうか。",
)

# %% [markdown]
# ## 約束を守れる最も安い体制
#
# `size`はさまざまな体制を同じ未来の中で試し（こうすれば体制どうしの差は運によるものではありませ
# ん）、90%の未来で目標に届く最も安い体制を探します。見つけた体制が何を約束できるかは、検証用の新し
# い未来で測り直します。多くの中から最もよいものを選べば、その選択には幸運が混じっているからです。
#
# この計画では、全員が初日から在籍し、立ち上がりも終えているものとします。

# %%
sizing = size(
    today, TARGET, confidence=0.9, teams=TEAMS[1:], at_most={"inside_sales": 5, "field_sales": 7,
    "customer_success": 6}, fresh=150, seed=SEED, workers=2,
)  # fmt: skip
for sentence in sizing.verdict():
    tell(sentence)
tell(f"{sizing.evaluations}通りの体制を実行{sizing.runs:,}回で試しました。検証用の反復は{sizing.fresh}回、",
     f"乱数の種は{SEED}です。")  # fmt: skip

# %%
table(
    ["", "現在", "公式", "計画", "上限"],
    [
        [team_label(team), sizing.today[team], guess[team], count,
         f"{sizing.headcount.named(sizing.headcount.high)[team]}"]
        for team, count in sizing.plan.items()
    ],
    f"目標に届く確率は{chance(sizing.chance)}で、検証用の反復{sizing.fresh}回による。現在のままなら"
    f"{chance(sizing.today_chance)}。費用は年間{sizing.cost / 1e6:.0f}百万円、現在は"
    f"{sizing.today_cost / 1e6:.0f}百万円。",
)  # fmt: skip

# %% [markdown]
# **約束にはいくらかかるのか。** 探索が試した体制の中から、約束の大きさごとに最も安いものを挙げます
# （それぞれ少ない反復で試しただけなので、目安であって約束ではありません）。

# %%
tried = sizing.evaluated.sort_values("cost")
rows = []
for asked in (0.5, 0.7, 0.8, 0.9):
    good = tried[tried["probability"] >= asked]
    if len(good):
        best = good.iloc[0]
        rows.append([f"{asked:.0%}", " / ".join(f"{best[team]:.0f}" for team in sizing.plan),
                     f"{best['cost'] / 1e6:.0f}",
                     chance(jeffreys(float(best["probability"]), int(best["runs"]))),
                     f"{best['runs']:.0f}"])  # fmt: skip
table(
    ["約束", " / ".join(team_label(team) for team in sizing.plan), "年間費用（百万円）",
     "確率", "反復"],
    rows, f"探索に使った乱数での結果。かっこ内は95%区間。乱数の種{SEED}。",
)  # fmt: skip

# %% [markdown]
# ### 1人増やすと、1人減らすと
#
# 財務部門と話し合うときに最も役立つ表です。区間が0を含むときは、この反復では変化があるとは**言えな
# い**という意味で、変化がないという意味ではありません。

# %%
from simulator.presentation import planning_charts

marginal = sizing.marginal
text = next(name for name in marginal if str(name).startswith("arr") and f"{name} low" in marginal)
table(
    ["", "人数", "年間費用（百万円）", "確率", "確率の変化（ポイント）", "ARRの変化（百万円）"],
    [
        [f"{team_label(row['team'])} {row['change']:+d}", row["people"],
         f"{row['cost'] / 1e6:+.1f}", f"{row['probability']:.0%}",
         f"{100 * row['gain']:+.0f} ({100 * row['gain_low']:.0f}～{100 * row['gain_high']:.0f})",
         f"{row[text] / 1e6:+.1f} ({row[f'{text} low'] / 1e6:.1f}"
         f"～{row[f'{text} high'] / 1e6:.1f})"]
        for _, row in marginal.iterrows()
    ],
    f"計画との差。同じ乱数を使った探索の反復による。かっこ内は95%区間。乱数の種{SEED}。",
)  # fmt: skip
planning_charts.probability_chart(sizing)

# %% [markdown]
# ## しかし、その人たちはまだいない：採用計画
#
# 初日から全員がそろっていることはありません。募集を始め、人を見つけ、入社した人が仕事を覚えるまでに
# は時間がかかります。その間に辞める人もいます。

# %%
table(
    ["", "採用にかかる日数", "立ち上がりの日数", "初日の速さ", "1年間に辞める割合"],
    [
        [team_label(team), f"{plan.time_to_fill_days:g}", f"{plan.ramp_days:g}",
         f"{plan.ramp_start:.0%}", f"{plan.attrition_per_year:.0%}"]
        for team in TEAMS
        for plan in [getattr(today.scenario.teams, team)]
    ],
    "シナリオの前提。日数は営業日（1か月は20営業日）。",
)  # fmt: skip

# %% [markdown]
# `plan_hiring`は、全員ができるだけ早く入社した場合に約束を守れる最少の採用人数を求め、そこから約束
# が守られるかぎり、入社を1人ずつ遅らせていきます。したがって、示される時期は**最も遅い**時期です。

# %%
hiring = plan_hiring(
    today, TARGET, confidence=0.9, teams=("field_sales",), at_most={"field_sales": 4},
    fresh=60, seed=SEED, workers=2,
)  # fmt: skip
for sentence in hiring.verdict():
    tell(sentence)

# %%
table(
    ["", "人数", "入社（か月目）", "募集開始の期限（営業日）", "立ち上がり完了（営業日）",
     "入社が1か月遅れたときの確率の変化"],
    [
        [team_label(row["team"]), row["people"], row["month"], f"{row['open_by']:g}",
         f"{row['ramped_by']:g}",
         f"{100 * row['slip_change']:+.0f}ポイント ({100 * row['slip_low']:.0f}～"
         f"{100 * row['slip_high']:.0f})"]
        for _, row in hiring.hires.iterrows()
    ],
    "営業日は開始時から数えたもの（負の値は開始より前）。かっこ内は95%区間。"
    f"検証用の反復{hiring.variant_runs}回、乱数の種{SEED}。",
)  # fmt: skip
people = {
    "人（必要人数の探索：全員が初日から在籍）": sizing.plan.get("field_sales"),
    "人（採用計画：途中で採用）": hiring.headcounts["field_sales"][-1],
}
tell(
    "フィールドセールスの人数は"
    + "、".join(f"**{count}**{name}" for name, count in people.items())
    + "です。（2つの問いは同じではありません。必要人数の探索ではほかの部門の人数も変えられますが、"
    "ここでの採用計画が増やすのはフィールドセールスだけです。）"
)

# %% [markdown]
# ### 仕事が人手を上回るのはどこか
#
# 破線は発生する仕事、実線は在籍する人がこなせる仕事です。立ち上がりの途中であることや、欠員の期間も
# 計算に入っています。

# %%
from simulator.presentation import hiring_charts

hiring_charts.capacity_chart(hiring)

# %% [markdown]
# ### うまくいかなかったら？
#
# 同じ計画を、もっと悪い状況に置いてみます。全員の入社が1か月遅れる、退職者が2倍になる、欠員が埋まる
# までに2倍かかる、新人の立ち上がりに1.5倍かかる、問い合わせが2割減る、の5つです。

# %%
stress = hiring.stress
table(
    ["", "約束を守れる確率", "変化（ポイント）", "ARRの変化（百万円）"],
    [
        [say(row["words"]), f"{row['probability']:.0%} ({row['low']:.0%}～{row['high']:.0%})",
         f"{100 * row['change']:+.0f} ({100 * row['change_low']:.0f}～"
         f"{100 * row['change_high']:.0f})",
         f"{row['difference'] / 1e6:+.0f} ({row['difference_low'] / 1e6:.0f}～"
         f"{row['difference_high'] / 1e6:.0f})"]
        for _, row in stress.iterrows()
    ],
    f"計画との差（同じ乱数）。かっこ内は95%区間。検証用の反復{hiring.variant_runs}回、"
    f"乱数の種{SEED}。",
)  # fmt: skip
worst = stress.loc[stress["probability"].idxmin()]
tell(
    f"計画どおりに進めば、約束を守れる確率は{chance(hiring.chance)}です。",
    f"この中で最も悪いのは「{say(worst['words'])}」で、確率は{worst['probability']:.0%}になります。",
    "90%という約束は、会社の数値が**分かっている**場合のものです。この表は、そうでない場合を"
    "確かめるためにあります。",
)
hiring_charts.stress_chart(hiring)

# %% [markdown]
# ## 計画をワークブックに
#
# この結果は、続きを表計算ソフトで検討する人のために、ワークブックとして持ち出せます。合計は数式に
# なっていて、すべての列を定義したシートも付きます。ここでは一時フォルダーに書き出すので後には残りま
# せん。端末なら`themodel hiring … --out plan --lang ja`で残せます。

# %%
import io
import tempfile

import openpyxl

from simulator.presentation import hiring_workbook

with tempfile.TemporaryDirectory() as folder:
    from pathlib import Path

    path = Path(folder) / "plan.xlsx"
    path.write_bytes(hiring_workbook.workbook(hiring))
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    formulas = sum(
        isinstance(cell.value, str) and cell.value.startswith("=")
        for sheet in book for row in sheet.iter_rows() for cell in row
    )  # fmt: skip
    tell(f"`{path.name}`の大きさは{path.stat().st_size / 1000:.0f}kB、数式は{formulas}個です。")
    table(["シート", "行数", "列数"], [[s.title, s.max_row, s.max_column] for s in book])

# %% [markdown]
# 逆向きにも使えます。`themodel hiring our_company.yaml --plan our_plan.xlsx --lang ja`は、**あなた
# が**作った計画を調べ、約束を守れる確率と、最初にどこで破綻するかを示します。
#
# ## 持ち帰ってほしいこと
#
# 1. **平均ではなく、約束を求める。** 平均には、起こりうる未来のおよそ半分で届きません。
# 2. **予算が承認される日ではなく、人が戦力になる日から逆算して採用する。** その前に、人を見つける時
#    間と仕事を覚える時間がかかります。
# 3. **置き場所を間違えた人員は、何の効果も生まない。** 1人増やした場合の表を見てください。
# 4. この確率が表すのは運だけです。判を押す前に、前提を変えて（ノートブック07）もう一度実行してくだ
#    さい。
#
# ## 試してみる
#
# 先に予想してください。10の未来のうち9つで目標に届くには、フィールドセールスに何人必要でしょうか。
# JupyterLabではスライダーで人数を変えられます。


# %%
def try_team(field_sales: int, customer_success: int) -> object:
    """別の体制の未来を描く。"""
    other = company("あなたの案", field_sales=field_sales, customer_success=customer_success)
    done = replicate_totals(other, seed=SEED, replications=60)
    yours = np.array([one["arr"] / 1e6 for one in done.runs.values()])
    return draw_futures({"現在": futures["現在"][:60], "あなたの案": yours}, ARR)


play(try_team, field_sales=[3, 2, 4, 5, 6, 7], customer_success=[4, 2, 3, 5, 6])

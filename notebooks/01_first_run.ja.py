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
# # 01 はじめての実行
#
# ある会社では、**マーケティング → インサイドセールス → フィールドセールス → カスタマーサクセス**
# の4部門が、見込み顧客をバトンのように引き継ぎながら営業しています。このノートブックでは、その会
# 社をコンピューターの中で動かし、結果を眺め、1社の見込み顧客をたどり、条件を1つだけ変えて、その答
# えがどのくらい確かかを考えます。
#
# 必要なのはShift + Enterを押すことだけです。セルの下の文に出てくる数値は、すべて実行結果から取り
# 出したものです。
#
# [English](01_first_run.ipynb)

# %%
# %matplotlib inline
from simulator import compare, load_scenario, plots, replicate, run
from simulator.languages.languages import speak
from simulator.languages.messages import say
from simulator.presentation.figures import words

from playing import play
from telling import (
    change,
    differences,
    interval,
    interval_of,
    level,
    levels,
    picture,
    quick,
    table,
    tell,
    variant,
)
from IPython.display import display

speak("ja")
SIZE = (9, 5)

# %% [markdown]
# ## 会社
#
# `base`は標準の会社です。日本の小さなSaaS企業を想定しています。誰が働いているか、問い合わせがど
# のくらい来るか、各部門が何で評価され、何をするかは、1つのファイルに書かれています。2年間を**20回**
# 動かします。回ごとに運が異なります。見込み顧客も、購入の障害も、退職する人も別になります。

# %%
base = load_scenario("base")
company = base.scenario
results = replicate(base, replications=20, seed=1)

leads = sum(channel.leads_per_day for channel in company.market.channels.values())
teams = company.teams
tell(
    f"**{say(company.question)}** 1日{leads:g}件の問い合わせに、",
    f"マーケティング{teams.marketing.people}人、インサイドセールス{teams.inside_sales.people}人、",
    f"フィールドセールス{teams.field_sales.people}人、",
    f"カスタマーサクセス{teams.customer_success.people}人で応じます。",
    f"開始時の顧客は{company.start.customers:g}社です。",
)
levels(
    results,
    [
        *("inquiries", "mql_count", "sql_count", "wins", "win_rate"),
        *("logo_churn", "mrr_start", "mrr_end", "profit"),
    ],
)

# %%
totals = results.totals
inquiries, wins = totals["inquiries"].mean, totals["wins"].mean
tell(
    f"2年間に問い合わせた**{inquiries:,.0f}**社のうち、受注に至るのは**{wins:,.0f}**社、",
    f"つまり{inquiries / wins:.0f}社に1社です。月次経常収益（MRR）は、",
    f"期首の{level('mrr_start', totals['mrr_start'])}から、",
    f"期末には**{level('mrr_end', totals['mrr_end'])}**になります。",
)

# %% [markdown]
# どの平均にも、かっこの中に2つの数値が付いています。実は、いちばん大切なのはこの2つです。後で詳し
# く見ます。
#
# ## 成長のしかた
#
# 線は、20回の平均を月ごとに結んだものです。

# %%
plots.courses(results, size=SIZE)

# %% [markdown]
# ## 見込み顧客の流れ
#
# 帯の太さは社数です。ほとんどの見込み顧客は、どこかで流れから外れます。**オレンジ**の帯は、前の段
# 階への戻りです。「今は要らない」と言った相手を、永久に失ったわけではありません。こうした見込み
# 顧客を掘り起こすことをリサイクルと呼び、ノートブック03で扱います。

# %%
plots.flow(results, size=(9, 5.6))

# %% [markdown]
# ## 1社の見込み顧客の物語
#
# シミュレーターは、見込み顧客を1社ずつ追いかけます。次の表は、反復0で最初に問い合わせて契約に至っ
# た1社の記録です。「真実」の行はシミュレーターだけが知っている内容で、どの部門にも見えません。各
# 部門が知りえたことは何だったかに注目してください。

# %%
from simulator.presentation import story

journal = run(company, seed=1, replication=0, name=base.name)
buyer = story.choose(journal, "first-won")
lines = story.tell(journal, buyer)
shown = lines[:22]
table(
    ["日", "主体", "内容"],
    [[f"{line.day:.2f}", say(line.who), line.text] for line in shown],
    f"見込み顧客{buyer}番、反復0、乱数の種1。全{len(lines)}行のうち{len(shown)}行。端末では"
    f"`themodel trace base --buyer {buyer} --lang ja`",
    words=3,
)

# %% [markdown]
# ## 見込み顧客が待つところ
#
# 人が一度にできる仕事は1つです。まだ手を付けていない仕事は待たされます。待たされた見込み顧客は関
# 心を失い、冷めてしまい、契約後のオンボーディングも遅れます。

# %%
plots.queues(results, size=(9, 5.6))

# %%
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
levels(results, [f"{team}.utilization" for team in TEAMS])
longest = max(TEAMS, key=lambda team: totals[f"{team}.queue"].mean)
tell(
    f"待ち行列が最も長いのは**{words(longest)}**で、",
    f"平均{level(f'{longest}.queue', totals[f'{longest}.queue'])}が待っています。10社に1社は",
    f"{level(f'{longest}.wait_p90', totals[f'{longest}.wait_p90'])}より長く待ちます。",
)

# %% [markdown]
# ## 1つだけ変える
#
# この部門を2人増やし、ほかは何も変えません。端末なら`--set`、ここでは2つ目の引数で指定します。
# **まず予想してください。** 効果はあるでしょうか。どのくらいでしょうか。費用に見合うでしょうか。
#
# 2つの会社には「同じ運」を与えます（同じ乱数を使います）。同じ見込み顧客が同じ日に同じ障害を抱えて
# 現れ、同じ人が退職します。ですから、違いが出たら、それはこの2人が生んだものです。

# %%
people = getattr(company.teams, longest).people
more = variant("2人増員", "base", f"teams.{longest}.people={people + 2}")
comparison = compare(base, more, replications=20, seed=1)
tell(comparison.verdict)
differences(
    comparison,
    ["mrr_end", "profit", "wins", "logo_churn", "onboarding_days", f"{longest}.queue"],
)

# %%
gain, profit = (interval_of(comparison, metric) for metric in ("mrr_end", "profit"))
pays = "できます" if profit.low > 0.0 else "できません" if profit.high < 0.0 else "判断できません"
tell(
    f"期末MRRの差は{change('mrr_end', gain)}です。",
    f"では、この2人の費用を2年間のうちに回収できるでしょうか。{pays}",
    f"（貢献利益の差：{change('profit', profit)}）。",
)
plots.difference(comparison, "mrr_end", size=(9, 4))

# %% [markdown]
# 端末では、同じことを次のように調べます。
#
# ```sh
# themodel compare base our_company.yaml --lang ja
# ```
#
# `our_company.yaml`には`extends: base.yaml`と、標準の会社と異なる点だけを書きます（書き方は
# `scenarios/README.md`）。1社だけを動かすなら
# `themodel run base --set teams.customer_success.people=9 --lang ja`です。

# %% [markdown]
# ## 区間とは何か
#
# 会社の一生は一度きりですが、シミュレーターなら何度でもやり直せます。20回の結果から1つの平均が得
# られます。別の20回からは別の平均が得られるでしょう。では、こうした平均はどのくらい外れうるので
# しょうか。
#
# 試してみましょう。次のセルでは、20人の分析者がそれぞれ別の乱数の種で会社を10回ずつ動かし、期末
# MRRの平均と**95%区間**を報告します。破線は全員の実行を合わせた平均で、真の値に最も近いと考えられ
# る値です。

# %%
import numpy as np
from scipy.stats import binom

ANALYSTS, RUNS = 20, 10
studies = [
    quick("base", replications=RUNS, seed=100 + analyst)["mrr_end"] for analyst in range(ANALYSTS)
]
stated = [interval(each) for each in studies]
truth = float(np.mean(studies))
hits = [each.low <= truth <= each.high for each in stated]


@picture(9, 4.2)
def draw_intervals(axes) -> None:
    """各分析者の報告を描く。"""
    for place, (each, hit) in enumerate(zip(stated, hits, strict=True)):
        color = "#0072b2" if hit else "#d55e00"
        axes.plot([place, place], [each.low / 1e6, each.high / 1e6], color=color, linewidth=2)
        axes.plot(place, each.mean / 1e6, "o", color=color)
    axes.axhline(truth / 1e6, color="#333333", linestyle="--", linewidth=1)
    title = f"{ANALYSTS}個の区間のうち{sum(hits)}個が、全{ANALYSTS * RUNS}回の平均を含む"
    axes.set_title(title, loc="left")
    axes.set_ylabel("期末MRR（百万円）")
    axes.set_xlabel("分析者")
    axes.set_xticks(range(ANALYSTS), [str(place + 1) for place in range(ANALYSTS)])


display(draw_intervals())

# %%
low, high = min(each.mean for each in stated), max(each.mean for each in stated)
misses = ANALYSTS - sum(hits)
tell(
    f"同じ会社なのに、{ANALYSTS}個の平均は{low / 1e6:.1f}～{high / 1e6:.1f}百万円に散らばります。",
    f"{ANALYSTS}個の区間のうち破線を含むのは{sum(hits)}個です。",
    "95%区間は「方法」についての約束です。長い目で見れば20個のうち19個が真の値を含みますが、",
    "どれが外れているのかは誰にも分かりません。",
    f"（外れが{misses}個以上になることは、偶然だけでも、",
    f"こうした組の{100 * binom.sf(misses - 1, ANALYSTS, 0.05):.0f}%で起こります。",
    f"乱数の種100～{99 + ANALYSTS}、各{RUNS}回。）",
)

# %% [markdown]
# 覚えておきたいことが3つあります。
#
# 1. **区間のない数値は、うわさと同じです。** 会社の一生を一度見ただけでは、あるいは自社の1四半期
#    を見ただけでは、ほとんど何も言えません。
# 2. **同じ運で比べると、多くのことが分かります。** 次のセルでは、先ほどの差の区間を、2つの会社が
#    別々の運で動いた場合の区間と並べます。
# 3. **区間が表すのは偶然の幅で、前提の誤りは含みません。** 自社の見込み顧客がここでの想定と違えば、
#    何回動かしても正しい答えにはなりません。`themodel sensitivity`は前提を動かして調べます。前提
#    をどこまで信じてよいかは、ノートブック07で考えます。

# %%
without, with_two = (
    quick("base", *settings, replications=20)["mrr_end"]
    for settings in ((), (f"teams.{longest}.people={people + 2}",))
)
paired = interval(with_two - without)
# 別々の運：一方の反復0ともう一方の反復1、というように組み合わせる。
shuffled = interval((with_two - without.shift(-1)).dropna())
tell(
    f"同じ運の場合：{change('mrr_end', paired)}。別々の運の場合：",
    f"{change('mrr_end', shuffled)}。後者の区間の幅は、前者の",
    f"{(shuffled.high - shuffled.low) / (paired.high - paired.low):.1f}倍です。",
)

# %% [markdown]
# ## 自分で試す
#
# JupyterLabでは、下にスライダーが表示されます（読むだけの場合は最初の図だけが見えます）。2つの部
# 門には、それぞれ何人いるとよいでしょうか。あと1人増やしても効果がなくなるのは、どこからでしょう
# か。


# %%
def staffing(field_sales: int, customer_success: int) -> object:
    """人数を変えたときの差を、同じ乱数で描く。"""
    changed = variant(
        f"{field_sales}人と{customer_success}人",
        "base",
        f"teams.field_sales.people={field_sales}",
        f"teams.customer_success.people={customer_success}",
    )
    comparison = compare(base, changed, replications=8, seed=1)
    return plots.difference(comparison, "mrr_end", size=(9, 3.6))


play(staffing, field_sales=[9, 6, 7, 8, 10, 11, 12], customer_success=[7, 5, 6, 8, 9, 10, 11])

# %% [markdown]
# ## 次に読むもの
#
# - **02** 全員が仕事をしているのに、なぜ会社は損をするのか
# - **03** リサイクルのループと、失注理由1件の価値
# - **04** どこで崩れるのか：ボトルネックと要因分解
# - すぐに動かせる問いの一覧：`themodel list --lang ja`
# - 標準の会社のすべての数値と出典：`themodel explain base --lang ja`

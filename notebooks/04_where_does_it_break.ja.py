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
# # 04 どこで崩れるのか
#
# 営業会議でいつも一緒くたにされる問いが2つあります。
#
# - **会社の成果を抑えているのはどの部門か**（もう1人増やすなら、どこに置けば効くか）→ `bottleneck`
# - **どの部門の行動がいくら失わせているか**（2つの会社の差のうち、どれだけがどの部門によるものか）→
#   `attribute`
#
# そして、ほとんどいつも出てくるのに、しばしば間違っている答えが1つあります。「いちばん忙しい部門
# だ」というものです。
#
# [English](04_where_does_it_break.ipynb)

# %%
# %matplotlib inline
from IPython.display import display

from simulator import attribute, bottleneck, load_scenario, plots
from simulator.experiment.execution import run_streamed
from simulator.languages.languages import speak
from simulator.presentation.figures import words as named

from playing import play
from telling import change, interval, is_told, level, picture, quick, table, tell

speak("ja")
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")


# %% [markdown]
# ## 忙しいことと遅いことは違う
#
# 1日の80%が埋まっている人と95%が埋まっている人とでは、本人の感覚にそれほど差はありません。ところ
# が、待たされる顧客にとっては大違いです。ここでは、カスタマーサクセスの人数だけを5人から10人まで変
# えて、同じ仕事に当たらせます。ほかの条件も、一人ひとりの運も、すべて同じです。

# %%
PEOPLE = (5, 6, 7, 8, 9, 10)
staffed = {people: quick("base", f"teams.customer_success.people={people}") for people in PEOPLE}
busy = [interval(runs["customer_success.utilization"]) for runs in staffed.values()]
# リトルの法則：平均待ち時間 = 平均の待ち件数 ÷ 1日に処理する件数
waits = [
    interval(runs["customer_success.queue"] / runs["customer_success.throughput"])
    for runs in staffed.values()
]


@picture(9, 4.4)
def draw_waits(axes) -> None:
    """稼働率と平均待ち時間の関係を、人数ごとに1点ずつ描く。"""
    places = [100.0 * each.mean for each in busy]
    axes.plot(places, [each.mean for each in waits], "o-", color="#0072b2")
    for people, place, wait in zip(PEOPLE, places, waits, strict=True):
        axes.plot([place] * 2, [max(wait.low, 0.0), wait.high], color="#0072b2", linewidth=2)
        axes.annotate(f"{people}人", (place, wait.mean), (-8, 4), ha="right",
                      textcoords="offset points", color="#1f2933")  # fmt: skip
    axes.set_xlabel("稼働率（就業時間のうち仕事をしている割合、%）")
    axes.set_ylabel("平均待ち時間（営業日）")
    axes.set_title("待ち時間は仕事の量に比例しない。爆発する", loc="left")
    axes.set_xlim(left=min(places) - 3.0)
    axes.set_ylim(bottom=0.0)


display(draw_waits())

# %%
table(
    ["カスタマーサクセスの人数", "稼働率", "平均待ち時間", "期末MRR"],
    [
        [
            people,
            level("customer_success.utilization", share),
            level("customer_success.wait_mean", wait),
            level("mrr_end", interval(staffed[people]["mrr_end"])),
        ]
        for people, share, wait in zip(PEOPLE, busy, waits, strict=True)
    ],
    "かっこ内は95%区間。反復は各20回、乱数の種1。"
    "待ち時間：待っている件数を1日に処理する件数で割ったもの（リトルの法則）。",
)
tell(
    f"{PEOPLE[-1]}人から{PEOPLE[0]}人に減らすと、稼働率は{busy[-1].mean:.0%}から",
    f"{busy[0].mean:.0%}へ上がり、平均待ち時間は{waits[-1].mean:.1f}営業日から{waits[0].mean:.1f}営業日へ延びます。",
)

# %% [markdown]
# 仕事は均等にはやって来ません。誰からも呼ばれない時間に手が空いていても、その時間を午後の混雑に備え
# て取っておくことはできません。稼働率が100%に近づくほど手の空く時間は減り、いったんできた行列はなか
# なか消えなくなります。（仕事が1種類で、ばらつきが特定の分布に従う場合は、アーランの公式がこれを表
# します。`themodel verify`はシミュレーターをこの公式と照合します。）
#
# ## ボトルネック
#
# 稼働率から分かるのは、誰が忙しいかだけです。**ボトルネック**はそれとは別のもので、もう1人増やした
# ときに会社の成果が最も伸びる部門を指します。それを知る確かな方法は、試してみることだけです。同じ乱
# 数のまま、各部門の人員を1人増やした場合と1人減らした場合を調べます。
#
# **先に予想してください。** マーケティング、インサイドセールス、フィールドセールス、カスタマーサク
# セスのうち、どこでしょうか。

# %%
found = bottleneck("base", replications=8, seed=1, workers=2)
tell(*(f"{sentence}\n\n" for sentence in found.verdict()))
plots.bottleneck(found, size=(9, 5))

# %%
table(
    ["", "稼働率", "1人増：期末MRR", "1人増：受注数", "1人減：期末MRR", "1人の費用（百万円）"],
    [
        [
            named(team),
            f"{found.flow.loc[found.flow['team'] == team, 'utilization'].mean():.0%}",
            change("mrr_end", found.effect(team)),
            change("wins", found.effect(team, metric="wins")),
            change("mrr_end", found.effect(team, change=-1)),
            f"{found.costs[team] / 1e6:.0f}",
        ]
        for team in TEAMS
    ],
    f"かっこ内は95%区間。{len(found.numbers)}組の反復、乱数の種{found.seed}。",
)
tell(
    "受注数で見たボトルネックと、MRRで見たボトルネックは同じとはかぎりません。フィールドセールスを1人増やしたときの",
    f"受注数の変化は{change('wins', found.effect('field_sales', metric='wins'))}、",
    "カスタマーサクセスを1人増やしたときの変化は"
    f"{change('wins', found.effect('customer_success', metric='wins'))}です。",
    "受注数だけを数えていては、顧客をつなぎとめている人たちに目が向きません。",
)

# %% [markdown]
# ## いちばん忙しい部門がボトルネックとはかぎらない
#
# `divisional`では、各部門が自部門の数字で評価されます（ノートブック02）。そこでいちばん忙しいのはど
# の部門で、1人増やすとどの部門が効くでしょうか。小さな差を見分けるには多くの反復が必要なので、ここ
# では各部門の1人増を40回ずつ試します。

# %%
PAIRS = 40
company = load_scenario("divisional").scenario
stay = quick("divisional", replications=PAIRS)
more = {
    team: quick(
        "divisional",
        f"teams.{team}.people={getattr(company.teams, team).people + 1}",
        replications=PAIRS,
    )
    for team in TEAMS
}
used = {team: interval(stay[f"{team}.utilization"]) for team in TEAMS}
gain = {team: interval(more[team]["mrr_end"] - stay["mrr_end"]) for team in TEAMS}
busiest = max(TEAMS, key=lambda team: used[team].mean)
best = max(TEAMS, key=lambda team: gain[team].mean)
table(
    ["divisional", "稼働率", "1人増：期末MRR", "偶然を超えるか"],
    [
        [named(team), level(f"{team}.utilization", used[team]), change("mrr_end", gain[team]),
         "はい" if is_told(gain[team]) else "いいえ"]
        for team in TEAMS
    ],
    f"かっこ内は95%区間。{PAIRS}組の反復、乱数の種1。",
)  # fmt: skip
apart = interval(more[best]["mrr_end"] - more[busiest]["mrr_end"])
tell(
    f"いちばん忙しいのは**{named(busiest)}**、1人増やして最も効くのは**{named(best)}**です。",
    "後者に1人増やした場合と、いちばん忙しい部門に1人増やした場合の期末MRRの差は"
    f"{change('mrr_end', apart)}で、",
    f"{'偶然を超えます' if is_told(apart) else '偶然かもしれません'}。",
)

# %% [markdown]
# 部門は、価値の小さい仕事で忙しいこともあります。契約するはずのない相手との商談がその例です。そこに
# 1人増やしても、同じ仕事がもっと速く、もっと多くなるだけです。忙しさは「時間」の話であり、ボトル
# ネックは「その1時間にどれだけの価値があるか」の話です。
#
# ですから、いちばん忙しい部門に人を採る前に、何で忙しいのか、それを決めているのは誰かを問うてくださ
# い。
#
# ## どの部門の行動がいくら失わせているのか
#
# `divisional`の期末MRRは`shared`より低くなります（ノートブック02）。それはどの部門の変化によるもの
# でしょうか。1部門ずつ変えてみる方法ではうまくいきません。インサイドセールスの行動がいくら失わせる
# かは、フィールドセールスの行動しだいで変わるからです。そこで、4部門の**16通りの組み合わせをすべ
# て**実行します。そして、4部門が変わる順番をすべて考え、それぞれの順番でその部門が変えた分を平均し
# ます（Shapley値）。こうして求めた寄与を合計すると、ちょうど全体の差になります。
#
# **先に予想してください。** 寄与が最も大きいのはどの部門でしょうか。逆の符号の寄与はありうるでしょ
# うか。

# %%
split = attribute(
    "shared",
    "divisional",
    replications=12,
    seed=1,
    task=run_streamed,  # 合計だけあればよいので、速い方法で実行する
)
tell(*(f"{sentence}\n\n" for sentence in split.verdict()))
plots.attribution(split, size=(9, 5))

# %%
shares = split.shares_of()
told = set(split.shares.loc[split.shares["told"], "factor"])
table(
    ["", "期末MRRの差への寄与", "偶然を超えるか（4部門まとめて）"],
    [
        *([named(name), change("mrr_end", share), "はい" if name in told else "いいえ"]
          for name, share in shares.items()),
        ["**全体の差**", change("mrr_end", split.gap()),
         "はい" if is_told(split.gap()) else "いいえ"],
    ],
    f"かっこ内は95%区間。16通りの組み合わせを反復{len(split.numbers)}回、乱数の種{split.seed}。",
)  # fmt: skip
total = sum(share.mean for share in shares.values())
tell(
    f"4部門の寄与の合計は{total / 1e6:.2f}百万円、全体の差は",
    f"{split.gap().mean / 1e6:.2f}百万円です。",
)

# %% [markdown]
# 寄与が大きいことは、責められるべきだという意味ではありません。寄与の大きい部門は、評価指標に求めら
# れたとおりに動いただけかもしれません（実際にそうでした。ノートブック02）。寄与が示すのは「どこから
# 手をつけるか」、つまり、どの評価指標から見直すかです。
#
# ### 組み合わさるとどうなるか
#
# 2つの部門の行動は、重なると別々の場合の合計より多くを失わせることも、互いに補い合うこともありま
# す。

# %%
pairs = split.interactions.sort_values("mean", key=abs, ascending=False)
table(
    ["", "", "2つが重なったとき、単純な合計を超える分", "偶然を超えるか（全組まとめて）"],
    [
        [named(row.first), named(row.second), f"{row.mean / 1e6:+.2f}百万円 ({row.low / 1e6:.2f}～"
         f"{row.high / 1e6:.2f})", "はい" if row.told else "いいえ"]
        for row in pairs.itertuples()
    ],
    f"期末MRR。かっこ内は95%区間。反復{len(split.numbers)}回、乱数の種{split.seed}。",
    words=2,
)  # fmt: skip

# %% [markdown]
# ## 動かしてみる
#
# JupyterLabでは、人員を増やしたり減らしたりして、どこで待ち行列ができるかを見られます（読むだけの方
# には最初の図が表示されます）。


# %%
@picture(9, 3.4)
def staffing(axes, inside_sales: int, field_sales: int, customer_success: int) -> None:
    """人数を変えたときの、各部門の稼働率と期末MRRを描く。"""
    people = {"inside_sales": inside_sales, "field_sales": field_sales,
              "customer_success": customer_success}  # fmt: skip
    runs = quick("base", *(f"teams.{team}.people={each}" for team, each in people.items()))
    effect = interval(runs["mrr_end"] - quick("base")["mrr_end"])
    for place, team in enumerate(TEAMS[::-1]):
        used = interval(100.0 * runs[f"{team}.utilization"])
        axes.barh(place, used.mean, color="#0072b2" if used.mean < 90.0 else "#d55e00", height=0.6)
        queue = interval(runs[f"{team}.queue"])
        axes.annotate(f"{used.mean:.0f}%、待ち{queue.mean:,.0f}件", (used.mean, place), (5, -4),
                      textcoords="offset points")  # fmt: skip
    axes.set_yticks(range(len(TEAMS)), [named(team) for team in TEAMS[::-1]])
    axes.set_xlim(0.0, 125.0)
    axes.set_xlabel("稼働率（%、橙色は90%以上）と平均の待ち件数")
    axes.set_title(f"baseと比べた期末MRR：{change('mrr_end', effect)}", loc="left")


play(
    staffing,
    inside_sales=[6, 4, 5, 7, 8],
    field_sales=[10, 7, 8, 9, 11, 12],
    customer_success=[9, 6, 7, 8, 10, 11],
)

# %% [markdown]
# ## 練習問題
#
# 1. カスタマーサクセスを3人増やしてください。今度はどの部門がボトルネックになりますか。（ボトルネッ
#    クは、解消すると別の場所へ移ります。`bottleneck(variant(…))`）
# 2. `attribute("shared", "divisional", by="mechanisms", …)`では、どのメカニズムが差を生んでいます
#    か。`by="handoffs"`も試してください。
# 3. `metric="logo_churn"`を選ぶと、どの部門の行動が顧客を失わせていますか。同じ部門でしょうか。
# 4. `volume_marketing`は、資料が欲しかっただけの相手でファネルを埋めます。そこでいちばん忙しいのは
#    どの部門で、あなたならどこに人を採りますか。
# 5. `base`のボトルネックと次点の部門との差を見分けられるようになるには、反復が何回必要ですか。
#
# 端末では`themodel bottleneck base --lang ja`と`themodel attribute shared divisional --lang ja`で
# す。目標に必要な人数はノートブック05で扱います。

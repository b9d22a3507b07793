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
# # 02 全員が仕事をしているのに、なぜ会社は損をするのか
#
# **何人でも使える、60～90分の授業です。** 予想 → 実行 → 種明かし → 振り返り → 演習の順に進み
# ます。教員用ページは末尾にあります。
#
# [English](02_why_everyone_does_their_job.ipynb)
#
# ## 物語
#
# ある会社が、本のとおりに営業を4部門に分け、それぞれに自部門の数字を与えました。どの部門も優秀で
# す。1年後、廊下ではこんな声が聞こえてきます。
#
# | 部門 | 声 |
# |:--|:--|
# | マーケティング | 「リードは渡しているのに、営業が決めてくれない」 |
# | インサイドセールス | 「リードの質が悪い。誰も商談に応じてくれない」 |
# | フィールドセールス | 「見込みのない商談ばかりだ。これでは受注できない」 |
# | カスタマーサクセス | 「営業が何でも約束するから、クレームはこちらに来る」 |
#
# では、顧客はどうでしょう。インサイドセールスにすべて話したのに、フィールドセールスにもう一度話す
# ことになりました。「できます」と言われたのに、カスタマーサクセスからは「できません」と言われまし
# た。
#
# 誰かの仕事ぶりが悪いのでしょうか。原因は人でしょうか、市場でしょうか、評価指標でしょうか。現実の
# 会社では試せませんが、ここでは試せます。**同じ人、同じ見込み顧客、同じ運のまま、評価指標だけを変
# えます。**

# %%
# %matplotlib inline

from simulator import METRICS, load_scenario, plots, run
from simulator.languages.languages import speak
from simulator.languages.messages import say
from simulator.presentation.figures import words

from playing import play
from telling import (
    change,
    differences,
    folded,
    interval,
    is_told,
    picture,
    quick,
    table,
    tell,
    together,
)

speak("ja")
SIZE = (9, 5)
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
shared, divisional = load_scenario("shared"), load_scenario("divisional")

# %% [markdown]
# ## 2つの会社
#
# どちらの会社も人員は同じで、2年間、同じ見込み顧客から同じ問い合わせを受けます。
#
# - **shared**（共通KPI）：4部門すべてを1つの数字、期末MRRで評価します。
# - **divisional**（部門KPI）：各部門を自部門の数字で評価します。マーケティングは引き渡した**MQL**
#   の数、インサイドセールスは設定した**商談**の数、フィールドセールスは**受注金額**、カスタマーサ
#   クセスは**解約率と、期限内のクレーム対応**です。
#
# 何をすべきかは、どの部門にも指示していません。各部門の行動は探索で求めました。ほかの部門の行動
# を前提としたとき、自部門の評価指標に最も有利な行動です
# （`themodel incentives divisional --lang ja`で同じ探索ができます）。
#
# ## 1 予想
#
# 先に進む前に考えてください。*shared*と比べて、*divisional*の最終的な数字はどうなるでしょうか。
# `"増える"`、`"減る"`、`"同じ"`のいずれかをセルに書き込みます。隣の人と話し合い、それから投票して
# ください。

# %%
guesses = {
    "mql_count": "増える",  # MQL：マーケティングの評価指標
    "sql_count": "増える",  # 商談：インサイドセールスの評価指標
    "bookings": "増える",  # 受注金額：フィールドセールスの評価指標
    "logo_churn": "減る",  # 離れていく顧客：カスタマーサクセスの評価指標
    "mrr_end": "増える",  # 会社の経営を支える収入
}

# %% [markdown]
# ## 2 実行
#
# それぞれの会社を2年間、20回ずつ動かします。組ごとに同じ乱数を使います。

# %%
comparison, (of_shared, of_divisional) = together(shared, divisional, replications=20)
differences(comparison, list(guesses))

# %%
found = comparison.metrics.set_index("metric").loc[list(guesses)]
came = {
    metric: ("増える" if row["difference"] > 0 else "減る") if row["differs"] else "判断できない"
    for metric, row in found.iterrows()
}
table(
    ["", "あなたの予想", "結果"],
    [
        [METRICS[metric].label, guess, came[metric] + (" ✓" if came[metric] == guess else "")]
        for metric, guess in guesses.items()
    ],
    "「判断できない」：差の95%区間がゼロを含みます（対応のある20組、乱数の種1）。",
    words=3,
)

# %% [markdown]
# ## 3 種明かし
#
# ### いくら損をしたのか

# %%
tell(comparison.verdict)
plots.courses(of_shared, of_divisional, size=SIZE)

# %%
plots.difference(comparison, "mrr_end", size=(9, 3.8))

# %% [markdown]
# ### 各部門のダッシュボードに見えるもの
#
# 部門から部門へ、机を回って歩きましょう。どの数字も*shared*での値と並べてあります。その後で下の段
# を読んでください。顧客に何が起きたのか、会社は何を得たのかが書かれています。

# %%
plots.dashboards(comparison, [shared, divisional], size=(11, 6.4))

# %%
OWN = {
    "marketing": ["mql_count"],
    "inside_sales": ["sql_count"],
    "field_sales": ["bookings"],
    "customer_success": ["logo_churn", "claims_late_share"],
}
every = comparison.metrics.set_index("metric")
worse = [
    metric
    for numbers in OWN.values()
    for metric in numbers
    if every.loc[metric, "differs"]
    and (every.loc[metric, "difference"] > 0) != (METRICS[metric].better == "higher")
]
tell(
    f"部門の評価に使われる{sum(map(len, OWN.values()))}個の数字のうち、",
    f"偶然を超えて悪化したのは**{len(worse)}**個",
    f"（{'、'.join(METRICS[each].label for each in worse) or 'なし'}）です。",
    "もう一度ダッシュボードを見て考えてください。4部門のうち、警報を鳴らす理由があるのは誰でしょうか。",
    "そして、ほかの部門は誰のせいだと言うでしょうか。",
)

# %% [markdown]
# ### 顧客に何が起きたのか
#
# すべてが悪くなったわけではありません。何が良くなったのか、それは役に立ったのかを、よく見てくださ
# い。

# %%
lived = ["field_sales.wait_mean", "field_sales.abandonment", "re_explanations"]
lived += ["onboarding_late_share", "claims_per_customer", "claims_late_share", "logo_churn"]
differences(comparison, lived)

# %% [markdown]
# 次は、両方の会社に現れる同じ1社の見込み顧客です。どちらの会社とも契約しますが、*divisional*から
# は離れていき、*shared*では2年後も顧客のままです。契約からの記録をたどります。

# %%
from simulator.organization.journal import Kind
from simulator.presentation import story

journals = {each.name: run(each.scenario, seed=1, replication=0) for each in (shared, divisional)}


def buyers(name: str, kind: Kind) -> set[int]:
    journal = journals[name]
    return set(journal.buyer[journal.kind == kind].tolist())


signed = buyers("shared", Kind.WON) & buyers("divisional", Kind.WON)
left = sorted((signed & buyers("divisional", Kind.CHURNED)) - buyers("shared", Kind.CHURNED))
tell(
    f"反復0では、{len(signed)}社が両方の会社と契約します。そのうち{len(left)}社は、",
    f"*divisional*だけを解約します。番号が最も小さいのは{left[0]}番です。",
)
MOST = 20  # 記録の行数
for name, journal in journals.items():
    lines = story.tell(journal, left[0])
    signs = journal.time[(journal.kind == Kind.WON) & (journal.buyer == left[0])][0]
    told = lines[next(at for at, line in enumerate(lines) if line.day >= signs) :]
    shown, since = [*told[: MOST - 1], *told[MOST - 1 :][-1:]], len(told)
    table(
        ["日", "主体", f"内容（{name}）"],
        [[f"{line.day:.1f}", say(line.who), line.text] for line in shown],
        f"見込み顧客{left[0]}番、反復0、乱数の種1。契約以降の{since}行のうち、最後の行を含む"
        f"{len(shown)}行。",
        words=3,
    )

# %% [markdown]
# ### どこから始まるのか
#
# 行は各部門の数字、列は月です。点は、偶然を超える差を示します。

# %%
plots.heat(comparison, size=(9, 5))

# %%
plots.flow(of_divisional, size=(9, 5.6))

# %% [markdown]
# ## 4 振り返り
#
# ### 各部門は何をしたのか
#
# 2つの会社の違いは、次の表と注がすべてです。これより多くも少なくもありません。

# %%
changes = comparison.changes
decided = changes[changes["key"].str.startswith("decisions.")]
MEANING = {
    "mql_cutoff": "問い合わせをMQLとするスコアの基準",
    "booking_cutoff": "商談を設定する見込み受注確率の基準",
    "discovery_depth": "最初のヒアリングの深さ",
    "recording": "得た情報のうち記録する割合",
    "walk_away_cutoff": "商談を断念する見込み受注確率の基準",
    "promise": "提供できる以上にどこまで約束するか",
    "proactive_share": "定例レビューと拡大のために、クレーム対応と分けて確保する時間の割合",
    "recycle_share": "戻ってきた見込み顧客に使う時間の割合",
    "record_loss_reason": "本当の理由を記録する失注の割合",
}


def decision(key: str, value: object) -> str:
    """判断を書く。確率と割合は%、スコアはそのまま。"""
    number = float(str(value))
    if key.endswith(".mql_cutoff"):
        return f"{number:.1f}"
    return say("{number} %", number=f"{100.0 * number:g}")


table(
    ["部門", "判断", "shared", "divisional"],
    [
        [
            words(row.department),
            MEANING.get(row.key.rpartition(".")[2], row.key),
            decision(row.key, row.reference),
            decision(row.key, row.value),
        ]
        for row in decided.itertuples()
    ],
    f"このほかに、{len(changes) - len(decided)}個の入力が異なります："
    + "、".join(sorted(set(changes["key"]) - set(decided["key"]))),
    words=2,
)

# %% [markdown]
# ### 誰も嘘をついておらず、誰も一人ではやめられない
#
# 1つの部門だけがここまで読んで、行いを改めようと思ったとします。ほかの部門はそのままで、自部門だけ
# を*shared*での行動に戻します。**その部門自身の数字**はどうなるでしょうか。会社はどうなるでしょう
# か。


# %%
def going_back(*departments: str) -> tuple[str, ...]:
    """部門の判断をsharedでの判断に戻す設定を返す。"""
    rows = decided[decided["department"].isin(departments)]
    return tuple(f"{row.key}={float(row.reference)}" for row in rows.itertuples())


stay = quick("divisional")


def gain(metric: str, settings: tuple[str, ...]):
    return interval(quick("divisional", *settings)[metric] - stay[metric])


NOTICED = 0.02  # 2%未満の変化なら、誰も気にしない


def against_its_own(team: str, settings: tuple[str, ...]) -> list[str]:
    """部門自身の数字のうち、偶然を超えて目に見えるほど悪くなるものを返す。"""
    bad = []
    for metric in OWN[team]:
        effect = gain(metric, settings)
        seen = is_told(effect) and abs(effect.mean) > NOTICED * abs(stay[metric].mean())
        if seen and (effect.mean > 0) != (METRICS[metric].better == "higher"):
            bad.append(METRICS[metric].label)
    return bad


rows, punished = [], []
for team in TEAMS:
    back = going_back(team)
    own = "、".join(f"{METRICS[m].label} {change(m, gain(m, back))}" for m in OWN[team])
    hurt = against_its_own(team, back)
    punished += [team] if hurt else []
    mrr = change("mrr_end", gain("mrr_end", back))
    rows.append([words(team), own, "悪化" if hurt else "判断できない", mrr])
all_back = going_back(*TEAMS)
rows.append(["4部門そろって", "", "", change("mrr_end", gain("mrr_end", all_back))])
table(
    ["元に戻す部門", "その部門自身の数字", "評価指標への影響", "期末MRR"],
    rows,
    "divisionalとの差。かっこ内は95%区間。対応のある20組、乱数の種1。評価指標はそのままです。",
    words=3,
)
tell(
    f"自部門だけで元に戻すと、{len(TEAMS)}部門のうち**{len(punished)}**部門で自部門の数字が悪化します。",
    "4部門がそろって元に戻せば、期末MRRは",
    f"**{change('mrr_end', gain('mrr_end', all_back))}**変わりますが、",
    "それを求める評価指標は1つもありません。",
)
price = interval(quick("shared")["mrr_end"] - quick("divisional", *all_back)["mrr_end"])
tell(
    "これは、共通の評価指標なしに*shared*と同じ判断をした場合です。これと比べた*shared*自身の期末MRRの差は、",
    f"{change('mrr_end', price)}です。",
    "共通化にも代償があります。" if price.high < 0.0 else "共通化の代償があるとは言えません。",
    "成果が全員のものになると努力は緩み、会議に時間を取られ、結果が出るのも遅くなります。",
    "シミュレーターは、この3つをすべて計算に入れています。",
)
ordinary = quick("base")["mrr_end"] - quick("shared")["mrr_end"]
ahead, own_share = interval(ordinary), 1.0 - load_scenario("base").scenario.kpi.marketing
tell(
    "*shared*は*divisional*に勝ります。では、最良の会社なのでしょうか。標準の会社*base*では、評価指標の",
    f"{own_share:.0%}を自部門の数字が占めます。*base*の期末MRRの*shared*との差は",
    f"**{change('mrr_end', ahead)}**で、{len(ordinary)}組のうち{(ordinary > 0).sum()}組で",
    "*base*が上回ります。",
    "すべてを共通にしても、*base*には及びません。"
    if ahead.low > 0.0
    else "すべてを共通にした会社は、*base*も上回ります。"
    if ahead.high < 0.0
    else "どちらが優れているかは判断できません。",
)

# %% [markdown]
# ### 見たものを言葉にする
#
# - **グッドハートの法則**：「指標は、目標にされると良い指標ではなくなる」。MQLは、関心の高い見込み
#   顧客のしるしでした。MQLの数で評価されるようになると、それは基準が下げられたしるしになります。
# - **部分最適と全体最適**：誰もが、自分に問われた問いに答えています。会社全体の問いは、誰にも問わ
#   れていません。経済学では外部性と呼びます。自分の数字のための費用が、ほかの部門の待ち行列に現れ
#   るのです。
# - **引き継ぎ**：相手の話を書き留めるには自分の時間がかかり、それで楽になるのは次の人です。自
#   分の時間しか数えられなければ、書き留める人はいません。顧客は同じ説明を繰り返すことになります。
# - **悪者はいない**：表にある判断は、こうした評価指標のもとで、注意深い人たちが行うことです。犯人
#   を探しているかぎり、原因は元の場所に残ります。
#
# ## 5 演習：立て直す
#
# あなたは*divisional*の経営陣です。`propose`は、改善案を同じ乱数で20回試し、順位表に載せます。順
# 位を決めるのは平均ではなく、**約束できる大きさ**、つまりMRRの増加の区間の下端です。
#
# いちばんの難問は最後の列です。その案は**誰の数字を悪くする**でしょうか（偶然を超え、かつ2%を超える
# 悪化）。その人たちは、評価指標が今のままであるかぎり、反対するでしょう。

# %%
board: dict[str, list[object]] = {}


def propose(name: str, *settings: str) -> None:
    """改善案をdivisionalと比べて試し、順位表に載せる。"""
    mrr, money = gain("mrr_end", settings), gain("profit", settings)
    against = [words(team) for team in TEAMS if against_its_own(team, settings)]
    board[name] = [mrr.low, mrr, money, against]


def leaderboard(top: int = 20) -> None:
    """改善案を、確実な増加が大きい順に示す。"""
    ranked = sorted(board.items(), key=lambda each: -each[1][0])[:top]
    table(
        ["", "改善案", "期末MRR", "貢献利益", "偶然を超えるか", "反対する部門"],
        [
            [place, name, change("mrr_end", mrr), change("profit", money),
             "はい" if is_told(mrr) else "いいえ", "、".join(against) or "なし"]
            for place, (name, (_, mrr, money, against)) in enumerate(ranked, start=1)
        ],
        "divisionalとの差。かっこ内は95%区間。対応のある20組、乱数の種1。改善案が多いと、偶然良く見えるものも"
        "出てきます。首位の案は別の乱数の種で確かめてください。",
        words=2,
    )  # fmt: skip


propose("例：フィールドセールスを1人増やす", "teams.field_sales.people=9")
leaderboard()

# %% [markdown]
# **演習1：合意した定義**　マーケティングとインサイドセールスが、商談に値するのはどんな相手かにつ
# いて合意します。キー：`decisions.marketing.mql_cutoff`（-1.5～1.5）、
# `decisions.inside_sales.booking_cutoff`（0～0.4）。
#
# **演習2：正直な約束**　キー：`decisions.field_sales.promise`（0～1）。フィールドセールスの受注金
# 額はどうなりますか。解約はどうなりますか。成果が出るまでの差は、誰が負担しますか。
#
# **演習3：バトン**　キー：`decisions.inside_sales.recording`、`decisions.field_sales.recording`、
# `decisions.field_sales.record_loss_reason`（0～1）、`handoffs.medium`（`spoken`、`written`、
# `one_system`）。かけた時間に見合うでしょうか。
#
# **演習4：顧客のための時間**　キー：`decisions.customer_success.proactive_share`（0～0.8）。
#
# **演習5：お金で解決する**　`teams.revops.people=2`、またはどこかの部門の増員（`teams.….people`）。
# MRRと貢献利益を比べてください。
#
# **演習6：誰も反対しない改善案**　その中で順位表の首位になる案、つまりMRRの増加が最も確実な案を探し
# てください。貢献利益で選んでも、同じ案になるでしょうか。
#
# <details><summary>演習1のヒント</summary>
#
# 自部門だけを元に戻す表を見てください。第三の部門に仕事をあふれさせている2つの部門はどれですか。
# まず片方の基準を、次に両方の基準を変えてみましょう。
#
# </details>
#
# <details><summary>演習6のヒント</summary>
#
# 部門が件数で評価されるかぎり、件数を減らすものはすべて、その部門にとって不利です。ですから、どの
# 件数も変えないものを探してください。部門と部門の「間」には何があるでしょうか。あるいは、数えるもの
# 自体を変えます。それが演習7です。
#
# </details>

# %%
# あなたの改善案：
propose("私たちの案", "decisions.inside_sales.booking_cutoff=0.05")
leaderboard()

# %% [markdown]
# 各演習の解答例（クリックすると開きます）：

# %%
WRITTEN = tuple(f"decisions.{team}.recording=0.85" for team in ("inside_sales", "field_sales"))
solutions = {
    "1 合意した基準": (
        "decisions.marketing.mql_cutoff=0.0",
        "decisions.inside_sales.booking_cutoff=0.1",
    ),
    "2 正直な約束": ("decisions.field_sales.promise=0.3",),
    "3 共通システムと記録": ("handoffs.medium=one_system", *WRITTEN),
    "3 失注理由をすべて記録": ("decisions.field_sales.record_loss_reason=1.0",),
    "4 顧客のための時間": ("decisions.customer_success.proactive_share=0.4",),
    "5 RevOpsを2人": ("teams.revops.people=2",),
    "6 共通システムと記録、さらにRevOps": (
        "handoffs.medium=one_system",
        *WRITTEN,
        "teams.revops.people=2",
    ),
    "1 + 2 + 4": (
        "decisions.marketing.mql_cutoff=0.0",
        "decisions.inside_sales.booking_cutoff=0.1",
        "decisions.field_sales.promise=0.3",
        "decisions.customer_success.proactive_share=0.4",
    ),
}
solved = []
for name, settings in solutions.items():
    mrr, against = gain("mrr_end", settings), [t for t in TEAMS if against_its_own(t, settings)]
    no = "、".join(words(each) for each in against) or "なし"
    solved.append([name, change("mrr_end", mrr), change("profit", gain("profit", settings)), no])
moved = {m: change(m, gain(m, solutions["1 合意した基準"])) for m in ("wins", *OWN[TEAMS[3]])}
folded(
    "演習1～6の解答例",
    ["改善案", "期末MRR", "貢献利益", "反対する部門"],
    solved,
    "divisionalとの差。かっこ内は95%区間。対応のある20組、乱数の種1。1の基準に"
    "カスタマーサクセスが反対する理由："
    f"{'、'.join(f'{METRICS[m].label} {moved[m]}' for m in moved)}。"
    "約束の大きさを変えずに受注を増やすと、引き渡されるクレームと失望も増え、それに応える人数は"
    "増えません。3と6を比べてください。MRRで最も良い案が、貢献利益でも最も良いとは限りません。",
)

# %% [markdown]
# **演習7：評価指標のほうを変える**　命令が守られるのは、誰かが見ている間だけです。評価指標は一日
# 中働きます。もし1つの部門だけが自部門の数字を持ち続け、ほかの部門がすべて共通の数字に移ったら
# どうなるでしょうか。この4つの会社も用意してあり、各部門の行動は同じ探索で求めてあります。最初に
# どの部門を説得しますか。予想してから開いてください。

# %%
one_apart = {f"{team}_divisional": words(team) for team in TEAMS}
everybody = quick("shared")["mrr_end"]
rows = []
for scenario, who in {"shared": "なし", **one_apart}.items():
    mrr = quick(scenario)["mrr_end"]
    more = change("mrr_end", interval(mrr - everybody)) if scenario != "shared" else ""
    rows.append([who, change("mrr_end", interval(mrr - stay["mrr_end"])), more])
folded(
    "divisionalとの差、すべてを共通にした会社との差",
    ["自部門の数字を持ち続ける部門", "期末MRRのdivisionalとの差", "sharedとの差"],
    rows,
    "かっこ内は95%区間。対応のある20組、乱数の種1。すべてを共通にするのが最善でしょうか。"
    "自部門の数字を持ち続けてもよいのは誰でしょうか。",
)

# %% [markdown]
# `propose`に`kpi.marketing=1.0`と書いても、マーケティングの行動は変わりません。比重を変えるだけで
# は、判断は変わらないからです。人が「何をすれば得か」に気づくには時間がかかります。探索は、その過
# 程の代わりになるものです。端末では次のようにします（数分かかります）。
#
# ```sh
# themodel incentives divisional --weight marketing=1 --no-doses --lang ja
# themodel incentives divisional --remedies --lang ja
# ```
#
# ## 動かしてみる
#
# JupyterLabでは、スライダー2つと図1つが表示されます（読むだけの場合は最初の図だけが見えます）。


# %%
@picture(9, 3.6)
def effects(axes, promise: float, booking_cutoff: float) -> None:
    """2つの判断によるdivisionalからの変化を描く。"""
    settings = (
        f"decisions.field_sales.promise={promise}",
        f"decisions.inside_sales.booking_cutoff={booking_cutoff}",
    )
    runs = quick("divisional", *settings)
    metrics = list(guesses)[::-1]
    for place, metric in enumerate(metrics):
        # すべてを1本の軸に載せるため、divisionalの値に対する割合とする。
        share = interval(100.0 * (runs[metric] - stay[metric]) / stay[metric].mean())
        good = (share.mean > 0) == (METRICS[metric].better == "higher")
        color = "#5f6b7a" if not is_told(share) else "#0072b2" if good else "#d55e00"
        axes.plot([share.low, share.high], [place, place], color=color, linewidth=3)
        axes.plot(share.mean, place, "o", color=color)
        axes.annotate(f"{share.mean:+.0f}%", (share.mean, place), (0, 7),
                      textcoords="offset points", ha="center", color=color)  # fmt: skip
    axes.axvline(0.0, color="#333333", linewidth=1)
    axes.set_yticks(range(len(metrics)), [METRICS[metric].label for metric in metrics])
    axes.set_ylim(-0.5, len(metrics) - 0.3)
    axes.set_xlabel("divisionalからの変化（%）。青：改善、オレンジ：悪化、灰色：偶然かもしれない")
    axes.set_title(f"約束の大きさ{promise:g}、商談の基準{booking_cutoff:g}", loc="left")


play(effects, promise=[0.3, 0.0, 0.6, 1.0], booking_cutoff=[0.1, 0.0, 0.05, 0.2, 0.3])

# %% [markdown]
# ---
#
# ## 教員用ページ
#
# **ねらい**　優秀な4部門が、なぜ会社全体を悪くするのか。受講者が自分で出した数値を使って説明し、
# 協力を呼びかけるだけでは直らない理由を言えるようになります。
#
# **準備**　`pip install '.[notebooks]'`の後に`jupyter lab`を起動し、一度すべてのセルを実行して、
# 計算エンジンの準備を済ませておきます。受講者に見せる前に、すべての出力を消してください（Edit →
# Clear Outputs of All Cells）。消さないと結末が分かってしまいます。演習まで、プログラミングの知識
# は要りません。
#
# | 分 | 内容 | 進め方 |
# |:--|:--|:--|
# | 10 | 物語 | 4人が各部門の不満を読み上げる。「悪いのは誰ですか」と問う |
# | 10 | 予想 | まず1人で、次に2人組で。数字ごとに挙手で票を取り、記録する |
# | 5 | 実行 | 待つ間に「同じ運」とは何かを話し合う |
# | 15 | 種明かし | 1班に1部門。「取締役会に1文で報告」。ヒートマップは最後に見せる |
# | 15 | 振り返り | 自部門だけ元に戻すか。部門ごとに投票してから表を見せる |
# | 25 | 演習 | 3人1組。順位表を映す。上位の案は別の乱数の種で確かめる |
# | 10 | まとめ | 自分の会社、部活動、授業なら何を測るか |
#
# **よくある答え**　解約は減る、評価に使われているのだから。MRRも増える、測っているものはすべて増
# えるのだから。多くの人がこう予想します。「判断できない」と答える人は、ほとんどいません。犯人の名
# を挙げる人も多く、たいていは自分の仕事から最も遠い部門です。
#
# **つまずきやすい点**
#
# - 「共通KPIなら楽園」ではありません。クレーム回答遅延率を見てください。共通化には代償（努力の緩
#   み、会議、結果の遅れ）があり、モデルは得られるものと差し引きします。
# - 「divisionalは悪い、と書き込んである」のではありません。メカニズムをすべて切ると、両社の成績は
#   同じになります（テストで確かめています）。各部門の判断は探索で求めました。
# - 「平均が答え」ではありません。毎回、区間を尋ねてください。順位は区間の下端で決めます。
# - 改善案に`kpi.…`と書いても、判断は変わりません（上記のとおり）。
# - これは、仮定の数値で作った1つの会社です。大きさより符号のほうが信頼できます
#   （`docs/incentives.md`、ノートブック07）。
#
# **話し合いの問い**
#
# 1. 最初に気づけたのはどの部門でしょうか。そのためには、今はないどの数字が必要ですか。
# 2. 「商談になったMQL」に賞与を出すと、誰の行動が縛られますか。どんな抜け道がありますか。
# 3. 全員が共通の数字を1つだけ持つと、誰が手を緩めますか。どうすれば気づけますか。
# 4. 週に1時間だけ使えるなら、どの引き継ぎから直しますか。
# 5. 営業以外の場（病院、学校、役所）で、同じことに出合ったことがありますか。
#
# **評価する場合**　レポート1枚。改善案、その効果と区間、反対する部門、失敗に気づくために測るもの
# を書かせます。

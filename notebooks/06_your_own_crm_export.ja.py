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
# # 06 自社のCRMから
#
# 自社のCRMには、いつ問い合わせが来て、誰がいつ顧客になったかが残っています。`themodel calibrate`
# は、そのファイルから**自社の**シナリオを作ります。推定した数値には、すべて区間が付きます。しかし、
# それで真実にたどり着けるのでしょうか。自社のファイルでは、誰も真実を知らないので、確かめようがあり
# ません。
#
# そこで、真実が分かっている会社で練習します。シミュレーターがその会社を動かし、社員がCRMに**入力し
# たはずのことだけ**を書き出します。次に、真実を忘れて較正し、どこまで真実に近づけたかを見ます。最後
# に、自社のファイルでの進め方を説明します。
#
# [English](06_your_own_crm_export.ipynb)

# %%
# %matplotlib inline
import csv
import tempfile
from datetime import date
from pathlib import Path

from IPython.display import display

from simulator import measure, plots, replicate, run
from simulator.languages.languages import speak
from simulator.languages.messages import say
from telling import levels, picture, table, tell, variant

speak("ja")
SEED = 7
SIZE = (9, 5)

# %% [markdown]
# ## 真実の分かっている会社
#
# 標準の会社の半分の規模で、2年間です。社員は`fit_mean`も`win_intercept`も知りません。書き残すのは、
# 誰が電話をかけ、誰が誰と商談し、誰が契約したかです。

# %%
HALF = (
    "market.channels.website.leads_per_day=4", "market.channels.referral.leads_per_day=1",
    "market.channels.webinar.leads_per_day=3", "market.channels.advertising.leads_per_day=5",
    "teams.marketing.people=2", "teams.inside_sales.people=4", "teams.field_sales.people=5",
    "teams.customer_success.people=4", "start.customers=260", "start.opportunities=45",
    "start.parked=300",
)  # fmt: skip
truth = variant("真実", "base", *HALF)
journal = run(truth.scenario, SEED, 0, truth.name)

# %% [markdown]
# ## 1. エクスポート
#
# 端末では`themodel export-crm base -o exported --lang ja`です。（`--style hubspot`で別のCRMの見出し
# になります。`--missing 10% --duplicated 2%`を付けると、実際のファイルにあるような欠けや重複ができ
# ます。）

# %%
from simulator.calibration.exporting.crm_export import Choices, export
from simulator.calibration.importing.reading import read_sheets

STARTS = date(2024, 4, 1)
folder = tempfile.TemporaryDirectory()
exported = Path(folder.name) / "exported"
rows = export(
    journal, exported, Choices(STARTS, language="ja", logs=()), ["export-crm", "base"], ""
)
table(["ファイル", "行数"], [[f"`{name}`", f"{count:,}"] for name, count in rows.items()])


def first_rows(name: str, count: int = 3, columns: int = 7) -> None:
    """ファイルの先頭を表示する。"""
    with (exported / name).open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.reader(opened))[: count + 1]
    table(lines[0][:columns], [line[:columns] for line in lines[1:]],
          f"`{name}`：全{len(lines[0])}列のうち最初の{columns}列。", words=columns)  # fmt: skip


first_rows("leads.csv")
first_rows("opportunities.csv")

# %% [markdown]
# ## 2. それぞれの列は何を表すか
#
# 見出しはCRMによって違います。`guess`は見出し**と**中身の両方を見て判断し、その理由も示します。2通
# りに読めるものは**推測せず、必ず確認を求めます**。

# %%
from dataclasses import replace

from simulator.calibration.importing.guessing import guess
from simulator.calibration.importing.mapping import open_questions

sheets = [sheet for path in sorted(exported.glob("*.csv")) for sheet in read_sheets(path)]
mapping = guess(sheets)
table(
    ["ファイル", "表の種類", "使う列（見出し = 役割）", "使わない列の数"],
    [
        [f"`{each.file}`", each.kind,
         "、".join(f"{heading} = `{role}`" for role, heading in each.columns.items()),
         len(each.unused)]
        for each in mapping.files
    ],
    words=3,
)  # fmt: skip
questions = open_questions(mapping)
for question in questions:
    tell(f"**確認を求められたこと**（この種のメッセージは英語です）：`{question}`")

# %% [markdown]
# つまり、金額が月額なのか、年額なのか、契約全体の額なのかを尋ねています。1,200,000という金額はその
# どれでもありえて、取り違えれば12倍の誤りになります。このCRMに入っているのは年額です。（端末では
# `--amounts annual`を付けるか、`calibrate`がシナリオのそばに書き出す対応表のファイルに1行書きま
# す。）

# %%
from simulator.calibration.importing.imported import import_files

mapping = replace(mapping, amounts="annual")
assert not open_questions(mapping)
found = import_files(sheets, mapping)
table(
    ["ファイル", "行数", "使った行", "使わなかった行", "使えない値のあった行"],
    [
        [f"`{each.file}`", f"{each.rows:,}", f"{each.used:,}", sum(each.left_out.values()),
         sum(each.noted.values())]
        for each in found.counts
    ],
    f"使えなかった割合が最も高いファイルで{found.share_unusable:.1%}。20%を超えると処理を中止する。",
)  # fmt: skip

# %% [markdown]
# ## 3. 較正
#
# 1日の問い合わせ数、価格、理由の記録された失注の数のように、数えれば分かる数値があります。一方、あ
# るチャネルの見込み顧客がどれだけ製品に合っているかのように、どのファイルにも書かれていない数値もあ
# ります。後者は、**シミュレーターを動かして**、ファイルと同じ転換率と所要日数になるように求めます
# （間接推論。詳しくは`docs/calibration.md`、英語）。

# %%
from simulator.calibration.fitting import calibrate

fitted = calibrate(found.records, seed=1)
estimates = {}
for each in fitted.ahead.stated:
    if each.estimate is not None:
        estimates[each.path] = each.estimate
    for parameter, estimate in each.within:
        estimates[f"{each.path}.{parameter}"] = estimate
tell(
    f"{len(estimates)}個の数値を、{fitted.matched.runs}回の実行で当てはめました。乱数の種は{fitted.seed}です。",
    f"これらのファイルからは分からないことも{len(fitted.not_identifiable)}種類あり（4で示します）、",
    "それらは標準の会社のままです。",
)

# %% [markdown]
# ## 4. 真実は見つかったか
#
# ここで答え合わせをします。

# %%
from simulator.scenario.changing import value_of

true = {path: float(value_of(truth.scenario, path)) for path in estimates}
holds = {path: e.low <= true[path] <= e.high for path, e in estimates.items()}
table(
    ["数値", "真実", "当てはめ", "95%区間", "真実を含むか"],
    [
        [f"`{path}`", f"{true[path]:,.4g}", f"{e.value:,.4g}", f"{e.low:,.4g}～{e.high:,.4g}",
         "はい" if holds[path] else "**いいえ**"]
        for path, e in estimates.items()
    ],
    f"1つの履歴（乱数の種{SEED}）に対する1回の較正（乱数の種1）。",
)  # fmt: skip


# %%
@picture(9, 6)
def draw_intervals(axes) -> None:
    """それぞれの区間を、真実からの差として、区間の半幅を単位に描く。"""
    names = list(reversed(estimates))
    axes.axvspan(-1, 1, color="#e8eef4")
    axes.axvline(0, color="#555555", linewidth=1)
    for place, path in enumerate(names):
        e = estimates[path]
        half = (e.high - e.low) / 2.0
        left, middle, right = ((value - true[path]) / half for value in (e.low, e.value, e.high))
        color = "#0072b2" if holds[path] else "#d55e00"
        axes.plot([left, right], [place, place], color=color, linewidth=2)
        axes.plot(middle, place, "o", color=color)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("当てはめた値と真実の差（区間の半幅を単位とする。0の線：真実）")
    axes.set_title(f"真実を含む区間：{len(holds)}個のうち{sum(holds.values())}個", loc="left")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


display(draw_intervals())

# %%
missed = [path for path, each in holds.items() if not each]
tell(
    f"95%区間{len(holds)}個のうち**{sum(holds.values())}個**が真実を含んでいます。"
    + (f"含まなかったのは{'と'.join(f'`{path}`' for path in missed)}です。" if missed else "")
)
assumed = fitted.scenario.market.channels["referral"].reach
really = truth.scenario.market.channels["referral"].reach
tell(
    "外れた理由は、2つに分けて考える必要があります。1つは**運**です。95%区間は、もともと20回に1回は外れます。もう1つは"
    "**どのファイルからも分からないこと**です。紹介（referral）の見込み顧客へのつながりやすさは、真実では"
    f"{really:g}ですが、較正は、何も分からないチャネルについてはこれを{assumed:g}と仮定します。"
    "ファイルに表れるのは両者が掛け合わさった結果、つまり何社が契約したかだけなので、紹介の見込み顧客は実際より適合度が高く見えます"
    f"（真実の{true['market.channels.referral.fit_mean']:.2f}に対し、当てはめは"
    f"{estimates['market.channels.referral.fit_mean'].value:.2f}）。区間が表すのは運だけで、"
    "前提の誤りは決して含みません。"
)
channels = truth.scenario.market.channels


def mean_fit(numbers: dict[str, float]) -> float:
    """全チャネルの適合度の平均を、問い合わせ数で重みづけして返す。"""
    paths = [f"market.channels.{name}" for name in channels]
    rates = [numbers[f"{path}.leads_per_day"] for path in paths]
    fits = [numbers[f"{path}.fit_mean"] for path in paths]
    return sum(r * f for r, f in zip(rates, fits, strict=True)) / sum(rates)


told = {path: e.value for path, e in estimates.items()}
tell(
    "あるチャネルが良く見えすぎれば、別のチャネルは悪く見えすぎます。較正では、全チャネルの適合度の平均を、平均的な見込み顧客の",
    f"水準に固定しているからです（当てはめは{mean_fit(told):+.2f}、真実は{mean_fit(true):+.2f}）。",
    "全チャネルに共通の水準は、契約のしやすさと見分けがつきません。",
)
tell("これらのファイルからは分からないと、較正自身が述べていること：")
tell("\n".join(f"- {say(each)}" for each in fitted.not_identifiable))

# %% [markdown]
# 区間が**約束どおりの頻度で**真実を含むかどうかは、1社では分からず、このような会社をたくさん調べる
# 必要があります。`docs/round_trip.py`はこれを100回繰り返し、その結果は`docs/calibration.md`（英語）
# にあります。
#
# ## 5. 見つけた会社を動かす
#
# `calibrate`が書くシナリオは、ファイルの終わりから先の24か月を見るものです。ここではそれを、真実の
# 会社の最初からの2年間と並べます。同じ2年間ではないので、件数や金額の水準ではなく、率を比べてくださ
# い。

# %%
found_again = replicate(fitted.ahead.scenario, "較正後", replications=12, seed=SEED)
real = replicate(truth, replications=12, seed=SEED)
levels(
    {"真実": real, "較正後": found_again},
    ["inquiries", "sql_count", "wins", "win_rate", "lead_time", "logo_churn", "mrr_start",
     "mrr_end"],
)  # fmt: skip
rate = {name: each.totals["win_rate"] for name, each in
        (("真実", real), ("較正後", found_again))}  # fmt: skip
apart = rate["較正後"].low > rate["真実"].high or rate["較正後"].high < rate["真実"].low
tell(
    f"受注率は、真実の会社で{rate['真実'].mean:.1%}、較正した会社で{rate['較正後'].mean:.1%}です。",
    "2つの95%区間は",
    "離れています。" if apart else "重なっています。",
    "この区間が表すのは実行の運だけです。当てはめた数値そのものの不確かさも加えるには、",
    "`themodel run my_company.yaml --input-uncertainty --lang ja`を使います。",
)

# %%
plots.courses(found_again, metric="mrr", size=SIZE)

# %% [markdown]
# ## 6. 「知らないこと」を未来の姿で見る
#
# 今度は、ファイルに記録された期間を、較正した会社でもう一度、最初からたどります。赤い線の1本1本は、
# 問い合わせ数、適合度、契約のしやすさ、検討期間を**その不確かさの範囲で選び直した**会社の平均です
# （価格と解約は当てはめた値のまま）。どれも、このファイルを生んだかもしれない会社です。赤い線の広が
# りは、データが増えれば狭まります。青い線の1本1本は、当てはめた数値での1回の反復です。こちらは運で
# あり、いくらデータを増やしてもなくなりません。破線は、真実の会社がただ1つの履歴でたどり着いた値で
# す。

# %%
from simulator.experiment.replications import replicate_totals

DRAWS, EACH = 12, 4
ends = []
for draw in range(DRAWS):
    drawn = fitted.drawn(SEED, draw)
    totals = replicate_totals(drawn, "drawn", seed=SEED, replications=EACH)
    ends.append(totals.totals["mrr_end"].mean / 1e6)
stated = replicate_totals(fitted.scenario, "stated", seed=SEED, replications=EACH * DRAWS)
history = measure(journal).totals["mrr_end"] / 1e6
lucky = sorted(each["mrr_end"] / 1e6 for each in stated.runs.values())


@picture(9, 2.8)
def draw_ends(axes) -> None:
    """当てはめた数値での反復の1回1回と、選び直した数値での平均を描く。"""
    axes.plot(lucky, [0] * len(lucky), "|", color="#0072b2", markersize=22)
    axes.plot(sorted(ends), [1] * DRAWS, "|", color="#d55e00", markersize=22, markeredgewidth=2)
    labels = ["運：当てはめた数値での反復", "知らないこと：選び直した数値での平均"]
    axes.set_yticks([0, 1], labels)
    axes.set_ylim(1.6, -0.6)
    axes.axvline(history, color="#222222", linestyle="--", linewidth=1)
    axes.set_xlabel("ファイルの終わりのMRR（百万円。破線：エクスポートした履歴）")
    axes.set_title(
        f"数値を不確かさの範囲で選び直したときの平均：{min(ends):.0f}～{max(ends):.0f}百万円",
        loc="left",
    )
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


display(draw_ends())
tell(
    f"数値を選び直した{DRAWS}社の平均（同じ乱数で各{EACH}回）は{min(ends):.1f}～",
    f"{max(ends):.1f}百万円です。当てはめた数値での反復{len(lucky)}回は、1回ごとに見ると",
    f"{lucky[0]:.1f}～{lucky[-1]:.1f}百万円です。エクスポートした履歴の終わりは{history:.1f}百万円で、",
    "この反復の範囲に収まっています。"
    if lucky[0] <= history <= lucky[-1]
    else "この反復のどれよりも外側にあります。",
    f"乱数の種は{SEED}です。",
)
folder.cleanup()

# %% [markdown]
# ## 自社のエクスポートで
#
# **情報システム部門に頼むもの。** リードと商談があれば足ります。ほかのファイルがあれば、分かること
# が増えます。

# %%
table(
    ["ファイル", "列", "分かること"],
    [
        ["**リード**",
         "ID、作成日、流入元。あれば担当者、ステータス、転換日、転換先の商談ID",
         "1日あたり・チャネル別の問い合わせ数、転換率、人員"],
        ["**商談**", "ID、作成日、完了日、フェーズ。あればリード、担当者、金額、失注理由",
         "受注率、受注までの日数、価格、失注、進行中の商談"],
        ["フェーズの履歴", "商談、日付、フェーズ", "再開された商談"],
        ["活動", "リードまたは商談、日付、種類",
         "リード1件あたりの架電数、決定までの商談の回数"],
        ["契約", "顧客、開始、終了、金額", "契約からの経過期間ごとの解約"],
        ["ユーザー", "ID、部門", "誰がどの部門にいるか"],
    ],
    words=3,
)  # fmt: skip

# %% [markdown]
# - **ある日付以降のすべての行**を出してください。失注したもの、進行中のもの、すでに退職した人のもの
#   も含めます。「進行中の商談」や「受注した商談」だけのレポートでは、どの率も誤ります。
# - **受注は30件以上**が目安です。1～2年分あるとさらに確かになります。足りないときは、隠さずそう表示
#   します。
# - 日付には年・月・日が必要です。金額が何を表すか（月額か、年額か、契約全体か）も確認してください。
# - CSVまたはXLSXを、エクスポートしたままの形で使います。手作業で整えないでください。使えない行や値
#   は除かれ、**一覧になります**（`my_company_unusable.csv`）。
#
# **個人情報。** 氏名、メールアドレス、電話番号は要りません。IDだけで足りるので、それらの列はエクス
# ポートの時点で外してください。処理はすべて自分のコンピューターの中で行われ、どこにも送信されませ
# ん。較正が書き出すものに、個人の氏名や連絡先は含まれません。ただし、使えなかった値の一覧は元のセル
# をそのまま引用するので、人に渡す前に中身を確かめてください。人員の数値は部門ごとのもので、個人を評
# 価するためのものではありません。氏名を含むファイルを読み込む場合は、事前に個人情報保護の担当者に相
# 談してください。
#
# ```sh
# themodel calibrate leads.csv opportunities.csv -o my_company.yaml --report fit.html --lang ja
# themodel run my_company.yaml --input-uncertainty --lang ja
# themodel backtest leads.csv opportunities.csv --train-until 2025-09-30 --lang ja
# ```
#
# そのうえで、各部門の人と一緒に`fit.html`を読んでください。意外に思うところがあれば、ファイルか思い
# 込みのどちらかが間違っています。どちらであっても、知る価値があります。
#
# ## 練習問題
#
# 1. 先に予想してください。問い合わせが2倍になると、どの数値の区間が狭まるでしょうか。`HALF`の
#    `leads_per_day`を2倍にして、もう一度実行してください。
# 2. エクスポートで、失注した商談が抜け落ちていたらどうなるでしょうか。
#    （`Choices(STARTS, logs=(), holes=Holes(unclosed=0.7))`とすると、失注の大部分が進行中のまま残り
#    ます。`Holes`は`simulator.calibration.exporting.crm_holes`にあります。）
# 3. 上のセルを`amounts="monthly"`に変えてください。どの数値が誤りますか。あなたはそれに気づけたで
#    しょうか。

/* Pictures that answer: tips that follow pointer and keys, scenarios to hide,
 * months to set off.
 *
 *   import { mountCharts } from "./charts.js";
 *   mountCharts(document);
 *
 * What it works on, wherever that comes from:
 *   svg.chart            a picture; a tip for each .mark in it that has a <title>
 *   .marks               a group of marks; its own <title> stands above the tip of each
 *   .marks.columns       their titles have a head line, then one line for each scenario, in order
 *   [data-scenario="i"]  belongs to a scenario; a button [data-toggle="i"] hides and shows it
 *   input[data-months]   a slider (data-none: no month; data-some: words with # for the month)
 *   .marks[data-each]    the month of each of its marks; those of the slider's get the class "now"
 *   .controls[hidden]    is shown, now that it works
 *
 * Without this module everything is visible, and everything is printed with it, too.
 */

const MARKS = ".mark, .marks > path";

export function mountCharts(root = document) {
  const home = root.body ?? root;
  const tips = chartTips(home);
  for (const svg of root.querySelectorAll("svg.chart")) chartAnswers(svg, tips);
  chartToggles(root);
  chartMonths(root);
  for (const each of root.querySelectorAll(".controls[hidden]")) each.hidden = false;
}

/** One tip and one voice for all pictures of a page. */
function chartTips(home) {
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  const voice = document.createElement("div");
  voice.className = "chart-said";
  voice.setAttribute("role", "status");
  voice.setAttribute("aria-live", "polite");
  home.append(tip, voice);
  return {
    show(words, x, y) {
      tip.textContent = words;
      tip.hidden = false;
      const parent = tip.offsetParent ?? document.documentElement;
      const frame = parent === document.body ? document.documentElement : parent;
      const origin = frame.getBoundingClientRect();
      const room = document.documentElement.clientWidth;
      const left = Math.max(4, Math.min(x + 14, room - tip.offsetWidth - 4));
      const above = y - tip.offsetHeight - 12;
      tip.style.left = `${left - origin.left}px`;
      tip.style.top = `${(above > 0 ? above : y + 18) - origin.top}px`;
    },
    say(words) {
      voice.textContent = words;
    },
    hide() {
      tip.hidden = true;
    },
  };
}

function chartAnswers(svg, tips) {
  const words = new Map();
  const heads = new Map();
  for (const group of svg.querySelectorAll(".marks")) heads.set(group, chartTitle(group));
  for (const mark of svg.querySelectorAll(MARKS)) {
    const title = chartTitle(mark);
    if (!title) continue;
    const head = heads.get(mark.parentNode);
    words.set(mark, head ? `${head}\n${title}` : title);
    mark.setAttribute("aria-label", words.get(mark));
  }
  const marks = [...words.keys()];
  if (!marks.length) return;
  let here = null;

  const told = (mark) => {
    const lines = words.get(mark);
    if (!mark.parentNode.classList.contains("columns")) return lines;
    return lines
      .split("\n")
      .filter((_, at) => {
        const series = at ? svg.querySelector(`.series[data-scenario="${at - 1}"]`) : null;
        return !series?.classList.contains("unseen");
      })
      .join("\n");
  };
  const leave = () => {
    here?.classList.remove("here");
    here = null;
    tips.hide();
  };
  const enter = (mark, x, y) => {
    if (here !== mark) {
      here?.classList.remove("here");
      here = mark;
      mark.classList.add("here");
    }
    tips.show(told(mark), x, y);
  };
  const point = (event) => {
    const mark = event.target instanceof Element ? event.target.closest(MARKS) : null;
    if (mark && words.has(mark)) enter(mark, event.clientX, event.clientY);
    else leave();
  };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("blur", leave);

  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "application");
  svg.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      leave();
      return;
    }
    const next = chartNext(marks, here, event.key);
    if (!next) return;
    event.preventDefault();
    next.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    const box = next.getBoundingClientRect();
    enter(next, box.left + box.width / 2, Math.max(box.top, 0) + Math.min(box.height / 2, 40));
    tips.say(told(next));
  });
}

/** Take the title out of a mark, or the browser would show it besides; return what it says. */
function chartTitle(mark) {
  const title = [...mark.children].find((each) => each.tagName === "title");
  title?.remove();
  return title?.textContent;
}

/** The mark that a key leads to: along the order with left and right, across it up and down. */
function chartNext(marks, here, key) {
  const at = marks.indexOf(here);
  const last = marks.length - 1;
  if (key === "Home") return marks[0];
  if (key === "End") return marks[last];
  if (key === "ArrowRight") return marks[Math.min(at + 1, last)];
  if (key === "ArrowLeft") return marks[Math.max(at - 1, 0)];
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  if (!here) return marks[0];
  const from = here.getBoundingClientRect();
  const sign = key === "ArrowDown" ? 1 : -1;
  const across = (mark) => {
    const box = mark.getBoundingClientRect();
    const aside = Math.abs(box.left + box.width / 2 - from.left - from.width / 2);
    const ahead = sign * (box.top + box.height / 2 - from.top - from.height / 2);
    return ahead > 1 ? ahead + 3 * aside : Infinity;
  };
  let best = null;
  let least = Infinity;
  for (const mark of marks) {
    const far = across(mark);
    if (far < least) [best, least] = [mark, far];
  }
  return best ?? here;
}

function chartToggles(root) {
  const buttons = [...root.querySelectorAll("button[data-toggle]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      const which = button.dataset.toggle;
      for (const other of buttons) {
        if (other.dataset.toggle === which) other.setAttribute("aria-pressed", String(shown));
      }
      for (const each of root.querySelectorAll("[data-scenario]")) {
        if (each.dataset.scenario === which) each.classList.toggle("unseen", !shown);
      }
    });
  }
}

function chartMonths(root) {
  const sliders = [...root.querySelectorAll("input[data-months]")];
  const groups = [...root.querySelectorAll(".marks[data-each]")].map((group) => [
    group.dataset.each.split(" "),
    group.querySelectorAll(":scope > path"),
  ]);
  const follow = (month) => {
    for (const [months, marks] of groups) {
      marks.forEach((each, at) => each.classList.toggle("now", months[at] === month));
    }
    for (const slider of sliders) {
      const words =
        month === slider.dataset.none
          ? ""
          : (slider.dataset.some ?? "#").replace("#", month);
      slider.value = month;
      slider.setAttribute("aria-valuetext", words || month);
      const output = slider.closest(".controls")?.querySelector("output");
      if (output) output.textContent = words;
    }
  };
  for (const slider of sliders) slider.addEventListener("input", () => follow(slider.value));
}

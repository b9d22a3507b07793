/* Buyers on their way through the four stages, and back: a run that one can watch.
 *
 *   import { mountFlow } from "./flow.js";
 *   const player = mountFlow(element, data);   // player.play(), .pause(), .seek(day), .stop()
 *
 * data:
 *   places        [{id, label, x, y, kind}]  where buyers are, in units of a picture of
 *                 width x height; kind: "stage", "pool" (they may come back) or "gone"
 *   width, height
 *   moves         [[day, buyer, from, to], ...]  in order of time; places by their number, -1:
 *                 from outside; buyers by their number in the sample
 *   counts        [[buyers in each place], ...]  at the end of each day, of all buyers
 *   months, daysPerMonth
 *   shown, of     buyers in the sample, and in all
 *   labels        {play, pause, speed, slow, normal, fast, month, note, title}
 *                 month: words with # for the number
 *
 * Starts by itself when it is looked at, unless the reader prefers less motion.
 */

const FLOW_NS = "http://www.w3.org/2000/svg";
const FLOW_TRAVEL = 3; // days that a dot is on its way
const FLOW_PACES = { slow: 8, normal: 20, fast: 60 }; // days a second
const FLOW_MOST_DOTS = 600;
const FLOW_BOX = [156, 62];

export function mountFlow(element, data) {
  const { places, moves, counts, labels } = data;
  const days = counts.length;
  const ways = new Map();
  const svg = flowNode("svg", { viewBox: `0 0 ${data.width} ${data.height}`, role: "img" });
  svg.setAttribute("aria-label", labels.title);
  const under = flowNode("g", {});
  const over = flowNode("g", {});
  svg.append(under, over);
  for (const [when, , from, to] of moves) {
    if (flowAtStart(when, from)) continue;
    const key = `${from}>${to}`;
    if (ways.has(key)) continue;
    const look = flowLook(places, from, to);
    const path = flowNode("path", { class: `way ${look}`, d: flowCurve(data, from, to) });
    ways.set(key, { path, look, long: 0 });
    under.append(path);
  }
  const numbers = places.map((place) => flowPlace(over, place));
  const dots = flowNode("g", {});
  svg.insertBefore(dots, over);

  const frame = document.createElement("div");
  frame.className = "flow-player";
  const scroll = document.createElement("div");
  scroll.className = "flow-scroll";
  scroll.append(svg);
  const controls = flowControls(labels, data.months);
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = labels.note;
  frame.append(controls.bar, scroll, note);
  element.append(frame);
  for (const way of ways.values()) way.long = way.path.getTotalLength();

  const pool = [];
  let day = 0;
  let playing = false;
  let wanted = 0;
  let before = 0;

  const draw = () => {
    const whole = Math.min(Math.floor(day), days - 1);
    numbers.forEach((number, at) => {
      number.textContent = (counts[whole]?.[at] ?? 0).toLocaleString("en-US");
    });
    let used = 0;
    for (let at = flowFirst(moves, day - FLOW_TRAVEL); at < moves.length; at += 1) {
      const [when, buyer, from, to] = moves[at];
      if (when > day || used >= FLOW_MOST_DOTS) break;
      if (flowAtStart(when, from)) continue;
      const way = ways.get(`${from}>${to}`);
      const part = (day - when) / FLOW_TRAVEL;
      const spot = way.path.getPointAtLength(way.long * part);
      if (used === pool.length) {
        const dot = flowNode("circle", { r: 4 });
        pool.push(dot);
        dots.append(dot);
      }
      const dot = pool[used];
      // Side by side: each buyer keeps to its own track.
      const aside = ((buyer * 7) % 11) - 5;
      dot.setAttribute("cx", (spot.x + ((buyer * 5) % 9) - 4).toFixed(1));
      dot.setAttribute("cy", (spot.y + aside).toFixed(1));
      dot.setAttribute("class", `buyer ${way.look}`);
      dot.removeAttribute("visibility");
      used += 1;
    }
    for (let at = used; at < pool.length; at += 1) pool[at].setAttribute("visibility", "hidden");
    const month = Math.min(Math.floor(day / data.daysPerMonth) + 1, Math.ceil(data.months));
    const words = labels.month.replace("#", String(month));
    controls.output.textContent = words;
    controls.slider.value = String(day / data.daysPerMonth);
    controls.slider.setAttribute("aria-valuetext", words);
  };
  const step = (now) => {
    if (!playing) return;
    const pace = FLOW_PACES[controls.speed.value] ?? FLOW_PACES.normal;
    day += (Math.min(now - before, 100) / 1000) * pace;
    before = now;
    if (day >= days) {
      day = days;
      pause();
    }
    draw();
    if (playing) wanted = requestAnimationFrame(step);
  };
  const play = () => {
    if (playing) return;
    if (day >= days) day = 0;
    playing = true;
    controls.button.textContent = labels.pause;
    before = performance.now();
    wanted = requestAnimationFrame(step);
  };
  const pause = () => {
    playing = false;
    cancelAnimationFrame(wanted);
    controls.button.textContent = labels.play;
  };
  const seek = (to) => {
    day = Math.max(0, Math.min(to, days));
    draw();
  };
  controls.button.addEventListener("click", () => (playing ? pause() : play()));
  controls.slider.addEventListener("input", () => {
    pause();
    seek(Number(controls.slider.value) * data.daysPerMonth);
  });

  const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
  let seen = null;
  if (!calm && "IntersectionObserver" in globalThis) {
    seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      play();
    }, { threshold: 0.25 });
    seen.observe(frame);
  }
  draw();
  return {
    play, pause, seek,
    stop() {
      pause();
      seen?.disconnect();
      frame.remove();
    },
  };
}

function flowNode(name, attributes) {
  const node = document.createElementNS(FLOW_NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/** Whether somebody was there at the start, and so did not come from anywhere. */
function flowAtStart(when, from) {
  return from < 0 && when <= 0;
}

/** Onward, back, or lost. */
function flowLook(places, from, to) {
  if (from < 0) return "onward";
  if (places[to].kind !== "stage") return "lost";
  return places[from].kind !== "stage" || to < from ? "back" : "onward";
}

function flowCurve(data, from, to) {
  const end = data.places[to];
  if (from < 0) return `M${end.x - FLOW_BOX[0] / 2 - 40},${end.y} L${end.x},${end.y}`;
  const start = data.places[from];
  const [wide, high] = FLOW_BOX;
  const look = flowLook(data.places, from, to);
  if (look === "onward" && start.y === end.y) {
    return `M${start.x + wide / 2},${start.y} L${end.x - wide / 2},${end.y}`;
  }
  if (look === "back") {
    // Over the left side, so that ways there and back are two.
    const sign = Math.sign(end.y - start.y) || 1;
    const into = end.y - (sign * high) / 2;
    const x = end.x - wide / 4;
    return `M${start.x - wide / 2},${start.y} C${x},${start.y} ${x},${start.y} ${x},${into}`;
  }
  const sign = Math.sign(end.y - start.y) || 1;
  const out = start.y + (sign * high) / 2;
  const x = start.x + wide / 4;
  const side = end.x > x ? end.x - wide / 2 : end.x + wide / 2;
  const near = Math.abs(end.x - x) < wide / 2;
  if (near) return `M${x},${out} L${x},${end.y - (sign * high) / 2}`;
  return `M${x},${out} C${x},${end.y} ${x},${end.y} ${side},${end.y}`;
}

function flowPlace(parent, place) {
  const [wide, high] = FLOW_BOX;
  const box = flowNode("rect", {
    class: `place ${place.kind}`, x: place.x - wide / 2, y: place.y - high / 2,
    width: wide, height: high, rx: 6,
  });
  const name = flowNode("text", { x: place.x, y: place.y - 8, "text-anchor": "middle" });
  name.textContent = place.label;
  const count = flowNode("text", {
    class: "count", x: place.x, y: place.y + 18, "text-anchor": "middle",
  });
  parent.append(box, name, count);
  return count;
}

function flowControls(labels, months) {
  const bar = document.createElement("div");
  bar.className = "controls";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = labels.play;
  const speed = document.createElement("select");
  speed.setAttribute("aria-label", labels.speed);
  for (const pace of Object.keys(FLOW_PACES)) {
    const option = document.createElement("option");
    option.value = pace;
    option.textContent = labels[pace];
    option.selected = pace === "normal";
    speed.append(option);
  }
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: "0", max: String(months), step: "0.05", value: "0" });
  slider.setAttribute("aria-label", labels.month.replace("#", "").trim());
  const output = document.createElement("output");
  bar.append(button, speed, slider, output);
  return { bar, button, speed, slider, output };
}

/** The first move after a day. */
function flowFirst(moves, day) {
  let low = 0;
  let high = moves.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moves[middle][0] <= day) low = middle + 1;
    else high = middle;
  }
  return low;
}

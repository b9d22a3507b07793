/* What starts the pictures of a report, once charts.js and flow.js are there. */

mountCharts(document);

for (const [at, { flow }] of JSON.parse(
  document.getElementById("data").textContent,
).journeys.entries()) {
  const place = document.getElementById(`journey-${at}`);
  if (!place) continue;
  place.replaceChildren();
  mountFlow(place, flow);
}

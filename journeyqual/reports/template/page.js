// Draws the charts of a report, lets a click on a stage open its evidence, and switches light and dark.
(() => {
  "use strict";
  const NARROW = 640;
  const root = document.documentElement;
  const themes = JSON.parse(document.getElementById("jq-themes").textContent);
  const labels = JSON.parse(document.getElementById("jq-labels").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const mode = () => root.dataset.theme || (dark.matches ? "dark" : "light");

  const open = (order) => {
    const stage = document.getElementById(`stage-${order}`);
    if (!stage) return;
    stage.open = true;
    stage.scrollIntoView({ block: "start" });
    stage.querySelector("summary").focus({ preventScroll: true });
  };

  const fromHash = () => {
    const found = /^#stage-(\d+)$/.exec(window.location.hash);
    if (found) open(found[1]);
  };

  const charts = [...document.querySelectorAll(".jq-chart")].map((figure) => ({
    place: figure.querySelector(".jq-view"),
    spec: JSON.parse(figure.querySelector(".jq-spec").textContent),
    shown: "",
    view: null,
    ready: Promise.resolve(),
  }));

  const around = (place) => {
    let part = place;
    while (part && !part.clientWidth) part = part.parentElement;
    return part ? Math.max(240, part.clientWidth - 42) : 0;
  };

  const draw = async (chart) => {
    // A chart in a closed part of the page is drawn too, as wide as it will be: print opens all.
    const hidden = !chart.place.clientWidth;
    const width = chart.place.clientWidth || around(chart.place);
    const meta = (chart.spec.usermeta || {}).journeyqual || {};
    const narrow = Boolean(meta.narrow) && width < NARROW;
    const state = [mode(), narrow, meta.fit ? width : "", hidden].join(" ");
    if (!width || state === chart.shown) return;
    chart.shown = state;
    const spec = structuredClone(narrow ? meta.narrow : chart.spec);
    spec.config = themes[mode()];
    if (hidden && spec.width === "container") spec.width = width;
    // A chart of several small charts cannot take its container's width by itself.
    if (meta.fit && spec.spec) spec.spec.width = Math.max(160, width - (narrow ? 130 : 80));
    if (chart.view) chart.view.finalize();
    const result = await window.vegaEmbed(chart.place, spec, {
      ast: true, // expressions are walked, not compiled: the page allows no eval
      renderer: "svg",
      actions: { export: true, source: false, compiled: false, editor: false },
      i18n: { SVG_ACTION: labels.svg, PNG_ACTION: labels.png },
      tooltip: { theme: mode() },
    });
    chart.view = result;
    const svg = chart.place.querySelector("svg.marks");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", chart.spec.description || labels.chart);
    // The label tells the whole chart: Vega's own labels of marks and axes would tell it in pieces.
    for (const part of svg.children) part.setAttribute("aria-hidden", "true");
    const menu = chart.place.querySelector("summary");
    if (menu) menu.setAttribute("aria-label", labels.save);
    try {
      result.view.addSignalListener("jq_stage", (_, value) => {
        const order = value && value.stage_order;
        if (order && order.length) open(order[0]);
      });
    } catch {
      // This chart has no stages to click.
    }
  };

  // One after the other: two drawings at once would stand in the same place.
  let drawing = 0;
  const redraw = (chart) => {
    drawing += 1;
    root.dataset.drawing = drawing; // who prints the page waits for this to go
    chart.ready = chart.ready
      .then(() => draw(chart))
      .catch((error) => {
        chart.place.textContent = `${labels.failed} ${error.message}`;
        root.dataset.failed = "1";
      })
      .finally(() => {
        drawing -= 1;
        if (drawing) root.dataset.drawing = drawing;
        else delete root.dataset.drawing;
      });
    return chart.ready;
  };

  const all = () => Promise.all(charts.map(redraw)).then(() => { root.dataset.drawn = mode(); });

  const button = document.getElementById("jq-mode");
  const label = () => { button.textContent = mode() === "dark" ? labels.light : labels.dark; };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = mode() === "dark" ? "light" : "dark";
    label();
    all();
  });
  dark.addEventListener("change", () => { label(); all(); });
  label();

  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#stage-"]');
    // The same link twice changes no address, so no event tells of it.
    if (link && link.hash === window.location.hash) fromHash();
  });
  window.addEventListener("hashchange", fromHash);
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((d) => {
      // The menu of a chart is no part of the page.
      if (!d.closest(".vega-embed")) d.open = true;
    });
  });
  const watch = new ResizeObserver((entries) => {
    for (const entry of entries) {
      const chart = charts.find((c) => c.place === entry.target);
      if (chart) redraw(chart);
    }
  });
  all().then(() => {
    charts.forEach((chart) => watch.observe(chart.place));
    fromHash();
  });
})();

// Figures have the width of a notebook's page. Where there is less room, as on a phone, this draws them anew in
// the room there is: fewer boards in a row, titles in more lines, legends and colour bars above or below.
(() => {
  const LEFT = 34, GAP = 36, LINE = 20, LETTER = 7.6, PANEL_LINE = 15, PANEL_LETTER = 6.4;

  const lines = (text) => (text ? text.split("<br>").length : 0);

  // Words in lines of at most `width` pixels; tags take no room.
  function wrap(text, width, letter) {
    const found = [];
    let line = "";
    for (const word of (text || "").split(/<br\s*\/?>| (?![^<]*>)/)) {
      const longer = line ? `${line} ${word}` : word;
      if (line && longer.replace(/<[^>]*>/g, "").length * letter > width) {
        found.push(line);
        line = word;
      } else line = longer;
    }
    return [...found, line].join("<br>");
  }

  // As plotting/panels.py puts a title of so many lines.
  function titled(text) {
    const at = { y: 1, yref: "container", yanchor: "top", pad: { t: 10 + 10 * Math.max(0, lines(text) - 1) } };
    return Object.fromEntries(Object.entries({ text, ...at }).map(([key, value]) => [`title.${key}`, value]));
  }

  const axes = (layout, letter) =>
    Object.keys(layout).filter((name) => new RegExp(`^${letter}axis\\d*$`).test(name))
      .sort((a, b) => (a.slice(5) || 1) - (b.slice(5) || 1));

  // The height of a legend that is laid out in lines: as wide as its longest name are all of its columns.
  function legendHeight(plot, width) {
    const names = plot._fullData.filter((trace) => trace.showlegend && trace.visible === true).map((trace) => trace.name);
    if (!plot._fullLayout.showlegend || !names.length) return 0;
    const columns = Math.max(1, Math.floor((width - 70) / (50 + 6.4 * Math.max(...names.map((name) => name.length)))));
    return LINE * Math.ceil(names.length / columns);
  }

  function boards(plot, wide, width) {
    const across = axes(wide, "x"), down = axes(wide, "y"), n = across.length;
    const written = plot.data.some((trace) => trace.texttemplate);
    const wanted = new Set(across.map((name) => wide[name].domain[0].toFixed(3))).size;
    const size = (perRow) => (width - LEFT - 10 - (perRow - 1) * GAP) / perRow;
    let perRow = wanted;
    while (perRow > 1 && size(perRow) < (written ? 190 : 95)) perRow--;
    const rows = Math.ceil(n / perRow), panel = size(perRow);
    const inner = wide.width - wide.margin.l - wide.margin.r;
    const before = Math.min((wide[across[0]].domain[1] - wide[across[0]].domain[0]) * inner,
      (wide[down[0]].domain[1] - wide[down[0]].domain[0]) * (wide.height - wide.margin.t - wide.margin.b));
    const titles = (wide.annotations || []).map((note) => wrap(note.text, panel + GAP - 8, PANEL_LETTER));
    const heading = PANEL_LINE * Math.max(0, ...titles.map(lines)) + 4;
    const title = wrap(wide.title.text, width - 20, LETTER);
    const legend = legendHeight(plot, width), bar = wide.coloraxis && wide.coloraxis.showscale !== false && plot.data.some((trace) => trace.coloraxis) ? 50 : 0;
    const margin = { l: LEFT, r: 10, t: 20 + LINE * lines(title) + heading, b: 28 + legend + bar, pad: 0 };
    const innerWidth = width - margin.l - margin.r, innerHeight = rows * panel + (rows - 1) * (32 + heading);
    const change = { width, height: innerHeight + margin.t + margin.b, margin, ...titled(title) };
    for (let i = 0; i < n; i++) {
      const x = (i % perRow) * (panel + GAP), y = Math.floor(i / perRow) * (panel + 32 + heading);
      change[`${across[i]}.domain`] = [x / innerWidth, Math.min(1, (x + panel) / innerWidth)];
      change[`${down[i]}.domain`] = [Math.max(0, 1 - (y + panel) / innerHeight), 1 - y / innerHeight];
    }
    titles.forEach((text, i) => (change[`annotations[${i}].text`] = text));
    const below = { orientation: "h", x: 0.5, xanchor: "center", y: -28 / innerHeight, yanchor: "top" };
    if (legend) change.legend = { ...wide.legend, ...below, title: { text: "" } };
    if (bar) {  // held to the figure's edge, or plotly would make room for it once more
      const foot = { yref: "container", y: 6 / change.height, yanchor: "bottom", ypad: 0, len: 0.9, thickness: 10 };
      change["coloraxis.colorbar"] = { ...wide.coloraxis.colorbar, ...below, ...foot };
    }
    const sizes = plot.data.map((trace) => trace.marker?.size).map((size) => (size ? (size * panel) / before : undefined));
    return [change, sizes];
  }

  function others(plot, wide, width) {
    const title = wrap(wide.title?.text, width - 20, LETTER);
    const legend = legendHeight(plot, width);
    const margin = { ...wide.margin, t: 28 + LINE * lines(title) + legend, r: 12 };
    const inner = wide.height - (wide.margin?.t ?? 60) - (wide.margin?.b ?? 50);
    const label = wrap(wide.xaxis?.title?.text, width - 90, PANEL_LETTER);
    margin.b = (wide.margin?.b ?? 50) + PANEL_LINE * (lines(label) - 1);
    const change = { width, height: inner + margin.t + margin.b, ...titled(title) };
    if (lines(label) > 1) change["xaxis.title.text"] = label;
    const facets = (wide.annotations || []).some((note) => note.xref === "paper");
    if (plot.data.some((trace) => trace.coloraxis)) {  // a heat map keeps the room for its colour bar
      margin.r = wide.margin.r;
      if (margin.r > 60) margin.r = 60;
    }
    change.margin = facets ? { ...margin, t: margin.t + 16 } : margin;
    if (legend) change.legend = { ...wide.legend, orientation: "h", x: 0, xanchor: "left", y: 1.01, yanchor: "bottom", title: { text: "" } };
    return [change, plot.data.map(() => undefined)];
  }

  function fit(plot) {
    const box = plot.closest(".output, .jp-OutputArea-output") || plot.parentElement;
    const style = getComputedStyle(box);
    const room = Math.floor(box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
    const wide = (plot.wide ??= JSON.parse(JSON.stringify(plot.layout)));
    const sizes = (plot.wideSizes ??= plot.data.map((trace) => trace.marker?.size));
    const width = Math.min(wide.width || room, Math.max(room, 260));
    if (!wide.width || plot.layout.width === width) return;
    let [change, changed] = [{ ...wide }, sizes];
    if (width < wide.width) [change, changed] = (wide.xaxis?.scaleanchor ? boards : others)(plot, wide, width);
    changed.forEach((size, i) => size && (plot.data[i].marker.size = size));
    const layout = width < wide.width ? structuredClone(wide) : wide;
    if (width < wide.width) {
      for (const [name, value] of Object.entries(change)) {
        const path = name.replace(/\[(\d+)\]/, ".$1").split(".");
        const last = path.pop();
        path.reduce((part, key) => (part[key] ??= {}), layout)[last] = value;
      }
    }
    const size = { width: `${layout.width}px`, height: `${layout.height}px` };
    for (const part of [plot, plot.parentElement]) if (part.style.height) Object.assign(part.style, size);
    const config = width < wide.width ? { displayModeBar: false } : { displayModeBar: "hover" };
    Plotly.react(plot, plot.data, structuredClone(layout), { ...plot._context, ...config });
  }

  const all = () => document.querySelectorAll(".js-plotly-plot").forEach(fit);
  let timer;
  addEventListener("load", all);
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(all, 200);
  });
})();

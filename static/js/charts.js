// Charts from <script type="application/json" id="…">, drawn with ECharts into <div data-chart="…">.
//
// data = {kind: "burndown", days: ["2026-06-01", …], open: [120, …], pace: [120, …], unit: "项"}
//      | {kind: "bars", labels: […], series: [{name, values: […], colour?}], unit, stacked?, horizontal?}
//      | {kind: "lines", labels: […], series: [{name, values: […], colour?, dashed?, step?, marks?, secondAxis?}], unit, secondUnit?, now?}
//        step: "end" draws stairs; marks: [{at: label, value, text}] are points with words; now: the label of today
// null in a series is a gap. The numbers themselves stand in the table below each chart.
const INK = "#1f2933";
const SOFT = "#56616d";
const LINE = "#dde2e7";
const COLOURS = { accent: "#2b5c8a", grey: "#9aa5b0", red: "#bb3128", amber: "#c98a1b", green: "#3f8a5b", light: "#8fb3d1" };
const PALETTE = [COLOURS.accent, COLOURS.light, COLOURS.grey, COLOURS.amber, COLOURS.green];
const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif';

const colour = (name, index) => COLOURS[name] ?? PALETTE[index % PALETTE.length];
const dayLabel = (day) => { const [, month, date] = day.split("-"); return `${Number(month)}月${Number(date)}日`; };

function base(data) {
  return {
    animation: false,
    textStyle: { fontFamily: FONT, color: INK, fontSize: 12 },
    color: PALETTE,
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 16, itemHeight: 8, textStyle: { color: SOFT } },
    // richText: the tooltip is drawn on the canvas, since a strict CSP forbids HTML with style attributes.
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, valueFormatter: (value) => (value === null || value === undefined ? "—" : `${value} ${data.unit ?? ""}`) },
  };
}
const categories = (labels, extra = {}) => ({ type: "category", data: labels, axisLine: { lineStyle: { color: LINE } }, axisTick: { show: false }, axisLabel: { color: SOFT, hideOverlap: true, ...extra } });
const figures = (unit, extra = {}) => ({ type: "value", name: unit ? `单位：${unit}` : "", nameTextStyle: { color: SOFT, align: "left" }, minInterval: 1, axisLabel: { color: SOFT }, splitLine: { lineStyle: { color: LINE } }, ...extra });

function burndown(data) {
  return {
    ...base(data),
    legend: { ...base(data).legend, right: 0, left: "auto" },
    xAxis: categories(data.days.map(dayLabel), { interval: "auto" }),
    yAxis: figures(data.unit),
    series: [
      { name: "未销号", type: "line", data: data.open, symbol: "none", lineStyle: { width: 2 }, color: COLOURS.accent, areaStyle: { opacity: 0.08 } },
      { name: "按期清零应有进度", type: "line", data: data.pace, symbol: "none", lineStyle: { type: "dashed", width: 1.5 }, color: COLOURS.amber, connectNulls: true },
    ],
  };
}

function bars(data) {
  const names = categories(data.labels, data.horizontal ? { width: 110, overflow: "truncate" } : {});
  const values = figures(data.unit);
  return {
    ...base(data),
    legend: { ...base(data).legend, right: 0, left: "auto", show: data.series.length > 1 },
    xAxis: data.horizontal ? { ...values, name: "" } : names,
    yAxis: data.horizontal ? { ...names, inverse: true } : values,
    series: data.series.map((series, index) => ({ name: series.name, type: "bar", data: series.values, stack: data.stacked ? "all" : undefined, color: colour(series.colour, index), barMaxWidth: 28 })),
  };
}

function lines(data) {
  const axes = [figures(data.unit, { minInterval: 0 })];
  if (data.secondUnit) axes.push(figures(data.secondUnit, { minInterval: 0, splitLine: { show: false }, nameTextStyle: { color: SOFT, align: "right" } }));
  return {
    ...base(data),
    legend: { ...base(data).legend, right: data.secondUnit ? 100 : 0, left: "auto" },
    xAxis: categories(data.labels),
    yAxis: axes,
    series: data.series.map((series, index) => ({
      name: series.name, type: "line", data: series.values, symbol: "none", step: series.step, yAxisIndex: series.secondAxis ? 1 : 0,
      color: colour(series.colour, index), lineStyle: { type: series.dashed ? "dashed" : "solid", width: 2 },
      markPoint: series.marks && points(series.marks), markLine: index === 0 && data.now ? today(data.now) : undefined,
    })),
  };
}

// Words begin below their point: what is asked for grows, so they lie one above the other.
const points = (marks) => ({
  symbol: "circle", symbolSize: 8,
  data: marks.map((mark) => ({ coord: [mark.at, mark.value], value: mark.text })),
  label: { formatter: (mark) => mark.value, position: "bottom", align: "left", distance: 7, color: INK, fontSize: 12 },
});
const today = (label) => ({
  symbol: "none", silent: true, data: [{ xAxis: label }], lineStyle: { color: COLOURS.grey, type: "solid", width: 1 },
  label: { formatter: "今天", color: SOFT },
});

const NARROW = 480;
const KINDS = { burndown, bars, lines };

function draw(holder) {
  const data = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
  const chart = window.echarts.init(holder);
  const option = KINDS[data.kind](data);
  // On a phone the legend has a line of its own above the axis' unit.
  if (holder.clientWidth < NARROW) { option.legend = { ...option.legend, left: 0, right: "auto" }; option.grid.top = 60; }
  chart.setOption(option);
  new ResizeObserver(() => chart.resize()).observe(holder);
}

if (window.echarts) document.querySelectorAll("[data-chart]").forEach(draw);
else document.querySelectorAll("[data-chart]").forEach((holder) => { holder.hidden = true; });

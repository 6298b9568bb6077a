// Panels drawn by plotly.js, which loads when the first of them comes into view.

import {el} from './dom.js';
import {wide} from './fields.js';
import {display, exact, named} from './format.js';

const PALETTE = ['#3B82F6', '#14B8A6', '#E0A526', '#8B5CF6', '#E07A5F', '#D9468F', '#7C8FD9', '#2E9E5B', '#B87333', '#8E9AAF'];
let loading = null;

export function library() {
  loading ||= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    // The version of everything is in this file's address.
    script.src = `/vendor/plotly.min.js?${import.meta.url.split('/').at(-3)}`;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("charts need plotly: pip install 'tokenboard[server]'"));
    document.head.append(script);
  });
  return loading;
}

function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function layout(extra) {
  const axis = {gridcolor: variable('--line'), zerolinecolor: variable('--line'), linecolor: variable('--line'), fixedrange: true, automargin: true, tickfont: {size: 11}};
  const {xaxis, yaxis, ...rest} = extra;
  return {
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
    font: {family: variable('--font'), size: 12, color: variable('--muted')},
    margin: {l: 8, r: 8, t: 8, b: 8, pad: 2},
    hoverlabel: {font: {family: variable('--font'), size: 12}, bgcolor: variable('--raised'), bordercolor: variable('--line')},
    hovermode: 'x unified',
    showlegend: true,
    bargap: 0.25,
    ...rest,
    xaxis: {...axis, ...xaxis},
    yaxis: {...axis, rangemode: 'tozero', nticks: 5, ...yaxis},
  };
}

function ticks(most, config) {
  const step = most > 0 ? niceStep(most / 4) : 1;
  const values = Array.from({length: 6}, (_, i) => i * step).filter((v) => v <= most * 1.1 || v === 0);
  return {tickmode: 'array', tickvals: values, ticktext: values.map((v) => display(v, config).text)};
}

function niceStep(raw) {
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  // Whole things have no halves: 2.5 people.
  const steps = magnitude === 1 ? [1, 2, 5, 10] : [1, 2, 2.5, 5, 10];
  return magnitude * (steps.find((n) => n * magnitude >= raw) ?? 10);
}

function colourOf(field, index) {
  const {mode, fixedColor} = field.config.color || {};
  return mode === 'fixed' && fixedColor ? named(fixedColor) : PALETTE[index % PALETTE.length];
}

// The year is in nobody's doubt; the hour matters when days are few.
function dateTicks(span) {
  const days = (span[1] - span[0]) / 8.64e7;
  return days > 300 ? '%b %Y' : days > 3 ? '%-d %b' : days > 1 ? '%-d %b %H:%M' : days > 0.01 ? '%H:%M' : days > 1e-4 ? '%H:%M:%S' : '%S.%1f s';
}

function hover(values, config) {
  return values.map((v) => {
    const shown = display(v, config);
    return shown.missing ? shown.text : shown.text === exact(v) ? shown.text : `${shown.text} (${exact(v)})`;
  });
}

// Width of a bar: the smallest step between points; a lonely point is a day in long ranges, else an hour.
function step(times, span) {
  const gaps = times.slice(1).map((t, i) => t - times[i]).filter((gap) => gap > 0);
  return gaps.length ? Math.min(...gaps) : span[1] - span[0] >= 2.592e8 ? 8.64e7 : 3.6e6;
}

// A line that fills less than a quarter of the range is drawn over its own time: seconds of a session in a day.
function fitted(span, times) {
  const [first, last] = [Number(times[0]), Number(times.at(-1))];
  if (times.length < 2 || (last - first) * 4 > span[1] - span[0]) return span;
  return [first - (last - first) / 40, last + (last - first) / 40];
}

export function timeseries(panel, frame, given) {
  const {times, series} = wide(frame);
  const bars = panel.fieldConfig.defaults.custom?.drawStyle === 'bars';
  const span = bars ? given : fitted(given, times);
  const width = step(times, span);
  const custom = panel.fieldConfig.defaults.custom || {};
  const stacked = custom.stacking?.mode === 'normal';
  const traces = series.map((field, index) => {
    const colour = colourOf(field, index);
    const own = {...custom, ...field.config.custom};
    const common = {name: field.label, x: times, y: field.values, customdata: hover(field.values, field.config), hovertemplate: '%{customdata}'};
    if (own.drawStyle === 'bars') return {...common, type: 'bar', width: width * 0.8, offset: width * 0.1, marker: {color: colour, opacity: (own.fillOpacity ?? 70) / 100}};
    return {
      ...common, type: 'scatter', mode: times.length < 3 || own.showPoints === 'always' ? 'lines+markers' : 'lines', marker: {size: 5},
      line: {color: colour, width: own.lineWidth ?? 2}, connectgaps: own.spanNulls === true,
      ...(stacked ? {stackgroup: 'a'} : own.fillOpacity ? {fill: 'tozeroy', fillcolor: `${colour}${Math.round(own.fillOpacity * 2.55).toString(16).padStart(2, '0')}`} : {}),
    };
  });
  const most = stacked ? Math.max(...times.map((_, i) => series.reduce((sum, f) => sum + (f.values[i] || 0), 0)), 0)
    : Math.max(...series.flatMap((f) => f.values.map((v) => v || 0)), 0);
  return {traces, layout: layout({
    barmode: stacked ? 'stack' : 'group',
    showlegend: panel.options.legend?.showLegend !== false && series.length > 1,
    yaxis: custom.scaleDistribution?.type === 'log' ? {type: 'log', rangemode: 'normal'} : ticks(most, series[0]?.config || panel.fieldConfig.defaults),
    // Bars begin at their hour or day, so the first one may begin a little before the range does.
    xaxis: {type: 'date', showgrid: false, tickformat: dateTicks(span), nticks: 7, range: [
      new Date(Math.min(span[0], ...times)), new Date(Math.max(span[1], times.length ? Number(times.at(-1)) + width : 0)),
    ]},
  })};
}

export function barchart(panel, frame) {
  const {xField, colorByField, orientation, showValue} = panel.options;
  const labels = frame.field(xField) || frame.shown.find((f) => f.kind !== 'number');
  const colours = colorByField && frame.field(colorByField);
  const flat = orientation === 'horizontal';
  const numbers = frame.numbers().filter((f) => f !== colours);
  const traces = numbers.map((field, index) => {
    const names = labels.values.map((v) => display(v, labels.config).text);
    return {
      type: 'bar', name: field.label, orientation: flat ? 'h' : 'v',
      x: flat ? field.values : names, y: flat ? names : field.values,
      marker: {color: colours ? colours.values.map((v) => named(display(v, colours.config).colour)) : colourOf(field, index), cornerradius: 3},
      text: showValue === 'never' ? null : field.values.map((v) => display(v, field.config).text), textposition: 'outside', cliponaxis: false,
      textfont: {color: variable('--text')},
      customdata: hover(field.values, field.config), hovertemplate: flat ? '%{y}: %{customdata}<extra></extra>' : '%{x}: %{customdata}<extra></extra>',
    };
  });
  const stacked = panel.options.stacking === 'normal';
  const most = stacked ? Math.max(...labels.values.map((_, i) => numbers.reduce((sum, f) => sum + (f.values[i] || 0), 0)), 0)
    : Math.max(...numbers.flatMap((f) => f.values.map((v) => v || 0)), 0);
  const scale = stacked ? ticks(most, numbers[0].config) : {showgrid: false, showticklabels: false, range: [0, most * 1.15 || 1]};
  const names = {type: 'category', showgrid: false};
  return {traces, layout: layout({
    hovermode: 'closest', showlegend: numbers.length > 1, barmode: stacked ? 'stack' : 'group',
    xaxis: flat ? scale : names, yaxis: flat ? {...names, autorange: 'reversed'} : scale,
  })};
}

export function piechart(panel, frame) {
  const labels = frame.shown.find((f) => f.kind === 'string');
  const field = frame.numbers()[0];
  const names = labels ? labels.values : frame.numbers().map((f) => f.label);
  const values = labels ? field.values : frame.numbers().map((f) => f.values.at(-1));
  const config = labels ? labels.config : {};
  return {traces: [{
    type: 'pie', labels: names, values, hole: panel.options.pieType === 'donut' ? 0.62 : 0, sort: false,
    marker: {colors: names.map((n, i) => {
      const shown = display(n, config);
      return shown.mapped ? named(shown.colour) : PALETTE[i % PALETTE.length];
    })},
    textinfo: 'percent', customdata: hover(values, field.config), hovertemplate: '%{label}: %{customdata}<extra></extra>',
  }], layout: layout({hovermode: 'closest', legend: {orientation: 'v', x: 1.02, y: 0.5}})};
}

// Grafana's XY chart: lines over a numeric axis, here filled, so that a bar of a histogram is four corners.
export function xychart(panel, frame) {
  const [x, ...series] = frame.numbers();
  const log = x.config.custom.scaleDistribution?.type === 'log';
  const traces = series.filter((field) => field.values.some((v) => v != null)).map((field, index) => {
    const rows = x.values.map((_, i) => i).filter((i) => field.values[i] != null);
    const colour = colourOf(field, index);
    return {
      type: 'scatter', mode: 'lines', name: field.label, fill: 'tozeroy', fillcolor: `${colour}d9`, line: {color: colour, width: 1}, hoveron: 'points',
      x: rows.map((i) => x.values[i]), y: rows.map((i) => field.values[i]),
      customdata: rows.map((i) => `${display(field.values[i], field.config).text} at ${display(x.values[i], x.config).text}`), hovertemplate: '%{fullData.name}: %{customdata}<extra></extra>',
    };
  });
  const most = Math.max(...series.flatMap((f) => f.values.map((v) => v || 0)), 0);
  const known = x.values.filter((v) => v > 0);
  return {traces, layout: layout({
    hovermode: 'closest', showlegend: traces.length > 1, yaxis: ticks(most, series[0].config),
    xaxis: {showgrid: true, title: {text: x.label, font: {size: 12}, standoff: 8}, ...(log ? {type: 'log', ...decades(known, x.config)} : {})},
  })};
}

// A mark a decade, named as amounts are, and thin ones between.
function decades(values, config) {
  const [first, last] = [Math.floor(Math.log10(Math.min(...values)) + 1e-9), Math.ceil(Math.log10(Math.max(...values)) - 1e-9)];
  const marks = Array.from({length: last - first + 1}, (_, i) => 10 ** (first + i));
  return {
    tickmode: 'array', tickvals: marks, ticktext: marks.map((v) => display(v, config).text), range: [first - 0.03, last + 0.03],
    minor: {tickmode: 'array', ticks: 'outside', ticklen: 4, tickcolor: variable('--line'), tickvals: marks.slice(0, -1).flatMap((v) => [2, 3, 4, 5, 6, 7, 8, 9].map((n) => n * v))},
  };
}

// The names of the series as plain buttons: they wrap, and a click hides a series and shows it again.
function legend(node, traces, plotly) {
  if (node.previousElementSibling) node.previousElementSibling.remove();
  if (!traces) return;
  node.before(el('ul', {class: 'legend'}, traces.map((trace, i) => {
    const button = el('button', {type: 'button', 'aria-pressed': String(!node.hiddenNames.has(trace.name)), onclick: () => {
      const shown = node.hiddenNames.delete(trace.name) || !node.hiddenNames.add(trace.name);
      button.setAttribute('aria-pressed', String(shown));
      plotly.restyle(node, {visible: shown}, [i]);
    }}, el('i', {style: {'--tone': trace.line?.color || trace.marker.color}}), trace.name);
    return el('li', {}, button);
  })));
}

export const CHARTS = {timeseries, barchart, piechart, xychart};

export async function draw(node, panel, frame, span) {
  const plotly = await library();
  const {traces, layout: shape} = CHARTS[panel.type](panel, frame, span);
  node.hiddenNames ||= new Set();
  const pie = panel.type === 'piechart';
  legend(node, shape.showlegend && !pie ? traces : null, plotly);
  for (const trace of traces) trace.visible = !node.hiddenNames.has(trace.name);
  await plotly.react(node, traces, {...shape, showlegend: pie && shape.showlegend}, {displayModeBar: false, responsive: true});
}

// Panels that need no charting library: big numbers, tables, bar gauges, text.

import {el, sparkline} from './dom.js';
import {display, inkOn, named} from './format.js';
import {href, safe} from './links.js';

export function stat(panel, frame) {
  const {reduceOptions: reduce, graphMode, textMode} = panel.options;
  const cards = reduce.values ? rowCards(frame, reduce.limit) : fieldCards(frame, reduce.fields, graphMode);
  return el('div', {class: `stats${cards.length > 1 ? ' several' : ''}`}, cards.map(({name, field, value, history}) => {
    const shown = display(value, field.config);
    return el('div', {class: 'stat', style: {'--tone': named(shown.colour)}, title: shown.exact && `${name}: ${shown.exact}`},
      textMode !== 'value' && (cards.length > 1 || textMode === 'value_and_name') ? el('div', {class: 'name'}, name) : null,
      el('div', {class: `value${shown.missing ? ' missing' : ''}`, style: {color: shown.missing ? null : named(shown.colour)}}, shown.text),
      history ? sparkline(history, named(shown.colour)) : null);
  }));
}

function fieldCards(frame, pattern, graphMode) {
  const body = /^\/(.*)\/$/.exec(pattern || '')?.[1];
  const chosen = body ? frame.shown.filter((f) => new RegExp(body).test(f.label)) : frame.numbers();
  return chosen.map((field) => ({
    name: field.label, field, value: field.values.findLast((v) => v != null),
    history: graphMode === 'area' && frame.time() ? field.values : null,
  }));
}

function rowCards(frame, limit) {
  const text = frame.shown.find((f) => f.kind === 'string');
  const field = frame.numbers()[0];
  return Array.from({length: Math.min(frame.length, limit || 25)}, (_, row) => ({
    name: text ? text.values[row] : field.label, field, value: field.values[row],
  }));
}

export function barGauge(panel, frame) {
  const limit = panel.options.reduceOptions.limit || 25;
  const cards = panel.options.reduceOptions.values ? rowCards(frame, limit) : fieldCards(frame, panel.options.reduceOptions.fields, 'none');
  const most = Math.max(...cards.map((c) => c.field.config.max ?? c.value ?? 0), 0);
  return el('div', {class: 'gauges'}, cards.map(({name, field, value}) => {
    const shown = display(value, field.config);
    return el('div', {class: 'gauge-row', title: `${name}: ${shown.exact}`},
      el('span', {class: 'name'}, name),
      bar(most ? value / most : 0, named(shown.colour)),
      el('span', {class: 'value'}, shown.text));
  }));
}

function bar(share, colour) {
  const width = `${Math.max(0, Math.min(1, share || 0)) * 100}%`;
  return el('span', {class: 'bar'}, el('span', {style: {width, background: colour}}));
}

// Of Markdown only what the provisioned texts use: paragraphs, lists, bold.
function inline(line) {
  return line.split(/(\*\*[^*]+\*\*)/).map((part) => (part.startsWith('**') ? el('strong', {}, part.slice(2, -2)) : part));
}

export function text(panel) {
  return el('div', {class: 'text'}, (panel.options.content || '').trim().split(/\n{2,}/).map((block) => {
    const lines = block.split('\n');
    return lines.every((line) => line.startsWith('- ')) ? el('ul', {}, lines.map((line) => el('li', {}, inline(line.slice(2)))))
      : el('p', {}, inline(lines.join(' ')));
  }));
}

export function table(panel, frame, state) {
  const columns = frame.shown;
  const frozen = frozenEdges(columns, panel.options.frozenColumns?.left || 0);
  const sort = panel.options.sortBy?.[0];
  const view = {column: columns.findIndex((f) => f.label === sort?.displayName), down: sort?.desc ?? false};
  const body = el('tbody');
  const heads = columns.map((field, index) => el('th', {class: alignment(field) + (index in frozen ? ' frozen' : ''), scope: 'col', style: {...widths(field), left: frozen[index]}},
    el('button', {type: 'button', title: field.config.description || `Sort by ${field.label}`, onclick: () => {
      view.down = view.column === index ? !view.down : field.kind === 'number';
      view.column = index;
      fill();
    }}, field.label)));
  const fill = () => {
    const order = Array.from({length: frame.length}, (_, i) => i);
    if (view.column >= 0) {
      const {values} = columns[view.column];
      order.sort((a, b) => compare(values[a], values[b], view.down) || a - b);
    }
    heads.forEach((head, i) => head.setAttribute('aria-sort', i !== view.column ? 'none' : view.down ? 'descending' : 'ascending'));
    const ranges = columns.map(rangeOf);
    body.replaceChildren(...order.map((row) => el('tr', {}, columns.map((field, i) => cell(field, row, {frame, state, range: ranges[i], left: frozen[i]})))));
  };
  fill();
  const feet = columns.map((field) => el('td', {class: alignment(field)}, footer(field)));
  return el('div', {class: 'sheet', tabindex: '0'}, el('table', {},
    panel.options.showHeader === false ? null : el('thead', {}, el('tr', {}, heads)), body,
    feet.some((f) => f.textContent) ? el('tfoot', {}, el('tr', {}, feet)) : null));
}

// Where each of the columns that stay in sight begins: after those before it.
function frozenEdges(columns, many) {
  let edge = 0;
  return columns.slice(0, many).map(({config: {custom}}) => {
    const left = `${edge}px`;
    edge += custom.width || custom.minWidth || 0;
    return left;
  });
}

// Empty values stay last whichever way one sorts.
function compare(a, b, down) {
  const missing = (v) => v == null || v === '' || Number.isNaN(v);
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  const order = typeof a === 'string' ? a.localeCompare(b) : a < b ? -1 : a > b ? 1 : 0;
  return down ? -order : order;
}

function alignment(field) {
  const align = field.config.custom.align;
  return !align || align === 'auto' ? (field.kind === 'number' ? 'right' : 'left') : align;
}

function widths({config: {custom}}) {
  return {width: custom.width && `${custom.width}px`, 'min-width': (custom.minWidth || custom.width) && `${custom.minWidth || custom.width}px`};
}

function rangeOf(field) {
  if (field.kind !== 'number') return null;
  const {min, max} = field.config;
  return {min: min ?? 0, max: max ?? Math.max(...field.values.filter((v) => v != null), 0)};
}

function footer(field) {
  const reducer = field.config.custom.footer?.reducers?.[0];
  const values = field.values.filter((v) => v != null);
  if (!reducer || !values.length) return '';
  const total = values.reduce((sum, v) => sum + v, 0);
  return display(reducer === 'mean' ? total / values.length : total, field.config).text;
}

function cell(field, row, {frame, state, range, left}) {
  const value = field.values[row];
  const shown = display(value, field.config);
  const {type} = field.config.custom.cellOptions || {};
  const content = (CELLS[type] || plain)(value, shown, {field, range});
  const classes = `${alignment(field)}${field.config.custom.wrapText ? ' wrap' : ''}${left ? ' frozen' : ''}`;
  return el('td', {class: classes, style: left ? {left} : {}, title: shown.exact && shown.exact !== shown.text ? shown.exact : null},
    linked(content, {frame, field, row, state}));
}

function linked(content, context) {
  const link = context.field.config.links?.[0];
  const url = link && context.field.values[context.row] != null && safe(href(link.url, context));
  return url ? el('a', {href: url, title: link.title || null}, content) : content;
}

function plain(value, shown) {
  return shown.missing ? el('span', {class: 'missing'}, shown.text) : shown.text;
}

const CELLS = {
  'color-text': (value, shown) => el('span', {style: {color: named(shown.colour)}}, shown.text),
  'color-background': (value, shown) => el('span', {class: 'filled', style: {background: named(shown.colour), color: inkOn(named(shown.colour))}}, shown.text),
  pill(value, shown, {field}) {
    const labels = pills(value);
    return labels.length ? el('span', {class: 'pills'}, labels.map((label) => {
      const one = display(label, field.config);
      const colour = one.mapped ? named(one.colour) : '#6B7280';
      return el('span', {class: 'pill', style: {'--pill': colour, color: inkOn(colour)}}, one.text);
    })) : el('span', {class: 'missing'}, shown.missing ? shown.text : '');
  },
  gauge(value, shown, {range}) {
    if (shown.missing) return el('span', {class: 'missing'}, shown.text);
    const share = range.max > range.min ? (value - range.min) / (range.max - range.min) : 0;
    return el('span', {class: 'meter'}, bar(share, named(shown.colour)), el('span', {class: 'value'}, shown.text));
  },
  sparkline(value, shown) {
    const values = Array.isArray(value) ? value.map(Number) : [];
    return sparkline(values, named(shown.colour), {width: 80, height: 20});
  },
};

// A text with commas, or one that is a JSON list, shows as several pills, as in Grafana.
function pills(value) {
  if (Array.isArray(value)) return value;
  if (value == null || value === '') return [];
  if (typeof value === 'string' && value.startsWith('[')) {
    try {
      return JSON.parse(value).map(String);
    } catch { /* a text that only looks like a list */ }
  }
  return String(value).split(/\s*,\s*/);
}

// The page: reads the address, draws a dashboard, redraws it when time passes or a choice changes.

import * as api from './api.js';
import {CHARTS, draw, library} from './charts.js';
import {control} from './choice.js';
import {el} from './dom.js';
import {Frame} from './fields.js';
import {barGauge, stat, table, text} from './panels.js';
import {ALL, RANGES, State} from './state.js';
import {stateTimeline, traces} from './timeline.js';

const PLAIN = {stat, table, bargauge: barGauge, 'state-timeline': stateTimeline, traces};
const OWN = 'own';
const PERIODS = {s: 1e3, m: 6e4, h: 3.6e6};
const $ = (id) => document.getElementById(id);

let boards = [];
let dashboard = null;
let state = null;
let running = new AbortController();
let timer = 0;

async function start() {
  theme();
  $('refresh').addEventListener('click', () => load());
  $('range').addEventListener('change', (event) => {
    if (event.target.value === OWN) return between();
    state.from = event.target.value;
    state.to = 'now';
    go(state.address());
  });
  $('between').addEventListener('submit', (event) => {
    event.preventDefault();
    const [from, to] = ['from', 'to'].map((name) => new Date($('between').elements[name].value).getTime());
    if (!(from < to)) return complain('a time range begins before it ends');
    $('between').hidden = true;
    [state.from, state.to] = [String(from), String(to)];
    go(state.address());
  });
  $('between').addEventListener('reset', () => {
    $('between').hidden = true;
    ranges();
  });
  window.addEventListener('popstate', open);
  document.addEventListener('click', follow);
  document.addEventListener('pointerup', tell);
  document.addEventListener('visibilitychange', () => document.hidden || schedule(true));
  // The page came with what would be asked first.
  ({boards, dashboard} = JSON.parse($('given').textContent));
  await open();
}

// What a mouse learns by hovering, a finger learns by touching.
function tell(event) {
  const told = event.pointerType !== 'mouse' && !event.target.closest('a, button') && event.target.closest('.panel [title]');
  $('exact').hidden = !told;
  if (told) $('exact').textContent = told.title;
}

// Links inside the page change what it shows without loading it again.
function follow(event) {
  const link = event.target.closest('a[href]');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !/^\/(d\/|$)/.test(url.pathname)) return;
  event.preventDefault();
  go(url.pathname + url.search);
}

function go(address) {
  history.pushState(null, '', address);
  open();
}

async function open() {
  state = new State(location);
  const uid = state.uid || boards[0]?.uid;
  if (!uid) return complain('there is no dashboard');
  try {
    if (dashboard?.uid !== uid) dashboard = await api.board(uid);
  } catch (error) {
    return complain(`dashboard ${uid}: ${error.message}`);
  }
  state.adopt(dashboard);
  document.title = `${dashboard.title} · tokenboard`;
  $('title').textContent = dashboard.title;
  $('about').textContent = dashboard.description || '';
  $('boards').replaceChildren(...boards.map((b) => el('a', {href: `/d/${b.uid}?${elsewhere()}`, 'aria-current': b.uid === uid ? 'page' : null}, b.title)));
  const here = $('boards').querySelector('[aria-current]');
  if (here) $('boards').scrollLeft = here.offsetLeft - ($('boards').clientWidth - here.offsetWidth) / 2;
  ranges();
  layOut();
  await defaults();
  const drawn = load();
  await Promise.all([variables(), drawn]);
}

// Where the other dashboards begin: the same time and filters. A session's own minutes stay with it.
function elsewhere() {
  const keeps = dashboard.links?.every((link) => link.keepTime) ?? true;
  if (keeps) sessionStorage.setItem('tokenboard-time', state.timeQuery());
  const time = keeps ? state.timeQuery() : sessionStorage.getItem('tokenboard-time');
  return [time, state.filterQuery()].filter(Boolean).join('&');
}

// The form for a range of one's own, filled with the one that is looked at.
function between() {
  const local = (ms) => new Date(ms - new Date(ms).getTimezoneOffset() * 6e4).toISOString().slice(0, 16);
  const [from, to] = state.span() || [Date.now() - 8.64e7, Date.now()];
  $('between').elements.from.value = local(from);
  $('between').elements.to.value = local(to);
  $('between').hidden = false;
  $('between').elements.from.focus();
}

function ranges() {
  const known = RANGES.some(([from]) => from === state.from) && state.to === 'now';
  const options = RANGES.map(([from, name]) => el('option', {value: from, selected: from === state.from && known}, name));
  if (!known) options.unshift(el('option', {value: state.from, selected: true}, state.spoken()));
  options.push(el('option', {value: OWN}, 'From … to …'));
  $('range').replaceChildren(...options);
}

// A variable without All takes its first choice, as in Grafana.
async function defaults() {
  for (const variable of dashboard.templating?.list || []) {
    if (variable.type !== 'query' || variable.includeAll || variable.skipUrlSync || state.variables.get(variable.name)?.[0]) continue;
    begin();
    const [first] = await choices(variable);
    if (first) state.variables.set(variable.name, [first.value]);
  }
}

async function variables() {
  const list = (dashboard.templating?.list || []).filter((v) => v.hide !== 2);
  const drawn = await Promise.all(list.map(async (variable) => {
    const options = await choices(variable);
    const chosen = state.variables.get(variable.name) || [];
    for (const value of chosen) {
      if (value !== ALL && !options.some((o) => o.value === value)) options.push({value, text: value || '(none)'});
    }
    return control(variable, options, chosen, (values) => {
      state.variables.set(variable.name, values);
      // What was chosen from another session's traces is none of this one's.
      for (const other of list) if (other.query?.rawSql?.includes(`\${${variable.name}`)) state.variables.delete(other.name);
      go(state.address());
    });
  }));
  $('variables').replaceChildren(...drawn);
}

async function choices(variable) {
  if (variable.type === 'custom') return (variable.options || []).filter((o) => o.value !== ALL);
  if (variable.type !== 'query') return [];
  try {
    const answer = await ask('variable', variable.name);
    const frame = new Frame(answer, {});
    const [values, texts] = [frame.fields[0]?.values || [], (frame.fields[1] || frame.fields[0])?.values || []];
    return values.map((value, i) => ({value: String(value), text: String(texts[i])}));
  } catch (error) {
    if (error.name !== 'AbortError') complain(`filter ${variable.name}: ${error.message}`);
    return [];
  }
}

let asked = new Map();
let span = null;

// Panels that draw another panel's answer ask once; all of a load see the same moment.
function ask(panel, ref) {
  if (!span) throw new Error(`${state.from} to ${state.to} is no time range`);
  const key = `${panel}:${ref}`;
  if (!asked.has(key)) {
    asked.set(key, api.query({
      dashboard: dashboard.uid, panel, ref, from: span[0], to: span[1],
      variables: state.chosen(dashboard.templating?.list || []),
    }, running.signal));
  }
  return asked.get(key);
}

let cards = [];

function layOut() {
  cards = [];
  const shown = (panel) => {
    if (panel.type === 'row') return el('h2', {style: {'--y': panel.gridPos.y + 1}}, panel.title);
    const {x, y, w, h} = panel.gridPos;
    const body = el('div', {class: 'body'});
    const card = el('article', {class: `panel is-${panel.type}${w <= 6 ? ' small' : ''}`, 'data-panel': panel.id, style: {'--x': x + 1, '--y': y + 1, '--w': w, '--h': h}},
      panel.title ? el('h3', {title: panel.description || null}, panel.title, panel.description ? el('span', {class: 'hint', tabindex: '0', 'aria-label': panel.description}, 'i') : null) : null,
      body);
    cards.push({panel, body, card});
    return card;
  };
  const panels = [...(dashboard.panels || [])].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
  $('grid').replaceChildren(...panels.map(shown));
}

function begin() {
  running.abort();
  running = new AbortController();
  asked = new Map();
  span = state.span();
}

async function load() {
  begin();
  const began = performance.now();
  document.body.classList.add('busy');
  const plain = cards.filter(({panel}) => !CHARTS[panel.type]);
  const charts = cards.filter(({panel}) => CHARTS[panel.type]);
  const results = await Promise.all([...plain, ...charts].map(fill));
  if (results.includes('aborted')) return;
  document.body.classList.remove('busy');
  document.body.dataset.loaded = String(Number(document.body.dataset.loaded || 0) + 1);
  if (results.every((r) => r === 'drawn')) {
    $('status').className = '';
    $('status').textContent = `${new Date().toLocaleTimeString()} · ${cards.length} panels in ${Math.round(performance.now() - began)} ms`;
  }
  schedule(false);
}

async function fill({panel, body, card}) {
  if (panel.type === 'text') {
    body.replaceChildren(text(panel));
    return 'drawn';
  }
  try {
    const answer = await ask(panel.targets[0].panelId ?? panel.id, panel.targets[0].refId);
    const frame = new Frame(answer, panel.fieldConfig, panel.transformations);
    card.classList.remove('failed');
    if (frame.length === 0) body.replaceChildren(el('p', {class: 'empty'}, panel.fieldConfig.defaults.noValue || 'No data'));
    else if (PLAIN[panel.type]) body.replaceChildren(PLAIN[panel.type](panel, frame, state));
    else if (CHARTS[panel.type]) await chart(body, panel, frame);
    else body.replaceChildren(el('p', {class: 'empty'}, `this page does not draw ${panel.type} panels yet; Grafana does`));
    return 'drawn';
  } catch (error) {
    if (error.name === 'AbortError') return 'aborted';
    card.classList.add('failed');
    body.replaceChildren(el('p', {class: 'empty'}, error.message));
    complain(`${panel.title}: ${error.message}`);
    return 'failed';
  }
}

async function chart(body, panel, frame) {
  let node = body.querySelector('.plot');
  if (!node) {
    node = el('div', {class: 'plot'});
    body.replaceChildren(node);
  }
  // The browser paints what needs no library first.
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  await library();
  await draw(node, panel, frame, span);
}

function schedule(now) {
  clearTimeout(timer);
  const period = /^(\d+)([smh])$/.exec(dashboard?.refresh || '');
  if (!period || document.hidden) return;
  if (now) load();
  else timer = setTimeout(load, Number(period[1]) * PERIODS[period[2]]);
}

function complain(message) {
  $('status').className = 'failed';
  $('status').textContent = message;
}

function theme() {
  const apply = (name) => {
    if (name) document.documentElement.dataset.theme = name;
    $('theme').setAttribute('aria-pressed', String(name === 'dark'));
  };
  apply(localStorage.getItem('tokenboard-theme'));
  $('theme').addEventListener('click', () => {
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    const next = (document.documentElement.dataset.theme || (dark ? 'dark' : 'light')) === 'dark' ? 'light' : 'dark';
    localStorage.setItem('tokenboard-theme', next);
    apply(next);
    load();
  });
}

start();

// What happened when: stretches in lanes, and the spans of a trace. Plain elements, no charting library.

import {el} from './dom.js';
import {display, inkOn, named} from './format.js';

const LEGIBLE = 6;  // per cent of the width from which a stretch is named on itself

// What the query puts before a step's name says what its colour means.
const SIGNS = {'⟳': 'part of a loop', '✕': 'failed', '⚙': 'tool call'};
const meaning = (text) => SIGNS[text[0]] || (text === 'human turn' || text === 'instruction' ? text : 'model call');

const seconds = (ms) => display(ms / 1000, {unit: 's'}).text;

// A nice step so that the axis has about five marks.
function marks(from, to) {
  const raw = (to - from) / 5 || 1;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = magnitude * ([1, 2, 5, 10].find((n) => n * magnitude >= raw) ?? 10);
  return Array.from({length: Math.floor((to - from) / step) + 1}, (_, i) => i * step);
}

function axis(from, to) {
  return el('div', {class: 'lane axis', 'aria-hidden': 'true'}, el('span', {class: 'lane-name'}),
    el('span', {class: 'track'}, marks(from, to).map((ms) => el('i', {style: {left: `${100 * ms / (to - from)}%`}}, `+${seconds(ms)}`))));
}

// Grafana's state timeline: the first time is a state's start, the second its end, the first text its lane.
export function stateTimeline(panel, frame) {
  const [starts, ends] = frame.fields.filter((f) => f.kind === 'time');
  const lane = frame.field(panel.transformations[0].options.fields[0]);
  const activity = frame.fields.find((f) => f.kind === 'string' && f !== lane);
  const from = Math.min(...starts.values.map(Number));
  const to = Math.max(...ends.values.map(Number), from + 1);
  const lanes = new Map();
  const legend = new Map();
  for (let row = 0; row < frame.length; row++) {
    const name = lane.values[row];
    if (!lanes.has(name)) lanes.set(name, []);
    const shown = display(activity.values[row], activity.config);
    const [start, end] = [Number(starts.values[row]), Number(ends.values[row])];
    const width = 100 * (end - start) / (to - from);
    const colour = named(shown.colour);
    legend.set(colour, meaning(shown.text));
    lanes.get(name).push(el('span', {
      class: 'state', title: `${name.trim()}: ${shown.text}, +${seconds(start - from)}, ${seconds(end - start)}`,
      style: {left: `${100 * (start - from) / (to - from)}%`, width: `${width}%`, background: colour, color: inkOn(colour)},
    }, width >= LEGIBLE ? el('span', {}, shown.text) : null));
  }
  const key = el('ul', {class: 'legend'}, [...legend].map(([colour, text]) => el('li', {}, el('i', {style: {'--tone': colour}}), text)));
  return el('div', {class: 'lanes', tabindex: '0'}, key,
    [...lanes].map(([name, states]) => el('div', {class: 'lane'},
      el('span', {class: 'lane-name', title: name.trim()}, name.replaceAll('  ', '\u2003')), el('span', {class: 'track'}, states))),
    axis(from, to));
}

// The spans of one trace as a tree, parents before children, by start.
function tree(spans) {
  const ids = new Set(spans.map((s) => s.id));
  const children = new Map();
  for (const span of spans) {
    const parent = ids.has(span.parent) && span.parent !== span.id ? span.parent : '';
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(span);
  }
  const found = [];
  const visit = (parent, depth) => {
    for (const span of children.get(parent) || []) {
      if (found.length > spans.length) return;
      found.push({...span, depth});
      visit(span.id, depth + 1);
    }
  };
  visit('', 0);
  return found;
}

const PAINT = [[/^chat|^generate|^text_comp|^embed/, '#3B82F6'], [/^execute_tool/, '#14B8A6'], [/^invoke_agent|^invoke_work/, '#8B5CF6'], [/^task/, '#E0A526']];

export function traces(panel, frame) {
  const column = (name) => frame.field(name)?.values || [];
  const [id, parent, name, service, start, duration, tags, serviceTags, status] = ['spanID', 'parentSpanID', 'operationName', 'serviceName', 'startTime', 'duration', 'tags', 'serviceTags', 'statusCode'].map(column);
  const spans = tree(id.map((one, i) => ({
    id: one, parent: parent[i], name: name[i], service: service[i], start: Number(start[i]), ms: duration[i],
    tags: tags[i] || [], serviceTags: serviceTags[i] || [], failed: status[i] === 'Error' || status[i] === 'STATUS_CODE_ERROR',
  })));
  const from = Math.min(...spans.map((s) => s.start));
  const to = Math.max(...spans.map((s) => s.start + s.ms), from + 1);
  return el('div', {class: 'lanes spans', tabindex: '0'}, spans.map((span) => {
    const colour = span.failed ? '#D1495B' : PAINT.find(([pattern]) => pattern.test(span.name))?.[1] || '#8E9AAF';
    return el('details', {},
      el('summary', {class: 'lane'},
        el('span', {class: 'lane-name', title: `${span.name} (${span.service})`, style: {'padding-left': `${Math.min(span.depth, 12) * 12}px`}}, span.name),
        el('span', {class: 'track'}, el('span', {class: 'state', title: `+${seconds(span.start - from)}, ${seconds(span.ms)}`,
          style: {left: `${100 * (span.start - from) / (to - from)}%`, width: `max(3px, ${100 * span.ms / (to - from)}%)`, background: colour}})),
        el('span', {class: 'took'}, seconds(span.ms))),
      el('dl', {}, [...span.tags, ...span.serviceTags].flatMap(({key, value}) => [el('dt', {}, key), el('dd', {}, value)])));
  }), axis(from, to));
}

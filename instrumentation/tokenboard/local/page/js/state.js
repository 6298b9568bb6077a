// What is being looked at: dashboard, time range, variables. It lives in the address, so links keep it.

export const RANGES = [
  ['now-15m', 'Last 15 minutes'], ['now-1h', 'Last hour'], ['now-6h', 'Last 6 hours'], ['now-24h', 'Last 24 hours'],
  ['now-7d', 'Last 7 days'], ['now-30d', 'Last 30 days'], ['now-90d', 'Last 90 days'],
];
const UNITS = {s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8, M: 2.592e9, y: 3.1536e10};
export const ALL = '$__all';

export function moment(text, now) {
  const relative = /^now(?:-(\d+)([smhdwMy]))?$/.exec(text);
  if (relative) return now - (relative[1] ? Number(relative[1]) * UNITS[relative[2]] : 0);
  const absolute = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(absolute) ? null : absolute;
}

export class State {
  constructor(location) {
    const query = new URLSearchParams(location.search);
    this.uid = /^\/d\/([\w-]+)/.exec(location.pathname)?.[1] || null;
    this.from = query.get('from');
    this.to = query.get('to');
    this.variables = new Map();
    for (const [key, value] of query) {
      if (key.startsWith('var-')) {
        const name = key.slice(4);
        this.variables.set(name, [...(this.variables.get(name) || []), value]);
      }
    }
  }

  // Fill in what the address does not say.
  adopt(dashboard) {
    this.uid = dashboard.uid;
    this.from ||= dashboard.time?.from || 'now-30d';
    this.to ||= dashboard.time?.to || 'now';
    for (const variable of dashboard.templating?.list || []) {
      // What no address says the server finds out by itself.
      if (variable.skipUrlSync || this.variables.has(variable.name)) continue;
      const value = variable.current?.value ?? ALL;
      this.variables.set(variable.name, Array.isArray(value) ? value : [value]);
    }
  }

  // [start, end] in milliseconds, or nothing if the address holds nonsense. Now is the end of the minute:
  // who looks again within it asks the same, and the server need not work it out again.
  span(now = Math.floor(Date.now() / 6e4) * 6e4 + 59_999) {
    const start = moment(this.from, now);
    const end = moment(this.to, now);
    return start == null || end == null || start >= end ? null : [Math.floor(start), Math.ceil(end)];
  }

  timeQuery() {
    return `from=${encodeURIComponent(this.from)}&to=${encodeURIComponent(this.to)}`;
  }

  variableQuery() {
    return [...this.variables].flatMap(([name, values]) => values.map((v) => `var-${name}=${encodeURIComponent(v)}`)).join('&');
  }

  // What narrows the view and means the same on every dashboard.
  filterQuery() {
    return [...this.variables].filter(([name, values]) => !['session', 'trace'].includes(name) && values[0] && values[0] !== ALL)
      .flatMap(([name, values]) => values.map((v) => `var-${name}=${encodeURIComponent(v)}`)).join('&');
  }

  // The range in words.
  spoken() {
    const span = this.span();
    if (!span || !/^\d+$/.test(this.from)) return `${this.from} to ${this.to}`;
    const [start, end] = span.map((ms) => new Date(ms));
    if (end - start > 8.64e7) return [start, end].map((d) => d.toLocaleString(undefined, {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'})).join(' – ');
    const time = {hour: '2-digit', minute: '2-digit', second: '2-digit'};
    return `${start.toLocaleDateString(undefined, {day: 'numeric', month: 'short'})} ${start.toLocaleTimeString(undefined, time)} – ${end.toLocaleTimeString(undefined, time)}`;
  }

  address() {
    return `/d/${this.uid}?${[this.timeQuery(), this.variableQuery()].filter(Boolean).join('&')}`;
  }

  // As the server wants them: one text or several.
  chosen(variables) {
    return Object.fromEntries([...this.variables].map(([name, values]) => {
      const multi = variables.find((v) => v.name === name)?.multi;
      return [name, multi ? values : values[0]];
    }));
  }
}

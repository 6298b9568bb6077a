// A query's answer as columns with their display settings: Grafana's data frame, as far as we need it.

const NUMERIC = /^(U?Int\d+|Float\d+|BFloat16|Decimal)/;
const TEMPORAL = /^Date/;

function bare(type) {
  let inner = type;
  for (let found; (found = /^(?:Nullable|LowCardinality)\((.*)\)$/.exec(inner));) inner = found[1];
  return inner;
}

function kindOf(type) {
  const inner = bare(type);
  if (NUMERIC.test(inner)) return 'number';
  if (TEMPORAL.test(inner)) return 'time';
  return inner.startsWith('Array') ? 'list' : inner === 'Bool' ? 'boolean' : 'string';
}

function parsed(value, kind) {
  if (value == null) return null;
  if (kind === 'number') return Number(value);
  if (kind === 'time') {
    if (typeof value === 'number') return new Date(value);
    // ClickHouse writes UTC without saying so.
    const text = value.includes('T') ? value : value.replace(' ', 'T');
    return new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  }
  return value;
}

function matches(matcher, name, kind) {
  if (matcher.id === 'byName') return matcher.options === name;
  if (matcher.id === 'byRegexp') {
    const body = /^\/(.*)\/$/.exec(matcher.options);
    return new RegExp(body ? body[1] : matcher.options).test(name);
  }
  if (matcher.id === 'byType') return matcher.options === kind;
  return false;
}

function configOf(name, kind, fieldConfig) {
  const config = structuredClone(fieldConfig?.defaults || {});
  config.custom ||= {};
  for (const override of fieldConfig?.overrides || []) {
    if (!matches(override.matcher, name, kind)) continue;
    for (const {id, value} of override.properties) {
      if (id.startsWith('custom.')) setPath(config.custom, id.slice(7).split('.'), value);
      else config[id] = value;
    }
  }
  return config;
}

function setPath(target, path, value) {
  for (const step of path.slice(0, -1)) target = target[step] ||= {};
  target[path.at(-1)] = value;
}

// The transformations that our dashboards use; another one leaves the answer as it is.
function transformed(answer, {id, options}) {
  if (id !== 'rowsToFields') return answer;
  const column = (key) => answer.columns.findIndex((c) => c.name === options.mappings.find((m) => m.handlerKey === key)?.fieldName);
  const [name, value] = [column('field.name'), column('field.value')];
  const cell = (row, index) => (Array.isArray(row) ? row[index] : row[answer.columns[index].name]);
  return {
    columns: answer.rows.map((row) => ({name: String(cell(row, name)), type: answer.columns[value].type})),
    rows: answer.rows.length ? [answer.rows.map((row) => cell(row, value))] : [],
  };
}

export class Frame {
  constructor(given, fieldConfig, transformations = []) {
    const answer = transformations.reduce(transformed, given);
    this.length = answer.rows.length;
    this.fields = answer.columns.map(({name, type}, index) => {
      const kind = kindOf(type);
      const config = configOf(name, kind, fieldConfig);
      return {
        name, kind, config, type,
        label: config.displayName || name,
        values: answer.rows.map((row) => parsed(Array.isArray(row) ? row[index] : row[name], kind)),
      };
    });
  }

  field(name) {
    return this.fields.find((f) => f.name === name || f.label === name);
  }

  // What a user sees; `hidden` ones can still be named in links.
  get shown() {
    return this.fields.filter((f) => !f.config.custom.hidden && !f.config.custom.hideFrom?.viz);
  }

  numbers() {
    return this.shown.filter((f) => f.kind === 'number');
  }

  time() {
    return this.fields.find((f) => f.kind === 'time');
  }
}

// Long answers (time, label, number) become one series per label, as the data source's backend does it.
export function wide(frame) {
  const time = frame.time();
  const labels = frame.shown.filter((f) => f.kind === 'string');
  if (!time || labels.length === 0) return {times: time?.values || [], series: frame.numbers()};
  const times = [...new Set(time.values.map(Number))].sort((a, b) => a - b);
  const position = new Map(times.map((t, i) => [t, i]));
  const series = new Map();
  for (const number of frame.numbers()) {
    for (let row = 0; row < frame.length; row++) {
      const label = labels.map((f) => f.values[row]).join(' ');
      const name = frame.numbers().length > 1 ? `${number.label} ${label}` : label;
      if (!series.has(name)) series.set(name, {...number, name, label: name, values: times.map(() => null)});
      series.get(name).values[position.get(Number(time.values[row]))] = number.values[row];
    }
  }
  return {times: times.map((t) => new Date(t)), series: [...series.values()]};
}

// Units, mappings and colours of a field, by Grafana's rules as far as our dashboards use them.

const MAGNITUDES = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'K']];
const DURATIONS = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's'], [1e-3, 'ms'], [1e-6, 'µs']];
const exactNumber = new Intl.NumberFormat('en-US', {maximumFractionDigits: 12});

function trimmed(number, decimals) {
  return number.toLocaleString('en-US', {maximumFractionDigits: decimals});
}

// 1234567 → "1.23 M": three figures, as many as an eye compares.
function humanised(number, decimals) {
  const size = Math.abs(number);
  for (const [limit, suffix] of MAGNITUDES) {
    if (size >= limit * 0.9995) {
      const scaled = number / limit;
      return `${trimmed(scaled, decimals ?? (Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0))} ${suffix}`;
    }
  }
  return trimmed(number, decimals ?? (Number.isInteger(number) ? 0 : 2));
}

function duration(seconds, decimals) {
  if (seconds === 0) return '0 s';
  for (const [limit, suffix] of DURATIONS) {
    if (Math.abs(seconds) >= limit) return `${trimmed(seconds / limit, decimals ?? 1)} ${suffix}`;
  }
  return `${trimmed(seconds * 1e9, 0)} ns`;
}

function money(number, decimals) {
  const size = Math.abs(number);
  const sign = number < 0 ? '-' : '';
  if (size >= 1e4) return `${sign}$${humanised(size, decimals)}`;
  // A call costs fractions of a cent; $0.00 would be a lie.
  const digits = decimals ?? (size === 0 || size >= 0.1 ? 2 : size >= 0.001 ? 4 : 6);
  return `${sign}$${size.toLocaleString('en-US', {minimumFractionDigits: Math.min(digits, 2), maximumFractionDigits: digits})}`;
}

const UNITS = {
  short: humanised,
  none: (n, d) => trimmed(n, d ?? 2),
  locale: (n, d) => trimmed(n, d ?? 0),
  currencyUSD: money,
  percentunit: (n, d) => `${trimmed(n * 100, d ?? (Math.abs(n) < 0.1 && n !== 0 ? 1 : 0))}%`,
  percent: (n, d) => `${trimmed(n, d ?? 1)}%`,
  s: duration,
  ms: (n, d) => duration(n / 1000, d),
  m: (n, d) => duration(n * 60, d),
  watth: (n, d) => (n >= 1000 ? `${humanised(n / 1000, d ?? (n < 1e4 ? 2 : 1))} kWh` : `${trimmed(n, d ?? (n < 10 ? 2 : 0))} Wh`),
  bytes: (n, d) => `${humanised(n, d)}B`,
};

function unitText(number, config) {
  const unit = config.unit || 'short';
  if (unit.startsWith('suffix:')) return trimmed(number, config.decimals ?? 2) + unit.slice(7);
  if (unit.startsWith('prefix:')) return unit.slice(7) + trimmed(number, config.decimals ?? 2);
  return (UNITS[unit] || humanised)(number, config.decimals);
}

export function exact(value) {
  return typeof value === 'number' ? exactNumber.format(value) : String(value ?? '');
}

function mapped(value, config) {
  for (const mapping of config.mappings || []) {
    const options = mapping.options;
    if (mapping.type === 'value' && value != null && Object.hasOwn(options, String(value))) {
      return options[String(value)];
    }
    if (mapping.type === 'range' && typeof value === 'number'
        && value >= (options.from ?? -Infinity) && value <= (options.to ?? Infinity)) {
      return options.result;
    }
    if (mapping.type === 'regex' && value != null && new RegExp(options.pattern).test(String(value))) {
      return options.result;
    }
    if (mapping.type === 'special' && specialMatches(options.match, value)) return options.result;
  }
  return null;
}

function specialMatches(match, value) {
  const empty = value === '';
  const missing = value == null || Number.isNaN(value);
  return (match === 'null' && value == null) || (match === 'nan' && Number.isNaN(value))
    || (match === 'null+nan' && missing) || (match === 'empty' && empty);
}

// Text, exact text and colour of one value.
export function display(value, config) {
  const mapping = mapped(value, config);
  const missing = value == null || value === '' || Number.isNaN(value);
  let text;
  if (mapping?.text != null) text = mapping.text;
  else if (missing) text = config.noValue ?? '—';
  else if (typeof value === 'number') text = unitText(value, config);
  else if (value instanceof Date) text = dateText(value);
  else text = String(value);
  return {
    text,
    exact: missing ? '' : value instanceof Date ? value.toISOString() : exact(value),
    colour: mapping?.color ?? colourOf(value, config),
    mapped: mapping?.color != null,
    missing,
  };
}

export function dateText(date) {
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  return date.toLocaleString(undefined, {year, month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit'});
}

function colourOf(value, config) {
  if (config.color?.mode === 'thresholds') return thresholdColour(value, config);
  return config.color?.fixedColor ?? 'var(--accent)';
}

export function thresholdColour(value, config) {
  let colour = 'var(--accent)';
  const steps = config.thresholds?.steps || [];
  for (const step of steps) {
    if (step.value == null || value >= step.value) colour = step.color;
  }
  return named(colour);
}

const NAMED = {green: '#2E9E5B', red: '#D1495B', yellow: '#E0A526', orange: '#E07A5F', blue: '#3B82F6', purple: '#8B5CF6', text: 'var(--text)'};
export function named(colour) {
  return NAMED[colour] || colour;
}

// Black or white, whichever is read better on the colour.
export function inkOn(colour) {
  const hex = /^#([0-9a-f]{6})$/i.exec(colour);
  if (!hex) return '#fff';
  const [r, g, b] = [0, 2, 4].map((i) => parseInt(hex[1].slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.3 ? '#10151c' : '#fff';
}

// Grafana's link templates: ${__value.raw}, ${__data.fields.name}, ${__url_time_range}, ${__all_variables}, ${name}.

const encoded = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export function href(template, {frame, field, row, state}) {
  return template.replace(/\$\{([^}]+)\}/g, (whole, body) => {
    const [path, format] = body.split(':');
    if (path === '__url_time_range') return state.timeQuery();
    if (path === '__all_variables') return state.variableQuery();
    if (format === 'queryparam') return (state.variables.get(path) || []).map((v) => `var-${path}=${encoded(v)}`).join('&');
    const value = lookup(path, frame, field, row, state);
    if (value == null) return '';
    return format === 'raw' ? String(value) : encoded(String(value));
  });
}

function lookup(path, frame, field, row, state) {
  if (path === '__value.raw' || path === '__value.text') return field.values[row];
  const named = /^__data\.fields(?:\.(\w+)|\["([^"]+)"\])$/.exec(path);
  if (named) return frame.field(named[1] || named[2])?.values[row];
  return state.variables.get(path)?.join(',');
}

// Only links inside this page and to the web: a dashboard's JSON is ours, a value in it may be anybody's.
export function safe(url) {
  return /^(https?:\/\/|\/(?!\/)|\?)/.test(url) ? url : null;
}

// Elements without a framework. Text only ever becomes text, never markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (name === 'class') node.className = value;
    else if (name === 'style') for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) if (child != null) node.append(child);
  return node;
}

export function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function sparkline(values, colour, {width = 100, height = 24} = {}) {
  const points = values.map((v, i) => [i, v]).filter(([, v]) => v != null && !Number.isNaN(v));
  const graph = svg('svg', {viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', class: 'spark', 'aria-hidden': 'true'});
  if (points.length < 2) return graph;
  const top = Math.max(...points.map(([, v]) => v));
  const step = width / (values.length - 1);
  const path = points.map(([i, v]) => `${(i * step).toFixed(1)},${(height - 1 - (top ? v / top : 0) * (height - 3)).toFixed(1)}`);
  graph.append(
    svg('polygon', {points: `0,${height} ${path.join(' ')} ${width},${height}`, fill: colour, opacity: '0.15'}),
    svg('polyline', {points: path.join(' '), fill: 'none', stroke: colour, 'stroke-width': '1.5', 'vector-effect': 'non-scaling-stroke'}),
  );
  return graph;
}

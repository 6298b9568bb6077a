// The filters above a dashboard: one value from a list, or several.

import {el} from './dom.js';
import {ALL} from './state.js';

const LONG = 12;

function one(variable, options, chosen, choose) {
  const select = el('select', {name: variable.name, 'aria-label': variable.label || variable.name, title: variable.description || null},
    variable.includeAll ? el('option', {value: ALL, selected: chosen.includes(ALL)}, 'All') : null,
    options.map((o) => el('option', {value: o.value, selected: chosen.includes(o.value)}, o.text)));
  select.addEventListener('change', () => choose([select.value]));
  return el('label', {class: 'choice'}, el('span', {}, variable.label || variable.name), select);
}

// As in Grafana, what is ticked holds once the list is closed; "only" picks one at once.
function several(variable, options, chosen, choose) {
  const picked = new Set(chosen.filter((v) => v !== ALL));
  const names = options.filter((o) => picked.has(o.value)).map((o) => o.text);
  const label = variable.label || variable.name;
  const menu = el('div', {class: 'menu'});
  const box = el('details', {class: 'several', 'data-variable': variable.name},
    el('summary', {title: variable.description || null, 'aria-label': `${label}: ${names.join(', ') || 'All'}`}, el('span', {}, names.join(' + ') || 'All')), menu);
  const apply = () => {
    const values = picked.size ? [...picked] : [ALL];
    if (values.join('\0') !== chosen.join('\0')) choose(values);
  };
  const rows = options.map((o) => {
    const tick = el('input', {type: 'checkbox', value: o.value, checked: picked.has(o.value)});
    tick.addEventListener('change', () => (tick.checked ? picked.add(o.value) : picked.delete(o.value)));
    const only = el('button', {type: 'button', title: `Only ${o.text}`, onclick: () => { picked.clear(); picked.add(o.value); box.open = false; }}, 'only');
    return el('div', {class: 'option'}, el('label', {}, tick, el('span', {}, o.text)), only);
  });
  const all = el('button', {type: 'button', class: 'all', onclick: () => { picked.clear(); box.open = false; }}, 'All');
  const find = options.length > LONG ? el('input', {type: 'search', placeholder: 'Find…', 'aria-label': `Find a ${label.toLowerCase()}`}) : null;
  find?.addEventListener('input', () => rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(find.value.toLowerCase()); }));
  menu.append(...[find, all, ...rows].filter(Boolean));
  box.addEventListener('toggle', () => !box.open && apply());
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') box.open = false; });
  return el('div', {class: 'choice'}, el('span', {}, label), box);
}

// A click elsewhere closes what is open.
document.addEventListener('click', (event) => {
  for (const box of document.querySelectorAll('details.several[open]')) if (!box.contains(event.target)) box.open = false;
});

export function control(variable, options, chosen, choose) {
  return (variable.multi ? several : one)(variable, options, chosen, choose);
}

// Usage: node validate.mjs DASHBOARD.json… — prints one line a fault, exits 1 if there is any.
//
// A dashboard is checked as a whole against Grafana's Dashboard type, and each panel's options and
// custom field settings against the types of its own panel plugin. Unknown properties are faults:
// Grafana would ignore them in silence.
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {createRequire} from 'node:module';
import Ajv from 'ajv';
import {createGenerator} from 'ts-json-schema-generator';

const types = join(dirname(createRequire(import.meta.url).resolve('@grafana/schema/package.json')), 'dist', 'types', 'raw');
const schemas = new Map();

function schema(file, type) {
  const key = `${file}#${type}`;
  if (!schemas.has(key)) {
    schemas.set(key, createGenerator({path: join(types, file), type, skipTypeCheck: true, additionalProperties: false}).createSchema(type));
  }
  return structuredClone(schemas.get(key));
}

function compiled(file, type, {partial = false} = {}) {
  const made = schema(file, type);
  if (partial) delete made.definitions[type].required;
  const ajv = new Ajv({allErrors: true, strict: false});
  return ajv.compile(made);
}

// The package has no types for these: their options are empty or checked as far as they are used.
const UNTYPED = new Set(['traces']);

function panelTypes(panel) {
  const file = `composable/${panel.type.replaceAll('-', '')}/panelcfg/x/types.gen.d.ts`;
  try {
    readFileSync(join(types, file));
  } catch {
    throw new Error(`Grafana defines no panel type "${panel.type}"`);
  }
  return file;
}

function hasType(file, type) {
  return new RegExp(`export interface ${type}\\b`).test(readFileSync(join(types, file), 'utf8'));
}

function nested(target, path, value) {
  const steps = path.split('.');
  let place = target;
  for (const step of steps.slice(0, -1)) place = place[step] ??= {};
  place[steps.at(-1)] = value;
}

const faults = [];
function check(where, validate, value) {
  if (validate(value)) return;
  for (const error of validate.errors) {
    const detail = error.params.additionalProperty ?? error.params.allowedValues?.join('|') ?? '';
    faults.push(`${where}${error.instancePath}: ${error.message} ${detail}`.trim());
  }
}

function checkPanel(where, panel) {
  if (panel.type === 'row') {
    for (const inner of panel.panels ?? []) checkPanel(`${where} > ${inner.title}`, inner);
    return;
  }
  if (UNTYPED.has(panel.type)) {
    if (Object.keys(panel.options ?? {}).length) faults.push(`${where} options: nothing is known of them`);
    return;
  }
  let file;
  try {
    file = panelTypes(panel);
  } catch (error) {
    faults.push(`${where}: ${error.message}`);
    return;
  }
  check(`${where} options`, compiled(file, 'Options'), panel.options ?? {});
  if (!hasType(file, 'FieldConfig')) return;
  const custom = compiled(file, 'FieldConfig', {partial: true});
  check(`${where} fieldConfig.defaults.custom`, custom, panel.fieldConfig?.defaults?.custom ?? {});
  const field = compiled('dashboard/x/types.gen.d.ts', 'FieldConfig', {partial: true});
  for (const override of panel.fieldConfig?.overrides ?? []) {
    const properties = {};
    const own = {};
    for (const {id, value} of override.properties) {
      if (id.startsWith('custom.')) nested(own, id.slice('custom.'.length), value);
      else properties[id] = value;
    }
    check(`${where} override ${override.matcher.options} custom`, custom, own);
    check(`${where} override ${override.matcher.options}`, field, properties);
  }
}

for (const path of process.argv.slice(2)) {
  const dashboard = JSON.parse(readFileSync(path, 'utf8'));
  check(`${dashboard.title}`, compiled('dashboard/x/types.gen.d.ts', 'Dashboard'), dashboard);
  for (const panel of dashboard.panels ?? []) checkPanel(`${dashboard.title} > ${panel.title}`, panel);
}
for (const fault of new Set(faults)) console.log(fault);
process.exit(faults.length ? 1 : 0);

// The methods of console beyond printing a text (Console standard section 1).
const { inspect, format } = internals.load('inspect');
const { consoleGroups } = internals;
const { write } = native.console;
const { kind, entriesOf } = native.values;
const kinds = native.values.kinds();
const kInfo = 1, kWarn = 2, kError = 3;
const textMax = 65536, groupsMax = 1000, rowsMax = 1000, columnsMax = 100;
const now = Date.now;

function print(level, data) {
  let text = format(data);
  const indent = consoleGroups.get(native.io.current()) ?? '';
  if (text.length > textMax) text = `${text.slice(0, textMax)}... ${text.length - textMax} more characters`;
  if (indent !== '') text = indent + text.replaceAll('\n', `\n${indent}`);
  write(level, text);
}

// What is printed of an error's stack: its frames in the worker's code.
function framesHere() {
  const holder = {};
  Error.captureStackTrace(holder);
  return internals.load('inspect').ownFrames(`${holder.stack}`).replace(/^[^\n]*/, '');
}

const labelOf = ([label]) => (label === undefined ? 'default' : `${label}`);
const counts = new Map();
const timers = new Map();
const spanText = (ms) => (ms < 1000 ? `${ms}ms` : ms < 60_000 ? `${(ms / 1000).toFixed(3)}s` : `${Math.floor(ms / 60_000)}m ${((ms % 60_000) / 1000).toFixed(3)}s`);
function logTimer(method, data) {
  const [label, ...rest] = data;
  const name = labelOf([label]);
  const started = timers.get(name);
  if (started === undefined) print(kWarn, [`console.${method}: there is no timer '${name}'`]);
  else print(kInfo, [`${name}: ${spanText(now() - started)}`, ...rest]);
  return name;
}

function group(data) {
  if (data.length > 0) print(kInfo, data);
  const io = native.io.current();
  if (consoleGroups.size >= groupsMax) consoleGroups.clear();
  consoleGroups.set(io, `${consoleGroups.get(io) ?? ''}  `.slice(0, 80));
}

// [name of the index column, rows of [index, value]]; null for what is no table.
function tableRows(data) {
  if ((typeof data !== 'object' && typeof data !== 'function') || data === null) return null;
  const type = kind(data);
  if (type === kinds.Map || type === kinds.Set) return ['(iteration index)', [...entriesOf(data)[0].entries()]];
  return ['(index)', Object.entries(data)];
}
// A table out of rows of cells, the first of them the heads.
function drawTable(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)) + 2);
  const line = (left, middle, right) => left + widths.map((width) => '\u2500'.repeat(width)).join(middle) + right;
  const [head, ...body] = rows.map((row) => `\u2502${row.map((text, i) => ` ${text}`.padEnd(widths[i])).join('\u2502')}\u2502`);
  return [line('\u250c', '\u252c', '\u2510'), head, line('\u251c', '\u253c', '\u2524'), ...body, line('\u2514', '\u2534', '\u2518')].join('\n');
}
function tableText(data, properties) {
  const found = tableRows(data);
  if (found === null) return null;
  let [indexName, rows] = found;
  const cell = (value) => inspect(value, { depth: -1, maxStringLength: 1000, breakLength: Infinity });
  if (kind(data) === kinds.Map) {
    const flat = rows.map(([, value]) => value);
    const pairs = [[indexName, 'Key', 'Values']];
    for (let i = 0; i < Math.min(flat.length, 2 * rowsMax); i += 2) pairs.push([`${i / 2}`, cell(flat[i]), cell(flat[i + 1])]);
    return drawTable(pairs);
  }
  const more = rows.length - rowsMax;
  rows = rows.slice(0, rowsMax);
  const isRow = (value) => typeof value === 'object' && value !== null;
  const names = properties ?? [...new Set(rows.flatMap(([, value]) => (isRow(value) ? Object.keys(value) : [])))].slice(0, columnsMax);
  const hasValues = rows.some(([, value]) => !isRow(value));
  const cells = rows.map(([index, value]) => [`${index}`,
    ...names.map((name) => (isRow(value) && Object.hasOwn(value, name) ? cell(value[name]) : '')),
    ...(hasValues ? [isRow(value) ? '' : cell(value)] : [])]);
  const text = drawTable([[indexName, ...names, ...(hasValues ? ['Values'] : [])], ...cells]);
  return more > 0 ? `${text}\n... ${more} more rows` : text;
}

return {
  print,
  assert([condition, ...data]) {
    if (condition) return;
    if (typeof data[0] === 'string') data[0] = `Assertion failed: ${data[0]}`;
    else data.unshift('Assertion failed');
    print(kError, data);
  },
  clear() { consoleGroups.delete(native.io.current()); },
  count(data) {
    const label = labelOf(data);
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    print(kInfo, [`${label}: ${count}`]);
  },
  countReset(data) {
    const label = labelOf(data);
    if (!counts.delete(label)) print(kWarn, [`console.countReset: there is no count '${label}'`]);
  },
  dir([value, options]) { print(kInfo, [`%s`, inspect(value, { customInspect: false, ...options })]); },
  dirxml(data) { print(kInfo, data); },
  group,
  groupCollapsed: group,
  groupEnd() {
    const io = native.io.current();
    const indent = consoleGroups.get(io)?.slice(2) ?? '';
    if (indent === '') consoleGroups.delete(io);
    else consoleGroups.set(io, indent);
  },
  table([data, properties]) {
    const names = properties === undefined ? undefined : internals.toSequence(properties, 'console.table: the second argument').map(String);
    const text = tableText(data, names);
    print(kInfo, text === null ? [data] : ['%s', text]);
  },
  time(data) {
    const label = labelOf(data);
    if (timers.has(label)) print(kWarn, [`console.time: the timer '${label}' is running already`]);
    else timers.set(label, now());
  },
  timeLog(data) { logTimer('timeLog', data); },
  timeEnd(data) { timers.delete(logTimer('timeEnd', data.slice(0, 1))); },
  trace(data) { print(kWarn, ['%s', `Trace${data.length > 0 ? `: ${format(data)}` : ''}${framesHere()}`]); },
};

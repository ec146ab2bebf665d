// console (Console standard), formatted the way people know from terminals.
const { write } = native.console;
const kDebug = 0, kInfo = 1, kWarn = 2, kError = 3;
const depthMax = 2, itemsMax = 100, lineWidth = 76, textMax = 65536;
const identifier = /^[A-Za-z_$][\w$]*$/;
const { getOwnPropertyNames, getOwnPropertyDescriptor, getPrototypeOf, getOwnPropertySymbols } = Object;

function quote(text) {
  const q = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes('`') ? '`' : "'";
  const escaped = text.replace(/[\\\n\r\t\0-\x1f\x7f]/g, (c) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' })[c]
    ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return q + (q === "'" ? escaped.replaceAll("'", "\\'") : escaped) + q;
}
const formatKey = (key) => (typeof key === 'symbol' ? `[${key.toString()}]` : identifier.test(key) ? key : quote(key));

function constructorName(object) {
  for (let o = object; o !== null; o = getPrototypeOf(o)) {
    const descriptor = getOwnPropertyDescriptor(o, 'constructor');
    if (typeof descriptor?.value === 'function' && descriptor.value.name !== '') return descriptor.value.name;
  }
  return null;
}
function functionText(f) {
  const kind = /^class\b/.test(Function.prototype.toString.call(f)) ? 'class' : (constructorName(f) ?? 'Function');
  return kind === 'class' ? `[class ${f.name || '(anonymous)'}]` : `[${kind}${f.name ? `: ${f.name}` : ' (anonymous)'}]`;
}

function join(prefix, open, parts, close, indent) {
  if (parts.length === 0) return `${prefix}${open}${close}`;
  const width = parts.reduce((n, part) => n + part.length + 2, prefix.length + indent);
  if (width <= lineWidth && !parts.some((part) => part.includes('\n'))) {
    return open === '[' ? `${prefix}[ ${parts.join(', ')} ]` : `${prefix}${open} ${parts.join(', ')} ${close}`;
  }
  const pad = ' '.repeat(indent + 2);
  return `${prefix}${open}\n${pad}${parts.join(`,\n${pad}`)}\n${' '.repeat(indent)}${close}`;
}

// What the runtime's own classes show, since their state is private.
function shownState(value, name) {
  switch (name) {
    case 'Headers': return Object.fromEntries(value);
    case 'URLSearchParams': return Object.fromEntries(value);
    case 'Request': return { method: value.method, url: value.url, headers: value.headers };
    case 'Response': return { status: value.status, statusText: value.statusText, headers: value.headers, bodyUsed: value.bodyUsed };
    case 'URL': return { href: value.href };
    case 'AbortSignal': return { aborted: value.aborted };
    case 'Event': return { type: value.type };
    default: return null;
  }
}

function inspect(value, depth, seen, indent) {
  switch (typeof value) {
    case 'string': return quote(value);
    case 'bigint': return `${value}n`;
    case 'number': return Object.is(value, -0) ? '-0' : `${value}`;
    case 'symbol': return value.toString();
    case 'function': return functionText(value);
    case 'object': return value === null ? 'null' : inspectObject(value, depth, seen, indent);
    default: return `${value}`;
  }
}

function inspectObject(value, depth, seen, indent) {
  if (seen.includes(value)) return '[Circular]';
  const name = constructorName(value);
  if (value instanceof Error) return inspectError(value, depth, seen, indent);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return `${value}`;
  if (value instanceof Promise) return 'Promise {}';
  if (value instanceof WeakMap || value instanceof WeakSet) return `${name} { <items unknown> }`;
  if (depth > depthMax) return Array.isArray(value) ? '[Array]' : `[${name ?? 'Object: null prototype'}]`;
  const inner = [...seen, value];
  const show = (item) => inspect(item, depth + 1, inner, indent + 2);
  const more = (count) => (count > itemsMax ? [`... ${count - itemsMax} more items`] : []);
  if (Array.isArray(value)) {
    const parts = [];
    for (let i = 0; i < Math.min(value.length, itemsMax); ++i) parts.push(i in value ? show(value[i]) : '<empty>');
    const prefix = name === 'Array' ? '' : `${name}(${value.length}) `;
    return join(prefix, '[', [...parts, ...more(value.length)], ']', indent);
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const parts = [...value.subarray(0, itemsMax)].map((n) => inspect(n, 0, [], 0));
    return join(`${name}(${value.length}) `, '[', [...parts, ...more(value.length)], ']', indent);
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
  if (value instanceof Map) {
    const parts = [...value].slice(0, itemsMax).map(([k, v]) => `${show(k)} => ${show(v)}`);
    return join(`Map(${value.size}) `, '{', [...parts, ...more(value.size)], '}', indent);
  }
  if (value instanceof Set) {
    const parts = [...value].slice(0, itemsMax).map(show);
    return join(`Set(${value.size}) `, '{', [...parts, ...more(value.size)], '}', indent);
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return `[${name}: ${inspect(value.valueOf(), 0, [], 0)}]`;
  }
  const prefix = name === 'Object' ? '' : `${name ?? '[Object: null prototype]'} `;
  const shown = shownState(value, value[Symbol.toStringTag] ?? name) ?? value;
  return join(prefix, '{', properties(shown, show), '}', indent);
}

function properties(object, show) {
  const parts = [];
  const keys = [...getOwnPropertyNames(object), ...getOwnPropertySymbols(object)];
  for (const key of keys) {
    const descriptor = getOwnPropertyDescriptor(object, key);
    if (!descriptor?.enumerable) continue;
    if (parts.length === itemsMax) { parts.push('...'); break; }
    let text;
    if (descriptor.get !== undefined) text = descriptor.set === undefined ? '[Getter]' : '[Getter/Setter]';
    else text = descriptor.set === undefined ? show(descriptor.value) : '[Setter]';
    parts.push(`${formatKey(key)}: ${text}`);
  }
  return parts;
}

function inspectError(error, depth, seen, indent) {
  const stack = error.stack;
  let text = typeof stack === 'string' && stack !== '' ? stack : `[${error}]`;
  if (error.cause !== undefined && depth <= depthMax) {
    text += ` {\n  [cause]: ${inspect(error.cause, depth + 1, [...seen, error], indent + 2)}\n}`;
  }
  return text;
}

function format(args) {
  let first = 0;
  let text = '';
  if (typeof args[0] === 'string') {
    first = 1;
    text = args.length === 1 ? args[0] : args[0].replace(/%[sdifjoOc%]/g, (spec) => {
      if (spec === '%%') return '%';
      if (first >= args.length) return spec;
      const value = args[first++];
      switch (spec) {
        case '%s': return typeof value === 'string' ? value : inspect(value, depthMax, [], 0);
        case '%d': return typeof value === 'object' ? 'NaN' : typeof value === 'bigint' ? `${value}n` : `${Number(value)}`;
        case '%i': return typeof value === 'object' ? 'NaN' : `${parseInt(value, 10)}`;
        case '%f': return typeof value === 'symbol' ? 'NaN' : `${parseFloat(value)}`;
        case '%j': return JSON.stringify(value);
        case '%c': return '';
        default: return inspect(value, 0, [], 0);
      }
    });
  }
  const rest = args.slice(first).map((value) => (typeof value === 'string' ? value : inspect(value, 0, [], 0)));
  return (first > 0 ? [text, ...rest] : rest).join(' ');
}
internals.inspect = (value) => inspect(value, 0, [], 0);

let groupIndent = '';
const counts = new Map();
const timers = new Map();

function print(level, args) {
  let text = format(args);
  if (groupIndent !== '') text = groupIndent + text.replaceAll('\n', `\n${groupIndent}`);
  if (text.length > textMax) text = `${text.slice(0, textMax)}... ${text.length - textMax} more characters`;
  write(level, text);
}
function tableText(data, columns) {
  if (data === null || typeof data !== 'object') return null;
  const rows = data instanceof Map ? [...data] : Object.entries(data);
  const names = [];
  let hasValues = false;
  for (const [, row] of rows) {
    if (row !== null && typeof row === 'object') {
      for (const key of Object.keys(row)) if (!names.includes(key)) names.push(key);
    } else hasValues = true;
  }
  const shown = columns === undefined ? names : [...columns];
  const cell = (value) => inspect(value, depthMax + 1, [], 0);
  const header = ['(index)', ...shown, ...(hasValues ? ['Values'] : [])];
  const lines = rows.map(([index, row]) => {
    const isObject = row !== null && typeof row === 'object';
    return [`${index}`, ...shown.map((key) => (isObject && key in row ? cell(row[key]) : '')),
      ...(hasValues ? [isObject ? '' : cell(row)] : [])];
  });
  const widths = header.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i].length)) + 2);
  const rule = (left, middle, right) => left + widths.map((w) => '─'.repeat(w)).join(middle) + right;
  const row = (cells) => `│${cells.map((text, i) => ` ${text}`.padEnd(widths[i])).join('│')}│`;
  return [rule('┌', '┬', '┐'), row(header), rule('├', '┼', '┤'), ...lines.map(row), rule('└', '┴', '┘')].join('\n');
}

const console = {
  log(...args) { print(kInfo, args); },
  info(...args) { print(kInfo, args); },
  debug(...args) { print(kDebug, args); },
  warn(...args) { print(kWarn, args); },
  error(...args) { print(kError, args); },
  dir(value) { print(kInfo, [inspect(value, 0, [], 0)]); },
  dirxml(...args) { print(kInfo, args); },
  trace(...args) {
    const holder = {};
    Error.captureStackTrace(holder, console.trace);
    print(kError, [`Trace${args.length > 0 ? `: ${format(args)}` : ''}${`${holder.stack}`.replace(/^[^\n]*/, '')}`]);
  },
  assert(condition, ...args) {
    if (condition) return;
    if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`; else args.unshift('Assertion failed');
    print(kError, args);
  },
  count(label = 'default') {
    const n = (counts.get(`${label}`) ?? 0) + 1;
    counts.set(`${label}`, n);
    print(kInfo, [`${label}: ${n}`]);
  },
  countReset(label = 'default') { counts.delete(`${label}`); },
  group(...args) {
    if (args.length > 0) print(kInfo, args);
    groupIndent += '  ';
  },
  groupEnd() { groupIndent = groupIndent.slice(2); },
  time(label = 'default') { timers.set(`${label}`, Date.now()); },
  timeLog(label = 'default', ...args) {
    const start = timers.get(`${label}`);
    if (start === undefined) print(kWarn, [`Timer '${label}' does not exist`]);
    else print(kInfo, [`${label}: ${Date.now() - start}ms`, ...args]);
  },
  timeEnd(label = 'default') {
    console.timeLog(label);
    timers.delete(`${label}`);
  },
  table(data, columns) {
    const text = tableText(data, columns);
    print(kInfo, [text ?? data]);
  },
};
console.groupCollapsed = console.group;
Object.defineProperty(console, Symbol.toStringTag, { value: 'console', configurable: true });
internals.defineGlobals({ console });

// Values as text, the way people know it from terminals: what console prints and node:util's inspect gives.
//
// No code of the value runs, save a custom inspect function and, of objects of the runtime, their own getters. The
// text is bounded: beyond textMax characters, deeper objects are only named.
const { kind, keysOf, entriesOf, stateOf, targetOf, isDetached } = native.values;
const kinds = native.values.kinds();
const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, getPrototypeOf, hasOwn } = Object;
const { apply } = Reflect;
const functionToString = Function.prototype.toString;
const { toISOString, getTime } = Date.prototype;
const regExpToString = RegExp.prototype.toString;
const custom = Symbol.for('nodejs.util.inspect.custom');
const textMax = 65536;
const combinedMax = 3;     // how many levels of objects may share a line
const groupedMin = 6;      // arrays longer than this are set in columns
const columnsMax = 15;
const identifier = /^[A-Za-z_$][\w$]*$/;
const escapes = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', '\\': '\\\\', "'": "\\'" };

const defaults = {
  depth: 2, maxArrayLength: 100, maxStringLength: 10000, breakLength: 80, showHidden: false, showProxy: false,
  customInspect: true, getters: false, sorted: false, compact: combinedMax,
};

function quote(text) {
  const q = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes('`') && !text.includes('${') ? '`' : "'";
  const bad = q === "'" ? /[\0-\x1f'\\\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
    : /[\0-\x1f\\\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  const hex = (c) => (c.charCodeAt(0) > 0xff ? `\\u${c.charCodeAt(0).toString(16)}`
    : `\\x${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  return q + text.replace(bad, (c) => escapes[c] ?? hex(c)) + q;
}
const keyText = (key) => (typeof key === 'symbol' ? `[${symbolText(key)}]` : identifier.test(key) ? key : quote(`${key}`));
const symbolText = (symbol) => Symbol.prototype.toString.call(symbol);
const numberText = (number) => (Object.is(number, -0) ? '-0' : `${number}`);

// The name of the class of an object, null when its chain has none.
function classOf(object) {
  for (let o = object; o !== null; o = getPrototypeOf(o)) {
    const descriptor = getOwnPropertyDescriptor(o, 'constructor');
    const name = typeof descriptor?.value === 'function' ? getOwnPropertyDescriptor(descriptor.value, 'name')?.value : undefined;
    if (typeof name === 'string' && name !== '') return name;
  }
  return null;
}
function tagOf(object) {
  try {
    const tag = object[Symbol.toStringTag];
    return typeof tag === 'string' ? tag : '';
  } catch {
    return '';
  }
}
// "Foo(2) [tag] ", what stands before the brace.
function prefixOf(name, tag, fallback, size = '') {
  const main = name === null ? `[${fallback}${size}: null prototype] ` : `${name}${size} `;
  return tag !== '' && tag !== (name ?? fallback) ? `${main}[${tag}] ` : main;
}

// What the classes of the runtime show of their state, by the tag of the prototype; null: the pairs they iterate over.
const shownMembers = {
  AbortController: ['signal'], AbortSignal: ['aborted'], Blob: ['size', 'type'], BroadcastChannel: ['name'],
  CloseEvent: ['type', 'code', 'reason', 'wasClean'], CryptoKey: ['type', 'extractable', 'algorithm', 'usages'],
  CustomEvent: ['type', 'detail', 'defaultPrevented'], ErrorEvent: ['type', 'message', 'filename', 'lineno', 'colno', 'error'],
  Event: ['type', 'defaultPrevented', 'cancelable', 'timeStamp'], File: ['name', 'size', 'type', 'lastModified'], FormData: null,
  Headers: null, MessageChannel: ['port1', 'port2'], MessageEvent: ['type', 'data', 'origin', 'ports'],
  PerformanceMark: ['name', 'entryType', 'startTime', 'duration', 'detail'],
  PerformanceMeasure: ['name', 'entryType', 'startTime', 'duration', 'detail'],
  PromiseRejectionEvent: ['type', 'reason', 'promise'], ReadableStream: ['locked'],
  Request: ['method', 'url', 'headers', 'redirect', 'bodyUsed'],
  Response: ['status', 'statusText', 'headers', 'ok', 'redirected', 'type', 'url', 'bodyUsed'],
  TextDecoder: ['encoding', 'fatal', 'ignoreBOM'], TextEncoder: ['encoding'], TransformStream: ['readable', 'writable'],
  URL: ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'],
  URLPattern: ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'], URLSearchParams: null,
  WebSocket: ['url', 'readyState', 'protocol', 'extensions'], WritableStream: ['locked'],
};
// The prototype of the runtime that an object is of, or null.
function platformPrototypeOf(object) {
  for (let p = getPrototypeOf(object); p !== null; p = getPrototypeOf(p)) if (internals.platformPrototypes.has(p)) return p;
  return null;
}

// One call of inspect: its options, where it is, and how much it has written.
class Inspector {
  #options;
  #spent = 0;
  #indent = 0;
  #seen = [];          // the objects around the one being shown
  #circular = null;    // Map object -> number, of those that an inner object refers to
  #deepest = 0;        // the depth of the object shown last
  constructor(options) { this.#options = options; }

  // `isTop`: strings longer than a line are not cut at their line breaks.
  show(value, depth, isTop = false) {
    switch (typeof value) {
      case 'string': return this.#text(value, isTop);
      case 'number': return numberText(value);
      case 'bigint': return `${value}n`;
      case 'symbol': return symbolText(value);
      case 'object': if (value === null) return 'null'; break;
      case 'function': break;
      default: return `${value}`;
    }
    return this.#object(value, depth);
  }

  #text(value, isTop) {
    const { maxStringLength, breakLength } = this.#options;
    const rest = value.length - maxStringLength;
    const kept = rest > 0 ? value.slice(0, maxStringLength) : value;
    const more = rest > 0 ? `... ${rest} more character${rest > 1 ? 's' : ''}` : '';
    this.#spent += kept.length;
    if (!isTop && kept.length > 16 && kept.length > breakLength - this.#indent - 4 && kept.includes('\n')) {
      return kept.split(/(?<=\n)/).map(quote).join(` +\n${' '.repeat(this.#indent + 2)}`) + more;
    }
    return quote(kept) + more;
  }

  #object(value, depth) {
    let type = kind(value);
    if (type === kinds.Proxy) {
      const [target, handler] = targetOf(value);
      if (target === null) return '<Revoked Proxy>';
      if (!this.#options.showProxy) return this.#object(target, depth);
      if (depth > this.#options.depth) return 'Proxy [Array]';
      return this.#join([this.#inner(target, depth), this.#inner(handler, depth)], { open: 'Proxy [', close: ']' }, depth);
    }
    const replaced = this.#customized(value, depth);
    if (replaced !== undefined) return replaced;
    if (this.#seen.includes(value)) {
      this.#circular ??= new Map();
      if (!this.#circular.has(value)) this.#circular.set(value, this.#circular.size + 1);
      return `[Circular *${this.#circular.get(value)}]`;
    }
    return this.#raw(value, type, depth);
  }
  #customized(value, depth) {
    if (!this.#options.customInspect) return undefined;
    const method = value[custom];
    if (typeof method !== 'function' || method === inspect) return undefined;
    const result = apply(method, value, [this.#options.depth - depth, { ...this.#options }, inspect]);
    if (typeof result === 'object' && result !== null && result !== value) return this.show(result, depth);
    return `${result}`.replaceAll('\n', `\n${' '.repeat(this.#indent)}`);
  }

  #keys(value, type) {
    const isIndexed = type === kinds.Array || type === kinds.TypedArray;
    const { showHidden, sorted } = this.#options;
    let keys;
    if (showHidden) {
      keys = getOwnPropertyNames(value).filter((key) => !isIndexed || !/^\d+$/.test(key));
    } else {
      keys = keysOf(value, isIndexed);
    }
    if (sorted) keys.sort(typeof sorted === 'function' ? sorted : undefined);
    for (const symbol of getOwnPropertySymbols(value)) {
      if (showHidden || getOwnPropertyDescriptor(value, symbol)?.enumerable) keys.push(symbol);
    }
    return keys;
  }

  #raw(value, type, depth) {
    const name = classOf(value);
    let tag = tagOf(value);
    // What is the class's name says nothing, and an own property is shown below.
    if (tag === name || getOwnPropertyDescriptor(value, Symbol.toStringTag)?.enumerable) tag = '';
    let keys = this.#keys(value, type);
    const shape = this.#shapeOf(value, type, name, tag, keys);
    if (shape.keys !== undefined) keys = shape.keys;
    if (keys.length === 0 && shape.entries === undefined) return shape.base ?? `${shape.open}${shape.close}`;
    if (depth > this.#options.depth || this.#spent > textMax) {
      return shape.base ?? `[${prefixOf(name, tag, shape.close === ']' ? 'Array' : 'Object').slice(0, -1)}]`;
    }
    this.#seen.push(value);
    this.#deepest = depth;
    const parts = shape.entries?.(depth) ?? [];
    for (const key of keys) {
      if (this.#spent > textMax) {
        parts.push('...');
        break;
      }
      parts.push(this.#property(value, key, depth, type !== kinds.Array && type !== kinds.TypedArray));
    }
    this.#seen.pop();
    const reference = this.#circular?.get(value);
    const mark = reference === undefined ? '' : `<ref *${reference}> `;
    const text = this.#join(parts, shape, depth, value);
    this.#spent += text.length - parts.reduce((sum, part) => sum + part.length, 0);
    return mark + text;
  }

  // How an object of a kind is drawn: braces, or `base`, a text that stands for it or before its braces; `entries`,
  // what is in it beside its properties; `keys`, other properties than its own.
  #shapeOf(value, type, name, tag, keys) {
    if (typeof value === 'function') return { base: functionText(value, name, tag), open: '{', close: '}' };
    const object = (prefix, more = {}) => ({ open: `${prefix}{`, close: '}', ...more });
    switch (type) {
      case kinds.Array: {
        const prefix = name === 'Array' && tag === '' ? '' : prefixOf(name, tag, 'Array', `(${value.length})`);
        return { open: `${prefix}[`, close: ']', entries: value.length > 0 ? (depth) => this.#items(value, depth) : undefined, isList: true };
      }
      case kinds.TypedArray: {
        const prefix = prefixOf(name, tag, tag, `(${value.length})`);
        return { open: `${prefix}[`, close: ']', entries: value.length > 0 ? () => this.#numbers(value) : undefined, isList: true };
      }
      case kinds.Map: case kinds.Set: {
        const fallback = type === kinds.Map ? 'Map' : 'Set';
        const [entries] = entriesOf(value);
        const size = type === kinds.Map ? entries.length / 2 : entries.length;
        return object(prefixOf(name, tag, fallback, `(${size})`), { entries: size > 0 ? (depth) => this.#entries(entries, type === kinds.Map, depth) : undefined });
      }
      case kinds.MapIterator: case kinds.SetIterator: {
        const [entries, isPairs] = entriesOf(value);
        const open = `[${isPairs ? tag.replace(/ Iterator$/, ' Entries') : tag}] `;
        return object(open, { entries: entries.length > 0 ? (depth) => this.#iterated(entries, isPairs, depth) : undefined });
      }
      case kinds.WeakMap: case kinds.WeakSet:
        return object(prefixOf(name, tag, 'Weak'), { entries: () => ['<items unknown>'] });
      case kinds.Promise: return object(prefixOf(name, tag, 'Promise'), { entries: (depth) => this.#promise(value, depth) });
      case kinds.Error: return this.#error(value, name, keys);
      case kinds.Date: {
        const time = apply(getTime, value, []);
        const text = Number.isNaN(time) ? 'Invalid Date' : apply(toISOString, value, []);
        return object('', { base: name === 'Date' && tag === '' ? text : `${prefixOf(name, tag, 'Date')}${text}` });
      }
      case kinds.RegExp: {
        const text = apply(regExpToString, value, []);
        return object('', { base: name === 'RegExp' && tag === '' ? text : `${prefixOf(name, tag, 'RegExp')}${text}` });
      }
      case kinds.ArrayBuffer: return object(prefixOf(name, tag, 'ArrayBuffer'), { entries: () => this.#bytes(value) });
      case kinds.DataView:
        return object(prefixOf(name, tag, 'DataView'), { keys: ['byteLength', 'byteOffset', 'buffer', ...keys] });
      case kinds.Arguments: return { open: '[Arguments] [', close: ']', entries: (depth) => this.#items(value, depth), keys: keys.filter((key) => typeof key !== 'number'), isList: true };
      case kinds.Namespace: return object(`[${tag}: null prototype] `);
      case kinds.Generator: return object(`Object [${tag}] `);
      case kinds.String: case kinds.Number: case kinds.Boolean: case kinds.BigInt: case kinds.Symbol:
        return this.#box(value, type, name, tag, keys);
      default: return this.#ordinary(value, name, tag, keys);
    }
  }

  #ordinary(value, name, tag, keys) {
    const open = name === 'Object' && tag === '' ? '' : prefixOf(name, tag, 'Object');
    if (internals.isDOMException(value)) return this.#error(value, 'DOMException', keys);
    const prototype = platformPrototypeOf(value);
    if (prototype === null) return { open: `${open}{`, close: '}' };
    const own = getOwnPropertyDescriptor(prototype, Symbol.toStringTag).value;
    keys = keys.filter((key) => key !== 'isTrusted');
    const members = shownMembers[own];
    if (members === null) {
      return { open: `${open}{`, close: '}', keys, entries: (depth) => {
        const parts = [];
        for (const [key, item] of value) parts.push(`${own === 'Headers' ? keyText(key) : quote(key)}${own === 'Headers' ? ':' : ' =>'} ${this.#inner(item, depth)}`);
        return parts.length > 0 ? parts : [];
      } };
    }
    return { open: `${open}{`, close: '}', keys: [...members ?? [], ...keys] };
  }
  #box(value, type, name, tag, keys) {
    const [fallback] = Object.entries(kinds).find(([, number]) => number === type);
    const primitive = { String, Number, Boolean, BigInt, Symbol }[fallback].prototype.valueOf.call(value);
    const shownAs = name === fallback ? fallback : `${fallback} (${name ?? 'null prototype'})`;
    const text = typeof primitive === 'string' ? quote(primitive) : this.show(primitive, 0);
    const rest = type === kinds.String ? keys.filter((key) => typeof key !== 'number') : keys;
    return { base: `[${shownAs}: ${text}]${tag !== '' && tag !== name && tag !== fallback ? ` [${tag}]` : ''}`, open: '{', close: '}', keys: rest };
  }
  #error(error, name, keys) {
    let stack;
    try {
      stack = error.stack;
      if (typeof stack !== 'string' || stack === '') stack = `${Error.prototype.toString.call(error)}`;
    } catch {
      stack = name ?? 'Error';
    }
    let text = ownFrames(stack);
    // A class of one's own is named even when the stack was begun with the name of its parent.
    const first = text.split('\n', 1)[0];
    if (name !== null && !first.includes(name) && /^[A-Z]\w*Error\b|^Error\b/.test(first)) {
      text = name === 'DOMException' ? `DOMException [${first.split(':', 1)[0]}]${text.slice(first.split(':', 1)[0].length)}` : text.replace(/^\w+/, (word) => `${name === word ? word : `${word === 'Error' || name.endsWith(word) ? name : `${name} [${word}]`}`}`);
    }
    if (!/\n {4}at /.test(text)) text = `[${text}]`;
    if (this.#indent > 0) text = text.replaceAll('\n', `\n${' '.repeat(this.#indent)}`);
    const shown = keys.filter((key) => !((key === 'name' || key === 'message' || key === 'stack') && text.includes(`${getOwnPropertyDescriptor(error, key)?.value}`)));
    for (const key of ['cause', 'errors']) if (hasOwn(error, key) && !shown.includes(key)) shown.push(key);
    this.#spent += text.length;
    return { base: text, open: '{', close: '}', keys: shown };
  }

  #inner(value, depth) {
    this.#indent += 2;
    const text = this.show(value, depth + 1);
    this.#indent -= 2;
    return text;
  }
  #more(count) { return count > 0 ? [`... ${count} more item${count > 1 ? 's' : ''}`] : []; }
  #items(array, depth) {
    const parts = [];
    const { maxArrayLength } = this.#options;
    let i = 0, holes = 0;
    const endHoles = () => { if (holes > 0) parts.push(`<${holes} empty item${holes > 1 ? 's' : ''}>`); holes = 0; };
    // Holes are skipped by key, since an array may have four thousand million of them.
    const keys = hasOwn(array, 0) || array.length < 1e5 ? null : keysOf(array).filter((key) => typeof key === 'number');
    for (; i < array.length && parts.length < maxArrayLength && this.#spent <= textMax; ++i) {
      if (!hasOwn(array, i)) {
        const next = keys === null ? i + 1 : keys.find((key) => key > i) ?? array.length;
        holes += next - i;
        i = next - 1;
        continue;
      }
      endHoles();
      if (parts.length === maxArrayLength) break;
      parts.push(this.#property(array, i, depth, false, true));
    }
    endHoles();
    return [...parts, ...this.#more(array.length - i)];
  }
  #numbers(array) {
    const count = Math.min(array.length, this.#options.maxArrayLength);
    const parts = [];
    for (let i = 0; i < count; ++i) parts.push(typeof array[i] === 'bigint' ? `${array[i]}n` : numberText(array[i]));
    return [...parts, ...this.#more(array.length - count)];
  }
  #entries(flat, isPairs, depth) {
    const step = isPairs ? 2 : 1, parts = [];
    let i = 0;
    for (; i < flat.length && parts.length < this.#options.maxArrayLength && this.#spent <= textMax; i += step) {
      parts.push(isPairs ? `${this.#inner(flat[i], depth)} => ${this.#inner(flat[i + 1], depth)}` : this.#inner(flat[i], depth));
    }
    return [...parts, ...this.#more((flat.length - i) / step)];
  }
  #iterated(flat, isPairs, depth) {
    if (!isPairs) return this.#entries(flat, false, depth);
    const pairs = [];
    for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
    return this.#entries(pairs, false, depth);
  }
  #promise(value, depth) {
    const [state, result] = stateOf(value);
    if (state === 0) return ['<pending>'];
    return [state === 2 ? `<rejected> ${this.#inner(result, depth)}` : this.#inner(result, depth)];
  }
  #bytes(buffer) {
    if (isDetached(buffer)) return ['(detached)', 'byteLength: 0'];
    const view = new Uint8Array(buffer, 0, Math.min(50, buffer.byteLength));
    const hex = Array.from(view, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const more = buffer.byteLength - view.length;
    return [`[Uint8Contents]: <${hex}${more > 0 ? ` ... ${more} more byte${more > 1 ? 's' : ''}` : ''}>`, `byteLength: ${buffer.byteLength}`];
  }

  #property(object, key, depth, isNamed, isItem = false) {
    const descriptor = getOwnPropertyDescriptor(object, key) ?? { value: object[key], enumerable: true };
    let text;
    if ('value' in descriptor) {
      text = this.#inner(descriptor.value, depth);
    } else if (descriptor.get !== undefined) {
      text = descriptor.set === undefined ? '[Getter]' : '[Getter/Setter]';
      if (this.#options.getters) text = this.#read(object, descriptor.get, text, depth);
    } else {
      text = descriptor.set === undefined ? 'undefined' : '[Setter]';
    }
    if (isItem) return text;
    const shown = keyText(key);
    return `${descriptor.enumerable || typeof key === 'symbol' ? shown : `[${shown}]`}: ${text}`;
  }
  #read(object, get, label, depth) {
    try {
      return `${label.slice(0, -1)}: ${this.#inner(apply(get, object, []), depth)}]`;
    } catch {
      return `${label.slice(0, -1)}: <it throws>]`;
    }
  }

  // Parts on one line when they fit and hold few levels, or one a line.
  #join(parts, shape, depth, value) {
    const { breakLength, compact } = this.#options;
    const base = shape.base === undefined ? '' : `${shape.base} `;
    const { open, close } = shape;
    if (parts.length === 0) return `${base}${open}${close}`;
    const count = parts.length;
    if (shape.isList && count > groupedMin) parts = this.#inColumns(parts, value);
    if (this.#deepest - depth < compact && parts.length === count) {
      const length = parts.reduce((sum, part) => sum + part.length + 1, parts.length + this.#indent + open.length + base.length + 10);
      if (length <= breakLength && !base.includes('\n') && !parts.some((part) => part.includes('\n'))) {
        return `${base}${open} ${parts.join(', ')} ${close}`;
      }
    }
    const pad = `\n${' '.repeat(this.#indent)}`;
    return `${base}${open}${pad}  ${parts.join(`,${pad}  `)}${pad}${close}`;
  }
  // Short items of a list, several a line, under each other.
  #inColumns(parts, value) {
    const items = parts.at(-1).startsWith('... ') && parts.length > this.#options.maxArrayLength ? parts.slice(0, -1) : parts;
    const widths = items.map((item) => item.length + 2);
    const widest = Math.max(...widths);
    const total = widths.reduce((sum, width) => sum + width, 0);
    const { breakLength } = this.#options;
    if (items.some((item) => item.includes('\n')) || widest * 3 + this.#indent >= breakLength || (total / widest <= 5 && widest > 8)) return parts;
    // A block about as wide as it is high: a character is two and a half times as high as it is wide. Few long items
    // among short ones count less.
    const typical = Math.max(widest - 3 - Math.sqrt(widest - total / items.length), 1);
    const columns = Math.min(Math.round(Math.sqrt(2.5 * items.length / typical)), Math.floor((breakLength - this.#indent) / widest), 4 * combinedMax, columnsMax);
    if (columns <= 1) return parts;
    const columnWidths = [];
    for (let c = 0; c < columns; ++c) columnWidths.push(widths.reduce((most, width, i) => (i % columns === c ? Math.max(most, width) : most), 0));
    const first = value[0];
    const isNumeric = (typeof first === 'number' || typeof first === 'bigint') && items.every((item) => /^-?[\d.eE+n-]+$|^-?Infinity$|^NaN$/.test(item));
    const lines = [];
    for (let i = 0; i < items.length; i += columns) {
      const row = items.slice(i, i + columns);
      lines.push(row.map((item, c) => {
        const isLast = c === row.length - 1;
        if (isNumeric) return `${item}${isLast ? '' : ', '}`.padStart(columnWidths[c] - (isLast ? 2 : 0));
        return isLast ? item : `${item}, `.padEnd(columnWidths[c]);
      }).join(''));
    }
    return items === parts ? lines : [...lines, parts.at(-1)];
  }
}

function functionText(value, name, tag) {
  const source = apply(functionToString, value, []);
  const own = getOwnPropertyDescriptor(value, 'name')?.value;
  const named = typeof own === 'string' && own !== '' ? own : '';
  if (/^class\b/.test(source)) {
    const parent = getPrototypeOf(value);
    const parentName = typeof parent === 'function' ? getOwnPropertyDescriptor(parent, 'name')?.value : '';
    return `[class ${named || '(anonymous)'}${parentName ? ` extends ${parentName}` : parent === null ? ' extends null' : ''}]`;
  }
  const label = name === null ? 'Function (null prototype)' : name;
  return `[${label}${named ? `: ${named}` : ' (anonymous)'}]${tag !== '' && tag !== name ? ` [${tag}]` : ''}`;
}

// A stack without the frames of the runtime's own code.
function ownFrames(stack) {
  return stack.includes('terrella:') ? stack.replace(/\n {4}at [^\n]*\bterrella:[^\n]*/g, '') : stack;
}

function inspect(value, options = undefined, ...legacy) {
  const given = typeof options === 'object' && options !== null ? options : {};
  const merged = { ...defaults, ...given };
  if (typeof options === 'boolean') merged.showHidden = options;
  if (legacy.length > 0 && typeof options !== 'object' && legacy[0] !== undefined) [merged.depth] = legacy;
  for (const name of ['depth', 'maxArrayLength', 'maxStringLength']) merged[name] ??= Infinity;
  if (merged.compact === true) merged.compact = Infinity;
  if (merged.compact === false) merged.compact = 0;
  return new Inspector(merged).show(value, 0, true);
}
inspect.custom = custom;

// Whether String(object) would say more than its class: somebody wrote a toString.
function hasOwnToString(object) {
  if (kind(object) === kinds.Proxy) return false;
  for (let o = object; o !== null; o = getPrototypeOf(o)) {
    if (!hasOwn(o, 'toString') && !hasOwn(o, Symbol.toPrimitive)) continue;
    return o !== Object.prototype && !(kind(o) === kinds.Error || o === Error.prototype || o === Array.prototype || o === Function.prototype);
  }
  return false;
}
function stringFormat(value) {
  if (typeof value === 'object' && value !== null && !hasOwnToString(value)) return inspect(value, { depth: 0 });
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'number' ? numberText(value) : String(value);
}
const numeric = (convert) => (value) => {
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'symbol' || (typeof value === 'object' && value !== null) ? 'NaN' : numberText(convert(value));
};
function jsonFormat(value) {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError && error.message.includes('circular')) return '[Circular]';
    throw error;
  }
}
// Format specifiers (Console standard section 2.2), with %j of terminals.
const formats = {
  s: stringFormat, d: numeric(Number), i: numeric((value) => parseInt(value, 10)), f: numeric(parseFloat), j: jsonFormat,
  o: (value) => inspect(value, { showHidden: true, showProxy: true, depth: 4 }), O: (value) => inspect(value), c: () => '',
};
function format(data) {
  const [first] = data;
  const rest = (values) => values.map((value) => (typeof value === 'string' ? value : inspect(value)));
  if (typeof first !== 'string' || data.length === 1) return rest(data).join(' ');
  let next = 1;
  const text = first.replace(/%[sdifjoOc%]/g, (spec) => {
    if (spec === '%%') return '%';
    return next < data.length ? formats[spec[1]](data[next++]) : spec;
  });
  return [text, ...rest(data.slice(next))].join(' ');
}

return { inspect, format, ownFrames };

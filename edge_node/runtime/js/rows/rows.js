// Rows of tests, written in the JavaScript that they test; run by rows_test.cc before each other file of this
// folder, as a script; those of node/ as modules of a worker.
//     row('DOM 2.7', 'a listener is called once', () => same(count, 1));
// A row names the clause of the standard it holds the runtime to. Rows run one after another and may be async.
const rows = [];
const row = (clause, name, body) => { rows.push({ name: `${clause}: ${name}`, body }); };

function shownValue(value) {
  if (typeof value === 'object' && value !== null) {
    try {
      return `${Object.prototype.toString.call(value)} ${JSON.stringify(value)}`;
    } catch {
      return Object.prototype.toString.call(value);
    }
  }
  return typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value);
}
// Equal as SameValue; arrays and plain objects by their members.
function isSame(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (!Array.isArray(a) && Object.getPrototypeOf(a) !== Object.prototype) return false;
  const keys = Reflect.ownKeys(a);
  return keys.length === Reflect.ownKeys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}
function same(got, expected, what = '') {
  if (!isSame(got, expected)) throw new Error(`${what} got ${shownValue(got)}, expected ${shownValue(expected)}`);
}
function checkThrown(error, type, text) {
  const isRight = typeof type === 'string' ? error instanceof DOMException && error.name === type : error?.constructor === type;
  if (!isRight) throw new Error(`threw ${error}, expected a ${type.name ?? type}`);
  if (!String(error.message).includes(text)) throw new Error(`the message '${error.message}' does not have '${text}'`);
  return error;
}
// `type` is a class, or the name of a DOMException.
function throws(type, body, text = '') {
  let value;
  try { value = body(); } catch (error) { return checkThrown(error, type, text); }
  throw new Error(`gave ${shownValue(value)}, expected a ${type.name ?? type}`);
}
async function rejects(type, promise, text = '') {
  let value;
  try { value = await promise; } catch (error) { return checkThrown(error, type, text); }
  throw new Error(`gave ${shownValue(value)}, expected a ${type.name ?? type}`);
}
const later = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Web IDL section 3.7: what an interface looks like. `members` by kind: {attributes, methods: {name: length}, statics}.
function checkInterface(type, { name, length, parent = Object, attributes = [], methods = {}, statics = {} }) {
  same(typeof type, 'function');
  const global = Object.getOwnPropertyDescriptor(globalThis, name);
  same([global.writable, global.enumerable, global.configurable], [true, false, true], `${name}:`);
  same([type.name, type.length], [name, length]);
  same(Object.getPrototypeOf(type), parent === Object || parent === Error ? Function.prototype : parent, 'parent');
  same(Object.getPrototypeOf(type.prototype), parent.prototype, 'prototype of the prototype');
  same(Object.getOwnPropertyDescriptor(type, 'prototype').writable, false);
  throws(TypeError, () => type());
  const tag = Object.getOwnPropertyDescriptor(type.prototype, Symbol.toStringTag);
  same([tag.value, tag.writable, tag.enumerable, tag.configurable], [name, false, false, true], 'tag');
  for (const attribute of attributes) {
    const { get, enumerable, configurable } = Object.getOwnPropertyDescriptor(type.prototype, attribute) ?? {};
    same([typeof get, enumerable, configurable], ['function', true, true], `${name}.${attribute}`);
    same([get.name, get.length], [`get ${attribute}`, 0]);
    throws(TypeError, () => Reflect.apply(get, {}, []));
  }
  for (const [holder, list] of [[type.prototype, methods], [type, statics]]) {
    for (const [method, count] of Object.entries(list)) {
      const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(holder, method) ?? {};
      same([typeof value, writable, enumerable, configurable], ['function', true, true, true], `${name}.${method}`);
      same([value.name, value.length], [method, count], `${name}.${method}:`);
      same('prototype' in value, false);
    }
  }
}

async function runRows() {
  let failed = 0;
  for (const { name, body } of rows) {
    try {
      await body();
    } catch (error) {
      ++failed;
      console.log(`FAILED ${name}: ${error?.message ?? error}\n${error?.stack ?? ''}`);
    }
  }
  console.log(`${rows.length} rows, ${failed} failed`);
}

// Whatever a worker passes, the modules of Node.js answer or throw: every function of each with arguments it does not want.
import { createRequire, builtinModules } from 'node:module';

const require = createRequire('file:///index.js');
const junk = [undefined, null, -1, 2 ** 53, NaN, 'x', '', Symbol('s'), 5n, {}, [], () => {}, new Uint8Array(3), new DataView(new ArrayBuffer(2)), new Proxy({}, {}), { length: -5 }, Object.create(null)];
const names = ['assert', 'async_hooks', 'buffer', 'crypto', 'events', 'path', 'querystring', 'stream', 'string_decoder', 'timers', 'url', 'util', 'zlib'];
const skipped = new Set(['setInterval', 'setTimeout', 'setImmediate', 'Blob', 'File']);

function attempt(f, self, args) {
  let result;
  try { result = Reflect.apply(f, self, args); } catch { return; }
  if (result instanceof Promise) result.catch(() => {});
}
function construct(f, args) {
  try { return Reflect.construct(f, args); } catch { return undefined; }
}
const functionsOf = (object) => Reflect.ownKeys(object).filter((key) => !skipped.has(key) && typeof Object.getOwnPropertyDescriptor(object, key).value === 'function').map((key) => object[key]);
// Large sizes are refused for memory elsewhere; here they would only take time.
const lists = junk.flatMap((a) => [[a], [a, a], [a, a, a, a, a, () => {}], ['x', a], ['sha1', a, a], [new Uint8Array(2), a, a], ['x', 'y', a, a, 'sha1']]);

for (const name of names) {
  row(name, 'survives every wrong argument', () => {
    const module = require(name);
    for (const f of functionsOf(module)) {
      for (const args of lists) {
        attempt(f, undefined, args);
        const made = f.prototype === undefined ? undefined : construct(f, args);
        if (made === undefined || Object.getPrototypeOf(made) !== f.prototype) continue;
        for (const method of functionsOf(f.prototype)) {
          if (method !== f) attempt(method, made, args);
        }
      }
    }
  });
}
row('buffer', 'methods survive a wrong receiver', () => {
  for (const method of functionsOf(Buffer.prototype)) {
    if (method === Buffer) continue;
    for (const self of junk) for (const args of [[], [0], ['x', 0, 5], [new Uint8Array(1), 0, 2 ** 40]]) attempt(method, self, args);
  }
});
row('module', 'every built-in can be had', () => {
  for (const name of ['assert/strict', 'util/types', 'timers/promises', 'path/posix', ...names]) {
    same([builtinModules.includes(name), typeof require(`node:${name}`)], [true, typeof require(name)]);
  }
});

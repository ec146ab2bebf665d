// What of MEMBERS (workers_types_members.mjs) this runtime has: answers {"Type member": "there" | "missing" | "method, not
// property" | ...}. A member is looked for on the constructor, on its prototype, and on a sample of the type.
import members from './members.json';
import * as workers from 'cloudflare:workers';

const pair = () => Object.values(new WebSocketPair());
const streams = () => new TransformStream();

// An object of each type that is not made by its constructor alone.
async function samples(env, ctx, request) {
  const seen = {};
  const rewriter = new HTMLRewriter().on('*', {
    element(e) { seen.Element ??= e; e.onEndTag((tag) => { seen.EndTag ??= tag; }); },
    comments(c) { seen.Comment ??= c; },
    text(t) { seen.Text ??= t; },
  }).onDocument({ doctype(d) { seen.Doctype ??= d; }, end(e) { seen.DocumentEnd ??= e; } });
  await rewriter.transform(new Response('<!doctype html><p>a<!-- b --></p>')).text();
  const digest = new crypto.DigestStream('SHA-256');
  performance.mark('a');
  let byteController;
  let controller;
  const { readable, writable } = streams();
  new ReadableStream({ type: 'bytes', start(c) { byteController = c; } });
  new ReadableStream({ start(c) { controller = c; } });
  let writableController;
  new WritableStream({ start(c) { writableController = c; } });
  let transformController;
  new TransformStream({ start(c) { transformController = c; } });
  const [socket] = pair();
  const [id, objects] = await objectSamples(env);
  return {
    ...seen, ExecutionContext: ctx, KVNamespace: env.KV, Cache: caches.default, CacheStorage: caches, Console: console,
    Fetcher: env.SELF, Request: request, WebSocket: socket, Performance: performance, Crypto: crypto,
    SubtleCrypto: crypto.subtle, DigestStream: digest, Navigator: navigator, Scheduler: scheduler,
    AbortSignal: AbortSignal.abort(), ReadableStream: readable, WritableStream: writable,
    ReadableStreamDefaultController: controller, ReadableByteStreamController: byteController,
    WritableStreamDefaultController: writableController, TransformStreamDefaultController: transformController,
    PerformanceMark: performance.getEntriesByName('a')[0], PerformanceMeasure: performance.measure('m', 'a'),
    WorkerGlobalScope: globalThis, Event: new Event('sample'), DOMException: new DOMException('sample'),
    ServiceWorkerGlobalScope: globalThis, Event: new Event('sample'), DOMException: new DOMException('sample'),
   
    CryptoKey: await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt']),
    RateLimit: usable(env.LIMITER), DurableObjectNamespace: usable(env.OBJECTS), DurableObjectId: id, ...objects,
  };
}

// A binding that is not served throws at every touch.
function usable(binding) {
  try {
    return 'x' in binding || true ? binding : undefined;
  } catch {
    return undefined;
  }
}

// An id, and the types that only a Durable Object sees, which names their members itself.
async function objectSamples(env) {
  try {
    const id = env.OBJECTS.idFromName('sample');
    return [id, await (await env.OBJECTS.get(id).fetch('http://object/')).json()];
  } catch (error) {
    console.error('no Durable Objects:', error);
    return [undefined, {}];
  }
}

// {name: "method" | "property"} of everything an object has, itself and by its prototypes.
function describe(object) {
  const out = { __proto__: null };
  for (let at = Object(object); at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) {
      const name = typeof key === 'symbol' ? `[${key.description}]` : key;
      const { value } = Object.getOwnPropertyDescriptor(at, key);
      out[name] ??= typeof value === 'function' ? 'method' : 'property';
    }
  }
  return out;
}

export class Objects extends workers.DurableObject {
  fetch() {
    const of = (object) => (object === undefined || object === null ? undefined : { described: describe(object) });
    const { storage } = this.ctx;
    let transaction;
    return Promise.resolve(storage.transaction?.(async (t) => { transaction = of(t); })).catch(() => {}).then(() => Response.json({
      DurableObjectState: of(this.ctx), DurableObjectStorage: of(storage), DurableObjectTransaction: transaction,
      SqlStorage: of(storage.sql), SyncKvStorage: of(storage.kv), SqlStorageCursor: of(storage.sql?.exec('SELECT 1')),
      DurableObjectId: of(this.ctx.id),
    }));
  }
}

function verdict(member, places) {
  const found = places.filter((place) => place !== undefined).map((place) => place[member.name]).find((kind) => kind !== undefined);
  if (found === undefined) return 'missing';
  // A handler property (onmessage) holds a function or nothing; a getter may give a function.
  return member.kind === 'method' && found === 'property' ? 'property' : found === member.kind || member.kind === 'property' ? 'there' : found;
}

function probe(type, sample) {
  const value = globalThis[type.name] ?? workers[type.name];
  const there = value !== undefined || sample !== undefined;
  const statics = value === undefined || value === null ? undefined : describe(value);
  const own = typeof value === 'function' && value.prototype ? describe(value.prototype) : undefined;
  const instance = sample === undefined ? undefined : sample.described ?? describe(sample);
  const out = {};
  for (const member of type.members) {
    out[`${member.static ? 'static ' : ''}${member.name}`] = verdict(member, member.static ? [statics] : [own, instance]);
  }
  return { there, members: out };
}

async function load(name) {
  try {
    return Object.keys(await import(name));
  } catch {
    return null;
  }
}

export default {
  async fetch(request, env, ctx) {
    const objects = await samples(env, ctx, request);
    const types = {};
    for (const type of members.types) types[type.name] = probe(type, objects[type.name]);
    const modules = {};
    for (const name of Object.keys(members.modules)) modules[name] = await load(name);
    return Response.json({ types, modules });
  },
};

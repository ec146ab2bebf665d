// Durable Objects as their callers have them: env.NAME of a binding, ids, and stubs.
const { namespaceOf, idFromName, newId, isId } = native.actors;
const { kInternal } = internals;
const { usvString } = internals.idl;
const hints = new Set(['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me']);
const jurisdictions = new Set(['eu', 'fedramp', 'fedramp-high']);
function checkJurisdiction(name, what) {
  if (jurisdictions.has(name)) return;
  throw new TypeError(`DurableObjectNamespace.${what}: the jurisdiction is "${name}"; expected ${[...jurisdictions].join(', ')}`);
}
const digits = /^[0-9a-f]{64}$/;
const nameBytesMax = 2048;

class DurableObjectId {
  #digits;
  #name;
  static {
    internals.actorIdOf = (id) => (typeof id === 'object' && id !== null && #digits in id ? id.#digits : undefined);
  }
  constructor(token, text, name) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#digits = text;
    this.#name = name;
  }
  toString() { return this.#digits; }
  equals(other) {
    const text = internals.actorIdOf(other);
    if (text === undefined) throw new TypeError('DurableObjectId.equals: the argument is no DurableObjectId');
    return text === this.#digits;
  }
  get name() { return this.#name; }
}
internals.finishClass(DurableObjectId, 'DurableObjectId');
const makeId = (text, name) => new DurableObjectId(kInternal, text, name);

class DurableObject {
  #target;
  #id;
  constructor(token, target, id) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#target = target;
    this.#id = id;
  }
  get id() { return this.#id; }
  get name() { return this.#id.name; }
  async fetch(input, init) {
    const response = await internals.fetchThrough(this.#target, input, init);
    const { headers } = response;
    if (headers.has('terrella-actor-error')) internals.load('rpc').rethrow([...headers].flat());
    return response;
  }
}
internals.finishClass(DurableObject, 'DurableObject');

// Every other name of a stub is a method of the object.
function makeStub(target, id) {
  const stub = new DurableObject(kInternal, target, id);
  const bound = { __proto__: null, fetch: (input, init) => stub.fetch(input, init), id, name: id.name };
  return new Proxy(stub, {
    get(_, name) {
      if (name in bound) return bound[name];
      if (typeof name === 'symbol' || name in stub || name === 'then') return stub[name];
      bound[name] = internals.load('rpc').methodOf(target, name);
      return bound[name];
    },
  });
}

class DurableObjectNamespace {
  #script;
  #class;
  constructor(token, script, className) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#script = script;
    this.#class = className;
  }
  // Its id. A deploy may give the class another one at any time.
  get #namespace() { return namespaceOf(this.#script, this.#class); }
  idFromName(name) {
    const text = usvString(name);
    if (native.encoding.encodeUtf8(text).byteLength > nameBytesMax) {
      throw new TypeError(`idFromName: the name has more than ${nameBytesMax} bytes`);
    }
    return makeId(idFromName(this.#namespace, text), text);
  }
  newUniqueId(options) {
    if (options?.jurisdiction !== undefined) checkJurisdiction(options.jurisdiction, 'newUniqueId');
    return makeId(newId(this.#namespace), undefined);
  }
  idFromString(text) {
    const given = `${text}`;
    if (!digits.test(given)) throw new TypeError('idFromString: expected 64 hexadecimal digits, as DurableObjectId.toString() gives them');
    if (!isId(this.#namespace, given)) throw new TypeError('idFromString: the id belongs to another namespace');
    return makeId(given, undefined);
  }
  get(id, options) {
    const text = internals.actorIdOf(id);
    if (text === undefined) throw new TypeError('DurableObjectNamespace.get: expected a DurableObjectId; see idFromName()');
    const namespace = this.#namespace;
    if (!isId(namespace, text)) throw new TypeError('DurableObjectNamespace.get: the id belongs to another namespace');
    const hint = options?.locationHint;
    if (hint !== undefined && !hints.has(hint)) {
      throw new TypeError(`DurableObjectNamespace.get: the locationHint is "${hint}"; expected ${[...hints].join(', ')}`);
    }
    return makeStub([this.#script, '', '', namespace, text, id.name ?? '', hint ?? ''], id);
  }
  getByName(name, options) { return this.get(this.idFromName(name), options); }
  // Every object of this network stands in it: a jurisdiction is checked, and restricts nothing.
  jurisdiction(name) {
    checkJurisdiction(name, 'jurisdiction');
    return this;
  }
}
internals.finishClass(DurableObjectNamespace, 'DurableObjectNamespace');

// `target`: [class, script or '' for this one].
const make = ([className, script]) => new DurableObjectNamespace(kInternal, script === '' ? internals.script : script, className);
return { make, makeId };

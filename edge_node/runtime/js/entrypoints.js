// What a worker exports as handlers: objects of functions, and classes that extend WorkerEntrypoint, of which each
// event gets an instance of its own.
const { then, resolved, kInternal, Request, answer, newExecutionContext } = internals;
const { respond, fail, passThrough, props } = native.io;
const kException = 0, kRejected = 1;
const { isPrototypeOf } = Object.prototype;
const { apply } = Reflect;

class WorkerEntrypoint {
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }
}
class DurableObject {
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }
}
class WorkflowEntrypoint {
  constructor(ctx, env) {
    this.ctx = ctx;
    this.env = env;
  }
}
class RpcTarget {}

const extendsClass = (value, base) => typeof value === 'function' && apply(isPrototypeOf, base, [value]);
const eventNames = ['fetch', 'scheduled', 'queue', 'email', 'tail', 'tailStream', 'trace', 'alarm', 'test'];
const hasHandler = (value) => typeof value === 'object' && value !== null
  && eventNames.some((name) => typeof value[name] === 'function');

function propsOf(io) {
  const text = props(io);
  return text === '' ? {} : JSON.parse(text);
}

let own;  // made when the modules have run
// ctx.exports: this worker's own entrypoints, called as if through service bindings.
function ownEntrypoints() {
  if (own !== undefined || internals.exports === undefined) return own ?? {};
  own = {};
  for (const [name, value] of Object.entries(internals.exports)) {
    if (!extendsClass(value, WorkerEntrypoint) && !hasHandler(value)) continue;
    const entrypoint = name === 'default' ? '' : name;
    own[name] = internals.bindService([internals.script, entrypoint, '']);
  }
  return own;
}

// {fetch, any}: how the default export answers fetch events, called as (request, env, ctx); whether there is any
// handler.
function survey(exports) {
  if (exports === undefined) {
    const { fetchListener, any } = internals.load('service_worker').survey();
    return { fetch: fetchListener, any };
  }
  const main = exports.default;
  const values = Object.values(exports);
  const any = values.some((value) => hasHandler(value) || extendsClass(value, WorkerEntrypoint)
    || extendsClass(value, DurableObject) || extendsClass(value, WorkflowEntrypoint));
  if (!extendsClass(main, WorkerEntrypoint)) {
    if (typeof main === 'function' && typeof main.prototype?.fetch === 'function') {
      throw new TypeError('the default export is a class, but it does not extend WorkerEntrypoint');
    }
    return { fetch: undefined, any };
  }
  if (typeof main.prototype.fetch !== 'function') return { fetch: undefined, any };
  return { fetch: (request, env, ctx) => new main(ctx, env).fetch(request), any };
}

// The object whose methods answer for the entrypoint in this context, and what they take besides the event.
function resolve(io, entrypoint) {
  const name = entrypoint === '' ? 'default' : entrypoint;
  const exported = internals.exports === undefined ? internals.load('service_worker').handlers : internals.exports[name];
  const ctx = newExecutionContext(io);
  if (extendsClass(exported, WorkerEntrypoint)) return { instance: new exported(ctx, internals.env), more: [] };
  if (typeof exported !== 'object' || exported === null) {
    throw new TypeError(entrypoint === '' ? 'there is no default export' : `there is no entrypoint "${name}"`);
  }
  return { instance: exported, more: [internals.env, ctx] };
}

function call(io, type, entrypoint, event) {
  const { instance, more } = resolve(io, entrypoint);
  const method = instance[type];
  if (typeof method !== 'function') {
    throw new TypeError(`${entrypoint === '' ? 'the default export' : `the entrypoint "${entrypoint}"`} has no ${type}()`);
  }
  return apply(method, instance, [event, ...more]);
}

class ScheduledController {
  #retry = true;
  static { internals.mayRetry = (controller) => controller.#retry; }
  constructor(token, cron, scheduledTime) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.cron = cron;
    this.scheduledTime = scheduledTime;
  }
  get type() { return 'scheduled'; }
  noRetry() { this.#retry = false; }
}

const events = {
  __proto__: null,
  fetch: ([method, url, hasBody], io) => new Request(kInternal, io, method, url, hasBody),
  scheduled: ([cron, time]) => new ScheduledController(kInternal, cron, time),
};
const answers = {
  __proto__: null,
  fetch: (io, request, response) => answer(io, response),
  scheduled: (io, controller) => {
    if (internals.mayRetry(controller)) respond(io, 204, '', null, false);
    else respond(io, 204, '', null, false, 'terrella-no-retry', '1');
  },
};

function dispatch(io, type, entrypoint, details) {
  if (type === 'rpc') {
    internals.load('rpc').dispatch(io, entrypoint, details[0]);
    return;
  }
  const event = events[type](details, io);
  const failed = (kind, error) => {
    if (type === 'scheduled' && !internals.mayRetry(event)) passThrough(io);  // as for requests: it must not come again
    fail(io, kind, error);
  };
  let result;
  try {
    result = call(io, type, entrypoint, event);
  } catch (error) {
    failed(kException, error);
    return;
  }
  then(resolved(result), (value) => answers[type](io, event, value), (error) => failed(kRejected, error));
}

// env.NAME of a kind that nodes do not have.
function unsupported(name, what) {
  const refuse = () => { throw new TypeError(`env.${name} is a ${what}, which terrella does not have`); };
  const get = (target, key) => (typeof key === 'symbol' || key === 'then' || key === 'toJSON' ? undefined : refuse());
  return new Proxy({}, { get, set: refuse, has: refuse, deleteProperty: refuse });
}

return {
  WorkerEntrypoint, DurableObject, WorkflowEntrypoint, RpcTarget, extendsClass,
  propsOf, ownEntrypoints, survey, resolve, dispatch, unsupported,
};

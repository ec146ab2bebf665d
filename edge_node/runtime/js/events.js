// Event, CustomEvent, EventTarget (DOM standard section 2), without a tree: there is no capture and no bubbling.
const dispatchFlag = Symbol('dispatching');

class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #target = null;
  #currentTarget = null;
  #canceled = false;
  #stopped = false;
  #passive = false;
  #timeStamp = performanceNow();
  [dispatchFlag] = false;

  constructor(type, init = {}) {
    if (arguments.length === 0) throw new TypeError('Event needs a type');
    this.#type = `${type}`;
    this.#bubbles = Boolean(init?.bubbles);
    this.#cancelable = Boolean(init?.cancelable);
    this.#composed = Boolean(init?.composed);
    Object.defineProperty(this, dispatchFlag, { enumerable: false });
  }
  get type() { return this.#type; }
  get bubbles() { return this.#bubbles; }
  get cancelable() { return this.#cancelable; }
  get composed() { return this.#composed; }
  get target() { return this.#target; }
  get srcElement() { return this.#target; }
  get currentTarget() { return this.#currentTarget; }
  get defaultPrevented() { return this.#canceled; }
  get returnValue() { return !this.#canceled; }
  get eventPhase() { return this.#currentTarget === null ? 0 : 2; }
  get timeStamp() { return this.#timeStamp; }
  get isTrusted() { return false; }
  get cancelBubble() { return false; }
  composedPath() { return this.#currentTarget === null ? [] : [this.#currentTarget]; }
  preventDefault() { if (this.#cancelable && !this.#passive) this.#canceled = true; }
  stopPropagation() {}
  stopImmediatePropagation() { this.#stopped = true; }

  // Calls the listeners of `target` in the order they were added.
  static fire(event, target, listeners) {
    event[dispatchFlag] = true;
    event.#target = target;
    event.#currentTarget = target;
    for (const listener of [...listeners]) {
      if (event.#stopped) break;
      if (listener.removed) continue;
      if (listener.once) listeners.splice(listeners.indexOf(listener), 1);
      event.#passive = listener.passive;
      const { callback } = listener;
      try {
        if (typeof callback === 'function') callback.call(target, event);
        else callback.handleEvent(event);
      } catch (error) {
        internals.report(error);
      }
    }
    event.#currentTarget = null;
    event.#stopped = false;
    event[dispatchFlag] = false;
    return !event.#canceled;
  }
}
function performanceNow() { return Date.now(); }
const fireEvent = Event.fire;
delete Event.fire;
internals.finishClass(Event, 'Event');
for (const [name, value] of [['NONE', 0], ['CAPTURING_PHASE', 1], ['AT_TARGET', 2], ['BUBBLING_PHASE', 3]]) {
  Object.defineProperty(Event, name, { value, enumerable: true });
  Object.defineProperty(Event.prototype, name, { value, enumerable: true });
}

class CustomEvent extends Event {
  #detail;
  constructor(type, init = {}) {
    super(type, init);
    this.#detail = init?.detail ?? null;
  }
  get detail() { return this.#detail; }
}
internals.finishClass(CustomEvent, 'CustomEvent');

class EventTarget {
  #listeners;  // Map type -> [{callback, capture, once, passive, removed}], made when first needed

  addEventListener(type, callback, options) {
    if (callback === null || callback === undefined) return;
    if (typeof callback !== 'function' && typeof callback !== 'object') {
      throw new TypeError('addEventListener: the listener is neither a function nor an object');
    }
    const capture = typeof options === 'boolean' ? options : Boolean(options?.capture);
    const { once = false, passive = false, signal } = Object(options ?? {});
    if (signal !== undefined && signal !== null) {
      if (signal.aborted) return;
      signal.addEventListener('abort', () => this.removeEventListener(type, callback, { capture }), { once: true });
    }
    this.#listeners ??= new Map();
    const key = `${type}`;
    let list = this.#listeners.get(key);
    if (list === undefined) this.#listeners.set(key, list = []);
    if (list.some((l) => l.callback === callback && l.capture === capture)) return;
    list.push({ callback, capture, once: Boolean(once), passive: Boolean(passive), removed: false });
  }
  removeEventListener(type, callback, options) {
    const capture = typeof options === 'boolean' ? options : Boolean(options?.capture);
    const list = this.#listeners?.get(`${type}`);
    if (list === undefined) return;
    const index = list.findIndex((l) => l.callback === callback && l.capture === capture);
    if (index >= 0) list.splice(index, 1)[0].removed = true;
  }
  dispatchEvent(event) {
    if (!(event instanceof Event)) throw new TypeError('dispatchEvent: expected an Event');
    if (event[dispatchFlag]) {
      throw new internals.DOMException('the event is being dispatched already', 'InvalidStateError');
    }
    return fireEvent(event, this, this.#listeners?.get(event.type) ?? []);
  }
}
internals.finishClass(EventTarget, 'EventTarget');

// An on<type> attribute, kept in the listeners' order as the HTML standard has it.
internals.eventHandler = (prototype, type) => {
  const handlers = new WeakMap();
  Object.defineProperty(prototype, `on${type}`, {
    enumerable: true,
    configurable: true,
    get() { return handlers.get(this)?.handler ?? null; },
    set(handler) {
      const old = handlers.get(this);
      const callable = typeof handler === 'function';
      if (old !== undefined) {
        old.handler = callable ? handler : null;
        if (!callable) {
          this.removeEventListener(type, old.listener);
          handlers.delete(this);
        }
        return;
      }
      if (!callable) return;
      const entry = { handler, listener: (event) => entry.handler?.call(this, event) };
      handlers.set(this, entry);
      this.addEventListener(type, entry.listener);
    },
  });
};
internals.defineGlobals({ Event, CustomEvent, EventTarget });

// Event and CustomEvent (DOM standard sections 2.2 to 2.4), without a tree: an event's path is its target alone, seen
// first by the capturing listeners and then by the others.
const { requireArguments, toDictionary } = internals;
const { getOwnPropertyDescriptor } = Object;
const { apply, defineProperty } = Reflect;
const now = Date.now;
const kBubbles = 1, kCancelable = 2, kComposed = 4, kCanceled = 8, kStopped = 16, kStoppedNow = 32, kInPassive = 64,
  kDispatching = 128, kTrusted = 256;
const kNone = 0, kAtTarget = 2;

let isTrusted;  // [LegacyUnforgeable]: one accessor, own property of each event
let dispatch;

class Event {
  #type;
  #flags = 0;
  #target = null;
  #currentTarget = null;
  #timeStamp = now();

  constructor(type, init = undefined) {
    requireArguments(arguments, 1, 'Event');
    this.#type = `${type}`;
    if (init !== undefined) {
      const { bubbles, cancelable, composed } = toDictionary(init, 'Event: the second argument');
      this.#flags = (bubbles ? kBubbles : 0) | (cancelable ? kCancelable : 0) | (composed ? kComposed : 0);
    }
    defineProperty(this, 'isTrusted', isTrusted);
  }
  get type() { return this.#type; }
  get target() { return this.#target; }
  get srcElement() { return this.#target; }
  get currentTarget() { return this.#currentTarget; }
  composedPath() { return this.#currentTarget === null ? [] : [this.#currentTarget]; }
  get eventPhase() { return this.#currentTarget === null ? kNone : kAtTarget; }
  stopPropagation() { this.#flags |= kStopped; }
  get cancelBubble() { return (this.#flags & kStopped) !== 0; }
  set cancelBubble(value) { this.#flags |= value ? kStopped : 0; }
  stopImmediatePropagation() { this.#flags |= kStopped | kStoppedNow; }
  get bubbles() { return (this.#flags & kBubbles) !== 0; }
  get cancelable() { return (this.#flags & kCancelable) !== 0; }
  get returnValue() { return (this.#flags & kCanceled) === 0; }
  set returnValue(value) { if (!value) this.#cancel(); }
  preventDefault() { this.#cancel(); }
  get defaultPrevented() { return (this.#flags & kCanceled) !== 0; }
  get composed() { return (this.#flags & kComposed) !== 0; }
  get timeStamp() { return this.#timeStamp; }
  initEvent(type, bubbles = false, cancelable = false) {
    requireArguments(arguments, 1, 'Event.initEvent');
    const name = `${type}`;
    if ((this.#flags & kDispatching) !== 0) return;
    this.#type = name;
    this.#flags = (bubbles ? kBubbles : 0) | (cancelable ? kCancelable : 0);
    this.#target = null;
  }
  #cancel() { if ((this.#flags & (kCancelable | kInPassive)) === kCancelable) this.#flags |= kCanceled; }

  // The listeners of one of the two phases.
  #invoke(listeners, isCapturing) {
    for (let i = 0; i < listeners.length && (this.#flags & kStoppedNow) === 0; ++i) {
      const listener = listeners[i];
      if (listener.capture !== isCapturing || listener.removed) continue;
      if (listener.once) listener.remove();
      if (listener.passive) this.#flags |= kInPassive;
      try {
        const { callback } = listener;
        if (typeof callback === 'function') {
          apply(callback, this.#currentTarget, [this]);
        } else {
          const { handleEvent } = callback;
          if (typeof handleEvent !== 'function') throw new TypeError('the listener\'s handleEvent is not a function');
          apply(handleEvent, callback, [this]);
        }
      } catch (error) {
        internals.report(error);
      }
      this.#flags &= ~kInPassive;
    }
  }
  static {
    isTrusted = getOwnPropertyDescriptor({ get isTrusted() { return (this.#flags & kTrusted) !== 0; } }, 'isTrusted');
    isTrusted.configurable = false;
    internals.isEvent = (value) => typeof value === 'object' && value !== null && #flags in value;

    // `listeners` do not change. False when the event was canceled.
    dispatch = (event, target, listeners) => {
      event.#flags |= kDispatching;
      event.#target = target;
      event.#currentTarget = target;
      event.#invoke(listeners, true);
      if ((event.#flags & kStopped) === 0) event.#invoke(listeners, false);
      event.#currentTarget = null;
      event.#flags &= ~(kDispatching | kStopped | kStoppedNow);
      return (event.#flags & kCanceled) === 0;
    };
    internals.isDispatching = (event) => (event.#flags & kDispatching) !== 0;
    internals.dispatchTrusted = (event, target, listeners) => {
      event.#flags |= kTrusted;
      return dispatch(event, target, listeners);
    };
    internals.dispatchByScript = (event, target, listeners) => {
      event.#flags &= ~kTrusted;
      return dispatch(event, target, listeners);
    };
  }
}
internals.finishClass(Event, 'Event');
internals.defineConstants(Event, { NONE: kNone, CAPTURING_PHASE: 1, AT_TARGET: kAtTarget, BUBBLING_PHASE: 3 });
const { isDispatching } = internals;

class CustomEvent extends Event {
  #detail = null;
  constructor(type, init = undefined) {
    requireArguments(arguments, 1, 'CustomEvent');
    super(type, init);
    const detail = init?.detail;
    if (detail !== undefined) this.#detail = detail;
  }
  get detail() { return this.#detail; }
  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    requireArguments(arguments, 1, 'CustomEvent.initCustomEvent');
    this.#detail;  // of this class?
    if (isDispatching(this)) return;
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}
internals.finishClass(CustomEvent, 'CustomEvent');

internals.Event = Event;
internals.defineGlobals({ Event, CustomEvent });

// AbortController and AbortSignal (DOM standard section 3).
//
// A signal made by any() hangs weakly on its sources, so that a long-lived source does not collect what nobody holds;
// once somebody listens to it, its sources hold it.
const { DOMException, Event, kInternal, fire, requireArguments } = internals;
const weakMin = 16;

const abortError = () => new DOMException('the operation was aborted', 'AbortError');

let makeSignal;

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #steps = null;       // functions of the runtime, run before the event
  #sources = null;     // of a dependent signal, none of them dependent
  #dependents = null;  // WeakRefs of the signals made by any() out of this one
  #weakMax = weakMin;  // how many of them until the dead are looked for
  #held = null;        // the dependents that somebody listens to, as a Set
  #timer = 0;          // of timeout(), until it counts as something to wait for

  constructor() {
    if (arguments[0] !== kInternal) throw new TypeError('Illegal constructor');
    super();
  }
  static abort(reason = undefined) {
    const signal = makeSignal();
    signal.#aborted = true;
    signal.#reason = reason === undefined ? abortError() : reason;
    return signal;
  }
  static timeout(milliseconds) {
    requireArguments(arguments, 1, 'AbortSignal.timeout');
    const delay = internals.enforceRange(milliseconds, 'AbortSignal.timeout: the number of milliseconds');
    const signal = makeSignal();
    signal.#timer = internals.startWeakTimer(
      () => abortSignal(signal, new DOMException('the operation timed out', 'TimeoutError')), delay);
    return signal;
  }
  static any(signals) {
    requireArguments(arguments, 1, 'AbortSignal.any');
    return AbortSignal.#any(signals, makeSignal);
  }
  static #any(signals, make) {
    const given = internals.toSequence(signals, 'AbortSignal.any: the argument');
    for (const signal of given) if (!isAbortSignal(signal)) throw new TypeError('AbortSignal.any: expected AbortSignals');
    const result = make();
    const aborted = given.find((signal) => signal.#aborted);
    if (aborted !== undefined) {
      result.#aborted = true;
      result.#reason = aborted.#reason;
      return result;
    }
    const sources = new Set();
    for (const signal of given) for (const source of signal.#sources ?? [signal]) sources.add(source);
    result.#sources = [...sources];
    for (const source of sources) source.#addDependent(result);
    return result;
  }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }

  #addDependent(signal) {
    const list = this.#dependents ??= [];
    if (list.length >= this.#weakMax) {
      const alive = list.filter((reference) => reference.deref() !== undefined);
      this.#weakMax = Math.max(weakMin, 2 * alive.length);
      this.#dependents = alive;
    }
    this.#dependents.push(new WeakRef(signal));
  }
  // Somebody waits for it.
  #hold() {
    if (this.#timer !== 0) {
      internals.holdTimer(this.#timer);
      this.#timer = 0;
    }
    for (const source of this.#sources ?? []) {
      source.#hold();
      (source.#held ??= new Set()).add(this);
    }
  }
  #runSteps() {
    const steps = this.#steps ?? [];
    this.#steps = null;
    for (const step of steps) step(this.#reason);
    if (internals.hasListeners(this, 'abort')) fire(this, new Event('abort'));
  }
  #takeDependents() {
    const alive = [];
    for (const reference of this.#dependents ?? []) {
      const signal = reference.deref();
      if (signal !== undefined && !signal.#aborted) alive.push(signal);
    }
    this.#dependents = this.#held = null;
    return alive;
  }

  static {
    makeSignal = () => new AbortSignal(kInternal);
    Object.assign(internals, {
      newAbortSignal: makeSignal,
      anySignal: AbortSignal.#any,
      isAbortSignal: (value) => typeof value === 'object' && value !== null && #aborted in value,
      abortSignal(signal, reason = undefined) {
        if (signal.#aborted) return;
        signal.#aborted = true;
        signal.#reason = reason === undefined ? abortError() : reason;
        const dependents = signal.#takeDependents();
        for (const dependent of dependents) {
          dependent.#aborted = true;
          dependent.#reason = signal.#reason;
        }
        signal.#runSteps();
        for (const dependent of dependents) dependent.#runSteps();
      },
      // Runs `step` on abort; returns how to take it back.
      onAbort(signal, step) {
        (signal.#steps ??= []).push(step);
        signal.#hold();
        return () => {
          const index = signal.#steps?.indexOf(step) ?? -1;
          if (index >= 0) signal.#steps.splice(index, 1);
        };
      },
      listenerAdded(target, type) { if (type === 'abort' && #aborted in target) target.#hold(); },
    });
  }
}
const { abortSignal, isAbortSignal } = internals;
internals.finishClass(AbortSignal, 'AbortSignal');
internals.eventHandler(AbortSignal.prototype, 'abort');

class AbortController {
  #signal;
  constructor() { this.#signal = arguments[0] === kInternal ? arguments[1] : makeSignal(); }
  get signal() { return this.#signal; }
  abort(reason = undefined) { abortSignal(this.#signal, reason); }
}
internals.finishClass(AbortController, 'AbortController');
internals.defineGlobals({ AbortController, AbortSignal });

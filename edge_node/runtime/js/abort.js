// AbortController and AbortSignal (DOM standard section 3).
const { DOMException, kInternal } = internals;

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  #steps = null;       // functions of the runtime, before the event
  #dependents = null;  // signals made by any() out of this one

  constructor(token) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    super();
  }
  static abort(reason) {
    const signal = new AbortSignal(kInternal);
    abortSignal(signal, reason);
    return signal;
  }
  static timeout(milliseconds) {
    const signal = new AbortSignal(kInternal);
    setTimeout(() => abortSignal(signal, new DOMException('the operation timed out', 'TimeoutError')), milliseconds);
    return signal;
  }
  static any(signals) {
    const result = new AbortSignal(kInternal);
    const sources = [...signals];
    for (const source of sources) {
      if (!isAbortSignal(source)) throw new TypeError('AbortSignal.any: expected AbortSignals');
      if (source.aborted) {
        abortSignal(result, source.reason);
        return result;
      }
    }
    for (const source of sources) (source.#dependents ??= []).push(result);
    return result;
  }
  get aborted() { return this.#aborted; }
  get reason() { return this.#reason; }
  throwIfAborted() { if (this.#aborted) throw this.#reason; }

  static [Symbol.for('terrella.internals')]() {
    return {
      isAbortSignal: (value) => typeof value === 'object' && value !== null && #aborted in value,
      abortSignal(signal, reason = new DOMException('the operation was aborted', 'AbortError')) {
        if (signal.#aborted) return;
        signal.#aborted = true;
        signal.#reason = reason;
        const dependents = signal.#dependents ?? [];
        const steps = signal.#steps ?? [];
        signal.#dependents = signal.#steps = null;
        for (const step of steps) step(reason);
        signal.dispatchEvent(new Event('abort'));
        for (const dependent of dependents) abortSignal(dependent, reason);
      },
      // Runs `step` on abort; returns how to take it back.
      onAbort(signal, step) {
        (signal.#steps ??= []).push(step);
        return () => {
          const index = signal.#steps?.indexOf(step) ?? -1;
          if (index >= 0) signal.#steps.splice(index, 1);
        };
      },
    };
  }
}
const { isAbortSignal, abortSignal, onAbort } = AbortSignal[Symbol.for('terrella.internals')]();
delete AbortSignal[Symbol.for('terrella.internals')];
internals.finishClass(AbortSignal, 'AbortSignal');
internals.eventHandler(AbortSignal.prototype, 'abort');

class AbortController {
  #signal = new AbortSignal(kInternal);
  get signal() { return this.#signal; }
  abort(reason) { abortSignal(this.#signal, reason); }
}
internals.finishClass(AbortController, 'AbortController');

Object.assign(internals, { isAbortSignal, abortSignal, onAbort, newAbortSignal: () => new AbortSignal(kInternal) });
internals.defineGlobals({ AbortController, AbortSignal });

// QuotaExceededError (Web IDL section 2.8.2).
const { DOMException, toDictionary } = internals;

function amount(value, name) {
  if (value === undefined) return null;
  const number = +value;
  if (!Number.isFinite(number)) throw new TypeError(`QuotaExceededError: ${name} is not a finite number`);
  if (number < 0) throw new RangeError(`QuotaExceededError: ${name} is negative`);
  return number;
}

class QuotaExceededError extends DOMException {
  #quota;
  #requested;
  constructor(message = '', options = undefined) {
    super(message, 'QuotaExceededError');
    const { quota, requested } = toDictionary(options, 'QuotaExceededError: the second argument');
    this.#quota = amount(quota, 'quota');
    this.#requested = amount(requested, 'requested');
    if (this.#quota !== null && this.#requested !== null && this.#requested < this.#quota) {
      throw new RangeError('QuotaExceededError: less was requested than the quota');
    }
  }
  get quota() { return this.#quota; }
  get requested() { return this.#requested; }
}
internals.finishClass(QuotaExceededError, 'QuotaExceededError');
internals.cloneSteps.set(QuotaExceededError.prototype, (error) => {
  const { quota, requested } = error;
  const copy = new QuotaExceededError(error.message, { quota: quota ?? undefined, requested: requested ?? undefined });
  Object.defineProperty(copy, 'stack', { value: error.stack, writable: true, configurable: true });
  return copy;
});

return { QuotaExceededError };

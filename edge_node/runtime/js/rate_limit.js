// env.NAME of a rate limit: await env.NAME.limit({ key }) gives { success }. A lazy file.
const { take } = native.rate_limit;
const { kInternal } = internals;
const keyLengthMax = 2048;

class RateLimit {
  #rule;
  constructor(token, rule) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#rule = rule;
  }
  async limit(options) {
    const rule = this.#rule;
    const key = options?.key;
    if (typeof key !== 'string') throw new TypeError('limit() takes an object with a key, which is a string');
    if (key.length > keyLengthMax) throw new RangeError(`limit(): the key has more than ${keyLengthMax} characters`);
    return { success: take(rule, key) };
  }
}
internals.finishClass(RateLimit, 'RateLimit');
return { make: (rule) => new RateLimit(kInternal, rule) };

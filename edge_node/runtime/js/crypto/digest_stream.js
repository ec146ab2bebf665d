// DigestStream of Workers: a WritableStream that hashes what is written to it.
const { finishClass, idl, load } = internals;
const { operationResult } = load('crypto_key');
const { hashes, normalizeHash, toIdentifier } = load('crypto_normalize');
const { isBufferSource } = native.cryptoKeys;
const { byteLength } = native.cryptoOperations;
const { finishHash, openHash, updateHash } = native.cryptoStreams;
const { Promise, TypeError } = internals.primordials;
const { encodeUtf8 } = native.encoding;

class DigestStream extends WritableStream {
  #digest;
  #bytesWritten = 0n;
  constructor(algorithm) {
    idl.need(1, arguments.length, 'DigestStream');
    const name = normalizeHash(toIdentifier(algorithm));
    const state = openHash(name);
    let settle, refuse;
    const digest = new Promise((resolve, reject) => {
      settle = resolve;
      refuse = reject;
    });
    internals.then(digest, undefined, () => {});
    super({
      __proto__: null,
      write: (chunk) => {
        const bytes = typeof chunk === 'string' ? encodeUtf8(chunk) : chunk;
        if (!isBufferSource(bytes)) {
          const error = new TypeError('DigestStream: a chunk is neither bytes nor a string');
          refuse(error);
          throw error;
        }
        operationResult(updateHash(state, bytes));
        this.#bytesWritten += BigInt(byteLength(bytes));
      },
      close: () => settle(finishHash(state)),
      abort: (reason) => refuse(reason),
    });
    this.#digest = digest;
  }
  get digest() { return this.#digest; }
  get bytesWritten() { return this.#bytesWritten; }
}
finishClass(DigestStream, 'DigestStream');
return { DigestStream };

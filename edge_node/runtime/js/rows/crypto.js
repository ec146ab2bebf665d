// Crypto, SubtleCrypto and CryptoKey: their shapes, random values, digests, how arguments are read, which errors come.
const { subtle } = crypto;
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytesOf = (text) => new TextEncoder().encode(text);
const hmacKey = (usages = ['sign', 'verify'], bytes = new Uint8Array(32)) =>
  subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, true, usages);

row('Web IDL 3.7', 'shapes', () => {
  checkInterface(Crypto, { name: 'Crypto', length: 0, attributes: ['subtle'], methods: { getRandomValues: 1, randomUUID: 0 } });
  checkInterface(CryptoKey, { name: 'CryptoKey', length: 0, attributes: ['type', 'extractable', 'algorithm', 'usages'] });
  checkInterface(SubtleCrypto, {
    name: 'SubtleCrypto', length: 0,
    methods: {
      encrypt: 3, decrypt: 3, sign: 3, verify: 4, digest: 2, generateKey: 3, deriveKey: 5, deriveBits: 2, importKey: 5,
      exportKey: 2, wrapKey: 4, unwrapKey: 7,
    },
  });
  for (const type of [Crypto, CryptoKey, SubtleCrypto]) throws(TypeError, () => new type(), 'Illegal constructor');
  same([crypto.constructor === Crypto, subtle.constructor === SubtleCrypto, crypto.subtle === crypto.subtle], [true, true, true]);
});
row('Web Cryptography 10', 'the attribute crypto can be replaced, as workerd has it', () => {
  const { get, set, enumerable } = Object.getOwnPropertyDescriptor(WorkerGlobal(), 'crypto');
  same([typeof get, typeof set, enumerable], ['function', 'function', true]);
  throws(TypeError, () => Reflect.apply(get, {}, []));
});
function WorkerGlobal() {
  let holder = globalThis;
  while (!Object.hasOwn(holder, 'crypto')) holder = Object.getPrototypeOf(holder);
  return holder;
}
row('Web IDL 3.7.6', 'methods of a promise type reject where others throw', async () => {
  throws(TypeError, () => Reflect.apply(crypto.getRandomValues, {}, [new Uint8Array(1)]), 'Illegal invocation');
  throws(TypeError, () => Reflect.apply(crypto.randomUUID, undefined, []));
  for (const name of ['encrypt', 'digest', 'importKey', 'exportKey', 'deriveBits']) {
    await rejects(TypeError, Reflect.apply(subtle[name], {}, []), 'Illegal invocation');
    await rejects(TypeError, subtle[name](), 'needed');
  }
});

row('Web Cryptography 10.1.1', 'getRandomValues fills views of integers', () => {
  for (const type of [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array,
    BigUint64Array]) {
    const array = new type(64);
    same(crypto.getRandomValues(array), array);
    if (array.every((item) => Number(item) === 0)) throw new Error(`${type.name} is still zero`);
  }
  const whole = new Uint8Array(64);
  crypto.getRandomValues(whole.subarray(16, 32));
  same([...whole.subarray(0, 16), ...whole.subarray(32)].every((byte) => byte === 0), true, 'only the view is filled');
});
row('Web Cryptography 10.1.1', 'getRandomValues refuses what is no view of integers', () => {
  for (const bad of [new Float32Array(1), new Float64Array(1), new DataView(new ArrayBuffer(1))]) {
    throws('TypeMismatchError', () => crypto.getRandomValues(bad));
  }
  for (const bad of [undefined, null, 1, [], {}, new ArrayBuffer(1), 'x']) throws(TypeError, () => crypto.getRandomValues(bad));
});
row('Web Cryptography 10.1.1', 'getRandomValues gives 65536 bytes and no more', () => {
  same(crypto.getRandomValues(new Uint32Array(16384)).byteLength, 65536);
  const error = throws(QuotaExceededError, () => crypto.getRandomValues(new Uint8Array(65537)), '65536');
  same([error.name, error.code, error.quota, error.requested, error instanceof DOMException], ['QuotaExceededError', 22, null, null, true]);
});
row('Web Cryptography 10.1.2', 'randomUUID is of version 4', () => {
  const seen = new Set();
  for (let i = 0; i < 500; ++i) {
    const uuid = crypto.randomUUID();
    same(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid), true, uuid);
    seen.add(uuid);
  }
  same(seen.size, 500);
});
row('Web Cryptography 32', 'digests', async () => {
  for (const [name, digest] of [
    ['SHA-1', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['SHA-256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['SHA-384', 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7'],
    ['SHA3-256', '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532'],
    ['MD5', '900150983cd24fb0d6963f7d28e17f72'],
  ]) {
    for (const algorithm of [name, name.toLowerCase(), { name }, Object.create({ name })]) {
      const result = await subtle.digest(algorithm, bytesOf('abc'));
      same([result.constructor, hex(result)], [ArrayBuffer, digest], name);
    }
  }
});
row('Web Cryptography 14.3.5', 'a digest is of buffers and of all views', async () => {
  const expected = hex(await subtle.digest('SHA-256', bytesOf('abcdefgh')));
  const { buffer } = bytesOf('abcdefgh').slice();
  for (const data of [buffer, new DataView(buffer), new Uint16Array(buffer), new BigInt64Array(buffer)]) {
    same(hex(await subtle.digest('SHA-256', data)), expected);
  }
  same(hex(await subtle.digest('SHA-256', new Uint8Array(buffer, 3, 0))), hex(await subtle.digest('SHA-256', new ArrayBuffer(0))));
  for (const bad of [undefined, null, 'abc', [1], {}, 7]) await rejects(TypeError, subtle.digest('SHA-256', bad));
  const { buffer: shared } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  for (const bad of [shared, new Uint8Array(shared), new DataView(shared, 0, 0)]) await rejects(TypeError, subtle.digest('SHA-256', bad));
});
row('Web Cryptography 14.3.5', 'the data is that of the call', async () => {
  const data = bytesOf('abc');
  const promise = subtle.digest('SHA-256', data);
  data[0] = 0;
  same(hex(await promise).slice(0, 8), 'ba7816bf');
});

row('Web Cryptography 18.4.4', 'names are matched without regard to ASCII case, and to nothing else', async () => {
  const key = await subtle.importKey('raw', new Uint8Array(16), 'aes-gcm', false, ['encrypt']);
  same(key.algorithm, { name: 'AES-GCM', length: 128 });
  for (const bad of ['', 'AES', ' SHA-256', 'SHA-256\0', '\u017fha-256', 'toString', '__proto__', 'constructor']) {
    await rejects('NotSupportedError', subtle.digest(bad, new Uint8Array(0)));
    await rejects('NotSupportedError', subtle.digest({ name: bad }, new Uint8Array(0)));
  }
  await rejects('NotSupportedError', subtle.digest(undefined, new Uint8Array(0)));
  await rejects(TypeError, subtle.digest({}, new Uint8Array(0)), 'name');
  await rejects(TypeError, subtle.digest(Symbol('SHA-1'), new Uint8Array(0)));
});
row('Web Cryptography 18.4.4', 'an operation the algorithm does not have', async () => {
  const key = await hmacKey();
  await rejects('NotSupportedError', subtle.encrypt('HMAC', key, new Uint8Array(1)));
  await rejects('NotSupportedError', subtle.sign('SHA-256', key, new Uint8Array(1)));
  await rejects('NotSupportedError', subtle.generateKey('PBKDF2', false, ['deriveBits']));
  await rejects('NotSupportedError', subtle.digest('HMAC', new Uint8Array(1)));
  const password = await subtle.importKey('raw', new Uint8Array(1), 'PBKDF2', false, ['deriveBits']);
  await rejects('NotSupportedError', subtle.exportKey('raw', password));
});
row('Web Cryptography 18.4.4', 'members are converted in the order of Web IDL, the name twice', async () => {
  const read = [];
  const algorithm = new Proxy({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(1), info: new Uint8Array(1) },
    { get: (object, name) => { read.push(name); return object[name]; } });
  const key = await subtle.importKey('raw', new Uint8Array(1), 'HKDF', false, ['deriveBits']);
  await subtle.deriveBits(algorithm, key, 8);
  same(read, ['name', 'name', 'hash', 'info', 'salt']);
});
row('Web IDL 3.2.17', 'members that are missing or of the wrong type', async () => {
  const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-CTR', false, ['encrypt']);
  for (const [params, text] of [
    [{}, 'counter is missing'], [{ counter: new Uint8Array(16) }, 'length is missing'],
    [{ counter: [], length: 1 }, 'counter'], [{ counter: new Uint8Array(16), length: 256 }, '255'],
    [{ counter: new Uint8Array(16), length: -1 }, '255'], [{ counter: new Uint8Array(16), length: NaN }, '255'],
  ]) {
    await rejects(TypeError, subtle.encrypt({ name: 'AES-CTR', ...params }, key, new Uint8Array(1)), text);
  }
  await rejects(TypeError, subtle.encrypt('AES-CTR', key, new Uint8Array(1)), 'missing');
  await rejects(TypeError, subtle.importKey('raw', new Uint8Array(16), 'HMAC', false, ['sign']), 'hash is missing');
});
row('Web IDL 3.2.18', 'usages and formats are enumerations', async () => {
  await rejects(TypeError, hmacKey(['SIGN']), 'SIGN');
  await rejects(TypeError, hmacKey('sign'), 'sequence');
  await rejects(TypeError, hmacKey(null), 'sequence');
  await rejects(TypeError, subtle.importKey('RAW', new Uint8Array(16), 'AES-GCM', false, ['encrypt']), 'RAW');
  same((await hmacKey(new Set(['verify', 'sign', 'verify']))).usages, ['sign', 'verify']);
});

row('Web Cryptography 13', 'attributes of a key are its own, and the same object each time', async () => {
  const key = await hmacKey();
  same([key.type, key.extractable], ['secret', true]);
  same(key.algorithm, { name: 'HMAC', hash: { name: 'SHA-256' }, length: 256 });
  same([key.algorithm === key.algorithm, key.usages === key.usages], [true, true]);
  key.algorithm.hash.name = 'SHA-1';
  key.algorithm.name = 'AES-GCM';
  key.usages.length = 0;
  same(hex(await subtle.sign('HMAC', key, new Uint8Array(0))).slice(0, 8), 'b613679a');
});
row('HTML 2.7', 'a clone of a key works, and shares nothing that shows', async () => {
  const key = await hmacKey(['sign']);
  const { copies: [copy, again] } = structuredClone({ copies: [key, key] });
  same([copy instanceof CryptoKey, copy === key, copy === again, copy.algorithm === key.algorithm], [true, false, true, false]);
  same([copy.type, copy.extractable, copy.algorithm, copy.usages], [key.type, key.extractable, key.algorithm, key.usages]);
  same(hex(await subtle.sign('HMAC', copy, new Uint8Array(3))), hex(await subtle.sign('HMAC', key, new Uint8Array(3))));
});
row('Web Cryptography 14.3', 'a key is for its algorithm, its usages, and is a CryptoKey', async () => {
  const key = await hmacKey(['sign']);
  await rejects('InvalidAccessError', subtle.verify('HMAC', key, new Uint8Array(32), new Uint8Array(1)), 'verify');
  const aes = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']);
  await rejects('InvalidAccessError', subtle.sign('HMAC', aes, new Uint8Array(1)), 'AES-CBC');
  await rejects('InvalidAccessError', subtle.decrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, aes, new Uint8Array(16)));
  for (const bad of [null, {}, 'key', Object.create(CryptoKey.prototype), new Proxy(key, {})]) {
    await rejects(TypeError, subtle.sign('HMAC', bad, new Uint8Array(1)), 'CryptoKey');
  }
});
row('Web Cryptography 14.3.6', 'secret and private keys need a usage', async () => {
  await rejects('SyntaxError', subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, []));
  await rejects('SyntaxError', subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']), 'private');
  await rejects('SyntaxError', hmacKey([]));
  await rejects('SyntaxError', hmacKey(['encrypt']), 'encrypt');
  await rejects('OperationError', subtle.generateKey({ name: 'AES-GCM', length: 100 }, true, []), '100');
  const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  same([pair.publicKey.usages, pair.publicKey.extractable, pair.privateKey.extractable], [[], true, false]);
});
row('Web Cryptography 14.3.10', 'a key that is not extractable stays', async () => {
  const key = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
  await rejects('InvalidAccessError', subtle.exportKey('raw', key), 'extractable');
  const wrapping = await subtle.generateKey({ name: 'AES-KW', length: 128 }, false, ['wrapKey']);
  await rejects('InvalidAccessError', subtle.wrapKey('raw', key, wrapping, 'AES-KW'), 'extractable');
});

row('Workers', 'timingSafeEqual', () => {
  same(subtle.timingSafeEqual(new Uint8Array([1, 2]), new Uint8Array([1, 2]).buffer), true);
  same(subtle.timingSafeEqual(new Uint16Array([1]), new Uint8Array([1, 1])), false);
  same(subtle.timingSafeEqual(new Uint8Array(0), new ArrayBuffer(0)), true);
  throws(TypeError, () => subtle.timingSafeEqual(new Uint8Array(1), new Uint8Array(2)), '1 and 2 bytes');
  throws(TypeError, () => subtle.timingSafeEqual('a', 'b'));
});
row('Workers', 'DigestStream', async () => {
  const stream = new crypto.DigestStream('SHA-256');
  same([stream instanceof WritableStream, stream.bytesWritten, stream.digest === stream.digest], [true, 0n, true]);
  const writer = stream.getWriter();
  writer.write(bytesOf('a'));
  writer.write('b');
  writer.write(new DataView(bytesOf('xc').slice().buffer, 1));
  await writer.close();
  same([hex(await stream.digest).slice(0, 8), stream.bytesWritten], ['ba7816bf', 3n]);
  const piped = new crypto.DigestStream({ name: 'MD5' });
  await new Response('abc').body.pipeTo(piped);
  same(hex(await piped.digest), '900150983cd24fb0d6963f7d28e17f72');
});
row('Workers', 'DigestStream that breaks off', async () => {
  const aborted = new crypto.DigestStream('SHA-1');
  await aborted.abort(new RangeError('mine'));
  await rejects(RangeError, aborted.digest, 'mine');
  const wrong = new crypto.DigestStream('SHA-1');
  await rejects(TypeError, wrong.getWriter().write({}), 'DigestStream');
  await rejects(TypeError, wrong.digest);
  throws('NotSupportedError', () => new crypto.DigestStream('SHA-2'));
  throws(TypeError, () => new crypto.DigestStream());
});

// Keys are held as memory of the process that JavaScript may not see: whatever a worker replaces, none comes out.
row('-', 'no patch of a worker sees the material of a key', async () => {
  const saved = [];
  const spy = (object, name, make) => {
    const original = Object.getOwnPropertyDescriptor(object, name);
    saved.push([object, name, original]);
    Object.defineProperty(object, name, { ...make(original.value ?? original.get), configurable: true });
  };
  const seen = [];
  const look = (value) => { if (value instanceof ArrayBuffer) seen.push(value); };
  spy(Array.prototype, Symbol.iterator, (f) => ({ value() { this.forEach?.(look); return f.call(this); } }));
  spy(Promise.prototype, 'then', (f) => ({ value(a, b) { return f.call(this, (v) => { look(v); return a?.(v); }, b); } }));
  spy(Map.prototype, 'get', (f) => ({ value(key) { const v = f.call(this, key); look(v); return v; } }));
  spy(Map.prototype, 'set', (f) => ({ value(key, v) { look(v); return f.call(this, key, v); } }));
  Object.defineProperty(Object.prototype, 'handle', { set: look, configurable: true });
  Object.defineProperty(Object.prototype, 'then', { get() { look(this); if (Array.isArray(this)) look(this[0]); return undefined; }, configurable: true });
  try {
    const pair = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveKey']);
    await subtle.generateKey(
      { name: 'RSA-PSS', hash: 'SHA-1', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }, false, ['sign']);
    await subtle.deriveKey({ name: 'ECDH', public: pair.publicKey }, pair.privateKey, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
    const password = await subtle.importKey('raw', new Uint8Array(9), 'PBKDF2', false, ['deriveKey']);
    await subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(8), iterations: 20000 }, password,
      { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  } finally {
    delete Object.prototype.handle;
    delete Object.prototype.then;
    for (const [object, name, original] of saved) Object.defineProperty(object, name, original);
  }
  same(seen.length, 0);
});

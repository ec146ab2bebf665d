// CryptoKeys in the forms they travel in, and what is refused.
const { subtle } = crypto;
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const base64Url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const without = (object, ...names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

row('Web Cryptography 27.6', 'AES keys: raw, raw-secret and jwk', async () => {
  for (const name of ['AES-CBC', 'AES-CTR', 'AES-GCM', 'AES-KW']) {
    const usages = name === 'AES-KW' ? ['wrapKey'] : ['encrypt'];
    for (const size of [16, 24, 32]) {
      const bytes = crypto.getRandomValues(new Uint8Array(size));
      const key = await subtle.importKey('raw', bytes, name, true, usages);
      same([key.algorithm, key.type, key.usages], [{ name, length: 8 * size }, 'secret', usages]);
      same(hex(await subtle.exportKey('raw-secret', key)), hex(bytes));
      const jwk = await subtle.exportKey('jwk', key);
      same(jwk, { alg: `A${8 * size}${name.slice(4)}`, ext: true, k: base64Url(bytes), key_ops: usages, kty: 'oct' });
      same(hex(await subtle.exportKey('raw', await subtle.importKey('jwk', jwk, name, true, usages))), hex(bytes));
    }
    for (const size of [0, 15, 17, 64]) {
      await rejects('DataError', subtle.importKey('raw', new Uint8Array(size), name, true, usages), `${8 * size} bits`);
    }
    await rejects('NotSupportedError', subtle.importKey('spki', new Uint8Array(16), name, true, usages));
  }
});
row('Modern Algorithms', 'AES-OCB and ChaCha20-Poly1305 know raw-secret, not raw', async () => {
  for (const [name, alg] of [['AES-OCB', 'A256OCB'], ['ChaCha20-Poly1305', 'C20P']]) {
    const key = await subtle.importKey('raw-secret', new Uint8Array(32), name, true, ['encrypt']);
    same((await subtle.exportKey('jwk', key)).alg, alg);
    await rejects('NotSupportedError', subtle.importKey('raw', new Uint8Array(32), name, true, ['encrypt']));
    await rejects('NotSupportedError', subtle.exportKey('raw', key));
  }
  const chacha = await subtle.generateKey('ChaCha20-Poly1305', false, ['encrypt']);
  same(chacha.algorithm, { name: 'ChaCha20-Poly1305' });
});
row('Web Cryptography 31.6', 'HMAC keys and their length', async () => {
  const hmac = (hash, length) => ({ name: 'HMAC', hash, length });
  for (const [hash, bits] of [['SHA-1', 512], ['SHA-256', 512], ['SHA-384', 1024], ['SHA-512', 1024], ['SHA3-256', 1088]]) {
    const key = await subtle.generateKey({ name: 'HMAC', hash }, true, ['sign']);
    same(key.algorithm, { name: 'HMAC', hash: { name: hash }, length: bits });
    same((await subtle.exportKey('raw', key)).byteLength, bits / 8);
  }
  const odd = await subtle.importKey('raw', new Uint8Array([255, 255]), hmac('SHA-256', 11), true, ['sign']);
  same([odd.algorithm.length, hex(await subtle.exportKey('raw', odd))], [11, 'ffe0']);
  for (const length of [8, 17, 0]) {
    await rejects('DataError', subtle.importKey('raw', new Uint8Array(2), hmac('SHA-256', length), true, ['sign']));
  }
  await rejects('DataError', subtle.importKey('raw', new Uint8Array(0), hmac('SHA-256'), true, ['sign']), 'empty');
  await rejects('OperationError', subtle.generateKey(hmac('SHA-256', 0), true, ['sign']), 'empty');
  await rejects('OperationError', subtle.generateKey(hmac('SHA-256', 4294967295), true, ['sign']), 'at most');
  const short = await subtle.generateKey(hmac('SHA-256', 13), true, ['sign']);
  same(new Uint8Array(await subtle.exportKey('raw', short))[1] & 7, 0, 'what fills the last byte up');
  await rejects('NotSupportedError', subtle.generateKey(hmac('MD5'), true, ['sign']));
});
row('RFC 7517 4', 'members of a JWK that say what it is for', async () => {
  const good = { kty: 'oct', k: base64Url(new Uint8Array(16)), alg: 'A128GCM', use: 'enc', key_ops: ['encrypt', 'x'], ext: false };
  const load = (jwk, extractable = false) => subtle.importKey('jwk', jwk, 'AES-GCM', extractable, ['encrypt']);
  same((await load(good)).extractable, false);
  await rejects('DataError', load(good, true), 'ext');
  for (const [change, text] of [
    [{ kty: 'OCT' }, 'kty'], [{ kty: undefined }, 'kty'], [{ k: undefined }, '"k"'], [{ k: 'AA==' }, '"k"'], [{ k: '*' }, '"k"'],
    [{ alg: 'A256GCM' }, 'A128GCM'], [{ use: 'sig' }, 'use'], [{ key_ops: ['decrypt'] }, 'key_ops'],
    [{ key_ops: ['encrypt', 'encrypt'] }, 'twice'], [{ k: base64Url(new Uint8Array(15)) }, '120 bits'],
  ]) {
    await rejects('DataError', load({ ...good, ...change }), text);
  }
  for (const change of [{ key_ops: 'encrypt' }, { key_ops: 7 }, { oth: [7] }, { k: Symbol('k') }]) {
    await rejects(TypeError, load({ ...good, ...change }));
  }
  for (const bad of ['{}', 7, new Uint8Array(16)]) await rejects(TypeError, load(bad));
  await rejects('DataError', load(undefined), 'kty');
  await rejects(TypeError, subtle.importKey('raw', good, 'AES-GCM', false, ['encrypt']), 'raw');
});
row('Web IDL 3.2.17', 'a JWK is read in the order of its members, before the algorithm', async () => {
  const read = [];
  const spy = (object) => new Proxy(object, { get: (target, name) => { read.push(name); return target[name]; } });
  await rejects('DataError', subtle.importKey('jwk', spy({}), spy({ name: 'AES-GCM' }), true, ['encrypt']));
  same(read, ['alg', 'crv', 'd', 'dp', 'dq', 'e', 'ext', 'k', 'key_ops', 'kty', 'n', 'oth', 'p', 'q', 'qi', 'use', 'x', 'y',
    'name', 'name']);
});

row('Web Cryptography 20.8', 'RSA keys: spki, pkcs8 and jwk', async () => {
  const exponent = new Uint8Array([1, 0, 1]);
  for (const [name, ofPublic, ofPrivate, alg] of [['RSASSA-PKCS1-v1_5', 'verify', 'sign', 'RS'], ['RSA-PSS', 'verify', 'sign', 'PS'],
    ['RSA-OAEP', 'encrypt', 'decrypt', 'RSA-OAEP-']]) {
    const params = { name, hash: 'SHA-256' };
    const { publicKey, privateKey } = await subtle.generateKey(
      { ...params, modulusLength: 1024, publicExponent: new Uint8Array([0, 1, 0, 1]) }, true, [ofPublic, ofPrivate]);
    same([privateKey.algorithm.modulusLength, privateKey.algorithm.hash], [1024, { name: 'SHA-256' }]);
    for (const [format, key, usages] of [['spki', publicKey, [ofPublic]], ['pkcs8', privateKey, [ofPrivate]],
      ['jwk', publicKey, [ofPublic]], ['jwk', privateKey, [ofPrivate]]]) {
      const exported = await subtle.exportKey(format, key);
      const again = await subtle.importKey(format, exported, params, true, usages);
      same([again.type, again.algorithm.modulusLength, hex(again.algorithm.publicExponent)], [key.type, 1024, hex(exponent)]);
      const twice = await subtle.exportKey(format, again);
      if (format === 'jwk') same([twice, twice.alg], [exported, `${alg}256`]);
      else same(hex(twice), hex(exported));
    }
    await rejects('InvalidAccessError', subtle.exportKey('spki', privateKey), 'public');
    await rejects('InvalidAccessError', subtle.exportKey('pkcs8', publicKey), 'private');
    await rejects('NotSupportedError', subtle.exportKey('raw', publicKey));
    const jwk = await subtle.exportKey('jwk', privateKey);
    for (const change of [{ alg: `${alg}512` }, { oth: [{}] }, { kty: 'EC' }, { n: undefined }, { dp: undefined }, { e: 'AQ' },
      { d: jwk.dp }, { p: jwk.q, q: jwk.p }]) {
      await rejects('DataError', subtle.importKey('jwk', { ...jwk, ...change }, params, true, [ofPrivate]));
    }
    await rejects('SyntaxError', subtle.importKey('jwk', jwk, params, true, [ofPublic]));
    const sha1 = await subtle.importKey('jwk', without(jwk, 'alg'), { name, hash: 'SHA-1' }, true, [ofPrivate]);
    same((await subtle.exportKey('jwk', sha1)).alg, name === 'RSA-OAEP' ? 'RSA-OAEP' : `${alg}1`);
  }
});
row('Web Cryptography 20.4', 'RSA keys that cannot be made', async () => {
  const make = (modulusLength, publicExponent) =>
    subtle.generateKey({ name: 'RSA-PSS', hash: 'SHA-256', modulusLength, publicExponent }, true, ['sign']);
  for (const bits of [0, 256, 511, 8193, 16384, 4294967295]) await rejects('OperationError', make(bits, new Uint8Array([3])), `${bits} bits`);
  for (const exponent of [[], [0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]]) {
    await rejects('OperationError', make(1024, new Uint8Array(exponent)), 'exponent');
  }
  await rejects(TypeError, make(-1, new Uint8Array([3])));
  await rejects(TypeError, make(1024, [1, 0, 1]));
  await rejects(TypeError, make(1024, new Uint16Array([3])));
});
row('Web Cryptography 23.7', 'EC keys: raw, spki, pkcs8 and jwk', async () => {
  for (const [namedCurve, size, es] of [['P-256', 32, 'ES256'], ['P-384', 48, 'ES384'], ['P-521', 66, 'ES512']]) {
    const params = { name: 'ECDSA', namedCurve };
    const { publicKey, privateKey } = await subtle.generateKey(params, true, ['sign', 'verify']);
    const raw = new Uint8Array(await subtle.exportKey('raw', publicKey));
    same([raw.length, raw[0]], [1 + 2 * size, 4]);
    for (const [format, key, usages] of [['raw', publicKey, ['verify']], ['raw-public', publicKey, ['verify']], ['spki', publicKey, ['verify']],
      ['pkcs8', privateKey, ['sign']], ['jwk', publicKey, []], ['jwk', privateKey, ['sign']]]) {
      const exported = await subtle.exportKey(format, key);
      const again = await subtle.importKey(format, exported, params, true, usages);
      same([again.type, again.algorithm], [key.type, { name: 'ECDSA', namedCurve }]);
      if (format !== 'jwk') same(hex(await subtle.exportKey(format, again)), hex(exported));
    }
    const compressed = new Uint8Array([2 + (raw.at(-1) & 1), ...raw.subarray(1, 1 + size)]);
    const decompressed = await subtle.importKey('raw', compressed, params, true, ['verify']);
    same(hex(await subtle.exportKey('raw', decompressed)), hex(raw), 'SEC 1 2.3.4');
    const jwk = await subtle.exportKey('jwk', privateKey);
    same([jwk.crv, jwk.alg, jwk.kty, jwk.key_ops], [namedCurve, undefined, 'EC', ['sign']]);
    same((await subtle.importKey('jwk', { ...jwk, alg: es }, params, true, ['sign'])).type, 'private');
    for (const change of [{ crv: 'P-512' }, { alg: 'ES1' }, { x: jwk.x.slice(1) }, { y: undefined }, { x: jwk.y }, { d: jwk.x },
      { kty: 'OKP' }, { d: base64Url(new Uint8Array(size)) }]) {
      await rejects('DataError', subtle.importKey('jwk', { ...jwk, ...change }, params, true, ['sign']));
    }
    const other = namedCurve === 'P-256' ? 'P-384' : 'P-256';
    const wrong = { name: 'ECDSA', namedCurve: other };
    await rejects('DataError', subtle.importKey('spki', await subtle.exportKey('spki', publicKey), wrong, true, ['verify']));
    raw[5] ^= 1;
    await rejects('DataError', subtle.importKey('raw', raw, params, true, ['verify']), 'point');
    await rejects('DataError', subtle.importKey('raw', new Uint8Array(1), params, true, ['verify']), 'point');
  }
  await rejects('NotSupportedError', subtle.generateKey({ name: 'ECDSA', namedCurve: 'K-256' }, true, ['sign']));
  await rejects('DataError', subtle.importKey('raw', new Uint8Array(65), { name: 'ECDSA', namedCurve: 'K-256' }, true, ['verify']));
});
row('Web Cryptography 24.6', 'ECDH: public keys have no usages, and any "alg" will do', async () => {
  const params = { name: 'ECDH', namedCurve: 'P-256' };
  const { publicKey, privateKey } = await subtle.generateKey(params, true, ['deriveKey', 'deriveBits']);
  same([publicKey.usages, privateKey.usages], [[], ['deriveKey', 'deriveBits']]);
  const jwk = await subtle.exportKey('jwk', privateKey);
  same((await subtle.importKey('jwk', { ...jwk, alg: 'any' }, params, true, ['deriveBits'])).type, 'private');
  await rejects('SyntaxError', subtle.importKey('raw', await subtle.exportKey('raw', publicKey), params, true, ['deriveBits']));
});
row('Web Cryptography 25.6', 'Ed25519, X25519, Ed448 and X448 keys', async () => {
  for (const [name, size, ofPublic, ofPrivate] of [['Ed25519', 32, ['verify'], ['sign']], ['Ed448', 57, ['verify'], ['sign']],
    ['X25519', 32, [], ['deriveBits']], ['X448', 56, [], ['deriveBits']]]) {
    const { publicKey, privateKey } = await subtle.generateKey({ name: name.toLowerCase() }, true, [...ofPublic, ...ofPrivate]);
    same([privateKey.algorithm, publicKey.usages, privateKey.usages], [{ name }, ofPublic, ofPrivate]);
    for (const [format, key, usages] of [['raw', publicKey, ofPublic], ['spki', publicKey, ofPublic], ['pkcs8', privateKey, ofPrivate]]) {
      const exported = await subtle.exportKey(format, key);
      same(hex(await subtle.exportKey(format, await subtle.importKey(format, exported, name, true, usages))), hex(exported));
    }
    const jwk = await subtle.exportKey('jwk', privateKey);
    same([jwk.kty, jwk.crv, jwk.alg, 'y' in jwk], ['OKP', name, name.startsWith('Ed') ? name : undefined, false]);
    same((await subtle.importKey('jwk', jwk, name, true, ofPrivate)).type, 'private');
    for (const change of [{ x: undefined }, { crv: 'P-256' }, { kty: 'EC' }, { d: jwk.x, x: jwk.d }, { x: jwk.x.slice(2) }]) {
      await rejects('DataError', subtle.importKey('jwk', { ...jwk, ...change }, name, true, ofPrivate));
    }
    for (const wrong of [size - 1, size + 1]) {
      await rejects('DataError', subtle.importKey('raw', new Uint8Array(wrong), name, true, ofPublic), `${size}`);
    }
    await rejects('DataError', subtle.importKey('spki', new Uint8Array(44), name, true, ofPublic));
  }
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64Url(new Uint8Array(32).fill(9)) };
  same((await subtle.importKey('jwk', { ...jwk, alg: 'EdDSA' }, 'Ed25519', true, ['verify'])).type, 'public');
  await rejects('DataError', subtle.importKey('jwk', { ...jwk, alg: 'ed25519' }, 'Ed25519', true, ['verify']), 'alg');
});
row('Web Cryptography 33.5', 'HKDF and PBKDF2 keys come raw and never leave', async () => {
  for (const name of ['HKDF', 'PBKDF2']) {
    const key = await subtle.importKey('raw', new Uint8Array(0), name, false, ['deriveBits', 'deriveKey']);
    same([key.algorithm, key.type, key.extractable], [{ name }, 'secret', false]);
    await rejects('SyntaxError', subtle.importKey('raw', new Uint8Array(1), name, true, ['deriveBits']), 'extractable');
    await rejects('SyntaxError', subtle.importKey('raw', new Uint8Array(1), name, false, ['sign']));
    await rejects('SyntaxError', subtle.importKey('raw', new Uint8Array(1), name, false, []));
    await rejects('NotSupportedError', subtle.importKey('jwk', { kty: 'oct', k: 'AA' }, name, false, ['deriveBits']));
  }
});
row('RFC 8410 10.3', 'a private key with its public key beside it', async () => {
  const der = fromHex('3072020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842'
    + 'a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273'
    + '81210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1');
  const key = await subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign']);
  same((await subtle.exportKey('jwk', key)).x, 'Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE');
  der[der.length - 1] ^= 1;
  await rejects('DataError', subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign']), 'does not belong');
});

// What keys do: the published vectors through crypto.subtle (more are in edge_node/runtime/crypto), and its errors.
const { subtle } = crypto;
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const bytesOf = (text) => new TextEncoder().encode(text);
const raw = (bytes, algorithm, usages) => subtle.importKey('raw-secret', bytes, algorithm, true, usages);

row('RFC 4231 4.3', 'HMAC', async () => {
  const key = await raw(bytesOf('Jefe'), { name: 'HMAC', hash: 'SHA-256' }, ['sign', 'verify']);
  const mac = await subtle.sign('HMAC', key, bytesOf('what do ya want for nothing?'));
  same([mac.constructor, hex(mac)], [ArrayBuffer, '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843']);
  same(await subtle.verify('HMAC', key, mac, bytesOf('what do ya want for nothing?')), true);
  same(await subtle.verify('HMAC', key, mac, bytesOf('what do ya want for something?')), false);
  same(await subtle.verify('HMAC', key, mac.slice(1), bytesOf('what do ya want for nothing?')), false);
  same(await subtle.verify('HMAC', key, new Uint8Array(0), bytesOf('x')), false);
});
row('NIST SP 800-38A F.2.1', 'AES-CBC', async () => {
  const key = await raw(fromHex('2b7e151628aed2a6abf7158809cf4f3c'), 'AES-CBC', ['encrypt', 'decrypt']);
  const algorithm = { name: 'AES-CBC', iv: fromHex('000102030405060708090a0b0c0d0e0f') };
  const text = fromHex('6bc1bee22e409f96e93d7e117393172a');
  const sealed = await subtle.encrypt(algorithm, key, text);
  same([sealed.byteLength, hex(sealed).slice(0, 32)], [32, '7649abac8119b246cee98e9b12e9197d']);
  same(hex(await subtle.decrypt(algorithm, key, sealed)), hex(text));
  await rejects('OperationError', subtle.decrypt(algorithm, key, sealed.slice(1)), 'decryption failed');
  await rejects('OperationError', subtle.decrypt(algorithm, key, sealed.slice(0, 16)), 'decryption failed');
  await rejects('OperationError', subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(15) }, key, text), 'expected 16');
});
row('NIST SP 800-38A F.5.1', 'AES-CTR', async () => {
  const key = await raw(fromHex('2b7e151628aed2a6abf7158809cf4f3c'), 'AES-CTR', ['encrypt', 'decrypt']);
  const counter = fromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
  const text = fromHex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
  const sealed = await subtle.encrypt({ name: 'AES-CTR', counter, length: 64 }, key, text);
  same(hex(sealed), '874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff');
  same(hex(await subtle.decrypt({ name: 'AES-CTR', counter, length: 64 }, key, sealed)), hex(text));
  await rejects('OperationError', subtle.encrypt({ name: 'AES-CTR', counter, length: 0 }, key, text), '0 bits');
  await rejects('OperationError', subtle.encrypt({ name: 'AES-CTR', counter, length: 129 }, key, text), '129 bits');
  await rejects('OperationError', subtle.encrypt({ name: 'AES-CTR', counter: new Uint8Array(8), length: 1 }, key, text), 'expected 16');
  await rejects('OperationError', subtle.encrypt({ name: 'AES-CTR', counter, length: 1 }, key, new Uint8Array(33)), 'too short');
});
row('NIST SP 800-38D', 'AES-GCM', async () => {
  const key = await raw(fromHex('feffe9928665731c6d6a8f9467308308'), 'AES-GCM', ['encrypt', 'decrypt']);
  const iv = fromHex('cafebabefacedbaddecaf888');
  const additionalData = fromHex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
  const text = fromHex('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72'
    + '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39');
  const sealed = await subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, text);
  same(hex(sealed).slice(-32), '5bc94fbc3221a5db94fae95ae7121a47');
  for (const tagLength of [32, 64, 96, 104, 112, 120, 128]) {
    const algorithm = { name: 'AES-GCM', iv, additionalData, tagLength };
    const cut = await subtle.encrypt(algorithm, key, text);
    same(hex(cut), hex(sealed.slice(0, text.length + tagLength / 8)));
    same(hex(await subtle.decrypt(algorithm, key, cut)), hex(text));
  }
  for (const tagLength of [0, 8, 31, 72, 127, 136]) {
    await rejects('OperationError', subtle.encrypt({ name: 'AES-GCM', iv, tagLength }, key, text), `${tagLength} bits`);
    await rejects('OperationError', subtle.decrypt({ name: 'AES-GCM', iv, tagLength }, key, sealed), `${tagLength} bits`);
  }
  await rejects('OperationError', subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed), 'decryption failed');
  await rejects('OperationError', subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed.slice(0, 15)), 'shorter');
  await rejects('OperationError', subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(0) }, key, text), 'iv of 0 bytes');
  await subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(128) }, key, text);
});
row('RFC 7253 A', 'AES-OCB', async () => {
  const key = await raw(fromHex('000102030405060708090a0b0c0d0e0f'), 'AES-OCB', ['encrypt', 'decrypt']);
  const data = fromHex('0001020304050607');
  const algorithm = { name: 'AES-OCB', iv: fromHex('bbaa99887766554433221101'), additionalData: data };
  const sealed = await subtle.encrypt(algorithm, key, data);
  same(hex(sealed), '6820b3657b6f615a5725bda0d3b4eb3a257c9af1f8f03009');
  same(hex(await subtle.decrypt(algorithm, key, sealed)), hex(data));
  await rejects('OperationError', subtle.encrypt({ ...algorithm, tagLength: 32 }, key, data), '32 bits');
  await rejects('OperationError', subtle.encrypt({ ...algorithm, iv: new Uint8Array(16) }, key, data), 'iv');
});
row('RFC 8439 2.8.2', 'ChaCha20-Poly1305', async () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
  const key = await raw(bytes, 'ChaCha20-Poly1305', ['encrypt', 'decrypt']);
  const algorithm = { name: 'ChaCha20-Poly1305', iv: fromHex('070000004041424344454647'), additionalData: fromHex('50515253c0c1c2c3c4c5c6c7') };
  const text = bytesOf('Ladies and Gentlemen of the class of \'99: If I could offer you only one tip for the future, sunscreen would be it.');
  const sealed = await subtle.encrypt(algorithm, key, text);
  same([hex(sealed).slice(0, 16), hex(sealed).slice(-32)], ['d31a8d34648e60db', '1ae10b594f09e26a7e902ecbd0600691']);
  same(hex(await subtle.decrypt(algorithm, key, sealed)), hex(text));
  await rejects('OperationError', subtle.encrypt({ ...algorithm, tagLength: 96 }, key, text), '96 bits');
});
row('RFC 3394 4.1', 'AES-KW wraps what is a multiple of eight bytes', async () => {
  const wrapping = await raw(fromHex('000102030405060708090a0b0c0d0e0f'), 'AES-KW', ['wrapKey', 'unwrapKey']);
  const key = await raw(fromHex('00112233445566778899aabbccddeeff'), 'AES-CBC', ['encrypt']);
  const wrapped = await subtle.wrapKey('raw', key, wrapping, 'AES-KW');
  same(hex(wrapped), '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5');
  const again = await subtle.unwrapKey('raw', wrapped, wrapping, 'AES-KW', 'AES-CBC', true, ['encrypt']);
  same(hex(await subtle.exportKey('raw', again)), '00112233445566778899aabbccddeeff');
  const odd = await raw(new Uint8Array(17), { name: 'HMAC', hash: 'SHA-1' }, ['sign']);
  await rejects('OperationError', subtle.wrapKey('raw', odd, wrapping, 'AES-KW'), 'multiple of 8');
  for (const size of [0, 8, 23, 24]) {
    await rejects('OperationError', subtle.unwrapKey('raw', new Uint8Array(size), wrapping, 'AES-KW', 'AES-CBC', true, ['encrypt']));
  }
});
row('Web Cryptography 14.3.11', 'a wrapped JWK is JSON, whatever prototypes a worker has', async () => {
  const wrapping = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['wrapKey', 'unwrapKey', 'decrypt']);
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const { privateKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  Object.prototype.toJSON = () => 'mine';
  Object.prototype.ext = false;
  let wrapped, again;
  try {
    wrapped = await subtle.wrapKey('jwk', privateKey, wrapping, algorithm);
    again = await subtle.unwrapKey('jwk', wrapped, wrapping, algorithm, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  } finally {
    delete Object.prototype.toJSON;
    delete Object.prototype.ext;
  }
  same(await subtle.exportKey('jwk', again), await subtle.exportKey('jwk', privateKey));
  const text = new TextDecoder().decode(await subtle.decrypt(algorithm, wrapping, wrapped));
  same(JSON.parse(text), await subtle.exportKey('jwk', privateKey));
});
row('Web Cryptography 14.3.12', 'what was unwrapped must be a key', async () => {
  const wrapping = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['unwrapKey', 'encrypt']);
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const unwrap = async (text) => subtle.unwrapKey('jwk', await subtle.encrypt(algorithm, wrapping, bytesOf(text)), wrapping,
    algorithm, 'AES-GCM', true, ['encrypt']);
  for (const bad of ['', 'x', '{', '7', '"kty"', '[]', '{}', 'null', '{"kty":"oct"}', '{"kty":"oct","k":"AAAA"}']) {
    await rejects('DataError', unwrap(bad));
  }
  same((await unwrap('{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA","more":1}')).algorithm.length, 128);
});

row('RFC 8017 8', 'RSA signatures', async () => {
  for (const [name, params] of [['RSASSA-PKCS1-v1_5', {}], ['RSA-PSS', { saltLength: 32 }]]) {
    const { publicKey, privateKey } = await subtle.generateKey(
      { name, hash: 'SHA-256', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }, false, ['sign', 'verify']);
    const algorithm = { name, ...params };
    const signature = await subtle.sign(algorithm, privateKey, bytesOf('m'));
    same(signature.byteLength, 128);
    same(await subtle.verify(algorithm, publicKey, signature, bytesOf('m')), true);
    same(await subtle.verify(algorithm, publicKey, signature, bytesOf('n')), false);
    same(await subtle.verify(algorithm, publicKey, signature.slice(1), bytesOf('m')), false);
    if (name !== 'RSA-PSS') continue;
    same(await subtle.verify({ name, saltLength: 31 }, publicKey, signature, bytesOf('m')), false);
    await rejects('OperationError', subtle.sign({ name, saltLength: 95 }, privateKey, bytesOf('m')));
    await rejects('OperationError', subtle.sign({ name, saltLength: 4294967295 }, privateKey, bytesOf('m')));
    await rejects(TypeError, subtle.sign(name, privateKey, bytesOf('m')), 'saltLength');
  }
});
row('RFC 8017 7.1', 'RSA-OAEP', async () => {
  const { publicKey, privateKey } = await subtle.generateKey(
    { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) }, false,
    ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
  const algorithm = { name: 'RSA-OAEP', label: bytesOf('label') };
  const sealed = await subtle.encrypt(algorithm, publicKey, bytesOf('secret'));
  same(hex(await subtle.decrypt(algorithm, privateKey, sealed)), hex(bytesOf('secret')));
  await rejects('OperationError', subtle.decrypt('RSA-OAEP', privateKey, sealed), 'decryption failed');
  await rejects('OperationError', subtle.encrypt(algorithm, publicKey, new Uint8Array(63)), '');
  await subtle.encrypt(algorithm, publicKey, new Uint8Array(62));
  await rejects('InvalidAccessError', subtle.encrypt(algorithm, privateKey, new Uint8Array(1)));
  const aes = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']);
  const wrapped = await subtle.wrapKey('raw', aes, publicKey, algorithm);
  const again = await subtle.unwrapKey('raw', wrapped, privateKey, algorithm, 'AES-CBC', true, ['encrypt']);
  same(hex(await subtle.exportKey('raw', again)), hex(await subtle.exportKey('raw', aes)));
});
row('RFC 6979 A.2.5', 'ECDSA', async () => {
  const point = fromHex('0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6'
    + '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299');
  const key = await subtle.importKey('raw', point, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
  const signature = fromHex('efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716'
    + 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8');
  const verify = (hash, s, text) => subtle.verify({ name: 'ECDSA', hash }, key, s, bytesOf(text));
  same([await verify('SHA-256', signature, 'sample'), await verify('SHA-256', signature, 'simple'), await verify('SHA-1', signature, 'sample'),
    await verify({ name: 'sha-256' }, signature, 'sample'), await verify('SHA-256', signature.subarray(1), 'sample')],
  [true, false, false, true, false]);
  await rejects(TypeError, subtle.verify('ECDSA', key, signature, bytesOf('sample')), 'hash');
  await rejects('NotSupportedError', verify('SHA-3', signature, 'sample'));
  const { privateKey, publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-521' }, true, ['sign', 'verify']);
  const mine = await subtle.sign({ name: 'ECDSA', hash: 'SHA-512' }, privateKey, bytesOf('m'));
  same([mine.byteLength, await subtle.verify({ name: 'ECDSA', hash: 'SHA-512' }, publicKey, mine, bytesOf('m'))], [132, true]);
  const signer = await subtle.importKey('jwk', await subtle.exportKey('jwk', privateKey), { name: 'ECDSA', namedCurve: 'P-521' }, true, ['sign']);
  await rejects('InvalidAccessError', subtle.verify({ name: 'ECDSA', hash: 'SHA-1' }, signer, mine, bytesOf('m')));
});
row('RFC 8032 7.1', 'Ed25519', async () => {
  const pkcs8 = fromHex('302e020100300506032b657004220420c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7');
  const key = await subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
  const signature = await subtle.sign('Ed25519', key, fromHex('af82'));
  same(hex(signature), '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac'
    + '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a');
  const point = fromHex('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025');
  const verifier = await subtle.importKey('raw', point, 'Ed25519', true, ['verify']);
  same([await subtle.verify('Ed25519', verifier, signature, fromHex('af82')), await subtle.verify('Ed25519', verifier, signature, fromHex('af83'))],
    [true, false]);
  const neutral = new Uint8Array(32).fill(1, 0, 1);
  const small = await subtle.importKey('raw', neutral, 'Ed25519', true, ['verify']);
  same(await subtle.verify('Ed25519', small, new Uint8Array([...neutral, ...new Uint8Array(32)]), bytesOf('any')), false, 'small order');
});
row('Secure Curves', 'Ed448 takes no context that is not empty', async () => {
  const { privateKey } = await subtle.generateKey('Ed448', true, ['sign']);
  same((await subtle.sign({ name: 'Ed448', context: new Uint8Array(0) }, privateKey, bytesOf('m'))).byteLength, 114);
  await rejects('NotSupportedError', subtle.sign({ name: 'Ed448', context: new Uint8Array(1) }, privateKey, bytesOf('m')), 'context');
});
row('RFC 7748 6.1', 'X25519, and how many bits of it', async () => {
  const pkcs8 = fromHex('302e020100300506032b656e0422042077076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
  const mine = await subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits', 'deriveKey']);
  const peer = await subtle.importKey('raw', fromHex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'), 'X25519', false, []);
  const derive = (length) => subtle.deriveBits({ name: 'X25519', public: peer }, mine, length);
  const whole = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
  same([hex(await derive(null)), hex(await derive()), hex(await derive(256)), hex(await derive(0)), hex(await derive(12))],
    [whole, whole, whole, '', '4a50']);
  await rejects('OperationError', derive(257), '257 bits');
  const zero = await subtle.importKey('raw', new Uint8Array(32), 'X25519', false, []);
  await rejects('OperationError', subtle.deriveBits({ name: 'X25519', public: zero }, mine, null), 'no secret');
  const aes = await subtle.deriveKey({ name: 'X25519', public: peer }, mine, { name: 'AES-GCM', length: 128 }, true, ['encrypt']);
  same(hex(await subtle.exportKey('raw', aes)), whole.slice(0, 32));
});
row('Web Cryptography 24.5', 'ECDH is of two keys of one curve, a private and a public one', async () => {
  const make = (namedCurve) => subtle.generateKey({ name: 'ECDH', namedCurve }, true, ['deriveBits']);
  const a = await make('P-256'), b = await make('P-256'), c = await make('P-384');
  const derive = (publicKey, privateKey, length = null) => subtle.deriveBits({ name: 'ECDH', public: publicKey }, privateKey, length);
  same(hex(await derive(a.publicKey, b.privateKey)), hex(await derive(b.publicKey, a.privateKey)));
  same((await derive(c.publicKey, c.privateKey)).byteLength, 48);
  await rejects('InvalidAccessError', derive(c.publicKey, a.privateKey), 'curve');
  await rejects('InvalidAccessError', derive(a.privateKey, a.privateKey), 'public');
  await rejects('InvalidAccessError', derive(a.publicKey, a.publicKey));
  await rejects(TypeError, derive({}, a.privateKey), 'CryptoKey');
  await rejects(TypeError, subtle.deriveBits('ECDH', a.privateKey, 8), 'public is missing');
});
row('RFC 5869 A.1', 'HKDF', async () => {
  const key = await subtle.importKey('raw', new Uint8Array(22).fill(0x0b), 'HKDF', false, ['deriveBits', 'deriveKey']);
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: fromHex('000102030405060708090a0b0c'), info: fromHex('f0f1f2f3f4f5f6f7f8f9') };
  const okm = '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865';
  same([hex(await subtle.deriveBits(algorithm, key, 336)), hex(await subtle.deriveBits(algorithm, key, 0))], [okm, '']);
  for (const length of [null, undefined, 12, 65288]) await rejects('OperationError', subtle.deriveBits(algorithm, key, length));
  const hmac = await subtle.deriveKey(algorithm, key, { name: 'HMAC', hash: 'SHA-256', length: 64 }, true, ['sign']);
  same(hex(await subtle.exportKey('raw', hmac)), okm.slice(0, 16));
  await rejects(TypeError, subtle.deriveKey(algorithm, key, { name: 'HMAC', hash: 'SHA-256', length: 0 }, true, ['sign']));
  await rejects('OperationError', subtle.deriveKey(algorithm, key, { name: 'AES-GCM', length: 100 }, true, ['encrypt']));
  await rejects('OperationError', subtle.deriveKey(algorithm, key, 'PBKDF2', false, ['deriveBits']), 'multiple of 8');
});
row('RFC 6070', 'PBKDF2, of few iterations and of many', async () => {
  const key = await subtle.importKey('raw', bytesOf('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
  const algorithm = (iterations) => ({ name: 'PBKDF2', hash: 'SHA-1', salt: bytesOf('salt'), iterations });
  same(hex(await subtle.deriveBits(algorithm(1), key, 160)), '0c60c80f961f0e71f3a9b524af6012062fe037a6');
  same(hex(await subtle.deriveBits(algorithm(4096), key, 160)), '4b007901b765489abead49d926f721d065a429c1');
  same(hex(await subtle.deriveBits(algorithm(4096), key, 320)).slice(0, 40), '4b007901b765489abead49d926f721d065a429c1', 'as a job');
  same(await subtle.deriveBits(algorithm(1), key, 0).then(({ byteLength }) => byteLength), 0);
  await rejects('OperationError', subtle.deriveBits(algorithm(0), key, 8), 'iteration');
  for (const length of [null, 7]) await rejects('OperationError', subtle.deriveBits(algorithm(1), key, length));
  const aes = await subtle.deriveKey(algorithm(40000), key, { name: 'AES-GCM', length: 128 }, true, ['encrypt']);
  same([aes.algorithm, (await subtle.exportKey('raw', aes)).byteLength], [{ name: 'AES-GCM', length: 128 }, 16]);
  const many = await Promise.all(Array.from({ length: 10 }, () => subtle.deriveBits(algorithm(20000), key, 160)));
  same(new Set(many.map(hex)).size, 1);
});

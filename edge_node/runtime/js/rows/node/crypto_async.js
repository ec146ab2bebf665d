// node:crypto and node:async_hooks. Node.js 20 passes these rows too.
import crypto, { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

const digests = [['md5', '900150983cd24fb0d6963f7d28e17f72'], ['sha1', 'a9993e364706816aba3e25717850c26c9cd0d89d'], ['SHA256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['sha384', 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7']];
for (const [name, hex] of digests) {
  row('crypto', `createHash('${name}')`, () => {
    const hash = createHash(name).update('a');
    same([hash.copy().update(Buffer.from('bc')).digest('hex'), hash.update('6263', 'hex').digest().toString('hex')], [hex, hex]);
    same(throws(Error, () => hash.update('x')).code, 'ERR_CRYPTO_HASH_FINALIZED');
  });
}
row('crypto', 'createHmac, derivations', async () => {
  same(createHmac('sha256', 'key').update('data').digest('base64'), 'UDH+PZicbRU3oBP6bnOdojRj/a7DtwE32Cjjas4iG9A=');
  same(crypto.pbkdf2Sync('password', Buffer.from('salt'), 2, 20, 'SHA1').toString('hex'), 'ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957');
  same(Buffer.from(crypto.hkdfSync('sha512', 'key', 'salt', 'info', 8)).toString('hex'), '24156e2c35525baa');
  const later = await new Promise((resolve, reject) => { crypto.pbkdf2('password', 'salt', 1, 20, 'sha1', (error, key) => (error ? reject(error) : resolve(key))); });
  same(later.toString('hex'), '0c60c80f961f0e71f3a9b524af6012062fe037a6');
});
row('crypto', 'randomness and comparing', async () => {
  same([crypto.randomBytes(8).length, /^[\da-f]{8}-[\da-f]{4}-4/.test(crypto.randomUUID()), crypto.randomInt(5) < 5, crypto.randomInt(3, 4)], [8, true, true, 3]);
  same((await new Promise((resolve) => { crypto.randomBytes(4, (_, bytes) => resolve(bytes)); })).length, 4);
  same([timingSafeEqual(Buffer.from('a'), Buffer.from('a')), timingSafeEqual(Buffer.from('a'), Buffer.from('b'))], [true, false]);
  same(throws(RangeError, () => timingSafeEqual(Buffer.from('a'), Buffer.from('ab'))).code, 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH');
  const key = crypto.createSecretKey('k3y', 'utf8');
  same([key.type, key.symmetricKeySize, key.export().toString(), createHmac('sha1', key).update('').digest('hex') === createHmac('sha1', 'k3y').update('').digest('hex')], ['secret', 3, 'k3y', true]);
  same((() => { try { return crypto.createPublicKey('no key'); } catch (error) { return error instanceof Error; } })(), true);
  same(crypto.webcrypto.subtle instanceof SubtleCrypto, true);
});

const storage = new AsyncLocalStorage(), other = new AsyncLocalStorage();
row('async_hooks', 'a store holds over await, timers, microtasks and not outside', async () => {
  const seen = await storage.run({ id: 1 }, async () => {
    const list = [storage.getStore().id];
    await null;
    list.push(storage.getStore().id);
    await new Promise((resolve) => { setTimeout(() => { list.push(storage.getStore().id); resolve(); }, 1); });
    list.push(storage.getStore().id);
    await new Promise((resolve) => { queueMicrotask(() => { list.push(storage.getStore().id); resolve(); }); });
    await new Promise((resolve) => { setImmediate(() => { list.push(storage.getStore().id); resolve(); }); });
    await new Promise((resolve) => { process.nextTick(() => { list.push(storage.getStore().id); resolve(); }); });
    return list;
  });
  same([seen, storage.getStore()], [[1, 1, 1, 1, 1, 1, 1], undefined]);
});
row('async_hooks', 'chains side by side do not mix', async () => {
  const work = (id) => storage.run(id, async () => {
    for (let i = 0; i < 3; i++) await later((id * 7 + i) % 3);
    return storage.getStore();
  });
  same(await Promise.all([1, 2, 3, 4].map(work)), [1, 2, 3, 4]);
});
row('async_hooks', 'nesting, exit, two storages, errors', () => {
  const got = storage.run(1, (a, b) => other.run(2, () => [a + b, storage.getStore(), other.getStore(), storage.exit(() => storage.getStore()), storage.run(3, () => storage.getStore()), storage.getStore()]), 4, 5);
  same(got, [9, 1, 2, undefined, 3, 1]);
  throws(RangeError, () => storage.run(1, () => { throw new RangeError('x'); }));
  same(storage.getStore(), undefined);
});
row('async_hooks', 'bind, snapshot, AsyncResource, enterWith', async () => {
  const [bound, snapshot, resource] = storage.run('s', () => [AsyncLocalStorage.bind((x) => [storage.getStore(), x]), AsyncLocalStorage.snapshot(), new AsyncResource('R')]);
  same([bound(1), snapshot((x) => [storage.getStore(), x], 2), resource.runInAsyncScope((x) => [storage.getStore(), x], null, 3)], [['s', 1], ['s', 2], ['s', 3]]);
  await (async () => { await null; storage.enterWith('e'); await null; same(storage.getStore(), 'e'); })();
});

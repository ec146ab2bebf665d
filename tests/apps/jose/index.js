// jose: every kind of signature and encryption it makes of crypto.subtle.
import * as jose from 'jose';

const bytes = new Uint8Array(32).fill(7);
const pair = (alg) => (alg === 'HS256' || alg === 'dir'
  ? { publicKey: bytes, privateKey: bytes }
  : jose.generateKeyPair(alg, { extractable: true }));

async function signed(alg) {
  const { publicKey, privateKey } = await pair(alg);
  const token = await new jose.SignJWT({ alg }).setProtectedHeader({ alg }).setExpirationTime('1h').sign(privateKey);
  return (await jose.jwtVerify(token, publicKey)).payload.alg;
}

async function encrypted(alg, enc) {
  const { publicKey, privateKey } = await pair(alg);
  const text = new TextEncoder().encode(alg);
  const token = await new jose.CompactEncrypt(text).setProtectedHeader({ alg, enc }).encrypt(publicKey);
  return new TextDecoder().decode((await jose.compactDecrypt(token, privateKey)).plaintext);
}

export default {
  async fetch() {
    const out = [];
    for (const alg of ['HS256', 'RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']) out.push(await signed(alg));
    out.push(await encrypted('RSA-OAEP-256', 'A128CBC-HS256'));
    out.push(await encrypted('ECDH-ES+A128KW', 'A256GCM'));
    out.push(await encrypted('dir', 'A256GCM'));
    const { publicKey } = await jose.generateKeyPair('ES256', { extractable: true });
    out.push((await jose.calculateJwkThumbprint(await jose.exportJWK(publicKey))).length);
    return Response.json(out);
  },
};

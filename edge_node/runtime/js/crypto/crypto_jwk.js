// JSON Web Keys as Web Cryptography has them (section 15): the dictionary, its text, and the members that say what a
// key is for.
const { idl, load } = internals;
const { fail, kUsages, namesOfUsages } = load('crypto_key');
const { ObjectSetPrototypeOf, TypeError } = internals.primordials;
const { parse } = JSON;
const { isBuffer, isView, sequence } = idl;
const { decodeUtf8, encodeUtf8 } = native.encoding;

// In the order that Web IDL reads them in; all but three are strings.
const memberNames = ['alg', 'crv', 'd', 'dp', 'dq', 'e', 'ext', 'k', 'key_ops', 'kty', 'n', 'oth', 'p', 'q', 'qi', 'use', 'x', 'y'];
const primeNames = ['d', 'r', 't'];

function toPrime(value) {
  if (value !== undefined && value !== null && typeof value !== 'object' && typeof value !== 'function') {
    throw new TypeError('an item of "oth" is no dictionary');
  }
  for (let i = 0; i < primeNames.length; ++i) if (value?.[primeNames[i]] !== undefined) `${value[primeNames[i]]}`;
  return undefined;
}

// A JsonWebKey out of a worker's value; TypeError when it is none.
function toJsonWebKey(value, what) {
  if (value === undefined || value === null) return { __proto__: null };
  if ((typeof value !== 'object' && typeof value !== 'function') || isView(value) || isBuffer(value)) {
    throw new TypeError(`${what}: the key data is no JsonWebKey`);
  }
  const jwk = { __proto__: null };
  for (let i = 0; i < memberNames.length; ++i) {
    const name = memberNames[i];
    const member = value[name];
    if (member === undefined) continue;
    if (name === 'ext') jwk.ext = !!member;
    else if (name === 'key_ops') jwk.key_ops = sequence(member, (item) => `${item}`, 'key_ops');
    else if (name === 'oth') jwk.oth = sequence(member, toPrime, 'oth');
    else jwk[name] = `${member}`;
  }
  return jwk;
}

// "Parse a JWK": `bytes` are JSON in UTF-8. In a realm of its own nothing is inherited.
function parseJwk(bytes) {
  let value;
  try {
    value = parse(decodeUtf8(bytes, true));
    if (typeof value === 'object' && value !== null) ObjectSetPrototypeOf(value, null);
    value = toJsonWebKey(value, 'unwrapKey');
  } catch {
    fail('DataError', 'the unwrapped key is no JSON Web Key');
  }
  if (value.kty === undefined) fail('DataError', 'the unwrapped JSON Web Key has no "kty"');
  return value;
}

// The JSON text of what an export gave, as bytes. Its strings need no escapes; JSON.stringify would ask prototypes.
function jwkBytes(jwk) {
  let text = '';
  for (let i = 0; i < memberNames.length; ++i) {
    const name = memberNames[i];
    const member = jwk[name];
    if (member === undefined) continue;
    let json = `"${member}"`;
    if (name === 'ext') json = `${member}`;
    if (name === 'key_ops') {
      json = '';
      for (let k = 0; k < member.length; ++k) json += `${k === 0 ? '' : ','}"${member[k]}"`;
      json = `[${json}]`;
    }
    text += `${text === '' ? '' : ','}"${name}":${json}`;
  }
  return encodeUtf8(`{${text}}`);
}

// What a worker gets: an object with the members that are there.
function showJwk(jwk) {
  const shown = {};
  for (let i = 0; i < memberNames.length; ++i) {
    if (jwk[memberNames[i]] !== undefined) shown[memberNames[i]] = jwk[memberNames[i]];
  }
  return shown;
}

// DataError unless the JWK is of this "kty" and may be used as `use` and for the usages (RFC 7517 section 4.3).
function checkKty(jwk, kty) {
  if (jwk.kty !== kty) fail('DataError', `the JWK's "kty" is not "${kty}"`);
}
function checkPurpose(jwk, use, usages, extractable) {
  if (usages !== 0 && jwk.use !== undefined && jwk.use !== use) fail('DataError', `the JWK's "use" is not "${use}"`);
  if (jwk.key_ops !== undefined) {
    const seen = { __proto__: null };
    let allowed = 0;
    for (let i = 0; i < jwk.key_ops.length; ++i) {
      const operation = jwk.key_ops[i];
      if (seen[operation]) fail('DataError', `the JWK's "key_ops" has "${operation}" twice`);
      seen[operation] = true;
      allowed |= kUsages[operation] ?? 0;
    }
    if (usages & ~allowed) {
      fail('DataError', `the JWK's "key_ops" does not have "${namesOfUsages(usages & ~allowed)[0]}"`);
    }
  }
  if (jwk.ext === false && extractable) fail('DataError', 'the JWK\'s "ext" says that the key is not to be extractable');
}

return { checkKty, checkPurpose, jwkBytes, parseJwk, showJwk, toJsonWebKey };

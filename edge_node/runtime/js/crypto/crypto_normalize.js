// Normalizing an algorithm (Web Cryptography API section 18.4): from what a worker gives to the operation that is meant
// and its parameters.
//
// An algorithm is an object of its operations, {params, run} each; js/crypto/crypto_*.js export them by name. `params`
// is a Dictionary, undefined when the operation takes none.
const { isObject, load } = internals;
const { fail, slotsOf } = load('crypto_key');
const { MathTrunc, TypeError, typedArrayName, uncurryThis } = internals.primordials;
const { copy, isBufferSource } = native.cryptoKeys;
const toUpperCase = uncurryThis(String.prototype.toUpperCase), toLowerCase = uncurryThis(String.prototype.toLowerCase);

// HashId of edge_node/runtime/crypto/hash.h.
const hashes = {
  __proto__: null, 'SHA-1': 0, 'SHA-256': 1, 'SHA-384': 2, 'SHA-512': 3, MD5: 4, 'SHA3-256': 5, 'SHA3-384': 6, 'SHA3-512': 7,
};
// The files that the algorithms are in.
const files = {
  __proto__: null,
  HMAC: 'crypto_hmac',
  'AES-CBC': 'crypto_aes', 'AES-CTR': 'crypto_aes', 'AES-GCM': 'crypto_aes', 'AES-KW': 'crypto_aes',
  'AES-OCB': 'crypto_aes', 'ChaCha20-Poly1305': 'crypto_aes',
  'RSASSA-PKCS1-v1_5': 'crypto_rsa', 'RSA-PSS': 'crypto_rsa', 'RSA-OAEP': 'crypto_rsa',
  ECDSA: 'crypto_curves', ECDH: 'crypto_curves', Ed25519: 'crypto_curves', Ed448: 'crypto_curves', X25519: 'crypto_curves',
  X448: 'crypto_curves',
  HKDF: 'crypto_derivation', PBKDF2: 'crypto_derivation',
};

// The key of `table` that `name` matches but for ASCII case; undefined when there is none.
const spellings = { __proto__: null };
for (const table of [hashes, files]) for (const name in table) spellings[toUpperCase(name)] = name;
function spelled(table, name) {
  if (table[name] !== undefined) return name;
  const usual = spellings[toUpperCase(name)];
  // "\u017fha-1" is SHA-1 in upper case, and not in lower case.
  return usual !== undefined && table[usual] !== undefined && toLowerCase(usual) === toLowerCase(name) ? usual : undefined;
}
// The algorithm of a name as it is registered.
const algorithmOf = (name) => load(files[name])[name];

// (object or DOMString)
const toIdentifier = (value) => (isObject(value) ? value : `${value}`);

function nameOf(object) {
  const { name } = object;
  if (name === undefined) throw new TypeError('the algorithm has no name');
  return `${name}`;
}

function normalizeHash(identifier) {
  const name = typeof identifier === 'string' ? identifier : nameOf(identifier);
  const usual = spelled(hashes, name);
  if (usual === undefined) fail('NotSupportedError', `unknown hash "${name}"`);
  if (typeof identifier !== 'string') nameOf(identifier);  // converted once more, to what the hash takes
  return usual;
}
// MD5 is there to name what others have made, not to protect anything.
function normalizeSecureHash(identifier) {
  const name = normalizeHash(identifier);
  return name === 'MD5' ? fail('NotSupportedError', 'MD5 is for digest() alone') : name;
}

// {name, operation, params, algorithm} for an identifier that toIdentifier gave.
function normalize(identifier, op) {
  const object = typeof identifier === 'string' ? { __proto__: null, name: identifier } : identifier;
  const given = nameOf(object);
  const name = spelled(files, given);
  const algorithm = name === undefined ? undefined : algorithmOf(name);
  const operation = algorithm?.[op];
  if (operation === undefined) fail('NotSupportedError', `the algorithm "${given}" cannot be used with ${op}`);
  if (typeof identifier !== 'string') nameOf(object);
  const params = operation.params === undefined ? undefined : operation.params.convert(object, name);
  return { __proto__: null, name, algorithm, operation, params };
}

// --- Web IDL types of the members of dictionaries. `finish` is done once all members are converted.
const bufferSource = {
  convert(value, what) {
    if (!isBufferSource(value)) throw new TypeError(`${what} is neither an ArrayBuffer nor a view of one`);
    return value;
  },
  finish: copy,
};
const bigInteger = {
  convert(value, what) {
    if (typedArrayName(value) !== 'Uint8Array') throw new TypeError(`${what} is no Uint8Array`);
    return value;
  },
  finish: copy,
};
const hashIdentifier = { convert: toIdentifier, finish: normalizeSecureHash };
const domString = { convert: (value) => `${value}` };
const cryptoKey = { convert: slotsOf };
// [EnforceRange] of an unsigned type.
const integer = (max) => ({
  convert(value, what) {
    const number = MathTrunc(+value);
    if (!(number >= 0 && number <= max)) throw new TypeError(`${what} is not a whole number from 0 to ${max}`);
    return number + 0;
  },
});
const octet = integer(255), unsignedShort = integer(65535), unsignedLong = integer(4294967295);

// Members are [key, type, is required], in the order that Web IDL reads them in.
class Dictionary {
  members;
  constructor(members) { this.members = members; }
  convert(object, name) {
    const { members } = this;
    const params = { __proto__: null };
    for (let i = 0; i < members.length; ++i) {
      const key = members[i][0];
      const value = object[key];
      if (value !== undefined) params[key] = members[i][1].convert(value, `${name}: ${key}`);
      else if (members[i][2]) throw new TypeError(`${name}: ${key} is missing`);
    }
    for (let i = 0; i < members.length; ++i) {
      const key = members[i][0];
      const { finish } = members[i][1];
      if (finish !== undefined && params[key] !== undefined) params[key] = finish(params[key]);
    }
    return params;
  }
}

return {
  Dictionary, algorithmOf, bigInteger, bufferSource, cryptoKey, domString, hashIdentifier, hashes, nameOf, normalize,
  normalizeHash, octet, spelled, toIdentifier, unsignedLong, unsignedShort,
};

// What fetch() does besides asking an origin: data: and blob: URLs (Fetch section 4.2) and integrity (Subresource
// Integrity section 3.3).
const { responseFromFetch, bodyOfBytes, headersFromNative, readBytes } = internals;
const { dataUrl } = native.body;
const { digest } = native.crypto;
const { decode: decodeBase64 } = native.base64;

function fetchLocal(url, method, flat, blob, options) {
  const href = url.split('#', 1)[0];
  if (href.startsWith('data:')) {
    const found = dataUrl(href);
    if (found === undefined) throw new TypeError(`fetch: ${href.slice(0, 100)} is no well-formed data: URL`);
    const [type, bytes] = found;
    const parts = [200, 'OK', ['content-type', type], method === 'HEAD' ? null : bodyOfBytes(bytes), href, false];
    return options?.integrity ? checkIntegrity(options.integrity, parts) : responseFromFetch(...parts);
  }
  if (href.startsWith('blob:')) return fetchBlob(href, method, flat, blob);
  throw new TypeError(`fetch: ${url.slice(0, 100)} is not an http:, https:, data: or blob: URL`);
}

// The one range of a Range header (Fetch section 2.2.2, "parse a single range header value") as [first, last], either
// undefined; undefined when it is none.
function parseRange(value) {
  const match = /^bytes[\t ]*=[\t ]*(\d*)[\t ]*-[\t ]*(\d*)$/.exec(value);
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = [match[1], match[2]].map((digits) => (digits === '' ? undefined : Number(digits)));
  return first !== undefined && last !== undefined && first > last ? undefined : [first, last];
}
function fetchBlob(href, method, flat, blob) {
  const { chunksOfBlob, cut } = internals.load('blob');
  if (method !== 'GET') throw new TypeError(`fetch: a blob: URL is read with GET, not ${method}`);
  if (blob === undefined) throw new TypeError(`fetch: there is no blob ${href.slice(0, 100)}`);
  const { size, type } = blob;
  const headers = ['content-length', `${size}`, 'content-type', native.body.parseMime(type) === undefined ? '' : type];
  const range = headersFromNative(flat).get('range');
  if (range === null) return responseFromFetch(200, 'OK', headers, bodyOfBytes(chunksOfBlob(blob)), href, false);
  const found = parseRange(range);
  if (found === undefined) throw new TypeError(`fetch: "${range}" is no range`);
  let [first, last] = found;
  if (first === undefined) {
    first = Math.max(size - last, 0);
    last = size - 1;
  } else {
    if (first >= size) throw new TypeError(`fetch: the range "${range}" lies outside of the blob's ${size} bytes`);
    last = Math.min(last ?? size - 1, size - 1);
  }
  headers[1] = `${last - first + 1}`;
  headers.push('content-range', `bytes ${first}-${last}/${size}`);
  return responseFromFetch(206, 'Partial Content', headers, bodyOfBytes(cut(chunksOfBlob(blob), first, last + 1)), href, false);
}

const algorithms = ['sha256', 'sha384', 'sha512'];  // by strength
const hashIds = [1, 2, 3];                          // of each, HashId of edge_node/runtime/crypto/hash.h

// The digests of the strongest algorithm that the metadata names, as [algorithm, Latin-1 bytes].
function parseMetadata(text) {
  let strongest = [];
  for (const item of text.split(/[\t\n\f\r ]+/)) {
    const [expression] = item.split('?', 1);
    const dash = expression.indexOf('-');
    const strength = algorithms.indexOf(expression.slice(0, Math.max(dash, 0)).toLowerCase());
    if (strength < 0) continue;
    const value = expression.slice(dash + 1).replace(/-/g, '+').replace(/_/g, '/');
    if (strongest.length > 0 && strength < strongest[0][0]) continue;
    if (strongest.length > 0 && strength > strongest[0][0]) strongest = [];
    strongest.push([strength, decodeBase64(value)]);
  }
  return strongest;
}
// The response, when its body is what the metadata says; all of it is read first.
async function checkIntegrity(metadata, parts) {
  const wanted = parseMetadata(metadata);
  if (wanted.length === 0) return responseFromFetch(...parts);
  const [, , , state, url] = parts;
  const bytes = state === null ? new Uint8Array(0) : await readBytes(state);
  const found = native.body.latin1(new Uint8Array(digest(hashIds[wanted[0][0]], bytes)));
  if (!wanted.some(([, value]) => value === found)) {
    throw new TypeError(`fetch: the body of ${url} does not have the integrity that was asked for`);
  }
  parts[3] = state === null ? null : bodyOfBytes(bytes);
  return responseFromFetch(...parts);
}

return { fetchLocal, checkIntegrity };

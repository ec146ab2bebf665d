// node:querystring.
function escape(value) {
  const text = typeof value === 'string' ? value : typeof value === 'object' ? String(value) : `${value}`;
  return encodeURIComponent(text);
}
// Never fails: what is no escape stays as it is, malformed UTF-8 is replaced.
function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    const bytes = [];
    const raw = native.buffer.fromText(text, 0);
    for (let i = 0; i < raw.length; i++) {
      const hex = raw[i] === 0x25 ? String.fromCharCode(raw[i + 1], raw[i + 2]) : '';
      if (/^[0-9a-f]{2}$/i.test(hex)) {
        bytes.push(parseInt(hex, 16));
        i += 2;
      } else {
        bytes.push(raw[i]);
      }
    }
    return native.buffer.text(new Uint8Array(bytes), 0, 0, bytes.length);
  }
}
function textOf(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : '';
  return typeof value === 'bigint' || typeof value === 'boolean' ? `${value}` : '';
}
function stringify(object, separator = '&', equals = '=', { encodeURIComponent: encode = querystring.escape } = {}) {
  if (typeof object !== 'object' || object === null) return '';
  const fields = [];
  for (const [name, value] of Object.entries(object)) {
    for (const item of Array.isArray(value) ? value : [value]) fields.push(`${encode(name)}${equals || '='}${encode(textOf(item))}`);
  }
  return fields.join(separator || '&');
}
function parse(text, separator = '&', equals = '=', { maxKeys = 1000, decodeURIComponent: decode = querystring.unescape } = {}) {
  const fields = { __proto__: null };
  if (typeof text !== 'string' || text === '') return fields;
  const safely = (part) => {
    const spaced = part.replaceAll('+', ' ');
    try { return decode(spaced); } catch { return unescape(spaced); }
  };
  const parts = text.split(separator || '&');
  let count = 0;
  for (const part of parts) {
    if (part === '') continue;
    if (maxKeys > 0 && ++count > maxKeys) break;
    const at = part.indexOf(equals || '=');
    const name = safely(at === -1 ? part : part.slice(0, at)), value = at === -1 ? '' : safely(part.slice(at + (equals || '=').length));
    if (fields[name] === undefined) fields[name] = value;
    else if (Array.isArray(fields[name])) fields[name].push(value);
    else fields[name] = [fields[name], value];
  }
  return fields;
}
const unescapeBuffer = (text) => internals.load('node_buffer').Buffer.from(unescape(`${text}`), 'latin1');
const querystring = { escape, unescape, unescapeBuffer, stringify, parse, encode: stringify, decode: parse };

const exports = () => ({ ...querystring, default: querystring });
return { querystring, exports };

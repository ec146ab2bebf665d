// FormData (XMLHttpRequest Standard section 4), and forms as bodies: multipart/form-data both ways (HTML section
// 4.10.21.8, Fetch section 5.3), application/x-www-form-urlencoded one way.
const { idl, requireArguments } = internals;
const { isBlob, isFile, chunksOfBlob, makeFile, normalizedType } = internals.load('blob');
const { usvString } = idl;
const { multipart, mimeParameter } = native.body;
const { encodeUtf8, decodeUtf8 } = native.encoding;
const { parseParams } = native.url;
const { randomUuid } = native.crypto;

let listOf, makeFormData;

// "Create an entry": a string, or a File, named as said or by itself.
function convertValue(value, filename, given) {
  if (given < 3) {
    if (!isBlob(value)) return usvString(value);
    return isFile(value) ? value : makeFile(chunksOfBlob(value), 'blob', value.type);
  }
  if (!isBlob(value)) throw new TypeError('FormData: only the value of a file may have a filename, and it is no Blob');
  return makeFile(chunksOfBlob(value), usvString(filename), value.type, isFile(value) ? value.lastModified : undefined);
}
const countGiven = (args) => (args.length > 2 && args[2] === undefined ? 2 : args.length);

class FormData {
  #list = [];  // [name, value, ...]

  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError('FormData: there are no form elements here to take the entries of');
  }
  static {
    listOf = (form) => form.#list;
    makeFormData = (list) => {
      const form = new FormData();
      form.#list = list;
      return form;
    };
    this.is = (value) => typeof value === 'object' && value !== null && #list in value;
  }

  append(name, value, filename = undefined) {
    const list = this.#list;
    requireArguments(arguments, 2, 'FormData.append');
    list.push(usvString(name), convertValue(value, filename, countGiven(arguments)));
  }
  delete(name) {
    this.#list;
    requireArguments(arguments, 1, 'FormData.delete');
    name = usvString(name);
    this.#list = this.#list.filter((_, i, list) => list[i & ~1] !== name);
  }
  get(name) {
    const list = this.#list;
    requireArguments(arguments, 1, 'FormData.get');
    name = usvString(name);
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1];
    return null;
  }
  getAll(name) {
    const list = this.#list;
    requireArguments(arguments, 1, 'FormData.getAll');
    name = usvString(name);
    return list.filter((_, i) => i % 2 === 1 && list[i - 1] === name);
  }
  has(name) {
    const list = this.#list;
    requireArguments(arguments, 1, 'FormData.has');
    name = usvString(name);
    return list.some((text, i) => i % 2 === 0 && text === name);
  }
  set(name, value, filename = undefined) {
    const list = this.#list;
    requireArguments(arguments, 2, 'FormData.set');
    name = usvString(name);
    value = convertValue(value, filename, countGiven(arguments));
    const place = list.findIndex((text, i) => i % 2 === 0 && text === name);
    if (place < 0) {
      list.push(name, value);
      return;
    }
    list[place + 1] = value;
    this.#list = list.filter((_, i) => i < place + 2 || list[i & ~1] !== name);
  }
}
const isFormData = FormData.is;
delete FormData.is;
for (const method of ['append', 'set']) {
  Object.defineProperty(FormData.prototype[method], 'length', { value: 2, configurable: true });
}
internals.finishClass(FormData, 'FormData');
internals.definePairIteration(FormData, 'FormData', (form) => listOf(form));

const withLineEnds = (text) => text.replace(/\r\n?|\n/g, '\r\n');
const escapes = { '\n': '%0A', '\r': '%0D', '"': '%22' };
const escapeName = (text) => text.replace(/[\n\r"]/g, (unit) => escapes[unit]);

// [chunks of the body, its Content-Type]
function encodeMultipart(form) {
  const boundary = `----terrella${randomUuid().replaceAll('-', '')}`;
  const chunks = [];
  let text = '';
  const list = listOf(form);
  for (let i = 0; i < list.length; i += 2) {
    const value = list[i + 1];
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(withLineEnds(list[i]))}"`;
    if (typeof value === 'string') {
      text += `\r\n\r\n${withLineEnds(value)}\r\n`;
      continue;
    }
    const type = value.type === '' ? 'application/octet-stream' : value.type;
    chunks.push(encodeUtf8(`${text}; filename="${escapeName(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`));
    for (const chunk of chunksOfBlob(value)) chunks.push(chunk);
    text = '\r\n';
  }
  chunks.push(encodeUtf8(`${text}--${boundary}--\r\n`));
  return [chunks, `multipart/form-data; boundary=${boundary}`];
}

function decodeMultipart(bytes, boundary) {
  const parts = multipart(bytes, boundary);
  const list = [];
  for (let i = 0; i < parts.length; i += 5) {
    const filename = parts[i + 1], type = parts[i + 2], begin = parts[i + 3], end = parts[i + 4];
    const data = new Uint8Array(bytes.buffer, bytes.byteOffset + begin, end - begin);
    list.push(parts[i], filename === null ? decodeUtf8(data, true)
      : makeFile(data.byteLength === 0 ? [] : [data], filename, normalizedType(type)));
  }
  return makeFormData(list);
}

// The form in a body; `mime` is its serialized type or undefined. The bytes belong to the form from now on.
function decodeForm(bytes, mime) {
  const essence = mime?.split(';', 1)[0];
  if (essence === 'application/x-www-form-urlencoded') return makeFormData(parseParams(decodeUtf8(bytes, true)));
  if (essence !== 'multipart/form-data') {
    throw new TypeError(`formData: the body's type is ${mime ?? 'not given'}; expected multipart/form-data or application/x-www-form-urlencoded`);
  }
  const boundary = mimeParameter(mime, 'boundary');
  if (boundary === undefined) throw new TypeError('formData: the type multipart/form-data has no boundary');
  return decodeMultipart(bytes, boundary);
}

internals.isFormData = isFormData;
return { FormData, isFormData, encodeMultipart, decodeForm };

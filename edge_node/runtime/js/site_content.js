// env.__STATIC_CONTENT: the files of a site (Workers Sites), read like a KV namespace. They are data modules of the
// bundle, so they change with the version and with nothing else.
const { names, bytes } = native.modules;
const limitMax = 1000;

function typeOf(options) {
  return (typeof options === 'string' ? options : options?.type) ?? 'text';
}
function as(type, content) {
  switch (type) {
    case 'text': return native.encoding.decodeUtf8(content);
    case 'json': return JSON.parse(native.encoding.decodeUtf8(content));
    case 'arrayBuffer': return content.buffer;
    case 'stream': return new Response(content).body;
    default: throw new TypeError(`expected the type "text", "json", "arrayBuffer" or "stream", found "${type}"`);
  }
}
const readOnly = async () => { throw new TypeError('the files of a site are deployed with it and cannot be changed'); };

class SiteContent {
  #folder;
  constructor(folder) { this.#folder = `${folder}/`; }
  async get(key, options) {
    if (Array.isArray(key)) return new Map(await Promise.all(key.map(async (one) => [one, await this.get(one, options)])));
    const content = bytes(this.#folder + `${key}`);
    return content === undefined ? null : as(typeOf(options), content);
  }
  async getWithMetadata(key, options) {
    return { value: await this.get(key, options), metadata: null, cacheStatus: null };
  }
  async list({ prefix = '', limit = limitMax, cursor } = {}) {
    const found = names(this.#folder + (prefix ?? '')).map((name) => name.slice(this.#folder.length)).sort();
    const begin = cursor === undefined || cursor === null ? 0 : Number(cursor);
    const end = begin + Math.min(limit, limitMax);
    const complete = end >= found.length;
    return {
      keys: found.slice(begin, end).map((name) => ({ name })), list_complete: complete, cacheStatus: null,
      ...complete ? {} : { cursor: `${end}` },
    };
  }
  put() { return readOnly(); }
  delete() { return readOnly(); }
}
return { open: (folder) => new SiteContent(folder) };

// The types in a module's bytes: what it imports and exports, as the sections before its code declare it (WebAssembly
// core specification 5.5). The engine has validated the bytes before anybody gets to read them here; its own API tells
// the names and kinds only.
const { decodeUtf8 } = native.encoding;
const { bytes: bytesOf } = native.wasm;
const { uncurryThis } = internals.primordials;
const subarray = uncurryThis(Uint8Array.prototype.subarray);
const valueTypes = {
  __proto__: null, 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64', 0x7b: 'v128', 0x70: 'funcref', 0x6f: 'externref',
};
const kinds = ['functions', 'tables', 'memories', 'globals', 'tags'];
const sectionTypes = 1, sectionImports = 2, sectionFunctions = 3, sectionTables = 4, sectionMemories = 5, sectionGlobals = 6;
const sectionExports = 7, sectionTags = 13;
// Bytes that follow the opcode of a constant expression; 'leb': a number of variable length.
const constants = {
  __proto__: null, 0x23: 'leb', 0x41: 'leb', 0x42: 'leb', 0x43: 4, 0x44: 8, 0xd0: 1, 0xd2: 'leb', 0x6a: 0, 0x6b: 0, 0x6c: 0,
  0x7c: 0, 0x7d: 0, 0x7e: 0,
};
const opcodeEnd = 0x0b, opcodeSimd = 0xfd, simdConstantBytes = 17;

class Reader {
  #bytes;
  #at = 8;  // behind magic and version
  constructor(bytes) { this.#bytes = bytes; }
  get at() { return this.#at; }
  set at(value) { this.#at = value; }
  get isOver() { return this.#at >= this.#bytes.length; }
  byte() { return this.#bytes[this.#at++]; }
  // LEB128, unsigned.
  number() {
    let value = 0, scale = 1, byte;
    do {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 0x80);
    return value;
  }
  name() {
    const length = this.number();
    this.#at += length;
    return decodeUtf8(subarray(this.#bytes, this.#at - length, this.#at), true);
  }
  list(item) {
    const count = this.number(), items = [];
    for (let i = 0; i < count; ++i) items[i] = item();
    return items;
  }
  valueType() { return valueTypes[this.byte()]; }
  limits() {
    const flags = this.byte();
    const minimum = this.number();
    return { minimum, maximum: flags & 1 ? this.number() : undefined, shared: (flags & 2) !== 0 };
  }
  table() {
    const element = this.valueType();
    return { ...this.limits(), element };
  }
  global() {
    const value = this.valueType();
    return { mutable: this.byte() === 1, value };
  }
  constantExpression() {
    for (let opcode = this.byte(); opcode !== opcodeEnd; opcode = this.byte()) {
      const behind = opcode === opcodeSimd ? simdConstantBytes : constants[opcode];
      if (behind === 'leb') this.number();
      else this.#at += behind;
    }
  }
}

function readImport(reader, found) {
  const module = reader.name(), name = reader.name(), kind = reader.byte();
  let type;
  if (kind === 0) type = found.types[reader.number()];
  if (kind === 1) type = reader.table();
  if (kind === 2) type = reader.limits();
  if (kind === 3) type = reader.global();
  if (kind === 4) type = (reader.byte(), found.types[reader.number()]);
  const list = found[kinds[kind]];
  list[list.length] = type;
  return { module, name, kind: kinds[kind], type };
}
function readSection(reader, id, found) {
  const add = (list, read) => { reader.list(() => { list[list.length] = read(); }); };
  switch (id) {
    case sectionTypes:
      add(found.types, () => {
        reader.byte();  // a function's type is all there is before garbage collection came in
        return { parameters: reader.list(() => reader.valueType()), results: reader.list(() => reader.valueType()) };
      });
      break;
    case sectionImports: add(found.imports, () => readImport(reader, found)); break;
    case sectionFunctions: add(found.functions, () => found.types[reader.number()]); break;
    case sectionTables: add(found.tables, () => reader.table()); break;
    case sectionMemories: add(found.memories, () => reader.limits()); break;
    case sectionTags: add(found.tags, () => (reader.byte(), found.types[reader.number()])); break;
    case sectionGlobals:
      add(found.globals, () => {
        const type = reader.global();
        reader.constantExpression();
        return type;
      });
      break;
    case sectionExports:
      reader.list(() => {
        const name = reader.name(), kind = kinds[reader.byte()];
        found.exports[name] = found[kind][reader.number()];
      });
      break;
    default: break;
  }
}

// {types, imports: [{module, name, kind, type}], exports: {name: type}, functions, tables, memories, globals, tags}
function readModule(module) {
  const found = { types: [], imports: [], exports: { __proto__: null }, functions: [], tables: [], memories: [], globals: [], tags: [] };
  const reader = new Reader(bytesOf(module));
  while (!reader.isOver) {
    const id = reader.byte(), length = reader.number(), end = reader.at + length;
    if (id !== 0) readSection(reader, id, found);
    reader.at = end;
    if (id === sectionExports) break;
  }
  return found;
}

return { readModule, valueTypes };

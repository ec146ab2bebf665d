// ctx.storage.sql: statements on the object's own file. The rows of an answer are there at once.
const { sql, databaseBytes } = native.actors;
const { kInternal } = internals;

class SqlStorageCursor {
  #columns;
  #rows;
  #next = 0;
  #read;
  #written;
  constructor(token, [columns, rows, read, written]) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#columns = columns;
    this.#rows = rows;
    this.#read = read;
    this.#written = written;
  }
  #object(row) {
    const object = {};
    for (let i = 0; i < row.length; i++) object[this.#columns[i]] = row[i];
    return object;
  }
  next() {
    if (this.#next >= this.#rows.length) return { done: true, value: undefined };
    return { done: false, value: this.#object(this.#rows[this.#next++]) };
  }
  [Symbol.iterator]() { return this; }
  toArray() {
    const rest = this.#rows.slice(this.#next).map((row) => this.#object(row));
    this.#next = this.#rows.length;
    return rest;
  }
  one() {
    const rest = this.toArray();
    if (rest.length !== 1) throw new Error(`one(): expected exactly one row, there are ${rest.length}`);
    return rest[0];
  }
  raw() {
    const rest = this.#rows.slice(this.#next);
    this.#next = this.#rows.length;
    const iterator = rest[Symbol.iterator]();
    iterator.toArray = () => [...iterator];
    return iterator;
  }
  get columnNames() { return this.#columns; }
  get rowsRead() { return this.#read; }
  get rowsWritten() { return this.#written; }
}
internals.finishClass(SqlStorageCursor, 'SqlStorageCursor');

function toBinding(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint') return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError('sql.exec: a binding is null, a number, a string, an ArrayBuffer or a view of one');
}

class SqlStorage {
  #actor;
  constructor(token, actor) {
    if (token !== kInternal) throw new TypeError('Illegal constructor');
    this.#actor = actor;
  }
  exec(query, ...bindings) {
    return new SqlStorageCursor(kInternal, sql(this.#actor, `${query}`, bindings.map(toBinding)));
  }
  get databaseSize() { return databaseBytes(this.#actor); }
  get Cursor() { return SqlStorageCursor; }
}
internals.finishClass(SqlStorage, 'SqlStorage');
return { make: (actor) => new SqlStorage(kInternal, actor) };

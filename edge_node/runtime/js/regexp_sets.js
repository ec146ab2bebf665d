// The set notation of RegExp's "v" flag (ECMA-262 section 22.2.1, ClassSetExpression) in the words of the "u" flag, for
// V8 before 11.2: nested classes, A--B, A&&B, and punctuation that only "v" lets one escape. Left out: \q{} and
// properties of strings.
const SPACE_OF_ITS_OWN = /[&\-!#%,:;<=>@`~]/;

class SetParser {
  constructor(source) {
    this.source = source;
    this.at = 0;
  }
  has(text) { return this.source.startsWith(text, this.at); }
  fail(why) { throw new SyntaxError(`${why} at ${this.at}`); }

  pattern() {
    let out = '';
    while (this.at < this.source.length) {
      if (this.has('[')) out += this.set();
      else if (this.has('\\')) out += this.escape();
      else out += this.source[this.at++];
    }
    return out;
  }
  escape() {
    const next = this.source[this.at + 1];
    if (next === undefined) this.fail('nothing follows the backslash');
    this.at += 2;
    return SPACE_OF_ITS_OWN.test(next) ? (next === '-' ? '\\-' : next) : `\\${next}`;
  }
  // A class as an expression that matches one code point.
  set() {
    this.at++;
    const negated = this.has('^');
    if (negated) this.at++;
    const first = this.has(']') ? '[]' : this.operand();
    let matcher = first;
    const operator = this.has('--') ? '--' : this.has('&&') ? '&&' : '';
    if (operator !== '') {
      let guards = '';
      while (this.has(operator)) {
        this.at += 2;
        guards += `${operator === '--' ? '(?!' : '(?='}${this.operand()})`;
      }
      matcher = `(?:${guards}${first})`;
    } else {
      const members = [first];
      while (!this.has(']')) members.push(this.operand());
      matcher = this.union(members);
    }
    if (!this.has(']')) this.fail('a class ends in ]');
    this.at++;
    return negated ? `(?:(?!${matcher})[^])` : matcher;
  }
  // Of a union's members the plain ones go into one class.
  union(members) {
    const plain = members.filter((member) => !member.startsWith('(')).map((member) => member.slice(1, -1)).join('');
    const others = members.filter((member) => member.startsWith('('));
    if (others.length === 0) return `[${plain}]`;
    return `(?:${[...others, ...(plain === '' ? [] : [`[${plain}]`])].join('|')})`;
  }
  // A nested class, a range or one character, as a class or a group.
  operand() {
    if (this.at >= this.source.length) this.fail('a class ends in ]');
    if (this.has('[')) return this.set();
    const from = this.character();
    if (this.has('-') && !this.has('--')) {
      this.at++;
      return `[${from}-${this.character()}]`;
    }
    return `[${from}]`;
  }
  character() {
    if (this.has('\\')) {
      const property = /^\\[pP]\{[^}]*\}|^\\u\{[^}]*\}|^\\u[0-9a-fA-F]{4}|^\\x[0-9a-fA-F]{2}|^\\c[a-zA-Z]/.exec(this.source.slice(this.at));
      if (property !== null) {
        this.at += property[0].length;
        return property[0];
      }
      return this.escape();
    }
    const character = String.fromCodePoint(this.source.codePointAt(this.at) ?? this.fail('a class ends in ]'));
    if (/[()[\]{}/|]|^-$/.test(character)) this.fail(`"${character}" must be escaped in a class`);
    this.at += character.length;
    return character;
  }
}

return { withoutSets: (source) => new SetParser(source).pattern() };

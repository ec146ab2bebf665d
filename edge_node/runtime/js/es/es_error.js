// Error.isError (ECMA-262 section 20.5.2.1). A DOMException counts: it has the slot by Web IDL.
const { kind } = native.values;
const { Error: errorKind } = native.values.kinds();

return {
  isError(arg) {
    return typeof arg === 'object' && arg !== null && (kind(arg) === errorKind || internals.isDOMException(arg));
  },
};

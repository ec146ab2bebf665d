// Promise.try and Promise.withResolvers (ECMA-262 sections 27.2.4.8 and 27.2.4.9).
function newCapability(constructor) {
  if (typeof constructor !== 'function') throw new TypeError('Promise capability of what is no constructor');
  let resolve, reject;
  const promise = new constructor((first, second) => {
    if (resolve !== undefined || reject !== undefined) throw new TypeError('Promise executor has already been invoked with non-undefined arguments');
    resolve = first;
    reject = second;
  });
  if (typeof resolve !== 'function' || typeof reject !== 'function') throw new TypeError('Promise resolve or reject function is not callable');
  return { promise, resolve, reject };
}

return {
  try(callback, ...args) {
    if ((typeof this !== 'object' && typeof this !== 'function') || this === null) throw new TypeError('Promise.try called on a non-object');
    const { promise, resolve, reject } = newCapability(this);
    let value;
    try {
      value = (0, callback)(...args);
    } catch (error) {
      reject(error);
      return promise;
    }
    resolve(value);
    return promise;
  },
  withResolvers() { return newCapability(this); },
};

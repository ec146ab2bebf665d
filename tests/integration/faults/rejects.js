export default { fetch() { return Promise.reject(new TypeError("refused on purpose")); } };

// The module "cloudflare:workers".
const { WorkerEntrypoint, DurableObject, WorkflowEntrypoint, RpcTarget, ownEntrypoints } = internals.load('entrypoints');
const kImportableEnv = 16;

function waitUntil(promise) {
  const io = native.io.current();
  if (io === 0) throw new Error('waitUntil() is only possible while a request is handled, not in the global scope');
  internals.newExecutionContext(io).waitUntil(promise);
}

// A function, because env differs from worker to worker and the exports are asked for once.
const exports = () => ({
  WorkerEntrypoint, DurableObject, WorkflowEntrypoint, RpcTarget, waitUntil,
  env: internals.flags & kImportableEnv ? internals.env : {},
  // They are there once every module has run.
  exports: new Proxy({}, { get: (_, name) => ownEntrypoints()[name], ownKeys: () => Object.keys(ownEntrypoints()) }),
});
return { exports };

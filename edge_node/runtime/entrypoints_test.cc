// What a worker may export, and the events it answers: classes, objects, scripts, scheduled().
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/check_code.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

std::string LoadError(std::shared_ptr<WorkerCode> code) {
  return std::string(Message(CheckCode(TestEngine(), *code)));
}

std::shared_ptr<WorkerCode> ScriptOf(std::string source) {
  auto code = CodeOf(std::move(source));
  code->modules[0].kind = ModuleKind::kScript;
  return code;
}

TEST(Entrypoints, TheDefaultExportMayBeAClass) {
  TestBench bench(R"js(
    import { WorkerEntrypoint } from 'cloudflare:workers';
    let made = 0;
    export default class extends WorkerEntrypoint {
      n = ++made;
      async fetch(request) { return Response.json([this.n, this.env !== undefined, typeof this.ctx.waitUntil, request.url]); }
    })js");
  EXPECT_EQ(bench.Get(), R"([1,true,"function","http://test.example/"])");
  EXPECT_EQ(bench.Get("/x"), R"([2,true,"function","http://test.example/x"])");  // one an event
}

TEST(Entrypoints, NamedOnesAnswerWhenAskedByName) {
  TestBench bench(R"js(
    import { WorkerEntrypoint } from 'cloudflare:workers';
    export class Admin extends WorkerEntrypoint {
      fetch(request) { return Response.json(['admin', this.ctx.props, this.ctx.props === this.ctx.props]); }
    }
    export const plain = { fetch(request, env, ctx) { return Response.json(['plain', ctx.props]); } };
    export const nothing = { scheduled() {} };
    export default { fetch() { return new Response('default'); } };)js");
  EXPECT_EQ(bench.Get(), "default");
  EXPECT_EQ(bench.Fetch({.entrypoint = "Admin", .props_json = R"({"user":1})"}).body,
            R"(["admin",{"user":1},true])");
  EXPECT_EQ(bench.Fetch({.entrypoint = "plain"}).body, R"(["plain",{}])");
  Outcome missing = bench.Fetch({.entrypoint = "Nope"});
  EXPECT_EQ(missing.failure, FailureKind::kException);
  EXPECT_THAT(missing.detail, HasSubstr("there is no entrypoint \"Nope\""));
  EXPECT_THAT(bench.Fetch({.entrypoint = "nothing"}).detail,
              HasSubstr("the entrypoint \"nothing\" has no fetch()"));
}

TEST(Entrypoints, ScheduledRunsWithItsCronAndTime) {
  TestBench bench(R"js(export default {
    async scheduled(controller, env, ctx) {
      await new Promise((r) => setTimeout(r, 2));
      console.log(controller.cron, controller.scheduledTime, controller.type, env.A, typeof ctx.waitUntil);
      if (controller.cron === 'never again') controller.noRetry();
      if (controller.cron === 'bad') throw new Error('no');
    } })js");
  EXPECT_EQ(bench.Fetch({.scheduled = ScheduledEvent{"*/5 * * * *", 1000}}).status, 204);
  EXPECT_EQ(bench.logs.at(0).second, "*/5 * * * * 1000 scheduled undefined function");
  Outcome last = bench.Fetch({.scheduled = ScheduledEvent{"never again", 0}});
  EXPECT_EQ(last.headers.Find("terrella-no-retry"), "1");
  EXPECT_EQ(bench.Fetch({.scheduled = ScheduledEvent{"bad", 0}}).failure, FailureKind::kRejected);
  // A request finds nobody.
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kNoHandler);
}

TEST(Entrypoints, AWorkerWithoutAnyHandlerIsRefused) {
  EXPECT_THAT(LoadError(CodeOf("export const a = 1;")), HasSubstr("there is no handler"));
  EXPECT_THAT(LoadError(CodeOf("export default {};")), HasSubstr("there is no handler"));
  EXPECT_THAT(LoadError(ScriptOf("var a = 1;")), HasSubstr("there is no handler"));
  EXPECT_THAT(LoadError(CodeOf("export default class { fetch() {} }")),
              HasSubstr("does not extend WorkerEntrypoint"));
  EXPECT_EQ(LoadError(CodeOf("import { DurableObject } from 'cloudflare:workers';"
                             "export class A extends DurableObject {}")),
            "");
}

TEST(Entrypoints, EnvMayBeImported) {
  auto code = CodeOf(R"js(
    import { env, waitUntil } from 'cloudflare:workers';
    const atStart = env.NAME;
    export default { fetch(request, own) {
      waitUntil(Promise.resolve());
      return Response.json([atStart, env.NAME === own.NAME]); } };)js");
  code->bindings = {{.name = "NAME", .kind = BindingKind::kText, .value = "x"}};
  EXPECT_EQ(TestBench(code).Get(), R"(["x",true])");
  code->compatibility.importable_env = false;
  EXPECT_EQ(TestBench(code).Get(), R"([null,false])");
}

TEST(Entrypoints, ModulesAndMissingKindsAreBindingsToo) {
  auto code = CodeOf({{"index.js", ModuleKind::kEsm, R"js(export default { fetch(request, env) {
        let error; try { env.DB.prepare('x'); } catch (e) { error = e.message; }
        return Response.json([env.PAGE, error]); } };)js"},
                      {"page.html", ModuleKind::kText, "<p>"}});
  code->bindings = {{.name = "PAGE", .kind = BindingKind::kModule, .value = "page.html"},
                    {.name = "DB", .kind = BindingKind::kUnsupported, .value = "D1 database"}};
  EXPECT_EQ(TestBench(code).Get(),
            R"(["<p>","env.DB is a D1 database, which terrella does not have"])");
  code->bindings[0].value = "gone.html";
  EXPECT_THAT(LoadError(code), HasSubstr("no module \"gone.html\" in the bundle"));
}

TEST(Entrypoints, CtxExportsReachThemselvesByServiceBinding) {
  auto code = CodeOf(R"js(
    import { WorkerEntrypoint, exports } from 'cloudflare:workers';
    export class Other extends WorkerEntrypoint { fetch() { return new Response('other'); } }
    export default { async fetch(request, env, ctx) {
      await ctx.exports.Other.fetch(request);
      await exports.Other.fetch(request);
      return Response.json(Object.keys(ctx.exports).sort()); } };)js");
  code->script = "self";
  TestBench bench(code);
  std::vector<std::string> called;
  bench.on_fetch = [&](OutboundRequest request, SubrequestObserver& observer) {
    called.push_back(request.service + "/" + request.entrypoint);
    observer.OnSubrequestResponse({.status = 200}, http::MakeStringBody(""));
  };
  EXPECT_EQ(bench.Get(), R"(["Other","default"])");
  EXPECT_EQ(called, (std::vector<std::string>{"self/Other", "self/Other"}));
}

TEST(ServiceWorker, AnswersWithRespondWith) {
  auto code = ScriptOf(R"js(
    undeclared = 1;  // sloppy mode, as scripts are
    addEventListener('fetch', (event) => {
      if (new URL(event.request.url).pathname === '/throw') throw new Error('thrown');
      if (new URL(event.request.url).pathname === '/none') return;
      event.waitUntil(Promise.resolve());
      event.respondWith(answer(event));
    });
    addEventListener('fetch', (event) => {
      if (new URL(event.request.url).pathname !== '/twice') return;
      event.respondWith(new Response('second'));
    });
    async function answer(event) {
      return Response.json([NAME, CONFIG.a, event.type, event instanceof FetchEvent, this === undefined]);
    })js");
  code->bindings = {{.name = "NAME", .kind = BindingKind::kText, .value = "x"},
                    {.name = "CONFIG", .kind = BindingKind::kJson, .value = R"({"a":1})"}};
  TestBench bench(code);
  EXPECT_EQ(bench.Get(), R"(["x",1,"fetch",true,false])");
  Outcome thrown = bench.Fetch({.path = "/throw"});
  EXPECT_EQ(thrown.failure, FailureKind::kException);
  EXPECT_THAT(thrown.detail, HasSubstr("Error: thrown"));
  EXPECT_THAT(bench.Fetch({.path = "/twice"}).detail, HasSubstr("it was called already"));
  // Nobody answered: on to where it was going, which this worker may not reach.
  EXPECT_THAT(bench.Fetch({.path = "/none"}).detail, HasSubstr("test.example"));
}

TEST(ServiceWorker, RunsScheduledListeners) {
  TestBench bench(ScriptOf(R"js(
    addEventListener('scheduled', (event) => {
      event.waitUntil((async () => {
        await new Promise((r) => setTimeout(r, 2));
        console.log(event.cron, event.scheduledTime);
      })());
    });)js"));
  EXPECT_EQ(bench.Fetch({.scheduled = ScheduledEvent{"0 0 * * *", 5}}).status, 204);
  EXPECT_EQ(bench.logs.at(0).second, "0 0 * * * 5");
  EXPECT_EQ(bench.Fetch().failure, FailureKind::kNoHandler);
}

TEST(Entrypoints, EnvAndExportsAreThoseOfTheCall) {
  auto code = CodeOf(R"js(
    import { env, exports, withEnv, withExports, withEnvAndExports } from 'cloudflare:workers';
    const keys = () => [Object.keys(env), env.A, 'A' in env, Object.keys(exports)];
    export default { async fetch() {
      const within = await withEnv({ B: 1 }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return [...keys(), withExports({ other: 1 }, keys), withEnvAndExports({}, {}, keys)];
      });
      let refused;
      try { withEnv(1, () => {}); } catch (error) { refused = error.message; }
      return Response.json([keys(), within, refused]);
    } })js");
  code->bindings.push_back({.name = "A", .kind = BindingKind::kText, .value = "a"});
  TestBench bench(std::move(code));
  EXPECT_EQ(bench.Get(),
            R"([[["A"],"a",true,["default"]],)"
            R"([["B"],null,false,["default"],[["B"],null,false,["other"]],[[],null,false,[]]],)"
            R"("withEnv(): expected an object, found number"])");
}

TEST(Entrypoints, EventsAreGlobalsOfModulesToo) {
  auto code = CodeOf(R"js(
    export default { fetch(request) {
      const event = new FetchEvent('fetch', { request });
      const tried = [() => event.waitUntil(1), () => event.respondWith(1), () => new FetchEvent('fetch'), () => new ScheduledEvent('x').cron];
      return Response.json([event.request === request, event instanceof ExtendableEvent, Cloudflare.compatibilityFlags.nodejs_compat,
        ...tried.map((f) => { try { return f(); } catch (error) { return error.name; } })]);
    } })js");
  code->compatibility.node_modules = true;
  TestBench bench(std::move(code));
  EXPECT_EQ(
      bench.Get(),
      R"([true,true,true,"InvalidStateError","InvalidStateError","TypeError","InvalidStateError"])");
}

TEST(BuiltinModules, NodesNeedTheirFlag) {
  EXPECT_THAT(LoadError(CodeOf("import 'node:path'; export default { fetch() {} };")),
              HasSubstr("\"node:path\" needs the compatibility flag \"nodejs_compat\""));
  EXPECT_THAT(LoadError(CodeOf("import 'path'; export default { fetch() {} };")),
              HasSubstr("bundle has no module \"path\""));
  auto als =
      CodeOf("import 'node:async_hooks'; import 'node:path'; export default { fetch() {} };");
  als->compatibility.async_hooks = true;
  EXPECT_THAT(LoadError(std::move(als)), HasSubstr("\"node:path\" needs"));
  auto node = CodeOf("import 'node:fs'; export default { fetch() {} };");
  node->compatibility.node_modules = true;
  EXPECT_THAT(LoadError(std::move(node)), HasSubstr("bundle has no module \"node:fs\""));
  EXPECT_THAT(LoadError(CodeOf("import 'cloudflare:nothing'; export default { fetch() {} };")),
              HasSubstr("bundle has no module \"cloudflare:nothing\""));
  EXPECT_THAT(LoadError(CodeOf("import { nope } from 'cloudflare:workers'; export default {};")),
              HasSubstr("does not provide an export named 'nope'"));
}

}  // namespace
}  // namespace terrella::runtime

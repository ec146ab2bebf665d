// Durable Objects in one isolate: events in order, gates, storage, calls through stubs. The storage
// is the real one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "edge_node/actors/actor_store.h"
#include "edge_node/runtime/actor_id.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<WorkerCode> Bound(const std::string& source) {
  auto code = CodeOf("import { DurableObject } from 'cloudflare:workers';\n" + source);
  code->bindings = {{"NS", BindingKind::kActor, "Thing"},
                    {"SELF", BindingKind::kService, "test", "Admin"}};
  code->origin_hosts = {"o.example"};
  return code;
}

// The address of an object of Thing by its name.
ActorAddress OfThing(const std::string& name, uint64_t epoch = 1) {
  return {.namespace_id = "test/Thing",
          .id = ActorIdFromName("test/Thing", name),
          .name = name,
          .epoch = epoch,
          .script = "test",
          .class_name = "Thing"};
}

// What a stub's call is to its caller: the node's part, in one isolate.
class LocalCall final : public Subrequest, public ResponseObserver {
 public:
  LocalCall(Worker& worker, OutboundRequest request, SubrequestObserver& observer)
      : observer_(observer) {
    InboundRequest in;
    in.head.method = std::move(request.method);
    in.head.headers = std::move(request.headers);
    in.url = std::move(request.url);
    in.body = std::move(request.body);
    in.rpc_method = std::move(request.rpc_method);
    in.entrypoint = std::move(request.entrypoint);
    if (request.actor) {
      const std::string& ns = request.actor->namespace_id;
      in.actor = ActorAddress{.namespace_id = ns,
                              .id = request.actor->id,
                              .name = request.actor->name,
                              .epoch = 1,
                              .script = ns.substr(0, ns.find('/')),
                              .class_name = ns.substr(ns.find('/') + 1)};
    }
    invocation_ = worker.Dispatch(std::move(in), *this);
  }
  void OnResponse(http::ResponseHead head, WorkerBody body) override {
    std::unique_ptr<http::BodySource> source;
    if (auto* text = std::get_if<std::string>(&body)) {
      source = http::MakeStringBody(std::move(*text));
    } else if (auto* end = std::get_if<std::unique_ptr<http::MessageChannel>>(&body)) {
      return observer_.OnSubrequestSocket(std::move(head), std::move(*end));
    } else {
      source = std::get<1>(std::move(body));
    }
    if (source == nullptr) source = http::MakeStringBody("");
    observer_.OnSubrequestResponse(std::move(head), std::move(source));
  }
  void OnFailed(FailureKind, std::string_view detail, bool) override {
    observer_.OnSubrequestError(Unavailable("{}", detail));
  }

 private:
  SubrequestObserver& observer_;
  std::unique_ptr<Invocation> invocation_;
};

class ActorTest : public ::testing::Test {
 protected:
  ActorTest() {
    std::string name = (std::filesystem::temp_directory_path() / "terrella-actor-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ActorTest() override {
    bench_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A worker whose fetch() is `body`, with `NS` of the class Thing that `source` exports.
  void Load(const std::string& source, const std::string& body) {
    bench_ = std::make_unique<ActorBench>(
        Bound(source +
              "\nexport default { async fetch(request, env) { const { NS } = env;"
              " const thing = NS.getByName('one'); try { " +
              body +
              " } catch (error) { return new Response(`${error.name}: ${error.message}`"
              " + (error.remote ? ' (remote)' : '')); } } }"));
    bench_->on_open_actor = [this](const ActorAddress& address) {
      return edge::ActorStore::Open(folder_, address, {});
    };
  }
  std::string Get(std::string path = "/") { return bench_->Get(std::move(path)); }

  class ActorBench final : public TestBench {
   public:
    using TestBench::TestBench;
    Outcome Event(TestRequest request) { return TestBench::Fetch(std::move(request)); }

   private:
    std::unique_ptr<Subrequest> Fetch(OutboundRequest request,
                                      SubrequestObserver& observer) override {
      if (request.service.empty()) {
        struct Later final : Subrequest {
          Later(EventLoop& loop, SubrequestObserver& observer)
              : timer(loop, [&observer] {
                  observer.OnSubrequestResponse({.status = 200}, http::MakeStringBody("origin"));
                }) {
            timer.Start(std::chrono::milliseconds(5));
          }
          Timer timer;
        };
        return std::make_unique<Later>(loop(), observer);
      }
      return std::make_unique<LocalCall>(worker(), std::move(request), observer);
    }
  };

  std::filesystem::path folder_;
  std::unique_ptr<ActorBench> bench_;
};

TEST_F(ActorTest, AnObjectKeepsStateInMemoryAndValuesInStorage) {
  Load(R"js(export class Thing extends DurableObject {
    calls = 0;
    async fetch(request) {
      const count = (await this.ctx.storage.get('count') ?? 0) + 1;
      await this.ctx.storage.put('count', count);
      return Response.json([++this.calls, count, new URL(request.url).pathname, this.ctx.id.name, typeof this.env.NS]);
    } })js",
       "return thing.fetch('http://x' + new URL(request.url).pathname);");
  EXPECT_EQ(Get("/a"), R"([1,1,"/a","one","object"])");
  EXPECT_EQ(Get("/b"), R"([2,2,"/b","one","object"])");
  bench_->worker().BreakActors("test");
  EXPECT_EQ(Get("/c"), R"([1,3,"/c","one","object"])") << "memory is gone, storage is not";
}

// What a call comes to that nobody else waits for.
class Watcher final : public ResponseObserver {
 public:
  void OnResponse(http::ResponseHead head, WorkerBody) override { status = head.status; }
  void OnFailed(FailureKind kind, std::string_view, bool) override { failed = kind; }
  int status = 0;
  std::optional<FailureKind> failed;
};

TEST_F(ActorTest, ACallThatHasNotStartedIsSentAwayWithTheObjects) {
  Load(
      R"js(export class Thing extends DurableObject { fetch() { return new Response('here'); } })js",
      "return new Response();");
  Watcher watcher;
  InboundRequest request;
  request.head.method = "GET";
  request.url = "http://x/";
  request.actor = OfThing("one");
  const auto call = bench_->worker().Dispatch(std::move(request), watcher);
  bench_->worker().BreakActors("another version of its code came");
  ASSERT_TRUE(watcher.failed.has_value()) << "it would open the object here, where it is no more";
  EXPECT_EQ(*watcher.failed, FailureKind::kMoved) << "so that its caller asks again";
  EXPECT_EQ(Get(), "") << "and nothing of it is left to run";
  EXPECT_EQ(watcher.status, 0);
}

TEST_F(ActorTest, MethodsTakeAndGiveCopies) {
  Load(R"js(export class Thing extends DurableObject {
    add(a, b) { return a + b; }
    async echo(value) { return value; }
    boom() { throw new RangeError('too far'); }
    give() { return () => 1; }
    alarm() {}
    field = 1;
  })js",
       R"js(const path = new URL(request.url).pathname.slice(1);
       if (path === 'add') return Response.json(await thing.add(1, 2));
       if (path === 'echo') {
         const value = await thing.echo({ map: new Map([[1, new Date(5)]]), bytes: new Uint8Array([1, 2]), big: 2n ** 70n });
         return Response.json([value.map.get(1).getTime(), [...value.bytes], `${value.big}`]);
       }
       if (path === 'function') await thing.add(() => 1);
       if (path === 'response') await thing.echo(new Response('x'));
       return Response.json(await thing[path]());)js");
  EXPECT_EQ(Get("/add"), "3");
  EXPECT_EQ(Get("/echo"), R"([5,[1,2],"1180591620717411303424"])");
  EXPECT_EQ(Get("/boom"), "RangeError: too far (remote)");
  EXPECT_THAT(Get("/missing"), HasSubstr("TypeError: the object has no method \"missing\""));
  EXPECT_THAT(Get("/field"), HasSubstr("no method \"field\""));
  EXPECT_THAT(Get("/alarm"), HasSubstr("no method \"alarm\""));
  EXPECT_THAT(Get("/function"), HasSubstr("DataCloneError"));
  EXPECT_THAT(Get("/response"), HasSubstr("DataCloneError"));
  EXPECT_THAT(Get("/give"), HasSubstr("DataCloneError"));
}

TEST_F(ActorTest, IdsBelongToTheirNamespace) {
  Load("export class Thing extends DurableObject {}",
       R"js(const a = NS.idFromName('a'), again = NS.idFromName('a'), unique = NS.newUniqueId();
       const text = a.toString();
       const checks = [a.equals(again), !a.equals(unique), a.name === 'a', unique.name === undefined,
         /^[0-9a-f]{64}$/.test(text), NS.idFromString(text).equals(a), NS.get(a).id.equals(a)];
       for (const bad of ['x', text.slice(0, 63) + (text[63] === '0' ? '1' : '0'), text.toUpperCase()]) {
         try { NS.idFromString(bad); checks.push(bad); } catch (error) { checks.push(error instanceof TypeError); }
       }
       return Response.json(checks.every((check) => check === true) ? 'fine' : checks);)js");
  EXPECT_EQ(Get(), "\"fine\"");
  const std::string own = "test/Thing", other = "test/Other";
  EXPECT_TRUE(IsActorIdOf(own, NewActorId(own)));
  EXPECT_FALSE(IsActorIdOf(other, NewActorId(own)));
  EXPECT_EQ(ActorIdFromName(own, "x"), ActorIdFromName(own, "x"));
  EXPECT_NE(ActorIdFromName(own, "x"), ActorIdFromName(other, "x"));
}

// Workers' documentation of DurableObjectNamespace, by the names of its methods.
TEST_F(ActorTest, WhatIsWrongWithAnIdIsSaid) {
  const struct {
    const char* call;
    std::string said;
  } rows[] = {
      {"NS.idFromString('x')", "TypeError: idFromString: expected 64 hexadecimal digits"},
      {"NS.idFromString()", "TypeError: idFromString: expected 64 hexadecimal digits"},
      {"NS.idFromString('0'.repeat(64))", "TypeError: idFromString: the id belongs to another"},
      {"NS.idFromString(NS.idFromName('a'))", "fine"},
      {"NS.idFromName('n'.repeat(2049))", "TypeError: idFromName: the name has more than 2048"},
      {"NS.idFromName('')", "fine"},
      {"NS.get('a')", "TypeError: DurableObjectNamespace.get: expected a DurableObjectId"},
      {"NS.get()", "TypeError: DurableObjectNamespace.get: expected a DurableObjectId"},
      {"NS.get(NS.newUniqueId(), { locationHint: 'weur' })", "fine"},
      {"NS.get(NS.newUniqueId(), { locationHint: 'mars' })", "the locationHint is \"mars\""},
      {"NS.getByName('a', { locationHint: 'apac' })", "fine"},
      {"NS.getByName('a', { locationHint: '' })", "the locationHint is \"\""},
      {"NS.getByName('a').id.equals(NS.idFromName('a')) || NS.get()", "fine"},
      {"NS.getByName('a').name === 'a' || NS.get()", "fine"},
      {"NS.get(NS.idFromString(NS.idFromName('a').toString())).name === undefined || NS.get()",
       "fine"},
      {"NS.jurisdiction('eu').newUniqueId({ jurisdiction: 'fedramp' })", "fine"},
      {"NS.jurisdiction('moon')", "the jurisdiction is \"moon\"; expected eu, fedramp"},
      {"NS.newUniqueId({ jurisdiction: 'moon' })", "the jurisdiction is \"moon\""},
      {"NS.idFromName('a').equals('a')", "TypeError: DurableObjectId.equals"},
      {"new NS.constructor()", "TypeError: Illegal constructor"},
  };
  for (const auto& [call, said] : rows) {
    Load("export class Thing extends DurableObject {}",
         std::string(call) + "; return new Response('fine');");
    EXPECT_THAT(Get(), HasSubstr(said)) << call;
  }
}

TEST_F(ActorTest, AbortEndsTheInstanceAndWhateverItIsDoing) {
  Load(R"js(let made = 0;
  export class Thing extends DurableObject {
    constructor(ctx, env) { super(ctx, env); ++made; }
    made() { return made; }
    async end() {
      await this.ctx.storage.put('kept', 1);
      this.ctx.abort('enough');
    }
    async wait() { await new Promise((done) => setTimeout(done, 60_000)); }
    async kept() { return [made, await this.ctx.storage.get('kept')]; }
  })js",
       R"js(const path = new URL(request.url).pathname.slice(1);
       if (path !== 'both') return Response.json(await thing[path]());
       const [ended, waiting] = await Promise.allSettled([thing.wait(), thing.end()].reverse());
       return Response.json([ended, waiting].map(({ status, reason }) => [status, reason.message]));)js");
  EXPECT_EQ(Get("/made"), "1");
  EXPECT_EQ(Get("/both"), R"([["rejected","enough"],["rejected","enough"]])");
  EXPECT_EQ(Get("/kept"), "[2,1]") << "another instance; what was written before is kept";
}

TEST_F(ActorTest, StorageListsInOrderAndWithinRanges) {
  Load(R"js(export class Thing extends DurableObject {
    async run() {
      const { storage } = this.ctx;
      await storage.put({ b: 2, a: 1, c: 3, 'p/1': 4, 'p/2': 5 });
      const keys = async (options) => [...(await storage.list(options)).keys()].join();
      const out = [await keys(), await keys({ prefix: 'p/' }), await keys({ start: 'b', end: 'p/2' }),
        await keys({ startAfter: 'b', limit: 2 }), await keys({ reverse: true, limit: 2 }),
        [...(await storage.get(['a', 'zz', 'c'])).entries()].join(';'),
        await storage.delete('a'), await storage.delete('a'), await storage.delete(['b', 'nope']), await keys(),
        [...storage.kv.list()].length, storage.kv.get('c')];
      await storage.deleteAll();
      return [...out, await keys()];
    } })js",
       "return Response.json(await thing.run());");
  EXPECT_EQ(
      Get(),
      R"(["a,b,c,p/1,p/2","p/1,p/2","b,c,p/1","c,p/1","p/2,p/1","a,1;c,3",true,false,1,"c,p/1,p/2",3,3,""])");
}

TEST_F(ActorTest, WhatIsWrongWithAValueIsSaid) {
  Load(R"js(export class Thing extends DurableObject {
    async run(what) {
      const { storage } = this.ctx;
      if (what === 'key') await storage.put('k'.repeat(2049), 1);
      if (what === 'value') await storage.put('k', 'v'.repeat(3 << 20));
      if (what === 'undefined') await storage.put('k', undefined);
      if (what === 'function') await storage.put('k', () => 1);
      if (what === 'many') await storage.get(Array.from({ length: 129 }, (_, i) => `${i}`));
      if (what === 'limit') await storage.list({ limit: 0 });
    } })js",
       "await thing.run(new URL(request.url).pathname.slice(1)); return new Response('fine');");
  EXPECT_EQ(Get("/nothing"), "fine");
  EXPECT_THAT(Get("/key"), HasSubstr("RangeError: storage.put: the key has more than 2048 bytes"));
  EXPECT_THAT(Get("/value"), HasSubstr("RangeError: storage.put: the value has more than"));
  EXPECT_THAT(Get("/undefined"), HasSubstr("is undefined"));
  EXPECT_THAT(Get("/function"), HasSubstr("DataCloneError"));
  EXPECT_THAT(Get("/many"), HasSubstr("at most 128"));
  EXPECT_THAT(Get("/limit"), HasSubstr("the limit is 0"));
}

// The read, the sum and the write of one call are not interrupted by another's.
TEST_F(ActorTest, ConcurrentIncrementsAreAllCounted) {
  Load(R"js(export class Thing extends DurableObject {
    async increment() {
      const value = (await this.ctx.storage.get('n')) ?? 0;
      await this.ctx.storage.put('n', value + 1);
      return value + 1;
    } })js",
       R"js(const values = await Promise.all(Array.from({ length: 40 }, () => thing.increment()));
       return Response.json(values.every((value, i) => value === i + 1));)js");
  EXPECT_EQ(Get(), "true") << "and in the order of the calls";
}

TEST_F(ActorTest, BlockConcurrencyWhileHoldsOtherEvents) {
  Load(R"js(export class Thing extends DurableObject {
    log = [];
    constructor(ctx, env) {
      super(ctx, env);
      ctx.blockConcurrencyWhile(async () => {
        this.log.push('begin');
        await new Promise((done) => setTimeout(done, 5));
        this.log.push('end');
      });
    }
    see(name) { this.log.push(name); return this.log.join(); }
  })js",
       "return Response.json(await Promise.all([thing.see('a'), thing.see('b')]));");
  EXPECT_EQ(Get(), R"(["begin,end,a","begin,end,a,b"])");
}

TEST_F(ActorTest, AThrowingConstructorOrBlockResetsTheObject) {
  Load(R"js(let made = 0;
  export class Thing extends DurableObject {
    constructor(ctx, env) { super(ctx, env); if (++made === 1) throw new Error('not yet'); }
    made() { return made; }
    bad() { return this.ctx.blockConcurrencyWhile(async () => { throw new Error('no'); }); }
  })js",
       "return new Response(await thing[new URL(request.url).pathname.slice(1)]());");
  EXPECT_EQ(Get("/made"), "Error: not yet (remote)");
  EXPECT_EQ(Get("/made"), "2");
  EXPECT_THAT(Get("/bad"), HasSubstr("no"));
  EXPECT_EQ(Get("/made"), "3");
}

TEST_F(ActorTest, TransactionsAreKeptWholeOrNotAtAll) {
  Load(R"js(export class Thing extends DurableObject {
    async run() {
      const { storage } = this.ctx;
      await storage.put('a', 1);
      await storage.transaction(async (txn) => { await txn.put('a', 2); await fetch('http://o.example/'); await txn.put('b', 2); });
      try { await storage.transaction(async (txn) => { await txn.put('a', 3); throw new Error('x'); }); } catch {}
      await storage.transaction(async (txn) => { await txn.put('a', 4); txn.rollback(); });
      try { storage.transactionSync(() => { storage.kv.put('b', 5); throw new Error('x'); }); } catch {}
      storage.transactionSync(() => storage.kv.put('c', 6));
      return [...(await storage.list()).entries()].join(';');
    } })js",
       "return new Response(await thing.run());");
  EXPECT_EQ(Get(), "a,2;b,2;c,6");
}

TEST_F(ActorTest, AnEventMayWaitForAnothersPromise) {
  Load(R"js(export class Thing extends DurableObject {
    first() { return new Promise((resolve) => { this.resolve = resolve; setTimeout(() => {}, 20); }); }
    second() { this.resolve('from the second'); return 'done'; }
  })js",
       "return Response.json(await Promise.all([thing.first(), thing.second()]));");
  EXPECT_EQ(Get(), R"(["from the second","done"])");
}

TEST_F(ActorTest, AnEventThatNothingCanEndFails) {
  Load("export class Thing extends DurableObject { never() { return new Promise(() => {}); } }",
       "return Response.json(await thing.never());");
  EXPECT_THAT(Get(), HasSubstr("can never settle"));
}

TEST_F(ActorTest, AnOldStyleClassAndAMissingOne) {
  Load(
      "export class Thing { constructor(state, env) { this.state = state; } "
      "async fetch() { await this.state.storage.put('x', 1); return new "
      "Response(this.state.id.toString().length); } }",
      "return thing.fetch('http://x/');");
  EXPECT_EQ(Get(), "64");
  Load("export class Other extends DurableObject {}", "return thing.fetch('http://x/');");
  EXPECT_THAT(Get(), HasSubstr("exports no class \"Thing\""));
}

TEST_F(ActorTest, ADeposedOwnerWritesNothing) {
  Load(R"js(export class Thing extends DurableObject {
    async set(value) { await this.ctx.storage.put('v', value); return value; }
  })js",
       "return new Response(await thing.set(new URL(request.url).pathname));");
  EXPECT_EQ(Get("/1"), "/1");
  const std::string id = ActorIdFromName("test/Thing", "one");
  auto newer = edge::ActorStore::Open(
      folder_, {.namespace_id = "test/Thing", .id = id, .name = "one", .epoch = 2}, {});
  ASSERT_TRUE(newer.ok()) << newer.status();
  EXPECT_THAT(Get("/2"), HasSubstr("moved to another node"));
  auto value = (*newer)->Get("v");
  ASSERT_TRUE(value.ok() && value->has_value());
  EXPECT_THAT(std::string(**value), HasSubstr("/1"));
}

TEST_F(ActorTest, AnAlarmIsSetReadAndRun) {
  Load(R"js(export class Thing extends DurableObject {
    async set() {
      await this.ctx.storage.setAlarm(Date.now() + 60_000);
      const at = await this.ctx.storage.getAlarm();
      await this.ctx.storage.deleteAlarm();
      return [at > Date.now(), await this.ctx.storage.getAlarm()];
    }
    async now() { await this.ctx.storage.setAlarm(0); return true; }
    bad() { this.fails = true; return this.now(); }
    async alarm(info) {
      this.info = [info, await this.ctx.storage.getAlarm()];
      if (this.fails) throw new Error('again');
    }
    seen() { return this.info ?? null; }
    async left() { return await this.ctx.storage.getAlarm() - Date.now(); }
  })js",
       "return Response.json(await thing[new URL(request.url).pathname.slice(1)]());");
  EXPECT_EQ(Get("/set"), "[true,null]");
  const ActorAddress address = OfThing("one");
  EXPECT_EQ(bench_->Event({.actor = address, .is_alarm = true}).status, 204);
  EXPECT_EQ(Get("/seen"), "null") << "none is due";
  EXPECT_EQ(Get("/now"), "true");
  EXPECT_EQ(bench_->Event({.actor = address, .is_alarm = true}).status, 204);
  EXPECT_EQ(Get("/seen"), R"([{"retryCount":0,"isRetry":false},null])");
  EXPECT_EQ(Get("/bad"), "true");
  EXPECT_EQ(bench_->Event({.actor = address, .is_alarm = true}).status, 500);
  const double wait_ms = std::stod(Get("/left"));
  EXPECT_GT(wait_ms, 1000) << "another try is to come";
  EXPECT_LE(wait_ms, 2000);
}

TEST_F(ActorTest, SqlIsKeptBesideTheValues) {
  Load(R"js(export class Thing extends DurableObject {
    run() {
      const { sql } = this.ctx.storage;
      sql.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, data BLOB); ');
      const written = sql.exec('INSERT INTO t(name, data) VALUES (?, ?), (?, ?)', 'a', new Uint8Array([1, 2]), 'b', null).rowsWritten;
      const cursor = sql.exec('SELECT id, name FROM t ORDER BY id');
      const out = [written, cursor.columnNames, cursor.toArray(), sql.exec('SELECT count(*) AS n FROM t').one().n,
        [...sql.exec('SELECT name FROM t').raw()], sql.exec("SELECT data FROM t WHERE name = 'a'").one().data.byteLength];
      try { this.ctx.storage.transactionSync(() => { sql.exec('DELETE FROM t'); throw new Error('no'); }); } catch {}
      for (const row of sql.exec('SELECT count(*) AS n FROM t')) out.push(row.n);
      for (const bad of ['SELECT', "ATTACH 'x' AS y", 'SELECT * FROM _terrella_kv']) {
        try { sql.exec(bad); out.push(bad); } catch { out.push('refused'); }
      }
      return [...out, sql.databaseSize > 0];
    } })js",
       "return Response.json(await thing.run());");
  EXPECT_EQ(Get(),
            R"([2,["id","name"],[{"id":1,"name":"a"},{"id":2,"name":"b"}],2,[["a"],["b"]],2,2,)"
            R"("refused","refused","refused",true])");
}

TEST_F(ActorTest, AQueryWithoutEndIsStopped) {
  Load(R"js(export class Thing extends DurableObject {
    run() {
      return this.ctx.storage.sql.exec('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n').one();
    } })js",
       "return Response.json(await thing.run());");
  const std::string told = Get();
  EXPECT_THAT(told, ::testing::AnyOf(HasSubstr("CPU"), HasSubstr("takes too long")));
}

TEST_F(ActorTest, SocketsOutliveTheInstance) {
  Load(R"js(let made = 0;
  export class Thing extends DurableObject {
    constructor(ctx, env) {
      super(ctx, env);
      ++made;
      ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
    }
    fetch() {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server, ['a', 'b']);
      server.serializeAttachment({ seen: 0 });
      return new Response(null, { status: 101, webSocket: client });
    }
    webSocketMessage(ws, message) {
      const { seen } = ws.deserializeAttachment();
      ws.serializeAttachment({ seen: seen + 1 });
      for (const one of this.ctx.getWebSockets('a')) {
        one.send(JSON.stringify([message, seen, made, this.ctx.getTags(one), this.ctx.getWebSockets('z').length]));
      }
    }
    webSocketClose(ws, code, reason, wasClean) { this.ctx.storage.put('closed', [code, reason, wasClean, ws.readyState]); }
    async closed() { return [await this.ctx.storage.get('closed'), this.ctx.getWebSockets().length]; }
  })js",
       R"js(if (request.url.endsWith('/closed')) return Response.json(await thing.closed());
       const { webSocket } = await thing.fetch('http://x/', { headers: { upgrade: 'websocket' } });
       webSocket.accept();
       const next = () => new Promise((done) => webSocket.addEventListener('message', ({ data }) => done(data), { once: true }));
       const heard = [];
       for (const text of ['one', 'two', 'ping']) { const answer = next(); webSocket.send(text); heard.push(await answer); }
       const closed = new Promise((done) => webSocket.addEventListener('close', done));
       webSocket.close(4001, 'bye');
       await closed;
       return new Response(heard.join(' '));)js");
  EXPECT_EQ(Get(), R"(["one",0,1,["a","b"],0] ["two",1,1,["a","b"],0] pong)");
  EXPECT_EQ(Get("/closed"), R"([[4001,"bye",true,3],0])");
}

// The call of an object ends with the request that made it, in the middle of that one's end.
TEST_F(ActorTest, AClientThatGoesEndsAnObjectThatCallsItself) {
  Load(R"js(export class Thing extends DurableObject {
    inside = 0;
    async fetch(request) {
      ++this.inside;
      const depth = Number(new URL(request.url).pathname.slice(1));
      if (depth > 0) return this.env.NS.getByName('one').fetch(`http://x/${depth - 1}`);
      await new Promise((done) => setTimeout(done, 60_000));
      return new Response('never');
    }
    seen() { return this.inside; }
  })js",
       R"js(const path = new URL(request.url).pathname;
       if (path === '/seen') return Response.json(await thing.seen());
       return thing.fetch('http://x' + path);)js");
  for (int round = 1; round <= 3; ++round) {
    auto call = bench_->Start({.path = "/3"});
    const std::string inside = std::to_string(4 * round);
    for (int i = 0; i < 1000 && Get("/seen") != inside; ++i) bench_->loop().RunOnce();
    EXPECT_FALSE(call->done());
    call.reset();
    EXPECT_EQ(Get("/seen"), inside) << "the object answers others";
  }
}

TEST_F(ActorTest, MethodsOfAnEntrypointAreCalledThroughAServiceBinding) {
  Load(R"js(import { WorkerEntrypoint } from 'cloudflare:workers';
  export class Admin extends WorkerEntrypoint {
    async add(a, b) { return a + b; }
    boom() { throw new TypeError('no'); }
  })js",
       "return Response.json([await env.SELF.add(1, 2), await env.SELF.boom()]);");
  EXPECT_EQ(Get(), "TypeError: no (remote)");
}

}  // namespace
}  // namespace terrella::runtime

// The KV binding as a worker sees it, over a host that tests control.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/status.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;

// A worker whose fetch() is `body`, bound to the namespace "things" as env.KV.
std::shared_ptr<WorkerCode> Bound(const std::string& body) {
  auto code =
      CodeOf("export default { async fetch(request, env) { const { KV } = env; try { " + body +
             " } catch (error) { return new Response(`${error.name}: ${error.message}`); } } }");
  code->bindings = {{"KV", BindingKind::kKv, "things"}};
  return code;
}

class KvBindingTest : public ::testing::Test {
 protected:
  std::string Run(const std::string& body) {
    TestBench bench(Bound(body));
    bench.on_kv = [this](const KvRequest& request) { return Answer(request); };
    return bench.Get();
  }
  absl::StatusOr<KvAnswer> Answer(const KvRequest& request) {
    EXPECT_EQ(request.ns, "things");
    last_ = request;
    KvAnswer answer;
    if (request.kind == KvRequest::Kind::kPut) {
      store_[request.keys[0]] = std::make_shared<KvValue>(request.value);
    } else if (request.kind == KvRequest::Kind::kDelete) {
      store_.erase(request.keys[0]);
    } else if (request.kind == KvRequest::Kind::kGet) {
      for (const std::string& key : request.keys) {
        answer.items.push_back({key, store_.contains(key) ? store_[key] : nullptr, 0});
      }
    } else {
      for (const auto& [key, value] : store_)
        answer.items.push_back({key, value, key == "a" ? 1234 : 0});
      answer.cursor = "b\xFF";
    }
    return answer;
  }
  std::map<std::string, std::shared_ptr<const KvValue>> store_;
  KvRequest last_;
};

TEST_F(KvBindingTest, PutsAndGetsEveryType) {
  EXPECT_EQ(Run(R"js(
    await KV.put('text', 'é');
    await KV.put('json', JSON.stringify({ a: 1 }));
    await KV.put('bytes', new Uint8Array([1, 2, 3]).subarray(1));
    await KV.put('stream', new Response('s').body);
    const read = async (stream) => new Response(stream).text();
    return Response.json([await KV.get('text'), await KV.get('json', 'json'), await KV.get('json', { type: 'json' }),
      [...new Uint8Array(await KV.get('bytes', 'arrayBuffer'))], await read(await KV.get('stream', 'stream')),
      await KV.get('none'), await KV.get('none', 'json')]);)js"),
            R"(["é",{"a":1},{"a":1},[2,3],"s",null,null])");
}

TEST_F(KvBindingTest, CarriesMetadataExpiryAndTheAgeOfCopies) {
  EXPECT_EQ(
      Run(R"js(
    await KV.put('k', 'v', { metadata: { m: [1] }, expirationTtl: 60 });
    return Response.json([await KV.getWithMetadata('k', { cacheTtl: 300 }), await KV.getWithMetadata('none')]);)js"),
      R"([{"value":"v","metadata":{"m":[1]},"cacheStatus":null},{"value":null,"metadata":null,"cacheStatus":null}])");
  EXPECT_EQ(last_.cache_ttl, std::chrono::seconds(60));
  Run("await KV.get('k', { cacheTtl: 300 }); await KV.put('k', '', { expiration: 2000000000 });");
  EXPECT_EQ(last_.expires_unix_s, 2000000000);
}

TEST_F(KvBindingTest, GetsManyAtOnce) {
  EXPECT_EQ(
      Run(R"js(
    await KV.put('a', '1'); await KV.put('b', '2');
    const many = await KV.get(['b', 'x', 'a'], 'json');
    const meta = await KV.getWithMetadata(['a']);
    return Response.json([[...many], [...meta]]);)js"),
      R"([[["b",2],["x",null],["a",1]],[["a",{"value":"1","metadata":null,"cacheStatus":null}]]])");
}

TEST_F(KvBindingTest, ListsPagesWithCursors) {
  EXPECT_EQ(
      Run(R"js(
    await KV.put('a', '1', { metadata: 7 }); await KV.put('b', '2');
    const page = await KV.list({ prefix: 'p', limit: 2, cursor: btoa('x\xff') });
    return Response.json(page);)js"),
      R"({"keys":[{"name":"a","expiration":1234,"metadata":7},{"name":"b"}],"list_complete":false,)"
      R"("cacheStatus":null,"cursor":"Yv8="})");
  EXPECT_EQ(last_.prefix, "p");
  EXPECT_EQ(last_.limit, 2u);
  EXPECT_EQ(last_.cursor, "x\xFF");
}

TEST_F(KvBindingTest, SaysWhatIsWrong) {
  const struct {
    const char* body;
    const char* words;
  } rows[] = {
      {"await KV.get('');", "the key may not be \"\""},
      {"await KV.put('..', 'x');", "the key may not be \"..\""},
      {"await KV.get('é'.repeat(257));", "the key has 514 bytes"},
      {"await KV.get('k', 'blob');",
       "the type is \"blob\"; expected text, json, arrayBuffer, stream"},
      {"await KV.get('k', { cacheTtl: 5 });", "expected at least 30 seconds"},
      {"await KV.get(['k'], 'stream');", "expected text, json"},
      {"await KV.put('k', { a: 1 });", "must be a string"},
      {"await KV.put('k', 'v', { expirationTtl: 5 });", "expected at least 60 seconds"},
      {"await KV.put('k', 'v', { expiration: 1.5 });", "expected Unix seconds"},
      {"await KV.list({ limit: 1001 });", "expected 1 to 1000"},
      {"await KV.list({ cursor: '!' });", "not one that list() gave"},
      {"await KV.put('k', 'x'); await KV.get('k', 'json');", "SyntaxError"},
  };
  for (const auto& row : rows) EXPECT_THAT(Run(row.body), HasSubstr(row.words)) << row.body;
}

TEST_F(KvBindingTest, RejectsWithWhatTheHostSays) {
  TestBench bench(Bound("await KV.get('k');"));
  bench.on_kv = [](const KvRequest&) { return Unavailable("the store is away"); };
  EXPECT_EQ(bench.Get(), "Error: the store is away");
}

TEST_F(KvBindingTest, HasALimitOfOperations) {
  auto code = Bound("for (let i = 0; i < 10; i++) await KV.get('k'); return new Response('?');");
  code->limits.kv_operations = 9;
  TestBench bench(code);
  bench.on_kv = [this](const KvRequest& request) { return Answer(request); };
  EXPECT_EQ(bench.Get(), "Error: too many KV operations: a request may make 9");
}

}  // namespace
}  // namespace terrella::runtime

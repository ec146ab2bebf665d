// A C program with WASI answers requests: examples/wasi as a worker. The system calls have rows in
// js/rows/wasi.js.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/status.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Example(const char* name) {
  const char* source = std::getenv("TERRELLA_SOURCE_DIR");
  const absl::StatusOr<std::string> bytes =
      ReadFile(std::filesystem::path(source == nullptr ? "." : source) / "examples/wasi" / name);
  EXPECT_TRUE(bytes.ok()) << name;
  return bytes.ok() ? *bytes : "";
}

std::shared_ptr<WorkerCode> Wasi(std::string main) {
  return CodeOf(
      std::vector<ModuleSource>{{"index.js", ModuleKind::kEsm, std::move(main)},
                                {"wordcount.wasm", ModuleKind::kWasm, Example("wordcount.wasm")},
                                {"usage.txt", ModuleKind::kText, Example("usage.txt")}});
}

TEST(Wasi, AnswersAPostWithWhatTheProgramWrites) {
  TestBench bench(Wasi(Example("index.js")));
  const Outcome outcome =
      bench.Fetch({.path = "/?top=2", .method = "POST", .body = "to be or not to be, TO"});
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.body, "    3  to\n    2  be\n");
  EXPECT_EQ(outcome.headers.Find("x-words"), "4");
  EXPECT_EQ(outcome.headers.Find("content-type"), "text/plain");
}

TEST(Wasi, GivesTheProgramFilesAndVariables) {
  TestBench bench(Wasi(Example("index.js")));
  EXPECT_THAT(bench.Get(), StartsWith("Hello from C at home.\nPost a text"));
}

TEST(Wasi, TakesTheStatusFromTheProgram) {
  TestBench bench(Wasi(Example("index.js")));
  const Outcome outcome = bench.Fetch({.method = "POST", .body = "1 2 3"});
  EXPECT_EQ(outcome.status, 422);
  EXPECT_EQ(outcome.body, "Post some words.\n");
}

TEST(Wasi, TellsWhyAProgramFailed) {
  TestBench bench(Wasi(R"js(
    import { cgi } from 'terrella:wasi';
    import wordcount from './wordcount.wasm';
    export default { async fetch(request) {
      try { return await cgi(wordcount, request); } catch (error) { return new Response(error.message); }
    } })js"));
  EXPECT_EQ(bench.Get(), "cgi: the program ended with exit code 1");
  ASSERT_EQ(bench.logs.size(), 1u);
  EXPECT_THAT(bench.logs[0].second, HasSubstr("usage.txt"));
}

TEST(WasmStreaming, CompilesWhatIsInTheBundleAndNothingElse) {
  const std::string bytes = Example("wordcount.wasm");
  TestBench bench(CodeOf(std::vector<ModuleSource>{{"index.js", ModuleKind::kEsm, R"js(
        import bytes from './wordcount.bin';
        const of = (body) => new Response(body, { headers: { 'content-type': 'application/wasm' } });
        export default { async fetch() {
          const module = await WebAssembly.compileStreaming(of(bytes));
          const other = await WebAssembly.compileStreaming(of(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))).catch((e) => e);
          const direct = await WebAssembly.compile(bytes).catch((e) => e);
          return Response.json([WebAssembly.Module.exports(module).length, other.name, direct.name]);
        } })js"},
                                                   {"wordcount.bin", ModuleKind::kData, bytes}}));
  EXPECT_EQ(bench.Get(), R"([2,"CompileError","CompileError"])");
}

TEST(WasmFunction, IsMadeWhereBytesMayNotBeCompiled) {
  TestBench bench(CodeOf(R"js(
    export default { fetch() {
      const table = new WebAssembly.Table({ initial: 1, element: 'anyfunc' });
      table.set(0, new WebAssembly.Function({ parameters: ['i32'], results: ['i32'] }, (n) => n + 1));
      let failure;
      try { new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); } catch (error) { failure = error.name; }
      return Response.json([table.get(0)('41'), failure]);
    } })js"));
  EXPECT_EQ(bench.Get(), R"([42,"CompileError"])");
}

TEST(Wasi, CountsTheProgramsMemoryAsTheWorkers) {
  TestBench bench(Wasi(R"js(
    import { WASI } from 'terrella:wasi';
    import wordcount from './wordcount.wasm';
    export default { async fetch() {
      for (const all = [];;) all.push(await WebAssembly.instantiate(wordcount, new WASI({ stdin: new Uint8Array(1 << 20) }).getImportObject()),
                                      new WebAssembly.Memory({ initial: 160 }));
    } })js"));
  const Outcome outcome = bench.Fetch();
  EXPECT_EQ(outcome.failure, FailureKind::kMemoryLimit) << outcome.body << outcome.detail;
}

}  // namespace
}  // namespace terrella::runtime

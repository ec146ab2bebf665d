#include "edge_node/runtime/lazy_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge_node/runtime/buffer_allocator.h"
#include "edge_node/runtime/testing.h"

namespace terrella::runtime {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

TEST(LazyFiles, SurviveTheirEncoding) {
  LazyFile files[] = {{"a", "(function () {})", "12345678"}, {"", "", ""}, {"long", "x", "y"}};
  std::string bytes = EncodeLazyFiles(files);
  auto decoded = DecodeLazyFiles(bytes);
  ASSERT_EQ(decoded.size(), std::size(files));
  for (size_t i = 0; i < decoded.size(); ++i) {
    EXPECT_EQ(decoded[i].name, files[i].name);
    EXPECT_EQ(decoded[i].source, files[i].source);
    EXPECT_EQ(decoded[i].cache, files[i].cache);
    EXPECT_EQ((decoded[i].cache.data() - bytes.data()) % 8, 0);
  }
  EXPECT_THAT(DecodeLazyFiles(""), IsEmpty());
}

// A code cache is only good for the V8 and the flags it was made with; a refused one is no error,
// just slow.
TEST(LazyFiles, ComeWithCodeCachesThatV8Takes) {
  TestEngine();
  BufferAllocator allocator(1 << 20);
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator = &allocator;
  v8::Isolate* isolate = v8::Isolate::New(params);
  {
    v8::Isolate::Scope entered(isolate);
    v8::HandleScope handles(isolate);
    auto context = v8::Context::New(isolate);
    v8::Context::Scope in_context(context);
    ASSERT_THAT(LazyFiles(), Not(IsEmpty()));
    for (const LazyFile& file : LazyFiles()) {
      bool accepted = false;
      EXPECT_FALSE(CompileLazyFile(context, file, &accepted).IsEmpty()) << file.name;
      EXPECT_TRUE(accepted) << file.name;
    }
  }
  isolate->Dispose();
}

TEST(LazyFiles, LookLikePlainPropertiesBeforeTheyAreTouched) {
  TestBench bench(R"js(
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, 'URLPattern');
    export default { fetch: () => Response.json([
      'URLPattern' in globalThis, Object.keys(globalThis).includes('URLPattern'), typeof descriptor.value,
      descriptor.writable, descriptor.enumerable, descriptor.configurable, descriptor.value === URLPattern,
      new URLPattern({ pathname: '/a/:b' }).exec({ pathname: '/a/c' }).pathname.groups.b]) };
  )js");
  EXPECT_EQ(bench.Get(), R"([true,false,"function",true,false,true,true,"c"])");
}

TEST(LazyFiles, MayBeReplacedBeforeTheyAreTouched) {
  TestBench bench(
      "globalThis.URLPattern = 7; export default { fetch: () => new Response(URLPattern) };");
  EXPECT_EQ(bench.Get(), "7");
}

}  // namespace
}  // namespace terrella::runtime

// Runs js/web_api_test.js, the tests of URL, URLSearchParams, TextEncoder, TextDecoder and Headers,
// in a bare isolate with only those bindings: no snapshot, no worker.
#include <gtest/gtest.h>
#include <libplatform/libplatform.h>
#include <v8.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"
#include "base/status.h"
#include "edge_node/runtime/bindings/binding.h"
#include "edge_node/runtime/bindings/encoding_binding.h"
#include "edge_node/runtime/bindings/url_binding.h"

namespace terrella::runtime {
namespace {

std::filesystem::path JsFolder() {
  const char* source = std::getenv("TERRELLA_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "edge_node/runtime/js";
}

class WebApi : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    platform_ = v8::platform::NewDefaultPlatform(1).release();
    v8::V8::InitializePlatform(platform_);
    v8::V8::Initialize();
  }

  WebApi() : allocator_(v8::ArrayBuffer::Allocator::NewDefaultAllocator()) {
    v8::Isolate::CreateParams params;
    params.array_buffer_allocator = allocator_.get();
    isolate_ = v8::Isolate::New(params);
  }
  ~WebApi() override { isolate_->Dispose(); }

  void Install(v8::Local<v8::Object> native, const char* name,
               std::span<const NativeFunction> functions) {
    const auto context = isolate_->GetCurrentContext();
    const auto object = v8::Object::New(isolate_);
    for (const NativeFunction& f : functions) {
      const auto function = v8::Function::New(context, f.callback).ToLocalChecked();
      object->Set(context, Symbol(isolate_, f.name), function).Check();
    }
    native->Set(context, Symbol(isolate_, name), object).Check();
  }

  // The value of a js/ file run as the body of its function; empty after adding a failure.
  v8::MaybeLocal<v8::Value> Run(const std::string& file, v8::Local<v8::Object> native,
                                v8::Local<v8::Object> internals) {
    const auto context = isolate_->GetCurrentContext();
    const absl::StatusOr<std::string> source = ReadFile(JsFolder() / file);
    EXPECT_TRUE(source.ok()) << file;
    if (!source.ok()) return {};
    const std::string text =
        "(function (globalThis, native, internals) { 'use strict'; " + *source + "\n})";
    v8::TryCatch try_catch(isolate_);
    v8::Local<v8::Script> script;
    v8::Local<v8::Value> value;
    v8::Local<v8::Value> arguments[] = {context->Global(), native, internals};
    v8::ScriptOrigin origin(isolate_, ToV8(isolate_, file));
    if (v8::Script::Compile(context, ToV8(isolate_, text), &origin).ToLocal(&script) &&
        script->Run(context).ToLocal(&value) &&
        value.As<v8::Function>()
            ->Call(context, v8::Undefined(isolate_), std::size(arguments), arguments)
            .ToLocal(&value)) {
      return value;
    }
    ADD_FAILURE() << file << ":" << try_catch.Message()->GetLineNumber(context).FromMaybe(0) << ": "
                  << FromV8(isolate_, try_catch.Message()->Get());
    return {};
  }

  // Runs the tests of `file` after the classes; gives their number. `cases` is JSON for them, or
  // "".
  uint32_t RunTests(const char* file, const std::string& cases) {
    v8::Isolate::Scope isolate_scope(isolate_);
    v8::HandleScope handles(isolate_);
    const auto context = v8::Context::New(isolate_);
    v8::Context::Scope entered(context);
    const auto native = v8::Object::New(isolate_);
    const auto internals = v8::Object::New(isolate_);
    Install(native, "url", UrlFunctions());
    Install(native, "encoding", EncodingFunctions());
    v8::Local<v8::Value> value;
    if (!Run("regexp_sets.js", native, internals).ToLocal(&value)) return 0;
    // internals.load(): there is one lazy file in these tests.
    auto load = v8::Function::New(
        context,
        [](const v8::FunctionCallbackInfo<v8::Value>& info) {
          info.GetReturnValue().Set(info.Data());
        },
        value);
    internals->Set(context, Symbol(isolate_, "load"), load.ToLocalChecked()).Check();
    for (const char* js : {"base.js", "primordials.js", "idl.js", "pair_iterator.js", "encoding.js",
                           "url.js", "headers.js", "urlpattern.js"}) {
      if (!Run(js, native, internals).ToLocal(&value)) return 0;
    }
    auto url_pattern = value.As<v8::Object>()->Get(context, Symbol(isolate_, "URLPattern"));
    context->Global()
        ->Set(context, Symbol(isolate_, "URLPattern"), url_pattern.ToLocalChecked())
        .Check();
    if (!cases.empty() && v8::JSON::Parse(context, ToV8(isolate_, cases)).ToLocal(&value)) {
      internals->Set(context, Symbol(isolate_, "cases"), value).Check();
    }
    if (!Run(file, native, internals).ToLocal(&value)) return 0;
    // [name, error or "", name, error or "", ...]
    const auto flat = value.As<v8::Array>();
    for (uint32_t i = 0; i < flat->Length(); i += 2) {
      const std::string name = FromV8(isolate_, flat->Get(context, i).ToLocalChecked());
      EXPECT_EQ(FromV8(isolate_, flat->Get(context, i + 1).ToLocalChecked()), "") << name;
    }
    return flat->Length() / 2;
  }

  static v8::Platform* platform_;
  std::unique_ptr<v8::ArrayBuffer::Allocator> allocator_;
  v8::Isolate* isolate_;
};

v8::Platform* WebApi::platform_ = nullptr;

TEST_F(WebApi, PassesItsJavaScriptTests) {
  EXPECT_GT(RunTests("web_api_test.js", ""), 40u);
}

TEST_F(WebApi, PassesTheUrlPatternCasesOfTheWebPlatformTests) {
  const char* folder = std::getenv("TERRELLA_WPT_DIR");
  if (folder == nullptr) GTEST_SKIP() << "SKIPPED: TERRELLA_WPT_DIR is not set";
  const absl::StatusOr<std::string> cases =
      ReadFile(std::filesystem::path(folder) / "urlpatterntestdata.json");
  ASSERT_TRUE(cases.ok()) << Message(cases.status());
  EXPECT_GT(RunTests("urlpattern_wpt_test.js", *cases), 300u);
}

}  // namespace
}  // namespace terrella::runtime

#include "bundle/import_scanner.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace terrella::bundle {
namespace {

// "static a, dynamic b@3" and, behind it, what else was found.
std::string Scanned(std::string_view source) {
  const ScannedModule module = ScanImports(source);
  std::string out;
  for (const ScannedImport& import : module.imports) {
    constexpr const char* kForms[] = {"static", "dynamic", "require"};
    out += fmt::format("{} {}@{} ", kForms[static_cast<int>(import.form)], import.specifier,
                       import.line);
  }
  if (module.is_module) out += "module ";
  if (module.computed_import) out += "computed ";
  return out;
}

TEST(ImportScanner, FindsEveryFormOfImport) {
  const std::pair<const char*, const char*> kCases[] = {
      // ECMA-262 section 16.2.2.
      {"import 'a';", "static a@1 module "},
      {"import x from \"./a.js\";\nimport * as y from 'b'", "static ./a.js@1 static b@2 module "},
      {"import d, { e as f, default as g } from 'c';", "static c@1 module "},
      {"import { 'odd name' as h } from 'c';", "static c@1 module "},
      {"import from from 'a';", "static a@1 module "},
      {"import j from './j.json' assert { type: 'json' };", "static ./j.json@1 module "},
      {"import{a}from'b';import'c'", "static b@1 static c@1 module "},
      // Section 16.2.3.
      {"export * from 'a'; export * as ns from 'b'; export { c as d } from 'e';",
       "static a@1 static b@1 static e@1 module "},
      {"export const from = 'a';", "module "},
      {"export default { fetch() { return from; } };", "module "},
      {"export { a, b };\nconst from = 1", "module "},
      // Section 13.3.10.
      {"const m = await import('./m.js');", "dynamic ./m.js@1 "},
      {"f(() => import(\"x\", { assert: {} }))", "dynamic x@1 "},
      {"import(`./${name}.js`); import(name); import('a' + b)", "computed "},
      {"console.log(import.meta.url)", "module "},
      {"const a = require('a'), b = require(b)", "require a@1 computed "},
      {"x.require('a'); x.import('b'); x.export", ""},
  };
  for (const auto& [source, want] : kCases) EXPECT_EQ(Scanned(source), want) << source;
}

TEST(ImportScanner, SeesNoneInStringsCommentsTemplatesAndRegularExpressions) {
  const char* kCases[] = {
      "// import 'a'\n/* export * from 'b' */",
      "const s = \"import 'a'\" + 'it\\'s import \"b\"';",
      "const t = `import 'a' ${x ? `export * from 'b' ${{}}` : 1} import 'c'`;",
      "const r = /import 'a'/g, q = [/[/'\"]import 'b'/];",
      "if (x) /'import/.test(y); const d = a / b / 'c';",
      "return /'/.test(x) || y[0] / 2 > '/'.length",
      "const o = { import: 1, export: 2 }; class C { export() {} static import() {} }",
      "#!/usr/bin/env node import 'a'\naddEventListener('fetch', () => {})",
      "'unclosed\nimport_ = \"x\"",
      "`never closed ${",
  };
  for (const char* source : kCases) EXPECT_EQ(Scanned(source), "") << source;
}

TEST(ImportScanner, CountsLines) {
  EXPECT_EQ(Scanned("/* a\nb */\n`x\n${1}\n`;\nimport 'y'"), "static y@6 module ");
}

}  // namespace
}  // namespace terrella::bundle

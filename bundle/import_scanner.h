// ImportScanner: which modules a JavaScript text names, found without parsing it.
//
// Enough to tell whether a project can be taken as it is or has to be bundled, and whether a file
// is a module or a script: a lexer that knows comments, strings, templates and (by the token before
// it) regular expressions, and the few forms in which modules are named. It never fails; of text
// that is not JavaScript it finds what looks like imports.
//
// Thread: any; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace terrella::bundle {

struct ScannedImport {
  enum class Form { kStatic, kDynamic, kRequire };
  std::string specifier;
  Form form = Form::kStatic;
  size_t line = 0;  // from 1
};

struct ScannedModule {
  std::vector<ScannedImport> imports;  // in the order of the text
  bool is_module = false;              // it has an import or export statement, or import.meta
  bool computed_import = false;        // import() or require() of something that is no string
};

ScannedModule ScanImports(std::string_view source);

}  // namespace terrella::bundle

// LazyCode: the part of the runtime's own JavaScript that is compiled when a worker first touches
// it.
//
// What stands in the start-up snapshot is paid for by every isolate, in memory and in start-up
// time. Files of js/ that few workers need are kept out of it: their sources and the bytecode made
// of them at build time are linked into the binary, once for all isolates and processes. js/lazy.js
// puts placeholders where such a file's names belong; the first touch of one runs the file.
//
// The sources of what does stand in the snapshot are linked in, too: its functions refer to them as
// strings outside of the heap, so that an isolate holds no copy of its own.
//
// The embedded bytes are what make_snapshot writes; see EncodeLazyFiles for their form.
//
// Thread: any; the table is immutable.
#pragma once

#include <v8.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace terrella::runtime {

struct LazyFile {
  std::string_view name;    // "compression"
  std::string_view source;  // Latin-1: the wrapped text of js/NAME.js
  std::string_view cache;   // V8's code cache of it; empty: the file is in the snapshot
  // The source as strings refer to it from any heap; null in a table that is only decoded.
  v8::String::ExternalOneByteStringResource* text = nullptr;
};

// The text of a file as the function that it is the body of.
std::string WrapSource(std::string_view body);

// A table of files as bytes and back. Every part begins at a multiple of 8, which is what V8 wants
// of a code cache it does not copy. DecodeLazyFiles gives views into `bytes`.
std::string EncodeLazyFiles(std::span<const LazyFile> files);
std::vector<LazyFile> DecodeLazyFiles(std::string_view bytes);

// The files linked into this binary.
std::span<const LazyFile> LazyFiles();

// The files in the snapshot, in the order they run in; its strings refer to their `text`.
std::span<const LazyFile> SnapshotFiles();

// The file's function (globalThis, native, internals) => exports; empty with an exception pending.
// `accepted`, when given, learns whether the code cache was used.
v8::MaybeLocal<v8::Function> CompileLazyFile(v8::Local<v8::Context> context, const LazyFile& file,
                                             bool* accepted = nullptr);

}  // namespace terrella::runtime

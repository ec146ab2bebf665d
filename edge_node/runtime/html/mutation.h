// HtmlMutation: what handlers want done to one token, and how the token's bytes come out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "edge_node/runtime/html/tokenizer.h"

namespace terrella::runtime {

struct HtmlMutation {
  std::string before;
  std::string after;
  std::string replacement;
  bool removed = false;  // the token itself is not given

  // The content of the last call stands nearest to the token.
  void AddBefore(std::string_view html) { before += html; }
  void AddAfter(std::string_view html) { after.insert(0, html); }
  void Replace(std::string_view html) {
    replacement = html;
    removed = true;
  }
};

// Text as HTML (section 13.3): &, < and > escaped.
std::string EscapeHtmlText(std::string_view text);

// A start tag whose attributes and name can be changed; what is not changed keeps its bytes.
class StartTagEdit {
 public:
  explicit StartTagEdit(const HtmlToken& token);

  const std::string& name() const { return name_; }  // as written
  // InvalidArgument when no tag may be named so.
  absl::Status SetName(std::string_view name);

  struct Attribute {
    std::string name;  // lower case
    std::string value;
    std::string raw;  // as it stood in the tag; empty: set here
  };
  const std::vector<Attribute>& attributes() const { return attributes_; }
  // The value of the first of that name (any case); null when there is none.
  const std::string* Find(std::string_view name) const;
  absl::Status Set(std::string_view name, std::string_view value);
  void Remove(std::string_view name);

  // The tag's bytes: the token's own when nothing was changed.
  void AppendTo(std::string& out, std::string_view raw) const;

 private:
  std::string name_;
  std::vector<Attribute> attributes_;
  bool self_closing_;
  bool changed_ = false;
};

}  // namespace terrella::runtime

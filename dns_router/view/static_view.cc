#include "dns_router/view/static_view.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include "base/file.h"
#include "base/status.h"

namespace terrella::dns {
namespace {

constexpr size_t kFileBytesMax = 16 << 20;

// Keeps the first error with its place.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = fmt::format("{}:{}: {}", line + 1, column + 1, message);
  }
  std::string text;
};

}  // namespace

absl::StatusOr<v1::View> ParseStaticView(std::string_view text) {
  v1::View view;
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '{') {
    const auto status =
        google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &view);
    if (!status.ok()) return InvalidArgument("{}", std::string(status.message()));
  } else {
    google::protobuf::TextFormat::Parser parser;
    FirstError error;
    parser.RecordErrorsTo(&error);
    if (!parser.ParseFromString(std::string(text), &view)) return InvalidArgument("{}", error.text);
  }
  if (view.zone().empty()) return InvalidArgument("expected a 'zone'");
  return view;
}

absl::StatusOr<v1::View> ReadStaticView(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kFileBytesMax));
  auto view = ParseStaticView(text);
  if (!view.ok()) return InvalidArgument("{}: {}", path.string(), Message(view.status()));
  return view;
}

}  // namespace terrella::dns

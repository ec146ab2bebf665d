#include "http/ws/handshake.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "base/random.h"
#include "http/h1/grammar.h"

namespace terrella::http::ws {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr size_t kKeyBytes = 16;

std::string Base64(const unsigned char* bytes, size_t size) {
  std::string out((size + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size));
  out.resize(static_cast<size_t>(length));
  return out;
}

bool IsKey(std::string_view text) {
  unsigned char bytes[32];
  return text.size() == 24 && text.ends_with("==") &&
         EVP_DecodeBlock(bytes, reinterpret_cast<const unsigned char*>(text.data()), 24) >= 0;
}

bool HasToken(const Headers& headers, std::string_view name, std::string_view wanted) {
  bool found = false;
  for (const Headers::Field field : headers.fields()) {
    if (!EqualsIgnoreCase(field.name, name)) continue;
    h1::ForEachListItem(field.value, [&](std::string_view item) {
      found = found || EqualsIgnoreCase(item, wanted);
    });
  }
  return found;
}

}  // namespace

Ask AskOf(const RequestHead& request) {
  const Headers& headers = request.headers;
  if (!headers.Has("upgrade") || !HasToken(headers, "upgrade", "websocket")) return Ask::kNo;
  if (request.method != "GET" || request.major_version != 1 || request.minor_version < 1 ||
      !HasToken(headers, "connection", "upgrade") || headers.Count("sec-websocket-key") != 1 ||
      !IsKey(*headers.Find("sec-websocket-key"))) {
    return Ask::kMalformed;
  }
  return headers.Find("sec-websocket-version") == "13" ? Ask::kYes : Ask::kOtherVersion;
}

std::string AcceptFor(std::string_view key) {
  const std::string text = std::string(key).append(kGuid);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) == 1);
  return Base64(digest, size);
}

std::string NewKey() {
  unsigned char bytes[kKeyBytes];
  FillRandom(bytes, sizeof bytes);
  return Base64(bytes, sizeof bytes);
}

std::string RefusalOf(const ResponseHead& response, std::string_view key,
                      std::string_view protocols) {
  if (response.status != 101) return "the server did not switch protocols";
  const Headers& headers = response.headers;
  if (!HasToken(headers, "upgrade", "websocket")) return "upgrade is not websocket";
  if (!HasToken(headers, "connection", "upgrade")) return "connection does not say upgrade";
  if (headers.Count("sec-websocket-accept") != 1 ||
      headers.Find("sec-websocket-accept") != AcceptFor(key)) {
    return "sec-websocket-accept does not answer the key";
  }
  if (headers.Has("sec-websocket-extensions")) return "an extension that was not offered";
  if (headers.Count("sec-websocket-protocol") > 1) return "more than one protocol";
  if (auto chosen = headers.Find("sec-websocket-protocol")) {
    bool offered = false;
    h1::ForEachListItem(protocols, [&](std::string_view item) { offered |= item == *chosen; });
    if (!offered) return "a protocol that was not offered";
  }
  return "";
}

}  // namespace terrella::http::ws

#include "edge_node/runtime/html/rewriter.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "edge_node/runtime/html/ascii.h"

namespace terrella::runtime {
namespace {

std::vector<std::vector<ComplexSelector>> SelectorsOf(const std::vector<HtmlHandlers>& handlers) {
  std::vector<std::vector<ComplexSelector>> selectors;
  for (const HtmlHandlers& h : handlers) {
    if (!h.document) selectors.push_back(h.selector);
  }
  return selectors;
}

}  // namespace

HtmlRewriter::HtmlRewriter(std::vector<HtmlHandlers> handlers, const HtmlRewriterLimits& limits)
    : limits_(limits),
      handlers_(std::move(handlers)),
      matcher_(SelectorsOf(handlers_)),
      tokenizer_(limits.token_bytes_max),
      text_counts_(handlers_.size()),
      comment_counts_(handlers_.size()) {
  for (uint32_t i = 0; i < handlers_.size(); ++i) {
    if (!handlers_[i].document) {
      selector_handlers_.push_back(i);
      continue;
    }
    text_counts_[i] = handlers_[i].text;
    comment_counts_[i] = handlers_[i].comments;
  }
}

HtmlRewriter::~HtmlRewriter() = default;

void HtmlRewriter::Finish() {
  finished_ = true;
  tokenizer_.Finish();
}

std::vector<uint32_t> HtmlRewriter::Active(const std::vector<uint32_t>& counts) {
  std::vector<uint32_t> active;
  for (uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) active.push_back(i);
  }
  return active;
}

absl::StatusOr<std::optional<HtmlEvent>> HtmlRewriter::Next() {
  Commit();
  std::optional<HtmlEvent> event;
  while (!event) {
    const HtmlToken* token = std::exchange(held_, nullptr);
    if (token == nullptr) {
      ASSIGN_OR_RETURN(token, tokenizer_.Next());
    }
    if (token == nullptr && !finished_) return std::nullopt;
    if (in_text_ && (token == nullptr || token->type != HtmlTokenType::kText)) {
      held_ = token;
      event = EndTextNode();
    } else if (token != nullptr) {
      RETURN_IF_ERROR(Take(*token, event));
    } else if (!std::exchange(end_told_, true)) {
      CloseTo(0);
      std::vector<uint32_t> asked;
      for (uint32_t i = 0; i < handlers_.size(); ++i) {
        if (handlers_[i].end) asked.push_back(i);
      }
      if (!asked.empty()) event = HtmlEvent{HtmlEvent::Kind::kEnd, std::move(asked)};
    } else {
      return std::nullopt;
    }
  }
  current_ = event->kind;
  return event;
}

absl::Status HtmlRewriter::Take(const HtmlToken& token, std::optional<HtmlEvent>& event) {
  switch (token.type) {
    case HtmlTokenType::kStartTag:
      return TakeStartTag(token, event);
    case HtmlTokenType::kEndTag:
      TakeEndTag(token, event);
      break;
    case HtmlTokenType::kText:
      TakeText(token, event);
      break;
    case HtmlTokenType::kComment:
      TakeComment(token, event);
      break;
    case HtmlTokenType::kDoctype:
      TakeDoctype(token, event);
      break;
    case HtmlTokenType::kOther:
      Put(token.raw);
      break;
  }
  return absl::OkStatus();
}

absl::Status HtmlRewriter::TakeStartTag(const HtmlToken& token, std::optional<HtmlEvent>& event) {
  std::string tag = LowerCase(token.Text(token.name));
  HtmlNamespace content = frames_.empty() ? HtmlNamespace::kHtml : frames_.back().content_ns;
  if (content != HtmlNamespace::kHtml && BreaksOutOfForeign(tag)) {
    size_t left = frames_.size();
    while (left > 0 && frames_[left - 1].content_ns != HtmlNamespace::kHtml) --left;
    CloseTo(left);
    content = HtmlNamespace::kHtml;
  }
  if (frames_.size() >= limits_.depth_max) {
    return ResourceExhausted("the HTML has more than {} elements inside each other",
                             limits_.depth_max);
  }
  element_ns_ = NamespaceOfElement(content, tag);
  std::vector<uint32_t> matched =
      matcher_.Match({tag, [&](std::string_view name) -> std::optional<std::string_view> {
                        for (const HtmlAttribute& a : token.attributes) {
                          if (EqualsLowerCase(token.Text(a.name), name)) {
                            return token.Text(a.value);
                          }
                        }
                        return std::nullopt;
                      }});
  for (uint32_t& number : matched) number = selector_handlers_[number];
  bool html = element_ns_ == HtmlNamespace::kHtml;
  pushed_ = html ? !IsVoidElement(tag) : !token.self_closing;
  if (pushed_) PushFrame(tag, element_ns_, matched);
  std::erase_if(matched, [&](uint32_t i) { return !handlers_[i].element; });
  if (matched.empty()) {
    Put(token.raw);
    return absl::OkStatus();
  }
  raw_ = token.raw;
  tag_.emplace(token);
  event = HtmlEvent{HtmlEvent::Kind::kElement, std::move(matched)};
  return absl::OkStatus();
}

void HtmlRewriter::PushFrame(std::string tag, HtmlNamespace ns,
                             const std::vector<uint32_t>& matched) {
  matcher_.Push();
  Frame& frame = frames_.emplace_back();
  frame.ns = ns;
  frame.content_ns = NamespaceOfContent(ns, tag);
  frame.tag = std::move(tag);
  frame.matched = matched;
  for (uint32_t i : matched) {
    text_counts_[i] += handlers_[i].text;
    comment_counts_[i] += handlers_[i].comments;
  }
  SetTokenizer();
}

// After the innermost element changed.
void HtmlRewriter::SetTokenizer() {
  bool foreign = !frames_.empty() && frames_.back().content_ns != HtmlNamespace::kHtml;
  tokenizer_.set_foreign(foreign);
  if (frames_.empty() || frames_.back().ns != HtmlNamespace::kHtml) {
    tokenizer_.SetTextMode(HtmlTextMode::kData);
  } else {
    tokenizer_.SetTextMode(TextModeOf(frames_.back().tag), frames_.back().tag);
  }
}

void HtmlRewriter::PopFrame() {
  Frame& frame = frames_.back();
  for (uint32_t i : frame.matched) {
    text_counts_[i] -= handlers_[i].text;
    comment_counts_[i] -= handlers_[i].comments;
  }
  if (frame.drop_content) --dropping_;
  frames_.pop_back();
  matcher_.Pop();
}

// Ends elements whose end tags do not come.
void HtmlRewriter::CloseTo(size_t frames_left) {
  if (frames_.size() == frames_left) return;
  while (frames_.size() > frames_left) {
    Put(frames_.back().append);
    std::string after = std::move(frames_.back().after);
    PopFrame();
    Put(after);
  }
  SetTokenizer();
}

void HtmlRewriter::TakeEndTag(const HtmlToken& token, std::optional<HtmlEvent>& event) {
  std::string tag = LowerCase(token.Text(token.name));
  size_t left = frames_.size();
  while (left > 0 && frames_[left - 1].tag != tag) --left;
  if (left == 0) {
    SetTokenizer();  // it ended the text mode, if there was one
    return Put(token.raw);
  }
  CloseTo(left);
  closes_to_ = left - 1;
  raw_ = token.raw;
  end_tag_name_ = token.Text(token.name);
  end_name_set_ = false;
  current_ = HtmlEvent::Kind::kEndTag;
  if (frames_.back().end_handlers.empty()) return Commit();
  event = HtmlEvent{HtmlEvent::Kind::kEndTag, frames_.back().end_handlers};
}

void HtmlRewriter::TakeText(const HtmlToken& token, std::optional<HtmlEvent>& event) {
  std::vector<uint32_t> active = Active(text_counts_);
  if (active.empty()) return Put(token.raw);
  in_text_ = true;
  raw_ = text_ = token.raw;
  event = HtmlEvent{HtmlEvent::Kind::kText, std::move(active)};
}

std::optional<HtmlEvent> HtmlRewriter::EndTextNode() {
  in_text_ = false;
  std::vector<uint32_t> active = Active(text_counts_);
  if (active.empty()) return std::nullopt;
  raw_.clear();
  text_.clear();
  return HtmlEvent{HtmlEvent::Kind::kText, std::move(active), /*last_in_text=*/true};
}

void HtmlRewriter::TakeComment(const HtmlToken& token, std::optional<HtmlEvent>& event) {
  std::vector<uint32_t> active = Active(comment_counts_);
  if (active.empty()) return Put(token.raw);
  raw_ = token.raw;
  text_ = token.Text(token.name);
  comment_set_ = false;
  event = HtmlEvent{HtmlEvent::Kind::kComment, std::move(active)};
}

void HtmlRewriter::TakeDoctype(const HtmlToken& token, std::optional<HtmlEvent>& event) {
  std::vector<uint32_t> asked;
  for (uint32_t i = 0; i < handlers_.size(); ++i) {
    if (handlers_[i].document && handlers_[i].element) asked.push_back(i);
  }
  if (asked.empty()) return Put(token.raw);
  raw_ = token.raw;
  doctype_ = ParseDoctype(token.raw);
  event = HtmlEvent{HtmlEvent::Kind::kDoctype, std::move(asked)};
}

void HtmlRewriter::Commit() {
  if (!current_) return;
  HtmlEvent::Kind kind = *std::exchange(current_, std::nullopt);
  if (kind == HtmlEvent::Kind::kElement) {
    CommitStartTag();
  } else if (kind == HtmlEvent::Kind::kEndTag) {
    CommitEndTag();
  } else {
    Put(mutation_.before);
    if (mutation_.removed) {
      Put(mutation_.replacement);
    } else if (kind == HtmlEvent::Kind::kComment && comment_set_) {
      Put("<!--" + text_ + "-->");
    } else if (kind != HtmlEvent::Kind::kEnd) {
      Put(raw_);
    }
    Put(mutation_.after);
  }
  mutation_ = {};
}

void HtmlRewriter::CommitStartTag() {
  bool drops = pushed_ && frames_.back().drop_content;
  if (drops) --dropping_;  // the tag itself is outside of its content
  Put(mutation_.before);
  if (mutation_.removed) {
    Put(mutation_.replacement);
  } else {
    std::string bytes;
    tag_->AppendTo(bytes, raw_);
    Put(bytes);
    if (pushed_ && !EqualsIgnoringCase(tag_->name(), frames_.back().tag)) {
      frames_.back().end_name = tag_->name();
    }
  }
  Put(inner_before_);
  if (!pushed_) Put(mutation_.after);
  if (drops) ++dropping_;
  inner_before_.clear();
  tag_.reset();
}

void HtmlRewriter::CommitEndTag() {
  Frame& frame = frames_.back();
  bool drop_end_tag = frame.drop_end_tag || mutation_.removed;
  std::string append = std::move(frame.append), after = std::move(frame.after);
  std::string name = end_name_set_ ? end_tag_name_ : std::move(frame.end_name);
  CHECK(frames_.size() == closes_to_ + 1);
  PopFrame();
  SetTokenizer();
  Put(append);
  Put(mutation_.before);
  if (drop_end_tag) {
    Put(mutation_.replacement);
  } else if (!name.empty()) {
    Put("</" + name + ">");
  } else {
    Put(raw_);
  }
  Put(mutation_.after);
  Put(after);
}

void HtmlRewriter::Prepend(std::string_view html) {
  if (pushed_) inner_before_.insert(0, html);
}
void HtmlRewriter::Append(std::string_view html) {
  if (pushed_) frames_.back().append += html;
}
void HtmlRewriter::SetInnerContent(std::string_view html) {
  if (!pushed_) return;
  inner_before_ = html;
  frames_.back().append.clear();
  if (!std::exchange(frames_.back().drop_content, true)) ++dropping_;
}
void HtmlRewriter::RemoveAndKeepContent() {
  mutation_.removed = true;
  if (pushed_) frames_.back().drop_end_tag = true;
}
void HtmlRewriter::RemoveElement() {
  RemoveAndKeepContent();
  SetInnerContent({});
}
void HtmlRewriter::ReplaceElement(std::string_view html) {
  RemoveElement();
  mutation_.replacement = html;
}
void HtmlRewriter::AfterElement(std::string_view html) {
  if (pushed_) {
    frames_.back().after.insert(0, html);
  } else {
    mutation_.AddAfter(html);
  }
}
void HtmlRewriter::OnEndTag(uint32_t id) {
  if (pushed_) frames_.back().end_handlers.push_back(id);
}

absl::Status HtmlRewriter::SetEndTagName(std::string_view name) {
  HtmlToken token;
  StartTagEdit rules(token);
  RETURN_IF_ERROR(rules.SetName(name));
  end_tag_name_ = name;
  end_name_set_ = true;
  return absl::OkStatus();
}

absl::Status HtmlRewriter::SetComment(std::string_view text) {
  bool ends = text.find("-->") != std::string_view::npos ||
              text.find("--!>") != std::string_view::npos || text.starts_with(">") ||
              text.starts_with("->") || text.ends_with("<!-");
  if (ends)
    return InvalidArgument(
        "a comment's text may not hold what ends it ('-->', '--!>', '>' at its begin)");
  text_ = text;
  comment_set_ = true;
  return absl::OkStatus();
}

Doctype ParseDoctype(std::string_view raw) {
  Doctype doctype;
  size_t at = std::string_view("<!doctype").size();
  size_t end = raw.ends_with('>') ? raw.size() - 1 : raw.size();
  auto skip = [&] {
    while (at < end && IsHtmlSpace(raw[at])) ++at;
  };
  auto word = [&] {
    size_t from = at;
    while (at < end && !IsHtmlSpace(raw[at])) ++at;
    return raw.substr(from, at - from);
  };
  auto quoted = [&]() -> std::optional<std::string> {
    skip();
    if (at >= end || (raw[at] != '"' && raw[at] != '\'')) return std::nullopt;
    char quote = raw[at++];
    size_t close = std::min(raw.find(quote, at), end);
    std::string text(raw.substr(at, close - at));
    at = std::min(close + 1, end);
    return text;
  };
  skip();
  if (at >= end) return doctype;
  doctype.name = LowerCase(word());
  skip();
  constexpr size_t kKeyword = 6;  // "public", "system"
  std::string_view keyword = raw.substr(at, std::min(kKeyword, end - at));
  at += keyword.size();
  if (keyword.size() == kKeyword && EqualsLowerCase(keyword, "public")) {
    doctype.public_id = quoted();
    if (doctype.public_id) doctype.system_id = quoted();
  } else if (keyword.size() == kKeyword && EqualsLowerCase(keyword, "system")) {
    doctype.system_id = quoted();
  }
  return doctype;
}

}  // namespace terrella::runtime

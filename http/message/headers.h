// Headers: an ordered list of header fields, as they stand on the wire.
//
// Names keep their spelling and compare without case (RFC 9110 section 5.1). Several fields may
// share a name; order is kept. Plain data: the values of one message, a few dozen at most, so a
// linear search beats a map. What a valid name or value is, is the codec's business.
//
// All text stands in one string, so that a message's headers are two allocations whatever their
// number. What Set and Remove take out stays in that string until the list goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace terrella::http {

// ASCII case-insensitive equality.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

class Headers {
 private:
  struct Span {
    uint32_t begin;  // of the name; the value stands right behind it
    uint32_t name_bytes;
    uint32_t value_bytes;
  };

 public:
  // Views into the list, valid until it changes.
  struct Field {
    std::string_view name;
    std::string_view value;
    bool operator==(const Field&) const = default;
  };

  // The fields in order.
  class Fields {
   public:
    class Iterator {
     public:
      Field operator*() const { return headers_->At(index_); }
      Iterator& operator++() {
        ++index_;
        return *this;
      }
      bool operator==(const Iterator& other) const { return index_ == other.index_; }

     private:
      friend class Fields;
      Iterator(const Headers* headers, size_t index) : headers_(headers), index_(index) {}
      const Headers* headers_;
      size_t index_;
    };
    Iterator begin() const { return {&headers_, 0}; }
    Iterator end() const { return {&headers_, headers_.size()}; }
    Field operator[](size_t index) const { return headers_.At(index); }

   private:
    friend class Headers;
    explicit Fields(const Headers& headers) : headers_(headers) {}
    const Headers& headers_;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  // The text of one list is at most 4 GiB; what comes from outside is limited long before.
  void Append(std::string_view name, std::string_view value);
  // Replaces every field of that name by one, at the place of the first.
  void Set(std::string_view name, std::string_view value);
  // Returns how many fields went.
  size_t Remove(std::string_view name);
  // Removes every field whose name `matches`.
  template <class Predicate>
  void RemoveIf(Predicate matches) {
    std::erase_if(spans_, [&](const Span& span) { return matches(NameOf(span)); });
  }

  // The first field of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name).has_value(); }
  size_t Count(std::string_view name) const;
  // All values of that name joined with ", " (RFC 9110 section 5.3); nothing when there is no such
  // field.
  std::optional<std::string> Combined(std::string_view name) const;

  Fields fields() const { return Fields(*this); }
  bool empty() const { return spans_.empty(); }
  size_t size() const { return spans_.size(); }
  void Clear();
  // Makes room for `count` fields with `bytes` of text.
  void Reserve(size_t count, size_t bytes);

 private:
  std::string_view NameOf(const Span& span) const {
    return std::string_view(text_).substr(span.begin, span.name_bytes);
  }
  std::string_view ValueOf(const Span& span) const {
    return std::string_view(text_).substr(span.begin + span.name_bytes, span.value_bytes);
  }
  Field At(size_t index) const { return {NameOf(spans_[index]), ValueOf(spans_[index])}; }
  Span Store(std::string_view name, std::string_view value);

  std::string text_;
  std::vector<Span> spans_;
};

}  // namespace terrella::http

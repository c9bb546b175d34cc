// JSON as the companion needs it. nlohmann's library stays behind one source
// file: including it everywhere would double the time of a first start.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wb {

/// A JSON value. Objects keep the order in which their members were added.
class Json {
 public:
  using Member = std::pair<std::string, Json>;

  Json();  ///< null
  Json(bool value);
  Json(std::int64_t value);
  Json(double value);  ///< NaN and infinity become "nan", "inf", "-inf"
  Json(std::string_view text);
  Json(const std::string& text) : Json(std::string_view(text)) {}
  Json(const char* text) : Json(std::string_view(text)) {}
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) Json(Integer value)
      : Json(static_cast<std::int64_t>(value)) {}
  template <class Value>
  Json(const std::optional<Value>& value)
      : Json(value ? Json(*value) : Json()) {}
  template <class Value>
  Json(const std::vector<Value>& values) : Json(array()) {
    for (const auto& value : values) push_back(Json(value));
  }

  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(Json other) noexcept;
  ~Json();

  static Json array();
  static Json object(std::initializer_list<Member> members = {});

  /// The value that `text` spells; nothing when it spells none.
  static std::optional<Json> parse(std::string_view text);

  void push_back(const Json& value);
  void set(std::string_view key, const Json& value);

  bool is_object() const;
  bool is_number() const;

  /// The member `key`: null when there is none.
  Json get(std::string_view key) const;

  /// The items of an array: none when it is no array.
  std::vector<Json> items() const;

  /// The value as what is asked for, or `otherwise` when it is something else.
  std::string text(std::string_view otherwise = "") const;
  double number(double otherwise = 0.0) const;
  int integer(int otherwise = 0) const;
  bool boolean(bool otherwise = false) const;

  /// Indented, with a line end behind it. Bytes that are not UTF-8 are
  /// replaced.
  std::string dump() const;

  /// The same on one line.
  std::string line() const;

 private:
  struct Value;
  explicit Json(Value value);

  std::unique_ptr<Value> value_;
};

}  // namespace wb

#include "json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace wb {

using nlohmann::ordered_json;

struct Json::Value {
  ordered_json json;
};

namespace {

/// JSON has no NaN and no infinity: those go out as text.
ordered_json from_double(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  return x;
}

}  // namespace

Json::Json() : Json(Value{nullptr}) {}
Json::Json(bool value) : Json(Value{value}) {}
Json::Json(std::int64_t value) : Json(Value{value}) {}
Json::Json(double value) : Json(Value{from_double(value)}) {}
Json::Json(std::string_view text) : Json(Value{std::string(text)}) {}
Json::Json(Value value) : value_(std::make_unique<Value>(std::move(value))) {}
Json::Json(const Json& other) : Json(*other.value_) {}
Json::Json(Json&& other) noexcept : value_(std::move(other.value_)) {}
Json::~Json() = default;

Json& Json::operator=(Json other) noexcept {
  value_.swap(other.value_);
  return *this;
}

Json Json::array() {
  return Json(Value{ordered_json::array()});
}

Json Json::object(std::initializer_list<Member> members) {
  Json object(Value{ordered_json::object()});
  for (const auto& [key, value] : members) object.set(key, value);
  return object;
}

std::optional<Json> Json::parse(std::string_view text) {
  Value value{ordered_json::parse(text, nullptr, /*allow_exceptions=*/false)};
  if (value.json.is_discarded()) return std::nullopt;
  return Json(std::move(value));
}

void Json::push_back(const Json& value) {
  value_->json.push_back(value.value_->json);
}

void Json::set(std::string_view key, const Json& value) {
  value_->json[std::string(key)] = value.value_->json;
}

bool Json::is_object() const {
  return value_->json.is_object();
}
bool Json::is_number() const {
  return value_->json.is_number();
}

Json Json::get(std::string_view key) const {
  if (!is_object()) return Json();
  const auto found = value_->json.find(std::string(key));
  return found == value_->json.end() ? Json() : Json(Value{*found});
}

std::vector<Json> Json::items() const {
  std::vector<Json> all;
  if (!value_->json.is_array()) return all;
  for (const auto& item : value_->json) all.push_back(Json(Value{item}));
  return all;
}

std::string Json::text(std::string_view otherwise) const {
  return value_->json.is_string() ? value_->json.get<std::string>()
                                  : std::string(otherwise);
}

double Json::number(double otherwise) const {
  return is_number() ? value_->json.get<double>() : otherwise;
}

int Json::integer(int otherwise) const {
  return is_number() ? value_->json.get<int>() : otherwise;
}

bool Json::boolean(bool otherwise) const {
  return value_->json.is_boolean() ? value_->json.get<bool>() : otherwise;
}

std::string Json::dump() const {
  return value_->json.dump(2, ' ', false,
                           ordered_json::error_handler_t::replace) +
         "\n";
}

std::string Json::line() const {
  return value_->json.dump(-1, ' ', false,
                           ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace wb

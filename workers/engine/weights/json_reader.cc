#include "engine/weights/json_reader.h"

#include <algorithm>
#include <sstream>

namespace atelier::engine {
namespace {

std::string Joined(const auto& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

template <typename T>
std::string Range(T min, T max) {
  std::ostringstream text;
  text << min << ".." << max;
  return text.str();
}

std::string Given(const nlohmann::json& value) {
  // Not shown: they may be of any depth and length.
  if (value.is_structured() && !value.empty()) return std::string("an ") + value.type_name();
  std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text.replace(60, std::string::npos, "...");
  return text;
}

/// Whole numbers that fit; a float with a zero fraction is not one.
bool IsWholeNumber(const nlohmann::json& value, int64_t min, int64_t max) {
  if (value.is_number_unsigned()) {
    const uint64_t number = value.get<uint64_t>();
    return number <= static_cast<uint64_t>(INT64_MAX) && static_cast<int64_t>(number) >= min &&
           static_cast<int64_t>(number) <= max;
  }
  return value.is_number_integer() && value.get<int64_t>() >= min && value.get<int64_t>() <= max;
}

}  // namespace

JsonReader::JsonReader(const nlohmann::json& object, std::string path)
    : object_(object), path_(std::move(path)) {
  if (!object_.is_object()) status_ = InvalidField(path_, "an object", Given(object_));
}

std::string JsonReader::Name(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

const nlohmann::json* JsonReader::Find(const std::string& key) {
  known_.insert(key);
  if (!status_.has_value()) return nullptr;
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

void JsonReader::Refuse(const std::string& key, const std::string& rule, const std::string& given) {
  if (status_.has_value()) status_ = InvalidField(Name(key), rule, given);
}

void JsonReader::Optional(const std::string& key, int64_t& out, int64_t min, int64_t max) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return;
  if (!IsWholeNumber(*value, min, max)) {
    return Refuse(key, "a whole number in " + Range(min, max), Given(*value));
  }
  out = value->get<int64_t>();
}

void JsonReader::Optional(const std::string& key, int& out, int64_t min, int64_t max) {
  int64_t wide = out;
  Optional(key, wide, min, std::min<int64_t>(max, INT32_MAX));
  out = static_cast<int>(wide);
}

void JsonReader::Optional(const std::string& key, double& out, double min, double max) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_number() || !(value->get<double>() >= min && value->get<double>() <= max)) {
    return Refuse(key, "a number in " + Range(min, max), Given(*value));
  }
  out = value->get<double>();
}

void JsonReader::Optional(const std::string& key, bool& out) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_boolean()) return Refuse(key, "true or false", Given(*value));
  out = value->get<bool>();
}

void JsonReader::Optional(const std::string& key, std::string& out,
                          const std::vector<std::string>& allowed) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_string()) return Refuse(key, "text", Given(*value));
  const std::string text = value->get<std::string>();
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    return Refuse(key, "one of " + Joined(allowed), Given(*value));
  }
  out = text;
}

void JsonReader::Optional(const std::string& key, std::vector<int64_t>& out, int64_t min,
                          int64_t max) {
  const nlohmann::json* value = Find(key);
  if (value == nullptr) return;
  const bool good = value->is_array() && !value->empty() && value->size() <= 64 &&
                    std::all_of(value->begin(), value->end(), [&](const nlohmann::json& item) {
                      return IsWholeNumber(item, min, max);
                    });
  if (!good) {
    return Refuse(key, "a list of whole numbers in " + Range(min, max), Given(*value));
  }
  out = value->get<std::vector<int64_t>>();
}

const nlohmann::json* JsonReader::Object(const std::string& key) {
  const nlohmann::json* value = Find(key);
  if (value != nullptr && !value->is_object()) {
    Refuse(key, "an object", Given(*value));
    return nullptr;
  }
  return value;
}

const nlohmann::json* JsonReader::Any(const std::string& key) { return Find(key); }

void JsonReader::Require(const std::string& key) {
  if (status_.has_value() && !object_.contains(key)) {
    status_ = InvalidField(Name(key), "there", "nothing");
  }
}

Status JsonReader::Finish() const { return status_; }

Status JsonReader::FinishStrict() const {
  ATELIER_RETURN_IF_ERROR(Finish());
  for (const auto& [key, value] : object_.items()) {
    if (known_.contains(key)) continue;
    return InvalidField(Name(key), "one of " + Joined(known_), Given(value));
  }
  return {};
}

}  // namespace atelier::engine

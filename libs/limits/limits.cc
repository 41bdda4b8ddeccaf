#include "limits/limits.h"

#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"

namespace atelier {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const v1::Limit& LimitOfField(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::limit);
}

bool IsDuration(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type() == Duration::descriptor();
}

bool IsText(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
}

// Without the zeros at its end.
std::string NumberText(double value) {
  std::string text = std::to_string(value);
  if (text.find('.') == std::string::npos) return text;  // "nan", "inf"
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

struct Span {
  std::string number;
  std::string unit;
};

// In the largest unit that it is a whole number of.
Span SpanOf(double seconds) {
  constexpr double kHour = 3600;
  constexpr double kDay = 24 * kHour;
  if (seconds >= kDay && std::fmod(seconds, kDay) == 0) return {NumberText(seconds / kDay), "days"};
  if (seconds >= kHour && std::fmod(seconds, kHour) == 0) {
    return {NumberText(seconds / kHour), "h"};
  }
  return {NumberText(seconds), "s"};
}

std::string DurationRule(double min, double max) {
  const Span from = SpanOf(min);
  const Span to = SpanOf(max);
  const bool same = from.unit == to.unit || min == 0;
  std::string rule = from.number;
  if (!same) rule.append(" ").append(from.unit);
  return rule.append(" to ").append(to.number).append(" ").append(to.unit);
}

// "1, 2 or 4".
std::string ValuesRule(const v1::Limit& limit) {
  std::string rule;
  for (int i = 0; i < limit.values_size(); ++i) {
    if (i > 0) rule += i + 1 == limit.values_size() ? " or " : ", ";
    rule += NumberText(limit.values(i));
  }
  return rule;
}

std::string RangeRule(const v1::Limit& limit, bool is_duration) {
  if (!limit.values().empty()) return ValuesRule(limit);
  if (!limit.has_min()) return "at most " + NumberText(limit.max());
  if (!limit.has_max()) return "at least " + NumberText(limit.min());
  if (is_duration) return DurationRule(limit.min(), limit.max());
  const std::string from = NumberText(limit.min());
  const std::string to = NumberText(limit.max());
  if (limit.multiple_of() == 0) return from + " to " + to;
  return "a multiple of " + std::to_string(limit.multiple_of()) + " from " + from + " to " + to;
}

std::string TextRule(const v1::Limit& limit) {
  const std::string most = "at most " + std::to_string(limit.max_length());
  if (limit.characters().empty()) return most + " bytes";
  const std::string characters = "characters of [" + limit.characters() + "]";
  return limit.max_length() > 0 ? most + " " + characters : characters;
}

std::string RuleOfField(const FieldDescriptor& field) {
  const v1::Limit& limit = LimitOfField(field);
  if (field.is_repeated()) return "at most " + std::to_string(limit.max_items()) + " entries";
  return IsText(field) ? TextRule(limit) : RangeRule(limit, IsDuration(field));
}

// Whether `c` is of the bracket expression `characters`.
bool Matches(std::string_view characters, char c) {
  for (size_t i = 0; i < characters.size(); ++i) {
    const bool range = i + 2 < characters.size() && characters[i + 1] == '-';
    if (range ? c >= characters[i] && c <= characters[i + 2] : c == characters[i]) return true;
    if (range) i += 2;
  }
  return false;
}

bool IsInRange(const v1::Limit& limit, double value) {
  // Written so that NaN fails.
  if (limit.has_min() && !(value >= limit.min())) return false;
  if (limit.has_max() && !(value <= limit.max())) return false;
  const auto& values = limit.values();
  if (!values.empty() && std::find(values.begin(), values.end(), value) == values.end()) {
    return false;
  }
  return limit.multiple_of() == 0 || std::fmod(value, limit.multiple_of()) == 0;
}

// A number of any type, as the caller gave it.
struct Given {
  double value = 0;
  std::string text;
};

Given NumberIn(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  const auto whole = [](auto value) {
    return Given{static_cast<double>(value), std::to_string(value)};
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return whole(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return whole(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return whole(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return whole(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const double value = reflection.GetFloat(message, &field);
      return {value, NumberText(value)};
    }
    default: {
      const double value = reflection.GetDouble(message, &field);
      return {value, NumberText(value)};
    }
  }
}

Status CheckText(const std::string& text, const FieldDescriptor& field, const std::string& path) {
  const v1::Limit& limit = LimitOfField(field);
  const bool characters =
      limit.characters().empty() ||
      std::all_of(text.begin(), text.end(), [&](char c) { return Matches(limit.characters(), c); });
  const bool length =
      limit.max_length() == 0 || text.size() <= static_cast<size_t>(limit.max_length());
  if (characters && length) return {};
  const std::string unit = limit.characters().empty() ? " bytes" : " characters";
  return InvalidField(path, RuleOfField(field),
                      characters ? std::to_string(text.size()) + unit : text);
}

Status CheckDuration(const Message& message, const FieldDescriptor& field,
                     const std::string& path) {
  const Message& given = message.GetReflection()->GetMessage(message, &field);
  const auto& duration = static_cast<const Duration&>(given);
  const double seconds = static_cast<double>(duration.seconds()) + duration.nanos() / 1e9;
  const bool valid = duration.nanos() >= 0 && duration.nanos() < 1'000'000'000;
  if (valid && IsInRange(LimitOfField(field), seconds)) return {};
  return InvalidField(path, RuleOfField(field), NumberText(seconds) + " s");
}

// A value of a later API means nothing here.
Status CheckEnum(const Message& message, const FieldDescriptor& field, const std::string& path) {
  const int value = message.GetReflection()->GetEnumValue(message, &field);
  if (field.enum_type()->FindValueByNumber(value) != nullptr) return {};
  return InvalidField(path, "a value of " + field.enum_type()->name(), std::to_string(value));
}

Status CheckSingle(const Message& message, const FieldDescriptor& field, const std::string& path) {
  if (field.enum_type() != nullptr && !field.is_repeated()) return CheckEnum(message, field, path);
  if (!field.options().HasExtension(v1::limit)) return {};
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    const int size = reflection.FieldSize(message, &field);
    if (size <= LimitOfField(field).max_items()) return {};
    return InvalidField(path, RuleOfField(field), std::to_string(size));
  }
  if (IsText(field)) return CheckText(reflection.GetString(message, &field), field, path);
  if (IsDuration(field)) {
    return reflection.HasField(message, &field) ? CheckDuration(message, field, path) : Status();
  }
  const Given given = NumberIn(message, field);
  if (IsInRange(LimitOfField(field), given.value)) return {};
  return InvalidField(path, RuleOfField(field), given.text);
}

// The fields of a message type that CheckLimits() looks at, in the order of their numbers: looked
// up once a type, because most messages set fields without limits alone.
struct CheckedType {
  struct Field {
    const FieldDescriptor* field = nullptr;
    /// The message's type; null when the field is no message with limits inside.
    const CheckedType* within = nullptr;
  };
  std::vector<Field> fields;
  /// False while its fields are being gathered.
  bool whole = false;
};

using CheckedTypes = std::unordered_map<const Descriptor*, CheckedType>;

// Adds `type` and the types within it. References to elements stay valid.
const CheckedType& Gather(const Descriptor& type, CheckedTypes& types) {
  const auto [entry, added] = types.try_emplace(&type);
  CheckedType& checked = entry->second;
  if (!added) return checked;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const CheckedType* within = nullptr;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !IsDuration(field)) {
      within = &Gather(*field.message_type(), types);
      // Of a type that holds itself nobody knows yet.
      if (within->whole && within->fields.empty()) within = nullptr;
    }
    const bool is_enum = field.enum_type() != nullptr && !field.is_repeated();
    if (within || is_enum || field.options().HasExtension(v1::limit)) {
      checked.fields.push_back({&field, within});
    }
  }
  std::sort(checked.fields.begin(), checked.fields.end(),
            [](const auto& a, const auto& b) { return a.field->number() < b.field->number(); });
  checked.whole = true;
  return checked;
}

const CheckedType& CheckedTypeOf(const Descriptor& type) {
  static Mutex mutex;
  static CheckedTypes types;
  const MutexLock lock(mutex);
  return Gather(type, types);
}

Status CheckFields(const Message& message, const CheckedType& type, const std::string& prefix) {
  const Reflection& reflection = *message.GetReflection();
  for (const auto& [field, within] : type.fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field)
                                           : reflection.HasField(message, field);
    if (count == 0) continue;
    const std::string path = prefix.empty() ? field->name() : prefix + "." + field->name();
    ATELIER_RETURN_IF_ERROR(CheckSingle(message, *field, path));
    for (int i = 0; within && i < count; ++i) {
      ATELIER_RETURN_IF_ERROR(
          CheckFields(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field),
                      *within, field->is_repeated() ? path + "[" + std::to_string(i) + "]" : path));
    }
  }
  return {};
}

const FieldDescriptor& FieldOf(const Descriptor& message, const std::string& field) {
  return *message.FindFieldByName(field);
}

}  // namespace

const v1::Limit& LimitOf(const Descriptor& message, const std::string& field) {
  return LimitOfField(FieldOf(message, field));
}

std::string RuleOf(const Descriptor& message, const std::string& field) {
  return RuleOfField(FieldOf(message, field));
}

Status CheckField(const Message& message, const std::string& field, const std::string& path) {
  return CheckSingle(message, FieldOf(*message.GetDescriptor(), field), path);
}

Status CheckLimits(const Message& message, const std::string& prefix) {
  return CheckFields(message, CheckedTypeOf(*message.GetDescriptor()), prefix);
}

}  // namespace atelier

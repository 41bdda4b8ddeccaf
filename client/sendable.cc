#include "client/sendable.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "limits/limits.h"

namespace atelier::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

bool IsName(std::string_view text, size_t most) {
  return text.size() <= most && text.find_first_not_of(kNameCharacters) == std::string_view::npos;
}

/// How many bytes the UTF-8 character at the start of `text` has; 0 when there is none.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Longer than it need be, half of a pair, or beyond Unicode.
  const bool bad = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                   (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
  return bad ? 0 : size;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = CharacterBytes(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

Status CheckTextOf(const Message& message, const FieldDescriptor* field) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
  for (int i = 0; i < count; ++i) {
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      const std::string text = field->is_repeated()
                                   ? reflection.GetRepeatedString(message, field, i)
                                   : reflection.GetString(message, field);
      if (!IsUtf8(text)) return BadArgument(field->name(), "UTF-8", text);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ATELIER_RETURN_IF_ERROR(CheckText(field->is_repeated()
                                            ? reflection.GetRepeatedMessage(message, field, i)
                                            : reflection.GetMessage(message, field)));
    }
  }
  return {};
}

}  // namespace

bool IsToken(std::string_view text) {
  return text.size() <= 512 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

bool IsServer(std::string_view text) {
  // What the address means is the resolver's to judge.
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}
bool IsTenant(std::string_view text) { return !text.empty() && IsName(text, 64); }
bool IsRequestId(std::string_view text) {
  v1::SubmitJobRequest request;
  request.set_request_id(std::string(text));
  return CheckField(request, "request_id", "request_id").has_value();
}

std::string RequestIdRule() { return RuleOf<v1::SubmitJobRequest>("request_id"); }

Unexpected BadArgument(std::string name, std::string_view rule, std::string_view given) {
  Unexpected wrapped = InvalidField(std::move(name), rule, Printable(given));
  wrapped.value().reason = std::string(kBadArgumentReason);
  return wrapped;
}

std::string Printable(std::string_view text) {
  constexpr size_t kMost = 100;
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string shown;
  for (const char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      shown += c;
    } else {
      shown += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text.size() > kMost ? shown + "..." : shown;
}

Status CheckText(const Message& request) {
  std::vector<const FieldDescriptor*> fields;
  request.GetReflection()->ListFields(request, &fields);
  for (const FieldDescriptor* field : fields) {
    ATELIER_RETURN_IF_ERROR(CheckTextOf(request, field));
  }
  return {};
}

}  // namespace atelier::client

#include "runtime/service/call_turn.h"

#include <optional>
#include <string>
#include <vector>

namespace atelier::runtime {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

int64_t MemoryForField(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  int64_t bytes = 0;
  std::string scratch;
  if (!field.is_repeated()) {
    return field.type() == FieldDescriptor::TYPE_BYTES
               ? imaging::MemoryToRead(reflection.GetStringReference(message, &field, &scratch))
               : MemoryForPictures(reflection.GetMessage(message, &field));
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    bytes += field.type() == FieldDescriptor::TYPE_BYTES
                 ? imaging::MemoryToRead(
                       reflection.GetRepeatedStringReference(message, &field, i, &scratch))
                 : MemoryForPictures(reflection.GetRepeatedMessage(message, &field, i));
  }
  return bytes;
}

Unexpected Abandoned() {
  return MakeError(Code::kCancelled, "ABANDONED", "nobody waits for the answer any more");
}

}  // namespace

Wanted WantedBy(const grpc::ServerContext& context) {
  return [&context] { return !context.IsCancelled(); };
}

Status CheckWanted(const Wanted& wanted) { return wanted() ? Status() : Abandoned(); }

int64_t MemoryForPictures(const Message& request) {
  std::vector<const FieldDescriptor*> fields;
  request.GetReflection()->ListFields(request, &fields);
  int64_t bytes = 0;
  for (const FieldDescriptor* field : fields) {
    const bool looked_at = field->type() == FieldDescriptor::TYPE_BYTES ||
                           field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (looked_at) bytes += MemoryForField(request, *field);
  }
  return bytes;
}

Result<imaging::PictureMemory::Share> TakeMemory(imaging::PictureMemory& memory,
                                                 const Message& request, const Wanted& wanted) {
  std::optional<imaging::PictureMemory::Share> share =
      memory.Take(MemoryForPictures(request), wanted);
  if (!share || !wanted()) return Abandoned();
  return *std::move(share);
}

Result<Turn> TakeTurn(TicketLock& lock, const Wanted& wanted) {
  if (!lock.Acquire(wanted)) return Abandoned();
  Turn turn(lock);
  ATELIER_RETURN_IF_ERROR(CheckWanted(wanted));
  return turn;
}

}  // namespace atelier::runtime

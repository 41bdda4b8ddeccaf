#include "server/api/page.h"

#include <string>

#include "limits/limits.h"

namespace atelier::server {
namespace {

constexpr int kDefaultSize = 50;

}  // namespace

Result<int> PageSize(const google::protobuf::Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("page_size");
  const int requested = request.GetReflection()->GetInt32(request, field);
  if (requested == 0) return kDefaultSize;
  ATELIER_RETURN_IF_ERROR(CheckField(request, "page_size", "page_size"));
  return requested;
}

Unexpected BadPageToken(const std::string& token) {
  return InvalidField("page_token", "a next_page_token of this server", token);
}

}  // namespace atelier::server

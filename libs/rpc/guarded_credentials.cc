#include "rpc/guarded_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <string>
#include <utility>

namespace atelier::rpc {
namespace {

constexpr std::string_view kPathKey = ":path";
constexpr std::string_view kAuthorizationKey = "authorization";
constexpr std::string_view kTenantKey = "atelier-tenant";

/// The metadata of a call that matter here.
struct Call {
  std::string_view method;
  CallCredentials credentials;

  void Take(std::string_view key, std::string_view value) {
    if (key == kPathKey) method = value;
    if (key == kAuthorizationKey) credentials.authorization = value;
    if (key == kTenantKey) credentials.tenant = value;
  }
};

class Gate {
 public:
  explicit Gate(Gatekeeper gatekeeper) : keeper_(std::move(gatekeeper)) {}

  Status Admit(const Call& call) const {
    const std::string method(call.method);
    const bool known = keeper_.names->Has(method);
    Status admitted =
        known ? AdmitKnown(call)
              : MakeError(Code::kUnimplemented, "UNKNOWN_METHOD", "there is no such method here");
    if (!admitted && keeper_.on_refused) {
      keeper_.on_refused(known ? method : kUnknownMethod, admitted.error().code, 0);
    }
    return admitted;
  }

 private:
  Status AdmitKnown(const Call& call) const {
    const CallRule rule = RuleOf(call.method);
    if (rule.audience == Audience::kEverybody) return {};
    if (rule.audience == Audience::kNobody) {
      return MakeError(Code::kPermissionDenied, "NO_RULE", "nobody may call this method");
    }
    return keeper_.guard->Admit(call.credentials, rule);
  }

  const Gatekeeper keeper_;
};

grpc::Status ToPlain(const Status& status) {
  if (status) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.error().code), status.error().message};
}

// gRPC's own way for listeners with TLS.
class Processor final : public grpc::AuthMetadataProcessor {
 public:
  explicit Processor(Gate gate) : gate_(std::move(gate)) {}

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    Call call;
    for (const auto& [key, value] : metadata) {
      call.Take({key.data(), key.size()}, {value.data(), value.size()});
    }
    for (const grpc::string_ref& uri : context->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
      call.credentials.certificate_uris.emplace_back(uri.data(), uri.size());
    }
    return ToPlain(gate_.Admit(call));
  }

 private:
  const Gate gate_;
};

std::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

// gRPC's C++ layer takes no processor for plaintext; the layer below it does.
class Plain final : public grpc::ServerCredentials {
 public:
  explicit Plain(std::shared_ptr<const Gate> gate) : gate_(std::move(gate)) {}

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  static void Process(void* state, grpc_auth_context*, const grpc_metadata* metadata, size_t count,
                      grpc_process_auth_metadata_done_cb done, void* user_data) {
    Call call;
    for (size_t i = 0; i < count; ++i) call.Take(View(metadata[i].key), View(metadata[i].value));
    const Status status = (*static_cast<std::shared_ptr<const Gate>*>(state))->Admit(call);
    const auto code = status ? GRPC_STATUS_OK : static_cast<grpc_status_code>(status.error().code);
    const char* message = status ? nullptr : status.error().message.c_str();
    done(user_data, nullptr, 0, nullptr, 0, code, message);
  }
  static void Destroy(void* state) { delete static_cast<std::shared_ptr<const Gate>*>(state); }

  int AddPortToServer(const std::string& address, grpc_server* server) override {
    grpc_server_credentials* credentials = grpc_insecure_server_credentials_create();
    if (gate_) {
      grpc_server_credentials_set_auth_metadata_processor(
          credentials, {&Process, &Destroy, new std::shared_ptr<const Gate>(gate_)});
    }
    const int port = grpc_server_add_http2_port(server, address.c_str(), credentials);
    grpc_server_credentials_release(credentials);
    return port;
  }

  const std::shared_ptr<const Gate> gate_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> PlainCredentials(Gatekeeper gatekeeper) {
  std::shared_ptr<const Gate> gate;
  if (gatekeeper.guard) gate = std::make_shared<const Gate>(std::move(gatekeeper));
  return std::make_shared<Plain>(std::move(gate));
}

void Guard(grpc::ServerCredentials& credentials, Gatekeeper gatekeeper) {
  credentials.SetAuthMetadataProcessor(std::make_shared<Processor>(Gate(std::move(gatekeeper))));
}

}  // namespace atelier::rpc

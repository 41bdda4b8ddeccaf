// Every RPC of the contract, found by walking its descriptors, under credentials that must not do.
// A new RPC without a right fails here, and is refused by every process.
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "atelier/v1/administration.pb.h"
#include "atelier/v1/asset.pb.h"
#include "atelier/v1/dispatch.pb.h"
#include "atelier/v1/generation.pb.h"
#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"
#include "atelier/v1/moderation.pb.h"
#include "atelier/v1/networks.pb.h"
#include "atelier/v1/pose.pb.h"
#include "atelier/v1/region.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "atelier/v1/worker_asset.pb.h"
#include "externalscaler/externalscaler.pb.h"
#include "rpc/secret_guard.h"
#include "rpc/status.h"
#include "unit/server/access/guarded_backend.h"

namespace atelier::server {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

/// Files that define services, whichever: each needs a message of its own here so that it is
/// linked.
std::vector<const FileDescriptor*> Files() {
  return {externalscaler::ScaledObjectRef::descriptor()->file(),
          v1::Asset::descriptor()->file(),
          v1::CreateTokenRequest::descriptor()->file(),
          v1::EstimatePoseRequest::descriptor()->file(),
          v1::ExtractRegionsRequest::descriptor()->file(),
          v1::FetchAssetRequest::descriptor()->file(),
          v1::GenerateRequest::descriptor()->file(),
          v1::GetNetworksRequest::descriptor()->file(),
          v1::Job::descriptor()->file(),
          v1::LeaseJobsRequest::descriptor()->file(),
          v1::Model::descriptor()->file(),
          v1::SynthesizeRequest::descriptor()->file()};
}

std::vector<const MethodDescriptor*> Methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const FileDescriptor* file : Files()) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->method(j));
      }
    }
  }
  return methods;
}

std::string PathOf(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

bool IsOf(const MethodDescriptor& method, const std::set<std::string>& services) {
  return services.contains(method.service()->name());
}

const std::set<std::string> kPublic = {"AssetService", "JobService",    "ModelService",
                                       "PoseService",  "RegionService", "SynthesisService",
                                       "TokenService", "TenantService", "ExternalScaler"};
const std::set<std::string> kDispatch = {"DispatchService", "WorkerAssetService"};

/// The status of one call with an empty request, whatever kind of call it is.
grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                  const std::string& tenant = "") {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  if (!tenant.empty()) context.AddMetadata("atelier-tenant", tenant);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  grpc::CompletionQueue queue;
  const auto next = [&] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return ok;
  };
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  next();
  const grpc::Slice nothing;
  call->WriteLast(grpc::ByteBuffer(&nothing, 1), grpc::WriteOptions(), nullptr);
  next();
  grpc::ByteBuffer answer;
  do {
    call->Read(&answer, nullptr);
  } while (next());
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  return status;
}

/// Refused because of who called, and not by what the call would have done.
bool IsRefused(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
         status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
}

/// Refused, or not there at all: a service that is there says why it does not do something.
bool IsClosed(const grpc::Status& status) {
  const bool absent = status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  return IsRefused(status) || (absent && status.error_details().empty());
}

}  // namespace

TEST_CASE("Every call has a right of its own", "[access]") {
  const std::vector<const MethodDescriptor*> methods = Methods();
  CHECK(methods.size() >= 30);
  for (const MethodDescriptor* method : methods) {
    INFO(method->full_name());
    const rpc::CallRule rule = rpc::RuleOf(PathOf(*method));
    CHECK(rule.audience == rpc::Audience::kRight);
    CHECK(rule.right != v1::RIGHT_UNSPECIFIED);
  }
  // The one service that others serve.
  const MethodDescriptor* asked = v1::ReviewJobRequest::descriptor()->file()->service(0)->method(0);
  CHECK(rpc::RuleOf(PathOf(*asked)).audience == rpc::Audience::kNobody);
}

TEST_CASE("Every service in the files of the contract is one that this test walks", "[access]") {
  std::set<std::string> walked = {"ModerationService"};
  for (const MethodDescriptor* method : Methods()) walked.insert(method->service()->name());
  std::set<std::string> written;
  const std::regex service("(?:^|\\n)service (\\w+) \\{");
  for (const char* folder : {"/proto/atelier/v1", "/proto/externalscaler"}) {
    for (const auto& file :
         std::filesystem::directory_iterator(ATELIER_SOURCE_DIR + std::string(folder))) {
      std::ifstream stream(file.path());
      const std::string text(std::istreambuf_iterator<char>(stream), {});
      for (std::sregex_iterator at(text.begin(), text.end(), service), end; at != end; ++at) {
        written.insert((*at)[1]);
      }
    }
  }
  CHECK(written == walked);
}

TEST_CASE("A stranger gets nothing from any call", "[access]") {
  GuardedBackend backend;
  const std::string revoked = backend.Token(
      "acme", {v1::RIGHT_READ, v1::RIGHT_SUBMIT, v1::RIGHT_ADMINISTER, v1::RIGHT_WORK});
  REQUIRE(backend.tokens.Revoke(revoked.substr(4, 16)).has_value());
  const std::string expired = backend.Token(
      "acme", {v1::RIGHT_READ, v1::RIGHT_SUBMIT, v1::RIGHT_ADMINISTER, v1::RIGHT_WORK},
      std::chrono::seconds(1));
  backend.clock.Advance(std::chrono::seconds(2));
  std::string altered = backend.ClientToken("acme");
  altered.back() = altered.back() == '0' ? '1' : '0';
  for (const std::string& token :
       {std::string(), std::string("nonsense"), revoked, expired, altered}) {
    for (const std::string& address : {backend.client_address(), backend.worker_address()}) {
      const auto channel = rpc::Connect(address, {.token = rpc::FixedSecret(token)});
      for (const MethodDescriptor* method : Methods()) {
        INFO(method->full_name() << " with \"" << token.substr(0, 20) << "\"");
        const grpc::Status status = Call(channel, PathOf(*method));
        CHECK(IsClosed(status));
        const bool here = IsOf(*method, address == backend.client_address() ? kPublic : kDispatch);
        if (here) CHECK(status.error_code() == grpc::StatusCode::UNAUTHENTICATED);
      }
    }
  }
}

TEST_CASE("A worker's token does nothing but work, and a client's no work", "[access]") {
  GuardedBackend backend;
  const std::string worker = backend.Token("acme", {v1::RIGHT_WORK});
  const std::string client = backend.ClientToken("acme");
  for (const MethodDescriptor* method : Methods()) {
    INFO(method->full_name());
    const std::string path = PathOf(*method);
    for (const std::string& token : {worker, std::string(kWorkerSecret)}) {
      CHECK(IsClosed(Call(backend.As(token), path)));
      const auto at_work =
          rpc::Connect(backend.worker_address(), {.token = rpc::FixedSecret(token)});
      CHECK(IsClosed(Call(at_work, path)) == !IsOf(*method, kDispatch));
    }
    const auto intruder =
        rpc::Connect(backend.worker_address(), {.token = rpc::FixedSecret(client)});
    CHECK(IsClosed(Call(intruder, path)));
    const bool for_clients =
        IsOf(*method, kPublic) && !IsOf(*method, {"TokenService", "TenantService"});
    CHECK(IsClosed(Call(backend.As(client), path)) == !for_clients);
  }
}

TEST_CASE("A process that only ours call lets in who has the secret, and nobody without",
          "[access]") {
  GuardedBackend backend;
  rpc::ServerOptions options;
  options.security.guard =
      std::make_shared<const rpc::SecretGuard>(rpc::FixedSecret(kWorkerSecret));
  const auto server = std::move(rpc::Server::Start(options, backend.api.services()).value());
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  const std::string path = "/atelier.v1.PoseService/EstimatePose";
  CHECK(Call(rpc::Connect(address), path).error_code() == grpc::StatusCode::UNAUTHENTICATED);
  const auto known = rpc::Connect(address, {.token = rpc::FixedSecret(kWorkerSecret)});
  CHECK(Call(known, path).error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  // While the file with the secret is not there, nobody has it.
  options.security.guard = std::make_shared<const rpc::SecretGuard>([] { return std::string(); });
  const auto closed = std::move(rpc::Server::Start(options, backend.api.services()).value());
  const auto early = rpc::Connect("127.0.0.1:" + std::to_string(closed->port()),
                                  {.token = rpc::FixedSecret(kWorkerSecret)});
  CHECK(Call(early, path).error_code() == grpc::StatusCode::UNAUTHENTICATED);
}

TEST_CASE("Health answers everybody; reflection and names that are none do not", "[access]") {
  const GuardedBackend backend;
  CHECK(Call(backend.As(""), "/grpc.health.v1.Health/Check").ok());
  CHECK(IsRefused(
      Call(backend.As(""), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")));
  CHECK(Call(backend.As(""), "/atelier.v1.JobService/Steal").error_code() ==
        grpc::StatusCode::UNIMPLEMENTED);
}

TEST_CASE("Refused calls are counted with those that were served", "[access]") {
  GuardedBackend backend;
  rpc::ServerOptions options;
  options.security.guard = backend.clients;
  std::vector<std::string> ended;
  options.on_call_end = [&](const std::string& method, Code code, double) {
    ended.push_back(method + " " + std::string(CodeName(code)));
  };
  const auto server = std::move(rpc::Server::Start(options, backend.api.public_services()).value());
  const auto channel = rpc::Connect("127.0.0.1:" + std::to_string(server->port()));
  Call(channel, "/atelier.v1.JobService/ListJobs");
  Call(channel, "/made.up/Method");
  server->Shutdown(std::chrono::seconds(1));
  CHECK(ended == std::vector<std::string>{"/atelier.v1.JobService/ListJobs UNAUTHENTICATED",
                                          "other UNIMPLEMENTED"});
}

TEST_CASE("Every call that its tenant makes too soon is told when to come again", "[access]") {
  std::map<std::string, int> counted;
  Access::Options options;
  options.tenants = {{.calls_per_second = 0.1}};
  options.refusals.count = [&](const std::string& reason) { ++counted[reason]; };
  GuardedBackend backend(options);
  const std::string token =
      backend.Token("acme", {v1::RIGHT_READ, v1::RIGHT_SUBMIT, v1::RIGHT_ADMINISTER});
  // Whoever administers makes calls of one tenant alone when they name it.
  const auto channel = rpc::Connect(backend.client_address(), {.token = rpc::FixedSecret(token)});
  CHECK(Call(channel, "/atelier.v1.ModelService/ListModels", "acme").ok());
  int refused = 0;
  for (const MethodDescriptor* method : Methods()) {
    if (!IsOf(*method, kPublic)) continue;
    INFO(method->full_name());
    const grpc::Status status = Call(channel, PathOf(*method), "acme");
    CHECK(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
    CHECK(rpc::FromGrpc(status).reason == "TENANT_RATE_LIMIT");
    // By real time: the guard's clock is the system's.
    const auto wait = rpc::RetryAfter(status).value_or(std::chrono::milliseconds(0));
    CHECK(wait > std::chrono::seconds(1));
    CHECK(wait <= std::chrono::seconds(10));
    ++refused;
  }
  CHECK(counted["TENANT_RATE_LIMIT"] == refused);
  CHECK(Call(channel, "/grpc.health.v1.Health/Check").ok());
}

TEST_CASE("A door of this machine alone trusts who reaches it, but never with another's token",
          "[access]") {
  GuardedBackend backend({.open = true});
  CHECK(Call(backend.As(""), "/atelier.v1.JobService/ListJobs").ok());
  CHECK(Call(backend.As(""), "/atelier.v1.TokenService/ListTokens").ok());
  CHECK(Call(backend.As("nonsense"), "/atelier.v1.JobService/ListJobs").error_code() ==
        grpc::StatusCode::UNAUTHENTICATED);
  // Dispatch asks for the secret all the same.
  CHECK(Call(rpc::Connect(backend.worker_address()), "/atelier.v1.DispatchService/LeaseJobs")
            .error_code() == grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace atelier::server

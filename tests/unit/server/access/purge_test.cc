#include <catch2/catch.hpp>

#include "unit/server/access/guarded_backend.h"

namespace atelier::server {
namespace {

struct Purging : GuardedBackend {
  Purging() { RegisterWorker(); }

  std::string SubmitFor(const std::string& tenant, const v1::JobSpec& spec) {
    SubmitRequest request;
    request.spec = spec;
    request.tenant = tenant;
    return admission.Submit(request).value().id;
  }
  /// Specs with pictures of their own.
  static v1::JobSpec Spec(const std::string& of) {
    v1::JobSpec spec = MakeSpec();
    spec.mutable_synthesis()->mutable_source()->set_data(PngBytes(64, 64, "source of " + of));
    spec.mutable_synthesis()->mutable_pose_picture()->set_data(PngBytes(64, 64, "shared pose"));
    return spec;
  }
  v1::PurgeTenantResponse Purge(const std::string& tenant) {
    const auto stub = v1::TenantService::NewStub(As(kAdministratorSecret));
    grpc::ClientContext context;
    v1::PurgeTenantRequest request;
    request.set_tenant(tenant);
    v1::PurgeTenantResponse response;
    REQUIRE(stub->PurgeTenant(&context, request, &response).ok());
    return response;
  }
};

}  // namespace

TEST_CASE("A purge removes all that is a tenant's, says what, and nothing of another's",
          "[access]") {
  Purging studio;
  const std::string token = studio.ClientToken("acme");
  const std::string finished = studio.SubmitFor("acme", Purging::Spec("acme 1"));
  REQUIRE(studio.queue.Cancel(finished).has_value());
  const std::string running = studio.SubmitFor("acme", Purging::Spec("acme 2"));
  const auto leased = studio.Lease();
  REQUIRE(leased.at(0).id == running);
  const std::string queued = studio.SubmitFor("acme", Purging::Spec("acme 3"));
  const std::string others = studio.SubmitFor("other", Purging::Spec("other"));
  const int blobs_before = studio.CountBlobs();
  CHECK(blobs_before == 5);

  const v1::PurgeTenantResponse removed = studio.Purge("acme");
  CHECK(removed.jobs() == 3);
  CHECK(removed.ended_jobs() == 2);
  CHECK(removed.assets() == 4);
  CHECK(removed.deleted_files() == 3);
  CHECK(removed.deleted_bytes() > 0);
  CHECK(removed.tokens() == 1);

  for (const std::string& id : {finished, running, queued}) {
    CHECK(studio.queue.Get(id).error().code == Code::kNotFound);
  }
  CHECK(studio.queue.Get(others)->state == JobState::kQueued);
  CHECK(studio.store.ListAssetsOf("acme", 10)->empty());
  CHECK(studio.store.ListAssetsOf("other", 10)->size() == 2);
  CHECK(studio.CountBlobs() == 2);
  CHECK(studio.tokens.Find(token).error().reason == rpc::kBadToken);
  // The worker that painted learns that it does so for nobody.
  CHECK(studio.dispatcher.ReportProgress(running, leased.at(0).lease->token, nullptr)
            .error()
            .reason == kLeaseLostReason);
  CHECK(studio.dispatcher.FindWork(running, leased.at(0).lease->token).error().reason ==
        kLeaseLostReason);

  const v1::PurgeTenantResponse again = studio.Purge("acme");
  CHECK(again.jobs() + again.assets() + again.tokens() == 0);
}

TEST_CASE("A picture of a purged tenant that another's job names stays", "[access]") {
  Purging studio;
  const std::string mine = studio.SubmitFor("acme", Purging::Spec("acme"));
  v1::JobSpec stored;
  REQUIRE(stored.ParseFromString(studio.queue.Get(mine)->spec));
  SubmitRequest request;
  request.spec = stored;
  request.tenant = "ops";
  request.every_tenant = true;
  const auto named = studio.admission.Submit(request);
  REQUIRE(named.has_value());
  const v1::PurgeTenantResponse removed = studio.Purge("acme");
  CHECK(removed.assets() == 2);
  CHECK(removed.deleted_files() == 0);
  CHECK(studio.CountBlobs() == 2);
}

}  // namespace atelier::server

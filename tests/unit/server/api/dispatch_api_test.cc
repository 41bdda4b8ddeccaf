// DispatchService, ModelService and the forwarders over gRPC.
#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <future>

#include "rpc/status.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

using grpc::StatusCode;

v1::LeaseJobsRequest LeaseRequest(int max_jobs, int64_t wait_seconds = 0) {
  v1::LeaseJobsRequest request;
  request.set_worker("w");
  request.set_max_jobs(max_jobs);
  request.mutable_wait()->set_seconds(wait_seconds);
  return request;
}

grpc::Status CallLease(ServedBackend& backend, const v1::LeaseJobsRequest& request,
                       v1::LeaseJobsResponse* response) {
  grpc::ClientContext context;
  return backend.dispatch->LeaseJobs(&context, request, response);
}

grpc::Status Complete(ServedBackend& backend, const v1::LeasedJob& job,
                      const std::vector<std::string>& pictures) {
  return backend.CompleteWith(job.job(), job.lease(), pictures);
}

// Answers with the bytes it was given, and keeps what it was asked.
class EchoPose final : public v1::PoseService::Service {
 public:
  v1::EstimatePoseRequest asked;

  grpc::Status EstimatePose(grpc::ServerContext*, const v1::EstimatePoseRequest* request,
                            v1::EstimatePoseResponse* response) override {
    asked = *request;
    response->set_iuv_png(request->picture().data());
    response->set_estimator(v1::Estimator_Name(request->estimator()));
    if (request->picture().data() == PngBytes(16, 16)) {
      return rpc::ToGrpc(
          Error{Code::kFailedPrecondition, "NO_PERSON", "nobody is seen in the picture", ""});
    }
    return grpc::Status::OK;
  }
};

// Says who was asked to look, and whether it was told where the nose is; keeps what it was asked.
class EchoRegions final : public v1::RegionService::Service {
 public:
  v1::ExtractRegionsRequest asked;
  v1::DescribeRegionsRequest asked_to_describe;
  v1::ComposeTextureRequest asked_to_compose;

  grpc::Status DescribeRegions(grpc::ServerContext*, const v1::DescribeRegionsRequest* request,
                               v1::DescribeRegionsResponse* response) override {
    asked_to_describe = *request;
    response->set_parser("echo/1");
    response->add_regions()->set_mask_png(request->picture().data());
    return grpc::Status::OK;
  }

  grpc::Status ComposeTexture(grpc::ServerContext*, const v1::ComposeTextureRequest* request,
                              v1::ComposeTextureResponse* response) override {
    asked_to_compose = *request;
    response->set_texture_png(request->patches(0).texture_png());
    if (request->model() == "models/none") {
      return rpc::ToGrpc(Error{Code::kNotFound, "UNKNOWN_MODEL", "no such model", "model"});
    }
    return grpc::Status::OK;
  }

  grpc::Status ExtractRegions(grpc::ServerContext*, const v1::ExtractRegionsRequest* request,
                              v1::ExtractRegionsResponse* response) override {
    asked = *request;
    response->set_face_estimator(v1::Estimator_Name(request->estimator()));
    response->set_texture_png(request->iuv_png());
    *response->mutable_face_landmarks() = request->keypoints();
    return grpc::Status::OK;
  }
};

}  // namespace

TEST_CASE("A waiting worker gets a job as soon as it comes", "[dispatch]") {
  ServedBackend backend;
  v1::RegisterWorkerRequest registration;
  registration.set_worker("w");
  *registration.add_models() = MakeModel("models/atelier-mini");
  grpc::ClientContext context;
  v1::RegisterWorkerResponse registered;
  REQUIRE(backend.dispatch->RegisterWorker(&context, registration, &registered).ok());
  CHECK(registered.lease_duration().seconds() == 10);

  v1::LeaseJobsResponse response;
  auto lease = std::async(std::launch::async,
                          [&] { return CallLease(backend, LeaseRequest(4, 30), &response); });
  SubmitRequest request;
  request.spec = MakeSpec();
  request.traceparent = "00-abc-def-01";
  const auto job = backend.admission.Submit(request);
  REQUIRE(job.has_value());
  REQUIRE(lease.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  REQUIRE(lease.get().ok());
  REQUIRE(response.jobs_size() == 1);
  CHECK(response.jobs(0).job() == "jobs/" + job->id);
  CHECK(response.jobs(0).attempt() == 1);
  CHECK(response.jobs(0).traceparent() == "00-abc-def-01");
  CHECK(response.jobs(0).spec().synthesis().source().has_asset());
}

TEST_CASE("A lease that nothing fits comes back empty", "[dispatch]") {
  ServedBackend backend;
  backend.RegisterWorker();
  v1::LeaseJobsResponse response;
  CHECK(CallLease(backend, LeaseRequest(1), &response).ok());
  CHECK(response.jobs_size() == 0);
}

TEST_CASE("A lease out of its limits, unregistered or while draining is refused", "[dispatch]") {
  ServedBackend backend;
  v1::LeaseJobsResponse response;
  CHECK(rpc::FromGrpc(CallLease(backend, LeaseRequest(1), &response)).reason == "UNKNOWN_WORKER");
  backend.RegisterWorker();
  CHECK(rpc::FromGrpc(CallLease(backend, LeaseRequest(0), &response)).field == "max_jobs");
  CHECK(rpc::FromGrpc(CallLease(backend, LeaseRequest(65), &response)).field == "max_jobs");
  CHECK(rpc::FromGrpc(CallLease(backend, LeaseRequest(1, 31), &response)).field == "wait");

  // Draining ends a wait that is under way too.
  auto lease = std::async(std::launch::async,
                          [&] { return CallLease(backend, LeaseRequest(1, 30), &response); });
  backend.lifecycle.Drain();
  REQUIRE(lease.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  CHECK(lease.get().error_code() == StatusCode::UNAVAILABLE);
}

TEST_CASE("A result that is no PNG, or too many, is refused and the lease goes on", "[dispatch]") {
  ServedBackend backend;
  backend.RegisterWorker();
  REQUIRE(backend.Submit(MakeSpec()).has_value());
  v1::LeaseJobsResponse response;
  REQUIRE(CallLease(backend, LeaseRequest(1), &response).ok());
  const v1::LeasedJob job = response.jobs(0);
  const std::string png = PngBytes(64, 64);
  CHECK(rpc::FromGrpc(Complete(backend, job, {})).field == "results");
  CHECK(rpc::FromGrpc(Complete(backend, job, {png, png})).field == "results");
  CHECK(rpc::FromGrpc(Complete(backend, job, {JpegBytes(64, 64)})).field == "chunk");
  CHECK(rpc::FromGrpc(Complete(backend, job, {"bytes"})).field == "chunk");
  REQUIRE(Complete(backend, job, {png}).ok());
  // Its lease is over now.
  const grpc::Status again = Complete(backend, job, {png});
  CHECK(again.error_code() == StatusCode::ABORTED);
  CHECK(rpc::FromGrpc(again).reason == "LEASE_LOST");
  // Told at the picture, which the completion does not come to.
  CHECK(backend.metrics.lost_lease_calls.Value() == 1);
}

TEST_CASE("Models of two workers are listed once each, by name", "[api]") {
  ServedBackend backend;
  backend.RegisterWorker("w1", "models/b");
  backend.RegisterWorker("w2", "models/b");
  backend.RegisterWorker("w3", "models/a");
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  REQUIRE(backend.models->ListModels(&context, {}, &response).ok());
  REQUIRE(response.models_size() == 2);
  CHECK(response.models(0).name() == "models/a");
  CHECK(response.models(1).schedulers_size() == 2);
}

TEST_CASE("A forwarded pose gets an asset's bytes and keeps the worker's error", "[api]") {
  Backend backend;
  EchoPose pose;
  const auto worker = *rpc::Server::Start({}, {&pose});
  const Callers callers;
  PoseForwarder forwarder(rpc::Connect("127.0.0.1:" + std::to_string(worker->port())),
                          *backend.blobs, backend.store, callers);
  const auto front = *rpc::Server::Start({}, {&forwarder});
  const auto stub =
      v1::PoseService::NewStub(rpc::Connect("127.0.0.1:" + std::to_string(front->port())));
  const auto estimate = [&](const v1::EstimatePoseRequest& request,
                            v1::EstimatePoseResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return stub->EstimatePose(&context, request, response);
  };
  v1::EstimatePoseRequest request;
  v1::EstimatePoseResponse response;
  request.mutable_picture()->set_asset(AssetName(*backend.blobs->Put(PngBytes(64, 64, "by name"))));
  request.set_estimator(v1::ESTIMATOR_PHOTOGRAPH);
  REQUIRE(estimate(request, &response).ok());
  CHECK(response.iuv_png() == PngBytes(64, 64, "by name"));
  CHECK(response.estimator() == "ESTIMATOR_PHOTOGRAPH");

  // Whatever else is asked for goes along.
  request.set_model("models/other");
  request.add_strict("SEVERAL_PEOPLE");
  request.mutable_picture()->set_data(PngBytes(64, 64));
  REQUIRE(estimate(request, &response).ok());
  CHECK(google::protobuf::util::MessageDifferencer::Equals(pose.asked, request));

  request.mutable_picture()->set_data(PngBytes(16, 16));
  CHECK(rpc::FromGrpc(estimate(request, &response)).reason == "NO_PERSON");
  request.mutable_picture()->set_data("no picture");
  CHECK(rpc::FromGrpc(estimate(request, &response)).field == "picture");
  request.mutable_picture()->set_asset("assets/none");
  CHECK(estimate(request, &response).error_code() == StatusCode::NOT_FOUND);
}

TEST_CASE("Forwarded regions keep who shall look and where, and need no IUV", "[api]") {
  Backend backend;
  EchoRegions regions;
  const auto worker = *rpc::Server::Start({}, {&regions});
  const Callers callers;
  RegionForwarder forwarder(rpc::Connect("127.0.0.1:" + std::to_string(worker->port())),
                            *backend.blobs, backend.store, callers);
  const auto front = *rpc::Server::Start({}, {&forwarder});
  const auto stub =
      v1::RegionService::NewStub(rpc::Connect("127.0.0.1:" + std::to_string(front->port())));
  v1::ExtractRegionsRequest request;
  request.mutable_picture()->set_data(PngBytes(64, 64));
  request.set_estimator(v1::ESTIMATOR_PHOTOGRAPH);
  request.add_keypoints()->set_name("nose");
  request.set_model("models/other");
  request.set_iuv_chart("densepose");
  request.add_strict("ALL");
  v1::ExtractRegionsResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  REQUIRE(stub->ExtractRegions(&context, request, &response).ok());
  CHECK(response.face_estimator() == "ESTIMATOR_PHOTOGRAPH");
  CHECK(response.texture_png().empty());
  CHECK(google::protobuf::util::MessageDifferencer::Equals(regions.asked, request));
  REQUIRE(response.face_landmarks_size() == 1);
  CHECK(response.face_landmarks(0).name() == "nose");
}

namespace {

/// A RegionService behind the server's forwarder.
struct ForwardedRegions : Backend {
  ForwardedRegions()
      : worker(*rpc::Server::Start({}, {&regions})),
        forwarder(rpc::Connect("127.0.0.1:" + std::to_string(worker->port())), *blobs, store,
                  callers),
        front(*rpc::Server::Start({}, {&forwarder})),
        stub(v1::RegionService::NewStub(
            rpc::Connect("127.0.0.1:" + std::to_string(front->port())))) {}

  grpc::Status Describe(const v1::DescribeRegionsRequest& request,
                        v1::DescribeRegionsResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return stub->DescribeRegions(&context, request, response);
  }
  grpc::Status Compose(const v1::ComposeTextureRequest& request,
                       v1::ComposeTextureResponse* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return stub->ComposeTexture(&context, request, response);
  }

  EchoRegions regions;
  std::unique_ptr<rpc::Server> worker;
  Callers callers;
  RegionForwarder forwarder;
  std::unique_ptr<rpc::Server> front;
  std::unique_ptr<v1::RegionService::Stub> stub;
};

}  // namespace

TEST_CASE("Regions are described of an asset's bytes, with the body and mask as they came",
          "[api]") {
  ForwardedRegions forwarded;
  v1::DescribeRegionsRequest request;
  const std::string png = PngBytes(64, 64, "by name");
  request.mutable_picture()->set_asset(AssetName(*forwarded.blobs->Put(png)));
  request.mutable_body()->set_distance(3);
  request.set_person_mask_png(PngBytes(64, 64, "mask"));
  request.add_regions()->set_part(3);
  v1::DescribeRegionsResponse response;
  REQUIRE(forwarded.Describe(request, &response).ok());
  CHECK(response.parser() == "echo/1");
  CHECK(response.regions(0).mask_png() == png);
  request.mutable_picture()->set_data(png);
  CHECK(google::protobuf::util::MessageDifferencer::Equals(forwarded.regions.asked_to_describe,
                                                           request));
  const auto field = [&] { return rpc::FromGrpc(forwarded.Describe(request, &response)).field; };
  request.mutable_regions(0)->set_part(25);
  CHECK(field() == "regions[0].part");
  request.clear_regions();
  request.set_person_mask_png("no mask");
  CHECK(field() == "person_mask_png");
  request.mutable_picture()->set_asset("assets/none");
  CHECK(forwarded.Describe(request, &response).error_code() == StatusCode::NOT_FOUND);
}

TEST_CASE("A texture is composed by the worker of maps that are pictures", "[api]") {
  ForwardedRegions forwarded;
  v1::ComposeTextureRequest request;
  request.set_texture_png(PngBytes(64, 64, "mine"));
  v1::TexturePatch* patch = request.add_patches();
  patch->mutable_region()->set_region(v1::BODY_REGION_UPPER_GARMENT);
  patch->set_texture_png(PngBytes(64, 64, "theirs"));
  v1::ComposeTextureResponse response;
  REQUIRE(forwarded.Compose(request, &response).ok());
  CHECK(response.texture_png() == PngBytes(64, 64, "theirs"));
  CHECK(google::protobuf::util::MessageDifferencer::Equals(forwarded.regions.asked_to_compose,
                                                           request));
  const auto field = [&](const v1::ComposeTextureRequest& broken) {
    return rpc::FromGrpc(forwarded.Compose(broken, &response)).field;
  };
  v1::ComposeTextureRequest broken = request;
  broken.clear_texture_png();
  CHECK(field(broken) == "texture_png");
  broken = request;
  broken.set_texture_validity_png("none");
  CHECK(field(broken) == "texture_validity_png");
  broken = request;
  broken.mutable_patches(0)->clear_texture_png();
  CHECK(field(broken) == "patches[0].texture_png");
  broken = request;
  broken.mutable_patches(0)->set_texture_validity_png("none");
  CHECK(field(broken) == "patches[0].texture_validity_png");
  broken = request;
  for (int i = 0; i < 12; ++i) *broken.add_patches() = request.patches(0);
  CHECK(field(broken) == "patches");
  request.set_model("models/none");
  CHECK(rpc::FromGrpc(forwarded.Compose(request, &response)).reason == "UNKNOWN_MODEL");
}

TEST_CASE("A forwarded call while its worker is away is UNAVAILABLE and names the worker, not us",
          "[api]") {
  ServedBackend backend;
  const auto stub = v1::RegionService::NewStub(backend.channel);
  v1::ExtractRegionsRequest request;
  request.mutable_picture()->set_data(PngBytes(64, 64));
  v1::ExtractRegionsResponse response;
  request.set_iuv_png("no picture");
  grpc::ClientContext bad_iuv;
  CHECK(rpc::FromGrpc(stub->ExtractRegions(&bad_iuv, request, &response)).field == "iuv_png");
  request.set_iuv_png(PngBytes(64, 64));
  grpc::ClientContext context;
  const Error region = rpc::FromGrpc(stub->ExtractRegions(&context, request, &response));
  CHECK(region.code == Code::kUnavailable);
  CHECK(region.reason == "SERVICE_AWAY");
  CHECK(region.message.starts_with("the region service is away: "));

  v1::EstimatePoseRequest pose_request;
  pose_request.mutable_picture()->set_data(PngBytes(64, 64));
  v1::EstimatePoseResponse pose_response;
  grpc::ClientContext pose_context;
  const Error pose = rpc::FromGrpc(v1::PoseService::NewStub(backend.channel)
                                       ->EstimatePose(&pose_context, pose_request, &pose_response));
  CHECK(pose.reason == "SERVICE_AWAY");
  CHECK(pose.message.starts_with("the pose service is away: "));
}

}  // namespace atelier::server

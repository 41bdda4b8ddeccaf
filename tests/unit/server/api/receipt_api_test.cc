// How a job's pictures were made: from the worker's completion to whoever asks for the job.
#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <functional>

#include "rpc/status.h"
#include "server/dispatch/receipt_check.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

using google::protobuf::util::MessageDifferencer;

const std::string kDigest(64, 'a');

v1::Receipt MakeReceipt() {
  v1::Receipt receipt;
  receipt.set_version("1.2.3");
  receipt.set_model("models/atelier-mini");
  receipt.set_model_sha256(kDigest);
  receipt.set_scheduler("ddim");
  receipt.set_steps(2);
  receipt.set_seed(7);
  v1::ReceiptInput* input = receipt.add_inputs();
  input->set_field("swaps[0].person");
  input->set_sha256(kDigest);
  receipt.add_swaps("UPPER_GARMENT from swaps[0].person");
  receipt.set_parser("colour-prior/1");
  receipt.set_digital_source_type("compositeWithTrainedAlgorithmicMedia");
  return receipt;
}

struct ReceiptBackend : ServedBackend {
  ReceiptBackend() {
    RegisterWorker();
    REQUIRE(Submit(MakeSpec()).has_value());
    job = Lease().at(0);
  }

  grpc::Status Complete(const v1::Receipt& receipt) {
    v1::CompleteJobRequest request;
    request.set_job("jobs/" + job.id);
    request.set_lease(job.lease->token);
    request.add_results()->set_png(PngBytes(64, 64, "result"));
    *request.mutable_receipt() = receipt;
    grpc::ClientContext context;
    v1::CompleteJobResponse response;
    return dispatch->CompleteJob(&context, request, &response);
  }

  JobRecord job;
};

/// The field that is broken by what `spoil` makes of a receipt; the job goes on.
std::string Broken(const std::function<void(v1::Receipt&)>& spoil) {
  ReceiptBackend backend;
  v1::Receipt receipt = MakeReceipt();
  spoil(receipt);
  const grpc::Status refused = backend.Complete(receipt);
  if (refused.ok()) return "";
  CHECK(refused.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(backend.queue.Get(backend.job.id)->state == JobState::kRunning);
  return rpc::FromGrpc(refused).field;
}

}  // namespace

TEST_CASE("A finished job has its worker's receipt, however it is asked for", "[receipt]") {
  ReceiptBackend backend;
  REQUIRE(backend.Complete(MakeReceipt()).ok());
  const std::string name = "jobs/" + backend.job.id;

  v1::GetJobRequest get;
  get.set_name(name);
  grpc::ClientContext get_context, list_context, watch_context;
  v1::Job job;
  REQUIRE(backend.jobs->GetJob(&get_context, get, &job).ok());
  CHECK(MessageDifferencer::Equals(job.receipt(), MakeReceipt()));

  v1::ListJobsResponse list;
  REQUIRE(backend.jobs->ListJobs(&list_context, {}, &list).ok());
  CHECK(MessageDifferencer::Equals(list.jobs(0).receipt(), MakeReceipt()));

  v1::WatchJobRequest watch;
  watch.set_name(name);
  const auto reader = backend.jobs->WatchJob(&watch_context, watch);
  v1::WatchJobResponse event;
  REQUIRE(reader->Read(&event));
  CHECK(MessageDifferencer::Equals(event.job().receipt(), MakeReceipt()));
}

TEST_CASE("A worker that says nothing of how it painted completes its job all the same",
          "[receipt]") {
  ReceiptBackend backend;
  const std::string name = "jobs/" + backend.job.id;
  REQUIRE(backend.CompleteWith(name, backend.job.lease->token, {PngBytes(64, 64)}).ok());
  v1::GetJobRequest get;
  get.set_name(name);
  grpc::ClientContext context;
  v1::Job job;
  REQUIRE(backend.jobs->GetJob(&context, get, &job).ok());
  CHECK_FALSE(job.has_receipt());
}

TEST_CASE("A receipt that breaks its rules is refused by its field", "[receipt]") {
  CHECK(Broken([](auto&) {}) == "");
  CHECK(Broken([](auto& r) { r.clear_model_sha256(); }) == "");
  CHECK(Broken([](auto& r) { r.clear_digital_source_type(); }) == "");
  CHECK(Broken([](auto& r) { r.set_version(std::string(257, 'v')); }) == "receipt.version");
  CHECK(Broken([](auto& r) { r.set_model(std::string(257, 'm')); }) == "receipt.model");
  CHECK(Broken([](auto& r) { r.set_scheduler(std::string(257, 's')); }) == "receipt.scheduler");
  CHECK(Broken([](auto& r) { r.set_parser(std::string(257, 'p')); }) == "receipt.parser");
  CHECK(Broken([](auto& r) { r.set_model_sha256("abc"); }) == "receipt.model_sha256");
  CHECK(Broken([](auto& r) { r.set_steps(-1); }) == "receipt.steps");
  CHECK(Broken([](auto& r) { r.add_inputs()->set_sha256("z"); }) == "receipt.inputs[1].sha256");
  CHECK(Broken([](auto& r) { r.mutable_inputs(0)->set_field(std::string(257, 'f')); }) ==
        "receipt.inputs[0].field");
  CHECK(Broken([](auto& r) {
          for (int i = 0; i < kMaxReceiptInputs; ++i) r.add_inputs()->set_sha256(kDigest);
        }) == "receipt.inputs");
  CHECK(Broken([](auto& r) {
          for (int i = 0; i < kMaxReceiptSwaps; ++i) r.add_swaps("s");
        }) == "receipt.swaps");
  CHECK(Broken([](auto& r) { r.set_swaps(0, std::string(257, 's')); }) == "receipt.swaps[0]");
  CHECK(Broken([](auto& r) { r.set_digital_source_type("photograph"); }) ==
        "receipt.digital_source_type");
}

}  // namespace atelier::server

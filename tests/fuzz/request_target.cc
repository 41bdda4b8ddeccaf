// Requests as bytes, through parsing, every rule of admission and into a queue in memory. Whatever
// comes, nothing dies; what is refused leaves nothing behind, and says what was wrong with it.
//
// The first byte says what the rest is: a SubmitJobRequest, a SynthesizeRequest, an upload.
#include <google/protobuf/stubs/logging.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "fuzz/target.h"
#include "picture/picture_header.h"
#include "picture/picture_metadata.h"
#include "rpc/status.h"
#include "server/admission/admission.h"
#include "server/blobs/folder/folder_blob_store.h"
#include "server/store/memory/memory_store.h"
#include "unit/server/test_pictures.h"

namespace atelier::fuzz {
namespace {

using server::JobRecord;

telemetry::Metrics& Metrics() {
  static telemetry::Metrics metrics;
  return metrics;
}

v1::Model KnownModel() {
  v1::Model model;
  model.set_name("models/atelier-mini");
  model.set_height(64);
  model.set_width(64);
  model.set_default_steps(20);
  model.set_default_guidance(3.5);
  model.set_default_scheduler("ddim");
  model.add_schedulers("ddim");
  model.set_min_steps(2);
  model.set_max_steps(50);
  return model;
}

/// A folder for pictures that goes with the process; in memory where there is such a file system.
const std::filesystem::path& PictureFolder() {
  static const struct Folder {
    Folder() {
      const bool memory = std::filesystem::is_directory("/dev/shm");
      std::string name = memory ? "/dev/shm/atelier-fuzz-XXXXXX" : "/tmp/atelier-fuzz-XXXXXX";
      path = ::mkdtemp(name.data());
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
  } folder;
  return folder.path;
}

std::unique_ptr<server::FolderBlobStore> FreshBlobs() {
  std::filesystem::remove_all(PictureFolder());
  auto blobs = server::FolderBlobStore::Open(PictureFolder());
  Require(blobs.has_value(), "there is a folder for pictures");
  // The corpus names it.
  (void)(*blobs)->Put(server::PngBytes(64, 64, "asset"));
  return *std::move(blobs);
}

/// A fresh server's inside, so that an input means the same every time.
struct World {
  World()
      : blobs(FreshBlobs()),
        queue(store, Metrics(), SystemClock(), {}),
        workers(store, SystemClock(), std::chrono::hours(1)),
        admission(queue, *blobs, workers, {}) {
    (void)workers.Register("w", {KnownModel()});
  }
  int64_t Queued() { return store.Count()->queued; }

  server::MemoryStore store;
  const std::unique_ptr<server::FolderBlobStore> blobs;
  server::JobQueue queue;
  server::WorkerRegistry workers;
  server::Admission admission;
};

void CheckError(const Error& error) {
  Require(error.code != Code::kOk && error.code != Code::kUnknown && error.code != Code::kInternal,
          "a client's mistake is told as one");
  Require(!error.reason.empty() && !error.message.empty(), "an error says why");
  Require(error.code != Code::kInvalidArgument || !error.field.empty(),
          "INVALID_ARGUMENT names its field");
  const Error told = rpc::FromGrpc(rpc::ToGrpc(error));
  Require(told.reason == error.reason && told.field == error.field,
          "the client is told the reason and the field");
}

void CheckAccepted(World& world, const server::SubmitRequest& request, const JobRecord& job) {
  Require(world.Queued() == 1, "what is accepted is queued once");
  v1::JobSpec stored;
  Require(stored.ParseFromString(job.spec), "what is stored parses");
  const auto kind = world.admission.kinds().Find(stored);
  Require(kind.has_value(), "what is stored is of a kind that is taken");
  for (const v1::Picture* picture : (*kind)->PicturesOf(stored)) {
    Require(!picture->has_data(), "what is stored names assets alone");
  }
  const auto again = world.admission.Submit(request);
  Require(again.has_value(), "what is accepted is accepted again");
  const bool joins = !request.request_id.empty();
  Require((again->id == job.id) == joins, "a request_id joins, its absence does not");
  Require(world.Queued() == (joins ? 1 : 2), "a repeated request_id queues nothing");
}

void Submit(const server::SubmitRequest& request) {
  World world;
  const int64_t bytes = world.blobs->bytes();
  const auto job = world.admission.Submit(request);
  if (job) return CheckAccepted(world, request, *job);
  CheckError(job.error());
  Require(world.Queued() == 0, "what is refused is not queued");
  Require(world.blobs->bytes() == bytes, "what is refused stores no picture");
}

void SubmitJob(std::string_view bytes) {
  v1::SubmitJobRequest body;
  if (!body.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  server::SubmitRequest request;
  request.every_tenant = true;
  request.spec = body.spec();
  request.request_id = body.request_id();
  Submit(request);
}

// As SynthesisServiceImpl::Synthesize() makes a job of its request.
void Synthesize(std::string_view bytes) {
  v1::SynthesizeRequest body;
  if (!body.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  server::SubmitRequest request;
  request.every_tenant = true;
  *request.spec.mutable_synthesis() = body.spec();
  request.spec.set_priority(body.priority());
  if (body.has_queue_ttl()) *request.spec.mutable_queue_ttl() = body.queue_ttl();
  *request.spec.mutable_strict() = body.strict();
  request.request_id = body.request_id();
  request.field_prefix = "spec";
  request.terms_prefix = "";
  Submit(request);
}

void Upload(std::string_view bytes) {
  const auto header = ReadPictureHeader(bytes, "chunk");
  if (!header) return CheckError(header.error());
  if (const Status whole = CheckPictureWhole(bytes, "chunk"); !whole) {
    return CheckError(whole.error());
  }
  const std::string stored = RemovePictureMetadata(bytes);
  Require(CheckPictureWhole(stored, "chunk").has_value(), "what is stored is a whole picture");
}

}  // namespace
}  // namespace atelier::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Protobuf logs a line for each string that is not UTF-8.
  static google::protobuf::LogHandler* const silenced = google::protobuf::SetLogHandler(nullptr);
  (void)silenced;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      atelier::fuzz::SubmitJob(rest);
      break;
    case 1:
      atelier::fuzz::Synthesize(rest);
      break;
    default:
      atelier::fuzz::Upload(rest);
  }
  return 0;
}

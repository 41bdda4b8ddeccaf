// A whole server in this process, over a fresh folder and behind a real port.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "bench/bench_database.h"
#include "bench/bench_figures.h"
#include "rpc/server.h"
#include "server/api/api.h"
#include "server/blobs/folder/folder_blob_store.h"
#include "server/open_store.h"
#include "server/replica.h"
#include "unit/server/test_pictures.h"

namespace atelier::bench {

using namespace atelier::server;

inline constexpr char kModel[] = "models/bench";
inline constexpr int64_t kMaxQueued = 10'000'000;

/// A whole server in this process, over a fresh folder.
struct Bench {
  /// Makes the folder. Its queue is that of `database`, a PostgreSQL; empty: in the folder.
  explicit Bench(const std::filesystem::path& folder, const std::string& database = "")
      : store((std::filesystem::create_directories(folder),
               Must(OpenServerStore({.data = folder.string(), .database = database})))),
        sharing(store->shared() ? std::make_unique<Sharing>(*store->shared()) : nullptr),
        blobs(Must(FolderBlobStore::Open(folder / "blobs"))),
        queue(*store, metrics, SystemClock(), {.max_queued = kMaxQueued, .sharing = sharing.get()}),
        workers(*store, SystemClock(), std::chrono::hours(1), sharing.get()),
        tokens(*store, SystemClock(), sharing.get()),
        dispatcher(queue, workers, metrics, {std::chrono::hours(1)}),
        admission(queue, *blobs, workers, {kModel}),
        api({queue, admission, dispatcher, workers, *blobs, lifecycle, rpc::Connect("127.0.0.1:1"),
             rpc::Connect("127.0.0.1:1")}),
        server(Must(rpc::Server::Start({}, api.services()))) {
    Must(queue.Recover());
    if (sharing)
      replica.emplace(Replica::Parts{*sharing, queue, dispatcher, workers, tokens, metrics});
    v1::Model model;
    model.set_name(kModel);
    Must(workers.Register("w", {model}));
    auto& synthesis = *spec.mutable_synthesis();
    synthesis.mutable_source()->set_asset(AssetName(Must(blobs->Put(PngBytes(64, 64, "s")))));
    synthesis.mutable_pose_picture()->set_asset(AssetName(Must(blobs->Put(PngBytes(64, 64, "p")))));
    synthesis.set_model(kModel);
    synthesis.set_image_count(1);
  }

  JobRecord MakeJob() const {
    JobRecord job;
    job.id = NewId();
    job.spec = spec.SerializeAsString();
    job.model = kModel;
    job.batch_key = std::string(kModel) + "|-|-|-|-|-";
    job.request_id = job.id;
    job.request_hash = std::string(64, 'a');
    return job;
  }
  int64_t Queued() { return Must(store->Count()).queued; }
  /// Brings the queue to `count` jobs.
  void Fill(int64_t count) {
    std::atomic<int64_t> missing = count - Queued();
    Measure(64, 1e9, [&](int) {
      if (missing.fetch_sub(1) <= 0) return 0;
      Must(queue.Submit(MakeJob()));
      return 1;
    });
  }

  telemetry::Metrics metrics;
  std::unique_ptr<ServerStore> store;
  const std::unique_ptr<Sharing> sharing;
  std::unique_ptr<FolderBlobStore> blobs;
  JobQueue queue;
  WorkerRegistry workers;
  TokenTable tokens;
  Dispatcher dispatcher;
  Admission admission;
  Lifecycle lifecycle;
  Api api;
  std::unique_ptr<rpc::Server> server;
  std::optional<Replica> replica;
  v1::JobSpec spec;
};

/// Connections of their own, as clients in processes of their own have them.
inline std::vector<std::shared_ptr<grpc::Channel>> Connect(const Bench& bench, int count) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(bench.server->port()),
                                  grpc::InsecureChannelCredentials(), arguments));
  }
  return channels;
}

}  // namespace atelier::bench

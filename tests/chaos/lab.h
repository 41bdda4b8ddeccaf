// Lab: servers and workers over fresh stores, for a fault to be made in, and the book-keeping
// that says afterwards whether a job was lost. Processes die with the thread that starts them, so
// one thread owns a Lab; the Peer alone may be called from others.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "chaos/fault_panel.h"
#include "chaos/figures.h"
#include "chaos/peer.h"
#include "chaos/stores/database.h"
#include "chaos/stores/pictures.h"
#include "integration/process.h"
#include "support/temp_dir.h"

namespace atelier::chaos {

inline constexpr char kModel[] = "models/chaos";
/// Seed of the job that kills every worker which was started with Worker::poisonous.
inline constexpr uint64_t kPoisonSeed = 666;

struct LabOptions {
  std::chrono::milliseconds lease{2000};
  int max_attempts = 3;
  /// atelier-generation with pose and region behind it, over the tiny test model, in place of
  /// chaos_worker.
  bool real_workers = false;
  /// host:port where workers fetch their jobs; empty: the socket in the data folder.
  std::string dispatch = {};
  /// Over one PostgreSQL and one S3 where there are more.
  int servers = 1;
};

struct WorkerOptions {
  int max_jobs = 2;
  int step_milliseconds = 20;
  bool poisonous = false;
  /// What its command begins with, to run it elsewhere: FarNetwork::Inside().
  std::vector<std::string> inside = {};
  /// The server of several that it prefers.
  int first_server = 0;
};

class Lab {
 public:
  Lab(const LabOptions& options, Figures& figures, uint64_t seed);
  /// Prints the ends of the logs when something was broken.
  ~Lab();

  /// Starts the servers, the first of them alone, or one of them again at the same address over the
  /// same folder. False, and broken, when one does not get ready.
  bool StartServers();
  bool StartServer() { return StartServer(0); }
  bool StartServer(int index);
  /// kill -9.
  void KillServer(int index = 0);
  bool StartWorker(const WorkerOptions& options = {});
  /// Starts the workers again that have ended. Returns how many.
  int ReviveWorkers();

  testing::Process& server(int index = 0) { return *servers_[static_cast<size_t>(index)].process; }
  /// Of real workers.
  testing::Process& pose() { return *pose_; }
  testing::Process& region() { return *region_; }
  testing::Process& worker(size_t index) { return *workers_[index].process; }
  size_t worker_count() const { return workers_.size(); }
  /// Faults of the server and of workers that are started from now on.
  FaultPanel& panel() { return panel_; }
  /// Faults of one of several servers alone, which is started from now on.
  FaultPanel& server_panel(int index) { return *servers_[static_cast<size_t>(index)].panel; }
  /// Null when the jobs are in SQLite, and when the pictures are in the folder.
  Database* database() { return database_; }
  Pictures* pictures() { return pictures_; }
  Peer& peer() { return *peer_; }
  Random& random() { return random_; }
  Figures& figures() { return figures_; }
  const LabOptions& options() const { return options_; }
  /// Of one server, or of all of them with `first` first.
  std::string address(int first = 0) const;
  /// Of the first server.
  std::filesystem::path data() const { return dir_.path() / "data"; }
  /// Where workers fetch their jobs, `first` first.
  std::string dispatch(int first = 0) const;
  /// A connection of its own, which prefers the server `first`.
  std::unique_ptr<Peer> MakePeer(int first = 0) const {
    return std::make_unique<Peer>(address(first), data());
  }
  /// A metric of the first server, or of all of them added up; -1 when it is absent.
  double Metric(const std::string& name) const;
  double SumMetric(const std::string& name) const;

  /// A synthesis of `steps` steps in this lab's kind of pictures.
  v1::JobSpec Spec(int steps);
  /// A request id nobody used.
  std::string NextRequest();
  /// Submits until it is acknowledged, and books it. "" , and broken, when it is not within half a
  /// minute; later ones are tried once then.
  std::string Submit(const v1::JobSpec& spec, const std::string& request_id);
  std::string Submit(int steps) { return Submit(Spec(steps), NextRequest()); }
  /// Books what a client was told: `request_id` became `job`.
  void Book(const std::string& request_id, const std::string& job);
  /// This job must fail with `reason`, not succeed.
  void ExpectFailure(const std::string& job, const std::string& reason);

  /// Running jobs and their attempts.
  std::map<std::string, int> Running();
  /// Waits until `condition`, which is asked every few milliseconds; false after `limit`.
  bool Until(Seconds limit, const std::function<bool()>& condition);
  /// Lets a seeded time between the two pass: faults come when they come.
  void Pause(Seconds from, Seconds to);

  /// Waits until every booked job has ended as it should, then adds jobs, losses and second
  /// recordings to the figures. Workers that ended are started again meanwhile.
  void Settle(Seconds limit = Seconds(60));
  /// What is in the database is whole; else broken.
  void CheckDatabase();

 private:
  struct Server {
    std::string address, metrics_address, dispatch;
    std::unique_ptr<FaultPanel> panel;
    std::unique_ptr<testing::Process> process;
  };
  struct Worker {
    WorkerOptions options;
    std::unique_ptr<testing::Process> process;
  };

  bool OpenStores();
  std::unique_ptr<testing::Process> Start(const std::vector<std::string>& command,
                                          const FaultPanel& panel, const std::string& ready,
                                          std::string* line);
  std::vector<std::string> ServerCommand(int index) const;
  std::string AllOf(const std::function<std::string(size_t)>& part, int first) const;
  bool StartRealParts();
  std::vector<std::string> WorkerCommand(const WorkerOptions& options) const;
  bool Ended(const v1::Job& job) const;
  // Whether no job waits or runs.
  bool AllEnded();
  void CountLosses();
  // What is wrong with the pictures of a job that succeeded; "" when nothing.
  std::string CheckPictures(const v1::Job& job);

  const LabOptions options_;
  Figures& figures_;
  Random random_;
  const testing::TempDir dir_;
  FaultPanel panel_;
  Database* database_ = nullptr;
  Pictures* pictures_ = nullptr;
  std::vector<Server> servers_;
  std::string pose_address_ = "127.0.0.1:1";
  std::string region_address_ = "127.0.0.1:1";
  int starts_ = 0;
  int requests_ = 0;
  bool audited_ = false;
  bool refused_ = false;  // a submit was never acknowledged
  std::vector<std::filesystem::path> logs_;
  std::unique_ptr<testing::Process> pose_, region_;
  std::vector<Worker> workers_;
  std::unique_ptr<Peer> peer_;
  std::map<std::string, std::string> booked_;   // request id -> job
  std::set<std::string> read_;                  // pictures that were read and are right
  std::map<std::string, std::string> failing_;  // job -> reason
};

/// How long the jobs that lost their worker at `fault` took to leave the dead attempt: back in the
/// queue, or leased anew.
struct TakenBack {
  int jobs = 0;
  Seconds longest{0};
  Seconds shortest{1e9};
};

/// Waits for the jobs of `running`, taken just before the fault, until each has left its attempt or
/// ended in it.
TakenBack AwaitTakenBack(Lab& lab, const std::map<std::string, int>& running,
                         Steady::time_point fault);

}  // namespace atelier::chaos

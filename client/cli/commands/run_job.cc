#include "client/cli/commands/run_job.h"

#include <csignal>
#include <cstdio>

#include "client/cli/commands/job_monitor.h"
#include "client/cli/display/warnings.h"

namespace atelier::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;

/// `call(client, on_job)` with progress and notices on stderr, and Ctrl-C as a cancellation.
template <typename Call>
auto WithMonitor(const CommonFlags& flags, const Call& call) {
  std::signal(SIGINT, [](int signal) {
    interrupted = 1;
    std::signal(signal, SIG_DFL);
  });
  JobMonitor monitor(flags, [] { return interrupted != 0; });
  client::Client client(monitor.client_options());
  auto done = call(client, [&](const v1::Job& job) {
    monitor.Show(job);
    return interrupted == 0;
  });
  monitor.Finish();
  // There is nothing to cancel any more.
  if (done) std::signal(SIGINT, SIG_DFL);
  return done;
}

}  // namespace

Result<client::Synthesis> RunJob(const CommonFlags& flags, const v1::JobSpec& spec,
                                 const std::string& request_id) {
  auto done = WithMonitor(flags, [&](client::Client& client, const client::JobCallback& on_job) {
    return client.Synthesize(spec, request_id, on_job);
  });
  if (done) ShowWarnings(done->job.warnings(), flags.json);
  return done;
}

Result<v1::Job> RunJobToEnd(const CommonFlags& flags, const v1::JobSpec& spec,
                            const std::string& request_id) {
  auto done = WithMonitor(flags, [&](client::Client& client, const client::JobCallback& on_job) {
    return client.Run(spec, request_id, on_job);
  });
  if (done) ShowWarnings(done->warnings(), flags.json);
  return done;
}

Status WritePictures(const Output& out, const client::Synthesis& done, bool force, bool quiet) {
  for (size_t i = 0; i < done.pngs.size(); ++i) {
    const Status written = WriteOutput(out, done.pngs[i], force, i);
    if (!written) {
      Error error = written.error();
      error.message +=
          "; fetch what was painted with `atelier jobs download " + done.job.name() + "`";
      return Unexpected(std::move(error));
    }
    if (!quiet) std::printf("%s\n", NumberedPath(out.path, i, out.count).c_str());
  }
  return {};
}

}  // namespace atelier::cli

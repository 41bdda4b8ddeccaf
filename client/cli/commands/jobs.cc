#include <chrono>
#include <cstdio>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/commands/job_monitor.h"
#include "client/cli/commands/pages.h"
#include "client/cli/commands/synthesis_flags.h"
#include "client/cli/display/tables.h"
#include "client/cli/display/warnings.h"

namespace atelier::cli {

namespace {

struct ListFlags : CommonFlags, PageFlags {
  std::vector<std::string> states;
  std::string reason;
};

struct NameFlags : CommonFlags {
  std::string name;
};

struct SubmitFlags : CommonFlags {
  SynthesisFlags synthesis;
  bool wait = false;
};

ExitCode Print(const Result<v1::Job>& job, bool json) {
  if (!job) return Complain(job.error(), json);
  PrintJob(*job, json);
  ShowWarnings(job->warnings(), json);
  return ExitCode::kOk;
}

/// REQUIRES: a name that the parser took.
v1::JobState StateOf(const std::string& name) {
  for (int state = v1::JOB_STATE_QUEUED; state <= v1::JobState_MAX; ++state) {
    if (client::StateName(static_cast<v1::JobState>(state)) == name) {
      return static_cast<v1::JobState>(state);
    }
  }
  return v1::JOB_STATE_UNSPECIFIED;
}

double Now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since_1970).count();
}

ExitCode List(const ListFlags& flags) {
  client::Client client(flags.client());
  client::JobListFilter filter{flags.tenant, {}, flags.reason};
  for (const std::string& state : flags.states) filter.states.push_back(StateOf(state));
  v1::ListJobsResponse shown;
  const Status listed = ForEachPage(
      flags, [&](int limit, const std::string& token) { return client.List(limit, token, filter); },
      [&](v1::ListJobsResponse page) {
        for (v1::Job& job : *page.mutable_jobs()) job.mutable_progress()->clear_preview();
        shown.mutable_jobs()->MergeFrom(page.jobs());
        shown.set_next_page_token(page.next_page_token());
      });
  if (!listed) return Complain(listed.error(), flags.json);
  if (flags.json) {
    PrintJson(shown);
    return ExitCode::kOk;
  }
  std::fputs(JobTable(shown.jobs(), Now()).c_str(), stdout);
  PrintNextPage(shown.next_page_token());
  return ExitCode::kOk;
}

ExitCode Get(const NameFlags& flags) {
  const auto job = client::Client(flags.client()).Get(FullJobName(flags.name));
  const ExitCode printed = Print(job, flags.json);
  if (job && !flags.json) std::fputs(JobTimes(*job, Now()).c_str(), stdout);
  return printed;
}

ExitCode Cancel(const NameFlags& flags) {
  return Print(client::Client(flags.client()).Cancel(FullJobName(flags.name)), flags.json);
}

ExitCode Delete(const NameFlags& flags) {
  const std::string name = FullJobName(flags.name);
  return PrintDone(client::Client(flags.client()).Delete(name), "deleted", name, flags.json);
}

/// Follows a job to its end; with --json every event is a line, the last one the job's end.
ExitCode Follow(const CommonFlags& flags, const std::string& name) {
  JobMonitor monitor(flags);
  client::Client client(monitor.client_options());
  Status printed;
  const auto job = client.Watch(name, [&](const v1::Job& now) {
    monitor.Show(now);
    if (!flags.json) return true;
    v1::Job event = now;
    event.mutable_progress()->clear_preview();
    printed = PrintJsonLine(event);
    return printed.has_value();
  });
  monitor.Finish();
  if (!printed) return Complain(printed.error(), flags.json);
  if (!job) return Complain(job.error(), flags.json);
  if (!flags.json) PrintJob(*job, false);
  ShowWarnings(job->warnings(), flags.json);
  return job->state() == v1::JOB_STATE_SUCCEEDED ? ExitCode::kOk : ExitCode::kJobFailed;
}

ExitCode Watch(const NameFlags& flags) { return Follow(flags, FullJobName(flags.name)); }

ExitCode Submit(const SubmitFlags& flags) {
  const auto spec = SpecFromFlags(flags.synthesis);
  if (!spec) return Complain(spec.error(), flags.json);
  client::Client client(flags.client());
  const auto job = client.Submit(*spec, flags.synthesis.terms.request_id);
  if (!flags.wait || !job) return Print(job, flags.json);
  // Its name first: whoever ends this command may still watch the job.
  if (!flags.json) PrintJob(*job, false);
  std::fflush(stdout);
  return Follow(flags, job->name());
}

/// A command that takes the name of a job.
void AddNamed(CLI::App& jobs, Context& context, const char* name, const char* description,
              ExitCode (*action)(const NameFlags&)) {
  auto flags = std::make_shared<NameFlags>();
  CLI::App& command = *jobs.add_subcommand(name, description);
  AddCommonFlags(command, *flags);
  command.add_option("job", flags->name, "jobs/ID or ID")->required();
  OnCommand(command, context, flags, action);
}

}  // namespace

void AddJobs(CLI::App& app, Context& context) {
  CLI::App& jobs =
      *app.add_subcommand("jobs", "Submit, look at, follow, fetch, cancel and delete jobs");
  jobs.require_subcommand(1);

  auto list = std::make_shared<ListFlags>();
  CLI::App& list_command = *jobs.add_subcommand("list", "Jobs, newest first");
  AddCommonFlags(list_command, *list);
  AddPageFlags(list_command, *list);
  list_command.add_option("--state", list->states, "Only jobs in this state; may be given again")
      ->check(CLI::IsMember({"queued", "running", "succeeded", "failed", "cancelled", "expired"}));
  list_command.add_option("--reason", list->reason, "Only jobs with this error reason");
  OnCommand(list_command, context, list, List);

  AddNamed(jobs, context, "get", "One job", Get);
  AddNamed(jobs, context, "watch",
           "Follow a job to its end; with --json every change is one line of JSON", Watch);
  AddJobsDownload(jobs, context);
  AddNamed(jobs, context, "cancel", "Ask for the end of a job", Cancel);
  AddNamed(jobs, context, "delete", "Forget a finished job and its request id", Delete);

  auto submit = std::make_shared<SubmitFlags>();
  CLI::App& submit_command = *jobs.add_subcommand("submit", "Queue a synthesis and return");
  AddCommonFlags(submit_command, *submit);
  AddSynthesisFlags(submit_command, submit->synthesis);
  submit_command.add_flag("--wait", submit->wait, "Follow the job to its end, as `jobs watch`");
  OnCommand(submit_command, context, submit, Submit);
}

}  // namespace atelier::cli

#include <cstdio>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/progress.h"
#include "client/cli/synthesis_flags.h"
#include "client/cli/warnings.h"

namespace atelier::cli {

namespace {

struct ListFlags : CommonFlags {
  int limit = 50;
  std::string page_token;
  std::vector<std::string> states;
  std::string reason;
};

struct NameFlags : CommonFlags {
  std::string name;
};

struct SubmitFlags : CommonFlags {
  SynthesisFlags synthesis;
};

/// "abc" and "jobs/abc" are the same job.
std::string FullName(const std::string& name) {
  return name.starts_with("jobs/") ? name : "jobs/" + name;
}

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

ExitCode List(const ListFlags& flags) {
  client::Client client(flags.client());
  client::JobListFilter filter{flags.tenant, {}, flags.reason};
  for (const std::string& state : flags.states) filter.states.push_back(StateOf(state));
  const auto page = client.List(flags.limit, flags.page_token, filter);
  if (!page) return Complain(page.error(), flags.json);
  if (flags.json) {
    v1::ListJobsResponse shown = *page;
    for (v1::Job& job : *shown.mutable_jobs()) job.mutable_progress()->clear_preview();
    PrintJson(shown);
    return ExitCode::kOk;
  }
  for (const v1::Job& job : page->jobs()) PrintJob(job, false);
  PrintNextPage(page->next_page_token());
  return ExitCode::kOk;
}

ExitCode Get(const NameFlags& flags) {
  return Print(client::Client(flags.client()).Get(FullName(flags.name)), flags.json);
}

ExitCode Cancel(const NameFlags& flags) {
  return Print(client::Client(flags.client()).Cancel(FullName(flags.name)), flags.json);
}

ExitCode Delete(const NameFlags& flags) {
  const std::string name = FullName(flags.name);
  return PrintDone(client::Client(flags.client()).Delete(name), "deleted", name, flags.json);
}

ExitCode Watch(const NameFlags& flags) {
  using Style = ProgressReporter::Style;
  ProgressReporter reporter(stderr,
                            flags.json ? Style::kQuiet : ProgressReporter::StyleFor(stderr));
  client::Client client(flags.client());
  const auto job = client.Watch(FullName(flags.name), [&](const v1::Job& now) {
    reporter.Show(now);
    return true;
  });
  reporter.Finish();
  const ExitCode printed = Print(job, flags.json);
  if (printed != ExitCode::kOk) return printed;
  return job->state() == v1::JOB_STATE_SUCCEEDED ? ExitCode::kOk : ExitCode::kJobFailed;
}

ExitCode Submit(const SubmitFlags& flags) {
  const auto spec = SpecFromFlags(flags.synthesis);
  if (!spec) return Complain(spec.error(), flags.json);
  client::Client client(flags.client());
  return Print(client.Submit(*spec, flags.synthesis.request_id), flags.json);
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
  CLI::App& jobs = *app.add_subcommand("jobs", "Submit, look at, follow, cancel and delete jobs");
  jobs.require_subcommand(1);

  auto list = std::make_shared<ListFlags>();
  CLI::App& list_command = *jobs.add_subcommand("list", "Jobs, newest first");
  AddCommonFlags(list_command, *list);
  list_command.add_option("--limit", list->limit, "How many, 1 to 1000")->capture_default_str();
  list_command.add_option("--page-token", list->page_token, "Go on where the page before ended");
  list_command.add_option("--state", list->states, "Only jobs in this state; may be given again")
      ->check(CLI::IsMember({"queued", "running", "succeeded", "failed", "cancelled", "expired"}));
  list_command.add_option("--reason", list->reason, "Only jobs with this error reason");
  OnCommand(list_command, context, list, List);

  AddNamed(jobs, context, "get", "One job", Get);
  AddNamed(jobs, context, "watch", "Follow a job to its end", Watch);
  AddNamed(jobs, context, "cancel", "Ask for the end of a job", Cancel);
  AddNamed(jobs, context, "delete", "Forget a finished job and its request id", Delete);

  auto submit = std::make_shared<SubmitFlags>();
  CLI::App& submit_command = *jobs.add_subcommand("submit", "Queue a synthesis and return");
  AddCommonFlags(submit_command, *submit);
  AddSynthesisFlags(submit_command, submit->synthesis);
  OnCommand(submit_command, context, submit, Submit);
}

}  // namespace atelier::cli

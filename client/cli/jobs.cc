#include <cstdio>

#include "client/cli/command.h"
#include "client/cli/progress.h"
#include "client/cli/synthesis_flags.h"

namespace atelier::cli {

namespace {

struct ListFlags : CommonFlags {
  int limit = 50;
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
  return ExitCode::kOk;
}

ExitCode List(const ListFlags& flags) {
  client::Client client(flags.client());
  const auto page = client.List(flags.limit);
  if (!page) return Complain(page.error(), flags.json);
  if (flags.json) {
    v1::ListJobsResponse shown = *page;
    for (v1::Job& job : *shown.mutable_jobs()) job.mutable_progress()->clear_preview();
    PrintJson(shown);
    return ExitCode::kOk;
  }
  for (const v1::Job& job : page->jobs()) PrintJob(job, false);
  return ExitCode::kOk;
}

ExitCode Get(const NameFlags& flags) {
  return Print(client::Client(flags.client()).Get(FullName(flags.name)), flags.json);
}

ExitCode Cancel(const NameFlags& flags) {
  return Print(client::Client(flags.client()).Cancel(FullName(flags.name)), flags.json);
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
  v1::JobSpec job_spec;
  *job_spec.mutable_synthesis() = *spec;
  client::Client client(flags.client());
  return Print(client.Submit(job_spec, flags.synthesis.request_id), flags.json);
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
  CLI::App& jobs = *app.add_subcommand("jobs", "Submit, look at, follow and cancel jobs");
  jobs.require_subcommand(1);

  auto list = std::make_shared<ListFlags>();
  CLI::App& list_command = *jobs.add_subcommand("list", "Jobs, newest first");
  AddCommonFlags(list_command, *list);
  list_command.add_option("--limit", list->limit, "How many, 1 to 1000")->capture_default_str();
  OnCommand(list_command, context, list, List);

  AddNamed(jobs, context, "get", "One job", Get);
  AddNamed(jobs, context, "watch", "Follow a job to its end", Watch);
  AddNamed(jobs, context, "cancel", "Ask for the end of a job", Cancel);

  auto submit = std::make_shared<SubmitFlags>();
  CLI::App& submit_command = *jobs.add_subcommand("submit", "Queue a synthesis and return");
  AddCommonFlags(submit_command, *submit);
  AddSynthesisFlags(submit_command, submit->synthesis);
  OnCommand(submit_command, context, submit, Submit);
}

}  // namespace atelier::cli

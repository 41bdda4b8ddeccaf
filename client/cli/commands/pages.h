// Lists that come in pages: --limit, --page-token and --all.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

#include "atelier/v1/job.pb.h"
#include "base/result.h"
#include "limits/limits.h"

namespace atelier::cli {

struct PageFlags {
  int limit = 50;
  std::string page_token;
  bool all = false;
};

inline void AddPageFlags(CLI::App& command, PageFlags& flags) {
  command
      .add_option("--limit", flags.limit, "How many, " + RuleOf<v1::ListJobsRequest>("page_size"))
      ->capture_default_str();
  command.add_option("--page-token", flags.page_token, "Go on where the page before ended");
  command.add_flag("--all", flags.all, "Every page; --limit is then the size of one");
}

/// Hands `take` the page that the flags name, and with --all every one after it. `list` is called
/// with a page's size and token.
template <typename List, typename Take>
Status ForEachPage(const PageFlags& flags, const List& list, const Take& take) {
  std::string token = flags.page_token;
  do {
    auto page = list(flags.limit, token);
    if (!page) return Propagate(page.error());
    token = page->next_page_token();
    take(std::move(*page));
  } while (flags.all && !token.empty());
  return {};
}

}  // namespace atelier::cli

// A job from its submit to the files of its pictures, as the commands that wait for one run it.
#pragma once

#include <string>

#include "client/cli/command.h"
#include "client/cli/files/outputs.h"
#include "client/client.h"

namespace atelier::cli {

/// The most pictures of one job: the server refuses more.
inline constexpr int kMostPictures = 8;

/// Submits, shows progress, notices and warnings on stderr, and returns the finished job with its
/// pictures. Ctrl-C cancels the job; a second one ends the program. Errors: Client::Synthesize()'s.
Result<client::Synthesis> RunJob(const CommonFlags& flags, const v1::JobSpec& spec,
                                 const std::string& request_id);

/// The same without the pictures.
Result<v1::Job> RunJobToEnd(const CommonFlags& flags, const v1::JobSpec& spec,
                            const std::string& request_id);

/// Writes the pictures to `out`, names their files on stdout unless `quiet`, and says where the
/// pictures still are when a file cannot be written.
Status WritePictures(const Output& out, const client::Synthesis& done, bool force, bool quiet);

}  // namespace atelier::cli

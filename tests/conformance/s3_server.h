// A real S3 server (SeaweedFS) of the test program's own, on ports of loopback. It starts when it
// is first asked for, in some seconds, and goes with the program.
#pragma once

#include <string>

#include "server/blobs/s3/s3_client.h"

namespace atelier::testing {

/// A client's options for a bucket that is there, with credentials that may do anything in it.
server::s3::ClientOptions RealS3();

/// Kills the server, as a crash does, and starts it again on what it had stored.
void StopS3();
void StartS3();

}  // namespace atelier::testing

// Transport: how connections live and what they may take, of servers and of channels.
//
// Connections are kept alive from both ends: a peer that is gone without a word (a node that was
// lost, a firewall that forgot the connection) is noticed within half a minute, and a load balancer
// never sees an idle one.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <cstdint>

namespace atelier::rpc {

struct Keepalive {
  /// Silence after which the peer is asked for a sign of life, whether or not a call is open.
  std::chrono::milliseconds time = std::chrono::seconds(20);
  /// How long it may take to give one; then the connection is closed and its calls fail.
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  /// Of a server: how close to one another a client's pings may come. One that pings faster, three
  /// times, is sent away with GOAWAY (too_many_pings).
  std::chrono::milliseconds pings_permitted = std::chrono::seconds(5);
};

/// What a server lets all of its clients together take.
struct ServerBounds {
  /// Largest message in or out: a result of 64 MiB, or two pictures of 32 MiB, and some room.
  int max_message_bytes = 80 << 20;
  /// Memory for messages on their way. gRPC ends calls that bring much when it is used up, so that
  /// a message over max_message_bytes, which it refuses only when it has read it, cannot take all.
  int64_t call_memory_bytes = int64_t{384} << 20;
  /// Threads that serve calls; when all do, one more call is refused with RESOURCE_EXHAUSTED. Calls
  /// that wait for jobs have none. Raise it where many clients send and fetch pictures over slow
  /// links.
  int max_threads = 256;
  /// Calls of one connection at once; further ones wait at the client.
  int max_streams = 4096;
};

/// Sets all of it on the builder of a server.
void ApplyTransport(grpc::ServerBuilder& builder, const ServerBounds& bounds,
                    const Keepalive& keepalive = {});

/// The arguments of every channel of ours: message limits, keepalive, quick reconnection, and turns
/// over all addresses of a name (dns:///NAME:PORT).
grpc::ChannelArguments ChannelTransport(const Keepalive& keepalive = {});

}  // namespace atelier::rpc

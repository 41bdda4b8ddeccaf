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
  int64_t call_memory_bytes = int64_t{256} << 20;
  /// Threads that serve calls; when all do, one more call is refused with RESOURCE_EXHAUSTED. Calls
  /// that wait for jobs have none. Raise it where many clients send and fetch pictures over slow
  /// links.
  int max_threads = 256;
  /// Calls of one connection at once; further ones wait at the client.
  int max_streams = 4096;
};

// Threads that wait for a call when they have served one, instead of ending. gRPC's default of two
// starts and ends a thread for nearly every call that comes beside others; those that nobody needs
// end after ten seconds all the same.
inline constexpr int kMaxPollers = 64;

/// As gRPC's arguments take it.
inline int Milliseconds(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

/// Sets all of it on the builder of a server.
inline void ApplyTransport(grpc::ServerBuilder& builder, const ServerBounds& bounds,
                           const Keepalive& keepalive = {}) {
  builder.SetMaxReceiveMessageSize(bounds.max_message_bytes);
  builder.SetMaxSendMessageSize(bounds.max_message_bytes);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kMaxPollers);
  grpc::ResourceQuota quota("atelier");
  quota.Resize(static_cast<size_t>(bounds.call_memory_bytes));
  quota.SetMaxThreads(bounds.max_threads);
  builder.SetResourceQuota(quota);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, bounds.max_streams);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(keepalive.time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(keepalive.timeout));
  // In both directions, also between calls.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(keepalive.pings_permitted));
}

/// The arguments of every channel of ours: message limits, keepalive, quick reconnection, and turns
/// over all addresses of a name (dns:///NAME:PORT).
inline grpc::ChannelArguments ChannelTransport(const Keepalive& keepalive = {}) {
  const int max_message_bytes = ServerBounds().max_message_bytes;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(max_message_bytes);
  arguments.SetMaxSendMessageSize(max_message_bytes);
  // A restarted peer is found again within seconds, not after gRPC's two minutes of back-off.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(keepalive.time));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(keepalive.timeout));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetLoadBalancingPolicyName("round_robin");
  // Whoever makes another channel, because the peer is silent, wants another connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

}  // namespace atelier::rpc

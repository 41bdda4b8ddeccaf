#include "client/sendable.h"

#include <catch2/catch.hpp>

#include "atelier/v1/job.pb.h"
#include "client/client.h"

namespace atelier::client {

TEST_CASE("A tenant that is no metadata is an error of every call, not the end of the process",
          "[client]") {
  ClientOptions options;
  options.server = "127.0.0.1:1";
  options.tenant = GENERATE("studio-\xc3\xa9", "two words", "line\nbreak", std::string(65, 'a'));
  Client client(options);
  CHECK(client.Submit(v1::JobSpec()).error().reason == kBadArgumentReason);
  CHECK(client.Watch("jobs/a").error().reason == kBadArgumentReason);
  CHECK(client.Upload("bytes").error().reason == kBadArgumentReason);
  CHECK(client.Download("assets/a").error().reason == kBadArgumentReason);
  CHECK(client.ListModels().error().reason == kBadArgumentReason);
}

TEST_CASE("An error over bytes that no terminal shows is itself printable", "[client]") {
  ClientOptions options;
  options.tenant = "studio-\xc3\xa9";
  const auto models = Client(options).ListModels();
  REQUIRE_FALSE(models.has_value());
  CHECK(models.error().code == Code::kInvalidArgument);
  CHECK(models.error().field == "tenant");
  CHECK(models.error().message ==
        "`tenant` must be 1 to 64 characters of [A-Za-z0-9._-]. Given: studio-\\xC3\\xA9");
}

TEST_CASE("A trace that cannot be sent is replaced, not sent", "[client]") {
  ClientOptions options;
  options.traceparent = "00-\xff";
  CHECK(Client(options).options().traceparent.size() == 55);
}

TEST_CASE("Text that is no UTF-8 is refused by its field, pictures may be any bytes", "[client]") {
  v1::SubmitJobRequest request;
  request.mutable_spec()->mutable_synthesis()->mutable_source()->set_data("\xff\xfe");
  request.mutable_spec()->mutable_synthesis()->set_model("models/\xe4\xb8\xad");
  CHECK(CheckText(request).has_value());
  request.mutable_spec()->mutable_synthesis()->set_model(
      GENERATE("\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf5\x80\x80\x80"));
  const Status refused = CheckText(request);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "model");

  ClientOptions options;
  options.server = "127.0.0.1:1";
  CHECK(Client(options).Get("jobs/\xff").error().reason == kBadArgumentReason);
  CHECK(Client(options).Submit(v1::JobSpec(), "two words").error().field == "request_id");
}

}  // namespace atelier::client

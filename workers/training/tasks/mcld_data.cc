#include "training/tasks/mcld_data.h"

#include <algorithm>
#include <numeric>

#include "training/data/device_stream.h"

namespace atelier::training {
namespace {

/// Draws `order` = a permutation of 0..count-1.
std::vector<int64_t> Permutation(int64_t count, at::Generator& generator) {
  const at::Tensor drawn = at::randperm(count, generator, at::TensorOptions().dtype(at::kLong));
  return {drawn.data_ptr<int64_t>(), drawn.data_ptr<int64_t>() + count};
}

/// Numbers of a place before its order.
constexpr int kPlaceNumbers = 3;

int64_t WholePool(const McldTaskOptions& options) {
  return options.pool / options.batch * options.batch;
}

/// Samples of the pool that `state` stands in; 0 when it was made under other options.
int64_t KeptOf(const RunState& state, const McldTaskOptions& options) {
  const std::vector<int64_t>& place = state.place;
  if (place.size() < kPlaceNumbers) return 0;
  const int64_t kept = place[0];
  const int64_t whole = WholePool(options);
  const auto ordered = static_cast<int64_t>(place.size()) - kPlaceNumbers;
  const bool filling = place[1] == 0 && (ordered == 0 || ordered == whole) && kept < whole;
  const bool full = place[1] > 0 && place[1] < options.reuse && ordered == whole && kept == whole;
  if (!(filling || full) || kept % options.batch != 0 || kept > state.samples_taken) return 0;
  return place[2] % options.batch == 0 && place[2] < whole ? kept : 0;
}

/// Samples that may wait: those of the next pool that are made while this one is used again, so
/// that rendering never stands still, and some more.
int64_t AheadOf(const McldTaskOptions& options) {
  return WholePool(options) - WholePool(options) / options.reuse + int64_t{4} * options.batch;
}

/// Rows `rows` of `masks`, joined.
at::Tensor MasksOf(const std::vector<at::Tensor>& masks, const std::vector<int64_t>& rows) {
  std::vector<at::Tensor> picked;
  picked.reserve(rows.size());
  for (const int64_t row : rows) picked.push_back(masks[static_cast<size_t>(row)]);
  return at::cat(picked);
}

}  // namespace

McldData::McldData(std::shared_ptr<const people::Body> body, McldTraining& training,
                   const McldTaskOptions& options, const RunState& state)
    : body_(std::move(body)),
      training_(training),
      options_(options),
      device_(options.device),
      schedule_(training.schedule),
      capacity_(WholePool(options)),
      feeder_(
          [this, cell_side = training.networks.vae->config().scale()](int64_t index) {
            thread_local const bool alone = (UseOneThread(), true);
            static_cast<void>(alone);
            return Pack(MakeMcldSample(*body_, index, false, options_.pair, training_), cell_side);
          },
          state.samples_taken - KeptOf(state, options), options.render_threads, AheadOf(options)),
      samples_taken_(state.samples_taken),
      missing_(KeptOf(state, options)) {
  if (missing_ == 0) return;
  epoch_ = static_cast<int>(state.place[1]);
  place_ = state.place[2];
  order_.assign(state.place.begin() + kPlaceNumbers, state.place.end());
}

Progress McldData::Stand() const {
  std::vector<int64_t> place = {filled_ + missing_, epoch_, place_};
  place.insert(place.end(), order_.begin(), order_.end());
  return {samples_taken_, place};
}

McldBatch McldData::TakeFresh() {
  const std::vector<PackedSample> samples = feeder_.Take(options_.batch);
  McldBatch batch = Encode(samples, training_);
  if (filled_ == 0) pool_ = EmptyLike(batch, capacity_);
  CopyRows(batch, pool_, filled_);
  for (const PackedSample& sample : samples) {
    person_masks_.push_back(sample.person_mask);
    face_masks_.push_back(sample.face_mask);
  }
  filled_ += options_.batch;
  return batch;
}

void McldData::Refill() {
  for (; missing_ > 0; missing_ -= options_.batch) TakeFresh();
}

void McldData::Advance(at::Generator& generator) {
  place_ += epoch_ == 0 ? 0 : options_.batch;
  const bool epoch_ends =
      epoch_ == 0 ? filled_ == capacity_ : place_ >= static_cast<int64_t>(order_.size());
  if (!epoch_ends) return;
  place_ = 0;
  epoch_ = (epoch_ + 1) % options_.reuse;
  if (epoch_ == 0) {
    pool_ = {};
    filled_ = 0;
    person_masks_.clear();
    face_masks_.clear();
  }
  order_ = Permutation(capacity_, generator);
}

StepsAhead<McldInputs>::Step McldData::Next(at::Generator& generator) {
  Refill();
  std::vector<int64_t> rows(static_cast<size_t>(options_.batch));
  McldBatch batch;
  if (epoch_ == 0) {
    // The frozen encoders run once a sample: a VAE pass costs more than the training step.
    std::iota(rows.begin(), rows.end(), filled_);
    batch = TakeFresh();
    samples_taken_ += options_.batch;
  } else {
    std::copy_n(order_.begin() + place_, options_.batch, rows.begin());
    batch = RowsOf(pool_, Send(at::tensor(rows, at::kLong), device_));
  }
  at::Tensor person, face;
  if (options_.decoded_weight > 0) {
    person = MasksOf(person_masks_, rows);
    face = MasksOf(face_masks_, rows);
  }
  Advance(generator);
  McldInputs inputs = Draw(batch, generator);
  if (options_.decoded_weight > 0) inputs.decoded = DrawDecoded(batch, person, face, generator);
  return {std::move(inputs), Stand()};
}

McldInputs McldData::Draw(const McldBatch& batch, at::Generator& generator) {
  const int64_t rows = batch.size();
  const auto uniform = [&] { return at::rand({rows}, generator, at::kFloat); };
  // The larger of two uniform draws: what a picture is to show is decided where there is most
  // noise, and a short training is best spent there. (The published training draws one.)
  const at::Tensor first = uniform(), second = uniform();
  const at::Tensor t = (at::maximum(first, second) * 1000).to(at::kLong).clamp_max(999);
  at::Tensor noise = at::randn(batch.target.sizes(), generator, at::kFloat);
  noise.add_(options_.noise_offset * at::randn({rows, noise.size(1), 1, 1}, generator, at::kFloat));
  McldInputs inputs{.batch = batch};
  inputs.keep = Send(uniform().ge(options_.drop_all), device_);
  inputs.keep_source = Send(uniform().ge(options_.drop_source), device_);
  noise = Send(noise, device_);
  inputs.t = Send(t, device_);
  // Levels are looked up here: the schedule's tables are the CPU's.
  const at::Tensor like = at::empty({rows, 1, 1, 1}, at::kFloat);
  inputs.signal = Send(schedule_.SignalFor(t, like), device_);
  inputs.noise_level = Send(schedule_.NoiseFor(t, like), device_);
  // Min-SNR weights for v-prediction.
  const at::Tensor snr = schedule_.Snr(t).to(at::kFloat);
  inputs.weight = Send((snr + 1).clamp_max(options_.min_snr_gamma) / (snr + 1), device_);
  inputs.noisy = inputs.signal * batch.target + inputs.noise_level * noise;
  inputs.velocity = inputs.signal * noise - inputs.noise_level * batch.target;
  if (training_.networks.prior)
    inputs.prior_input =
        training_.networks.prior->Input(inputs.noisy, batch.warp_latents, inputs.t);
  return inputs;
}

DecodedTargets McldData::DrawDecoded(const McldBatch& batch, const at::Tensor& person,
                                     const at::Tensor& face, at::Generator& generator) {
  const int64_t cell_side = training_.networks.vae->config().scale();
  const CutPlaces places = DrawCuts(person, face, cell_side, generator);
  const int64_t columns = batch.target.size(3);
  const at::Tensor pixels = Send(CutIndex(places, columns, cell_side), device_);
  return {Send(CutIndex(places, columns, 1), device_), TakeCuts(batch.truth, pixels)};
}

}  // namespace atelier::training

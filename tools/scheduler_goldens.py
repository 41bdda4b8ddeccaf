"""Writes tests/unit/engine/data/schedulers.safetensors: what diffusers' schedulers compute.

    python3 -m venv venv && venv/bin/pip install torch diffusers
    venv/bin/python tools/scheduler_goldens.py [OUTPUT]

(made with torch 2.13.0 and diffusers 0.42.1; no model is downloaded). The file holds

  betas.*, alphas_cumprod.*   the noise schedules, float32
  timesteps.FAMILY.SPACING    for 1, 2, ... MAX steps a checksum of the timesteps, int64
  start, pattern              where every trajectory starts, and a part of the stand-in network
  SCHEDULER.BETAS.SNR.PREDICTION.SPACING[.FINAL.CLIP]
                              the samples after every step of 2, of 5 and of 20, one after another

The stand-in for the network is `network()` below, the same function of sample and timestep as in
the C++ test.
"""
import itertools
import math
import os
import sys

import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler
from safetensors.numpy import save_file

OUTPUT = os.path.join(os.path.dirname(__file__), "..", "tests", "unit", "engine", "data",
                      "schedulers.safetensors")
TRAIN_TIMESTEPS = 1000
STEPS = (2, 5, 20)
BETAS = ("linear", "scaled_linear")
SPACINGS = ("trailing", "leading", "linspace")
# Epsilon says nothing where there is no signal: never with zero terminal SNR.
PREDICTIONS = (("plain", "epsilon"), ("plain", "v_prediction"), ("plain", "sample"),
               ("zero_snr", "v_prediction"), ("zero_snr", "sample"))
# Narrow enough to clip most of what the stand-in predicts.
CLIP_RANGE = 0.8


def common(betas, snr, prediction, spacing):
    return dict(num_train_timesteps=TRAIN_TIMESTEPS, beta_start=0.00085, beta_end=0.012,
                beta_schedule=betas, rescale_betas_zero_snr=snr == "zero_snr",
                prediction_type=prediction, timestep_spacing=spacing, steps_offset=1)


def multistep(name, arguments):
    if name == "dpmpp_2m":
        return DPMSolverMultistepScheduler(
            algorithm_type="dpmsolver++", solver_order=2, solver_type="midpoint",
            lower_order_final=True, final_sigmas_type="zero", **arguments)
    return UniPCMultistepScheduler(
        solver_order=2, solver_type="bh2", predict_x0=True, lower_order_final=True,
        final_sigmas_type="zero", **arguments)


def network(pattern, sample, timestep):
    """Not linear, so that a wrong sample cannot cancel out."""
    return 0.5 * torch.tanh(sample) + math.cos(timestep / 150.0) * pattern


def trajectories(scheduler, start, pattern):
    rows = []
    for steps in STEPS:
        scheduler.set_timesteps(steps)
        sample = start
        for timestep in scheduler.timesteps:
            output = network(pattern, sample, timestep.item())
            sample = scheduler.step(output, timestep, sample).prev_sample
            rows.append(sample)
    result = torch.stack(rows).numpy()
    assert np.isfinite(result).all()
    return result


def checksums(scheduler, max_steps):
    """With a weight each, so that two timesteps that change places are noticed."""
    sums = []
    for steps in range(1, max_steps + 1):
        scheduler.set_timesteps(steps)
        # For some counts of "trailing" steps numpy.arange() rounds itself one element too many:
        # a timestep of -1 that nobody asked for.
        timesteps = scheduler.timesteps.numpy()[:steps]
        assert len(timesteps) == steps
        sums.append(int((timesteps * np.arange(1, steps + 1)).sum()))
    return np.array(sums, np.int64)


def main():
    generator = torch.Generator().manual_seed(11)
    start = torch.randn((2, 1, 2, 2), generator=generator)
    pattern = torch.randn((2, 1, 2, 2), generator=generator)
    tensors = {"start": start.numpy(), "pattern": pattern.numpy()}
    for betas, snr in itertools.product(BETAS, ("plain", "zero_snr")):
        ddim = DDIMScheduler(**common(betas, snr, "v_prediction", "trailing"))
        tensors[f"betas.{betas}.{snr}"] = ddim.betas.numpy()
        tensors[f"alphas_cumprod.{betas}.{snr}"] = ddim.alphas_cumprod.numpy()
    for spacing in SPACINGS:
        arguments = common("linear", "zero_snr", "v_prediction", spacing)
        # One step fewer where an offset or a shared timestep would leave the schedule.
        tensors[f"timesteps.ddim.{spacing}"] = checksums(
            DDIMScheduler(**arguments), TRAIN_TIMESTEPS - (spacing == "leading"))
        tensors[f"timesteps.multistep.{spacing}"] = checksums(
            multistep("dpmpp_2m", arguments), TRAIN_TIMESTEPS - 2)
    for betas, (snr, prediction), spacing in itertools.product(BETAS, PREDICTIONS, SPACINGS):
        arguments = common(betas, snr, prediction, spacing)
        tail = f"{betas}.{snr}.{prediction}.{spacing}"
        for final, clip in itertools.product(("to_one", "to_first"), ("free", "clip")):
            tensors[f"ddim.{tail}.{final}.{clip}"] = trajectories(
                DDIMScheduler(set_alpha_to_one=final == "to_one", clip_sample=clip == "clip",
                              clip_sample_range=CLIP_RANGE, **arguments), start, pattern)
        for name in ("dpmpp_2m", "unipc"):
            tensors[f"{name}.{tail}"] = trajectories(multistep(name, arguments), start, pattern)
    output = sys.argv[1] if len(sys.argv) > 1 else OUTPUT
    save_file(tensors, output)
    print(f"{output}: {len(tensors)} tensors, {os.path.getsize(output)} bytes")


if __name__ == "__main__":
    main()

"""Makes a folder of golden tensors for tests/parity from pictures of any size.

diffusers and transformers are the networks; what MCLD adds to them (reference features, face tokens,
stage tokens, pose features) is written down here a second time, apart from the engine's C++. Before
it writes anything it makes the committed folder's tensors anew and compares: those are the authors'
own, at 128x128.

  python3 -m venv v && v/bin/pip install torch numpy Pillow==10.4.0 safetensors diffusers==0.31.0 \
      transformers==4.46.3 huggingface_hub==0.25.2
  v/bin/python tools/parity_goldens.py tests/parity/data_not_square --height 128 --width 96 \
      --texture-height 96 --texture-width 144 --seed 20 --noise-seed 2024

The folder holds no weights: config.json's "weights" leads to the committed ones.
"""
import argparse
import json
import os

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

COMMITTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "parity", "data")
# How far the authors' code is from itself with other kernels and threads, relative to the largest
# number of a tensor, with room: float16 rounding of the reference features flips.
AGREEMENT = 5e-5


def attend(attn, x, context):
    """Softmax attention of a diffusers Attention over its own projections."""
    return mix(attn, attn.to_q(x), attn.to_k(context), attn.to_v(context))


def mix(attn, query, key, value):
    split = lambda t: t.unflatten(2, (attn.heads, -1)).transpose(1, 2)
    out = F.scaled_dot_product_attention(split(query), split(key), split(value))
    return out.transpose(1, 2).flatten(2)


class WriteSelfAttention:
    """The reference network's: keeps what it reads, norm1 of the block's states."""

    def __init__(self, bank, name):
        self.bank, self.name = bank, name

    def __call__(self, attn, hidden_states, *args, **kwargs):
        self.bank[self.name] = hidden_states
        return attn.to_out[0](attend(attn, hidden_states, hidden_states))


class ReadSelfAttention:
    """The denoising network's: conditional rows also read the reference's features."""

    def __init__(self, run, name):
        self.run, self.name = run, name

    def __call__(self, attn, hidden_states, *args, **kwargs):
        x, bank = hidden_states, self.run.bank[self.name]
        free = self.run.unconditional_rows
        out = attend(attn, x, torch.cat([x, bank], 1))
        if free > 0:
            out = torch.cat([attend(attn, x[:free], x[:free]), out[free:]])
        return attn.to_out[0](out)


class FaceAttention(nn.Module):
    """IP-Adapter's: the last tokens are the face's and have keys and values of their own."""

    def __init__(self, run, stage, width, context_width):
        super().__init__()
        self.to_k_ip = nn.Linear(context_width, width, bias=False)
        self.to_v_ip = nn.Linear(context_width, width, bias=False)
        self.__dict__["run"] = run
        self.stage = stage

    def __call__(self, attn, hidden_states, *args, **kwargs):
        tokens = self.run.tokens[self.stage]
        clip, face = tokens[:, : -self.run.face_tokens], tokens[:, -self.run.face_tokens :]
        query = attn.to_q(hidden_states)
        out = mix(attn, query, attn.to_k(clip), attn.to_v(clip))
        out = out + self.run.face_scale * mix(attn, query, self.to_k_ip(face), self.to_v_ip(face))
        return attn.to_out[0](out)


class PoseGuider(nn.Module):
    def __init__(self, conditioning_embedding_channels, conditioning_channels, block_out_channels):
        super().__init__()
        widths = block_out_channels
        self.conv_in = nn.Conv2d(conditioning_channels, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        for narrow, wide in zip(widths, widths[1:]):
            self.blocks.append(nn.Conv2d(narrow, narrow, 3, padding=1))
            self.blocks.append(nn.Conv2d(narrow, wide, 3, padding=1, stride=2))
        self.conv_out = nn.Conv2d(widths[-1], conditioning_embedding_channels, 3, padding=1)

    def forward(self, x):
        x = F.silu(self.conv_in(x))
        for block in self.blocks:
            x = F.silu(block(x))
        return self.conv_out(x)


class PerceiverAttention(nn.Module):
    def __init__(self, dim, dim_head, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.to_q = nn.Linear(dim, dim_head * heads, bias=False)
        self.to_kv = nn.Linear(dim, 2 * dim_head * heads, bias=False)
        self.to_out = nn.Linear(dim_head * heads, dim, bias=False)

    def forward(self, x, latents):
        x, latents = self.norm1(x), self.norm2(latents)
        key, value = self.to_kv(torch.cat([x, latents], 1)).chunk(2, -1)
        return self.to_out(mix(self, self.to_q(latents), key, value))


class Resampler(nn.Module):
    def __init__(self, dim, depth, dim_head, heads, num_queries, embedding_dim, ff_mult, output_dim):
        super().__init__()
        self.latents = nn.Parameter(torch.zeros(1, num_queries, dim))
        self.proj_in, self.proj_out = nn.Linear(embedding_dim, dim), nn.Linear(dim, output_dim)
        self.norm_out = nn.LayerNorm(output_dim)
        self.layers = nn.ModuleList(
            nn.ModuleList([
                PerceiverAttention(dim, dim_head, heads),
                nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim * ff_mult, bias=False), nn.GELU(),
                              nn.Linear(dim * ff_mult, dim, bias=False)),
            ]) for _ in range(depth))

    def forward(self, x):
        x, latents = self.proj_in(x), self.latents.expand(len(x), -1, -1)
        for attention, feed_forward in self.layers:
            latents = attention(x, latents) + latents
            latents = feed_forward(latents) + latents
        return self.norm_out(self.proj_out(latents))


def stage_of(name):
    return name.split("_")[0]  # "down_blocks.0..." -> "down"


class Pipeline:
    """MCLD's networks with the committed weights."""

    def __init__(self, config):
        self.config = config
        self.face_tokens = config["ip_adapter"]["num_tokens"]
        self.face_scale = config["ip_adapter"]["scale"]
        self.latent_scale = config["vae_scale"]
        self.bank, self.tokens, self.pose, self.unconditional_rows = {}, {}, None, 0
        load = lambda name: load_file(os.path.join(COMMITTED, "weights", name + ".safetensors"))
        self.denoiser = self.make_unet(load("denoising_unet"), reference=False)
        self.reference = self.make_unet(load("reference_unet"), reference=True)
        self.vae = AutoencoderKL(**self.plain(config["vae"]))
        self.vae.load_state_dict(load("vae"))
        self.encoder = CLIPVisionModelWithProjection(CLIPVisionConfig(**config["image_encoder"]))
        clip = load("image_encoder")
        clip.pop("vision_model.embeddings.position_ids", None)
        self.encoder.load_state_dict(clip)
        self.guider = PoseGuider(**config["pose_guider"])
        self.guider.load_state_dict(load("pose_guider"))
        self.resampler = Resampler(**config["resampler"])
        self.resampler.load_state_dict(load("image_proj_model"))
        for module in (self.denoiser, self.reference, self.vae, self.encoder, self.guider,
                       self.resampler):
            module.eval()

    @staticmethod
    def plain(config):
        return {key: value for key, value in config.items() if not key.startswith("_")}

    def make_unet(self, weights, reference):
        unet = UNet2DConditionModel(**self.plain(self.config["unet"]))
        for name, module in unet.named_modules():
            if name.endswith(".attn1"):
                block = name[: -len(".attn1")]
                module.processor = (WriteSelfAttention(self.bank, block) if reference else
                                    ReadSelfAttention(self, block))
            elif name.endswith(".attn2") and not reference:
                module.processor = FaceAttention(self, stage_of(name), module.to_q.in_features,
                                                 module.to_k.in_features)
        missing, unexpected = unet.load_state_dict(weights, strict=False)
        allowed = ("conv_norm_out", "conv_out") if reference else ()
        assert not unexpected and all(m.startswith(allowed) for m in missing), (missing, unexpected)
        if not reference:
            unet.conv_in.register_forward_hook(lambda _, __, out: out + self.pose)
        return unet

    def clip(self, pictures):
        """Pixel values and the bytes that they are made of, [B, 3, s, s] and [B, s, s, 3]."""
        pictures = [Image.fromarray(p) for p in pictures]
        pixels = CLIPImageProcessor()(pictures, return_tensors="pt")["pixel_values"]
        bytes_only = CLIPImageProcessor(do_rescale=False, do_normalize=False)
        raw = bytes_only(pictures, return_tensors="np")["pixel_values"]
        return pixels, torch.from_numpy(np.asarray(raw).astype(np.uint8)).permute(0, 2, 3, 1)


def nchw(pictures):
    """uint8 [B, H, W, 3] -> float32 [B, 3, H, W] in 0..1."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous().float() / 255


def watch(unet, prefix, names, out):
    """Stores the outputs of the modules `names` as `prefix`NAME; returns what undoes it."""
    def store(name):
        def hook(_, __, value):
            out[prefix + name] = (value[0] if isinstance(value, tuple) else value).clone()
        return hook
    modules = dict(unet.named_modules())
    # Before conv_in's own hook, which adds the pose features.
    return [modules[name].register_forward_hook(store(name), prepend=True) for name in names]


def levels(unet):
    return ([f"down_blocks.{i}" for i in range(len(unet.down_blocks))] + ["mid_block"] +
            [f"up_blocks.{i}" for i in range(len(unet.up_blocks))])


def conditions(pipe, inputs):
    """What conditions.safetensors and reference.safetensors hold; fills the pipeline's state."""
    made, reference = {}, {}
    embeds = {}
    for name in ("source", "texture"):
        pixels, raw = pipe.clip(inputs[name + "_u8"])
        seen = pipe.encoder(pixels)
        made[f"clip.{name}.pixel_values"], made[f"clip.{name}.pixels_u8"] = pixels, raw
        made[f"clip.{name}.last_hidden_state"] = seen.last_hidden_state
        made[f"clip.{name}.image_embeds"] = embeds[name] = seen.image_embeds
    face = torch.from_numpy(inputs["face_emb"])
    made["face.embedding_in"], made["face.tokens"] = face, pipe.resampler(face)
    made["face.tokens_for_zero_embedding"] = pipe.resampler(torch.zeros_like(face))
    made["vae.moments"] = pipe.vae.quant_conv(pipe.vae.encoder(nchw(inputs["texture_u8"]) * 2 - 1))
    # The stored IUV pictures hold (V, U, I) already.
    made["pose.output"] = pipe.guider(nchw(inputs["pose_iuv_u8"])).unsqueeze(2)

    source, texture = embeds["source"].unsqueeze(1), embeds["texture"].unsqueeze(1)
    tokens = made["face.tokens"]
    pipe.rows = {"down": torch.cat([source, tokens], 1), "up": torch.cat([texture, tokens], 1),
                 "mid": torch.cat([source, texture, tokens], 1)}
    latents = made["vae.moments"].chunk(2, 1)[0] * pipe.latent_scale
    hooks = watch(pipe.reference, "ref.", ["time_embedding", "conv_in"] + levels(pipe.reference),
                  reference)
    twice, context = torch.cat([latents, latents]), torch.cat([torch.zeros_like(source), source])
    reference["ref.latents_in"], reference["ref.encoder_hidden_states"] = twice, context
    pipe.reference(twice, torch.tensor(0), context)
    for hook in hooks:
        hook.remove()
    pipe.read = {}
    for name, features in list(pipe.bank.items()):
        reference["bank.write_f32." + name] = features
        reference["bank.read_f16." + name] = features.half()
        pipe.read[name] = features.half().float()
    pipe.pose_rows = made["pose.output"].squeeze(2)
    return made, reference


def predict(pipe, latents, t, guided):
    double = (lambda x: torch.cat([x, x])) if guided else (lambda x: x)
    with_zeros = (lambda x: torch.cat([torch.zeros_like(x), x])) if guided else (lambda x: x)
    count = len(latents)
    pipe.unconditional_rows = count if guided else 0
    kept = pipe.bank
    half = (lambda x: x) if guided else (lambda x: x.chunk(2)[1])
    pipe.bank = {name: half(features) for name, features in pipe.read.items()}
    pipe.tokens = {stage: with_zeros(rows) for stage, rows in pipe.rows.items()}
    pipe.pose = double(pipe.pose_rows)
    out = pipe.denoiser(double(latents), t, pipe.tokens["down"]).sample
    pipe.bank = kept
    return out


def first_step(pipe, noise):
    made = {}
    names = (["time_embedding", "conv_in"] + levels(pipe.denoiser) + ["conv_norm_out", "conv_out"] +
             ["down_blocks.0.attentions.0", "mid_block.attentions.0", "up_blocks.1.attentions.2",
              "up_blocks.3.attentions.2"])
    hooks = watch(pipe.denoiser, "unet.step0.", names, made)
    predict(pipe, noise, torch.tensor(999), guided=True)
    for hook in hooks:
        hook.remove()
    made["unet.step0.sample_in"] = torch.cat([noise, noise])
    made["unet.pose_cond_fea"] = pipe.pose
    for stage in ("down", "mid", "up"):
        made[f"unet.{stage}_tokens"] = pipe.tokens[stage]
    return made


def run(pipe, noise, steps, guidance):
    scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="linear",
                              rescale_betas_zero_snr=True, prediction_type="v_prediction",
                              timestep_spacing="trailing", clip_sample=False, steps_offset=1)
    scheduler.set_timesteps(steps)
    made, latents = {}, noise
    for i, t in enumerate(scheduler.timesteps):
        rows = predict(pipe, latents, t, guided=guidance > 1)
        guided = rows
        if guidance > 1:
            free, conditional = rows.chunk(2)
            guided = free + guidance * (conditional - free)
        latents = scheduler.step(guided, t, latents).prev_sample
        made.update({f"step{i}.timestep": t.reshape(1), f"step{i}.unet_out": rows,
                     f"step{i}.v_guided": guided, f"step{i}.latents_out": latents})
    made["final.latents"] = latents
    made["final.image"] = (pipe.vae.decode(latents / pipe.latent_scale).sample / 2 + 0.5).clamp(0, 1)
    return made


def agree(name, made, authors):
    worst = 0.0
    for key, golden in authors.items():
        if key not in made or not golden.is_floating_point():
            continue
        ours, golden = made[key].squeeze().double(), golden.squeeze().double()
        relative = ((ours - golden).abs().max() / golden.abs().max()).item()
        limit = 2e-3 if ".read_f16." in key else AGREEMENT
        assert ours.shape == golden.shape and relative < limit, (name, key, relative)
        worst = max(worst, relative) if ".read_f16." not in key else worst
    print(f"{name}: within {worst:.1e} of the authors' tensors")


def check_against_authors(pipe):
    committed = lambda name: load_file(os.path.join(COMMITTED, name + ".safetensors"))
    stored = committed("inputs")
    inputs = {name: tensor.numpy() for name, tensor in stored.items()}
    made, reference = conditions(pipe, inputs)
    agree("conditions", made, committed("conditions"))
    agree("reference", reference, committed("reference"))
    noise = stored["noise_latents"]
    agree("unet_step0", first_step(pipe, noise), committed("unet_step0"))
    agree("run4_g3.5", run(pipe, noise, 4, 3.5), committed("run4_g3.5"))
    agree("run4_g1.0", run(pipe, noise, 4, 1.0), committed("run4_g1.0_nocfg"))


def new_inputs(arguments, config):
    random = np.random.default_rng(arguments.seed)
    picture = lambda h, w: random.integers(0, 256, (1, h, w, 3), dtype=np.uint8)
    face = random.standard_normal((1, 1, config["resampler"]["embedding_dim"]), dtype=np.float32)
    size = arguments.height, arguments.width
    noise = torch.randn((1, config["vae"]["latent_channels"], size[0] // 8, size[1] // 8),
                        generator=torch.Generator().manual_seed(arguments.noise_seed))
    return {"source_u8": picture(*size),
            "texture_u8": picture(arguments.texture_height, arguments.texture_width),
            "pose_iuv_u8": picture(*size), "face_emb": face / np.linalg.norm(face),
            "noise_latents": noise.numpy()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    for name in ("height", "width", "texture-height", "texture-width", "seed", "noise-seed"):
        parser.add_argument("--" + name, type=int, required=True)
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    with open(os.path.join(COMMITTED, "config.json")) as file:
        config = json.load(file)
    pipe = Pipeline(config)
    check_against_authors(pipe)

    inputs = new_inputs(arguments, config)
    noise = torch.from_numpy(inputs["noise_latents"])
    made, reference = conditions(pipe, inputs)
    for name in ("source", "texture"):
        del made[f"clip.{name}.pixel_values"]  # four times the bytes that say the same
    image_only = lambda tensors: {k: v for k, v in tensors.items()
                                  if k.startswith("final.") or k.endswith("timestep")}
    files = {"inputs": {k: torch.from_numpy(v) for k, v in inputs.items()}, "conditions": made,
             "reference": reference, "unet_step0": first_step(pipe, noise),
             "run4_g3.5": run(pipe, noise, 4, 3.5),
             "run7_g2.0": image_only(run(pipe, noise, 7, 2.0)),
             "run3_g1.0_nocfg": image_only(run(pipe, noise, 3, 1.0))}
    os.makedirs(arguments.folder, exist_ok=True)
    for name, tensors in files.items():
        save_file({k: v.contiguous().clone() for k, v in tensors.items()},
                  os.path.join(arguments.folder, name + ".safetensors"))
    config.update(seed=arguments.seed, noise_seed=arguments.noise_seed,
                  weights=os.path.relpath(os.path.join(COMMITTED, "weights"), arguments.folder))
    with open(os.path.join(arguments.folder, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()

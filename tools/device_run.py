"""A training run in parts that fit through a narrow door: what tools/train-on-device packs and joins.

A machine that is lent for minutes gives back few files of limited size. The run's folder (exported weights
and the checkpoint) travels as one tar, cut into parts, with the SHA-256 of every part and of the whole.
tools/train_on_device_test.py shows what it refuses.
"""

import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path

SUMS = "SHA256SUMS"
WHOLE = "run.tar"
STATE = "checkpoint/state.json"
# What of a checkpoint travels, the most first: all of it (the run goes on exactly), the weights without the
# optimiser's moments and the averages in float32, or the exported averages alone.
LEVELS = ("whole", "weights", "averages")


class RunError(Exception):
    """What is wrong with files that came along, said to the one who called."""


def is_packed(name, level):
    """Whether the file `name`, relative to the run's folder, travels at `level`."""
    path = Path(name)
    if path.parent == Path("."):
        return path.suffix == ".safetensors" or path.name == "grid.png"
    if path.parent != Path("checkpoint"):
        return False
    if path.name in ("state.json", "generator.safetensors") or level == "whole":
        return True
    return level == "weights" and path.name != "optimizer.safetensors" and not path.stem.endswith("_ema")


def packed_files(run, level):
    names = sorted(str(path.relative_to(run)) for path in run.rglob("*") if path.is_file())
    return [name for name in names if is_packed(name, level)]


def level_for(run, limit_bytes):
    """The fullest level whose files fit into `limit_bytes`, or the last when none does."""
    for level in LEVELS:
        # A tar adds a header and fills up to 512 bytes for each file, and 10 KiB at the end.
        size = sum((run / name).stat().st_size + 1024 for name in packed_files(run, level)) + 10240
        if size <= limit_bytes:
            return level
    return LEVELS[-1]


def state_bytes(run, level):
    """state.json as it travels. A run that does not go on exactly need not make its last pool again."""
    state = json.loads((run / STATE).read_text())
    if level != "whole":
        state["place"] = []
    return json.dumps(state, indent=2).encode() + b"\n"


def write_tar(run, level, path):
    with tarfile.open(path, "w") as tar:
        for name in packed_files(run, level):
            if name == STATE:
                data = state_bytes(run, level)
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
            else:
                tar.add(run / name, arcname=name)


def digest(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            found.update(data)
    return found.hexdigest()


def split(path, out, part_bytes):
    """Cuts `path` into out/NAME.00, NAME.01, ... and removes it; returns the lines of SHA256SUMS."""
    lines = [f"{digest(path)}  {path.name}"]
    with open(path, "rb") as file:
        number = 0
        while data := file.read(part_bytes):
            part = out / f"{path.name}.{number:02d}"
            part.write_bytes(data)
            lines.append(f"{hashlib.sha256(data).hexdigest()}  {part.name}")
            number += 1
    path.unlink()
    return lines


def pack(run, out, part_bytes, limit_bytes):
    """Packs the run's folder into parts in `out`; returns the level."""
    if not (run / STATE).exists():
        raise RunError(f"{run} has no checkpoint to pack")
    level = level_for(run, limit_bytes)
    out.mkdir(parents=True, exist_ok=True)
    for old in (*out.glob(WHOLE + ".*"), out / SUMS):
        old.unlink(missing_ok=True)
    write_tar(run, level, out / WHOLE)
    (out / SUMS).write_text("\n".join(split(out / WHOLE, out, part_bytes)) + "\n")
    return level


def read_sums(folder):
    sums = {}
    for line in (folder / SUMS).read_text().splitlines():
        value, _, name = line.partition("  ")
        sums[name] = value
    if WHOLE not in sums or len(sums) < 2:
        raise RunError(f"{folder / SUMS} does not say what {WHOLE} is made of")
    return sums


def join(folder, path):
    """Puts the parts in `folder` together as `path`. RunError names what is missing or was changed."""
    sums = read_sums(folder)
    whole = sums.pop(WHOLE)
    with open(path, "wb") as file:
        for name in sorted(sums):
            part = folder / name
            if Path(name).name != name or not part.exists():
                raise RunError(f"{part} is missing")
            if digest(part) != sums[name]:
                raise RunError(f"{part} is not what was written: its SHA-256 differs")
            with open(part, "rb") as data:
                shutil.copyfileobj(data, file)
    if digest(path) != whole:
        raise RunError(f"the parts in {folder} do not make the run that was written")


def extract(path, run):
    """Unpacks a tar of plain files into `run`."""
    with tarfile.open(path) as tar:
        for entry in tar:
            name = Path(entry.name)
            if not entry.isfile() or name.is_absolute() or ".." in name.parts:
                raise RunError(f"{path} holds {entry.name}, which is no plain file of a run")
            target = run / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with tar.extractfile(entry) as data, open(target, "wb") as file:
                shutil.copyfileobj(data, file)


def unpack(folder, run):
    """Makes `run` the folder that was packed into `folder`, or a copy of a run's folder itself."""
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    if (folder / SUMS).exists():
        whole = run / WHOLE
        join(folder, whole)
        extract(whole, run)
        whole.unlink()
    elif (folder / STATE).exists():
        for name in packed_files(folder, "whole"):
            (run / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, run / name)
    else:
        raise RunError(f"{folder} holds neither {SUMS} nor {STATE}")


def earlier_minutes(run):
    state = run / STATE
    return json.loads(state.read_text())["seconds"] / 60 if state.exists() else 0.0


def trainer_flags(run, minutes_left, render_threads, extra):
    """Flags of atelier-train for a part of `minutes_left`; `extra` ones stand in for those here."""
    flags = {
        "--device": "cuda",
        "--batch": "64",
        "--pool": "2048",
        "--render-threads": str(render_threads),
        # Without a budget of the whole run in `extra`, the rate ends with this part.
        "--minutes": f"{earlier_minutes(run) + minutes_left:.3f}",
        "--eval-minutes": "1000",
    }
    given = {flag.partition("=")[0] for flag in extra}
    chosen = [part for flag, value in flags.items() if flag not in given for part in (flag, value)]
    return [*chosen, "--show-waiting", "--out", str(run), "--part-minutes", f"{minutes_left:.3f}", *extra]

#!/usr/bin/env python3
"""Shows what tools/train-on-device packs, joins and refuses; with --trainer PROGRAM also that a real run goes on."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import device_run

TOOL = Path(__file__).parent / "train-on-device"
trainer = None


def make_run(folder, seconds=90):
    """A run's folder of made-up files."""
    run = Path(folder) / "run"
    (run / "checkpoint").mkdir(parents=True)
    (run / "net.safetensors").write_bytes(bytes(range(256)) * 400)  # 100 KiB
    (run / "grid.png").write_bytes(b"png")
    (run / "notes.txt").write_text("stays here")
    for name, size in (("net", 200), ("net_ema", 200), ("optimizer", 400), ("generator", 5)):
        (run / "checkpoint" / f"{name}.safetensors").write_bytes(name.encode() * (size * 1024 // len(name)))
    state = {"step": 7, "seconds": seconds, "place": [4, 1, 0]}
    (run / device_run.STATE).write_text(json.dumps(state))
    return run


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Packing(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.run_folder = make_run(self.folder)
        self.out = self.folder / "out"
        self.back = self.folder / "back"

    def pack(self, limit_kib=10_000, part_kib=64):
        return device_run.pack(self.run_folder, self.out, part_kib * 1024, limit_kib * 1024)

    def test_a_run_comes_back_as_it_was_in_parts_no_larger_than_asked(self):
        self.assertEqual(self.pack(), "whole")
        sizes = [path.stat().st_size for path in self.out.glob("run.tar.*")]
        self.assertGreater(len(sizes), 10)
        self.assertLessEqual(max(sizes), 64 * 1024)
        device_run.unpack(self.out, self.back)
        expected = contents(self.run_folder)
        del expected["notes.txt"]
        state = json.loads(expected.pop(device_run.STATE))
        found = contents(self.back)
        self.assertEqual(json.loads(found.pop(device_run.STATE)), state)
        self.assertEqual(found, expected)

    def test_what_does_not_fit_stays_behind_and_the_kept_samples_with_it(self):
        for limit_kib, level, left in ((400, "weights", {"net", "generator"}), (150, "averages", {"generator"})):
            self.assertEqual(self.pack(limit_kib), level)
            device_run.unpack(self.out, self.back)
            kept = {path.stem for path in (self.back / "checkpoint").glob("*.safetensors")}
            self.assertEqual(kept, left)
            self.assertTrue((self.back / "net.safetensors").exists())
            self.assertEqual(json.loads((self.back / device_run.STATE).read_text())["place"], [])

    def test_an_earlier_pack_of_more_parts_leaves_none_behind(self):
        self.pack(part_kib=8)
        self.pack(part_kib=512)
        device_run.unpack(self.out, self.back)
        self.assertEqual(len(list(self.out.glob("run.tar.*"))), 2)

    def test_a_part_that_is_missing_is_named(self):
        self.pack()
        (self.out / "run.tar.03").unlink()
        with self.assertRaisesRegex(device_run.RunError, "run.tar.03 is missing"):
            device_run.unpack(self.out, self.back)

    def test_a_part_with_one_changed_bit_is_named(self):
        self.pack()
        part = self.out / "run.tar.05"
        data = bytearray(part.read_bytes())
        data[100] ^= 1
        part.write_bytes(data)
        with self.assertRaisesRegex(device_run.RunError, "run.tar.05 is not what was written"):
            device_run.unpack(self.out, self.back)

    def test_a_part_that_the_list_does_not_name_leaves_the_whole_wrong(self):
        self.pack()
        sums = (self.out / device_run.SUMS).read_text().splitlines()
        (self.out / device_run.SUMS).write_text("\n".join(sums[:-1]) + "\n")
        with self.assertRaisesRegex(device_run.RunError, "do not make the run"):
            device_run.unpack(self.out, self.back)

    def test_a_folder_without_a_run_is_refused_and_a_run_s_own_folder_is_taken(self):
        with self.assertRaisesRegex(device_run.RunError, "holds neither"):
            device_run.unpack(self.folder, self.back)
        device_run.unpack(self.run_folder, self.back)
        self.assertTrue((self.back / "checkpoint/optimizer.safetensors").exists())
        with self.assertRaisesRegex(device_run.RunError, "no checkpoint"):
            device_run.pack(self.folder, self.out, 1024, 1024)

    def test_given_flags_take_the_place_of_the_usual_ones(self):
        flags = device_run.trainer_flags(self.run_folder, 2.0, 15, ["--batch", "8", "--device=cpu"])
        self.assertEqual(flags.count("--batch"), 1)
        self.assertEqual(flags[flags.index("--batch") + 1], "8")
        self.assertNotIn("--device", flags)
        # 90 s of earlier parts.
        self.assertEqual(flags[flags.index("--minutes") + 1], "3.500")
        self.assertEqual(flags[flags.index("--part-minutes") + 1], "2.000")


class RealRun(unittest.TestCase):
    def test_the_next_part_goes_on_where_the_last_one_stopped(self):
        if trainer is None:
            self.skipTest("no --trainer")
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        steps, minutes = [], []
        for part, limit in (("first", "60"), ("second", "60"), ("third", "0.1")):
            resume = ["--resume", folder / "first"] if part == "second" else []
            resume = ["--resume", folder / "second"] if part == "third" else resume
            subprocess.run(
                [TOOL, folder / part, *resume, "--trainer", trainer, "--task", "pose", "--run", folder / "run",
                 "--minutes", "0.2", "--reserve", "2", "--part-mib", "1", "--limit-mib", limit, "--",
                 "--device", "cpu", "--batch", "2", "--render-threads", "1", "--minutes", "10"],
                check=True, stdout=subprocess.DEVNULL)
            sizes = [path.stat().st_size for path in (folder / part).glob("run.tar.*")]
            self.assertGreater(len(sizes), 1)
            self.assertLessEqual(max(sizes), 2**20)
            subprocess.run([TOOL, folder / "back", "--unpack", folder / part], check=True)
            state = json.loads((folder / "back" / device_run.STATE).read_text())
            steps.append(state["step"])
            minutes.append(state["seconds"] / 60)
            self.assertIn("waiting for data", (folder / part / "train.log").read_text())
        self.assertTrue(0 < steps[0] < steps[1], steps)
        # The third came back small: a fourth would start from averages.
        self.assertFalse((folder / "back/checkpoint/optimizer.safetensors").exists())
        self.assertTrue(steps[1] < steps[2], steps)
        self.assertTrue(minutes[0] < minutes[1] < minutes[2] < 1, minutes)


if __name__ == "__main__":
    if "--trainer" in sys.argv:
        at = sys.argv.index("--trainer")
        trainer = Path(sys.argv[at + 1]).resolve()
        del sys.argv[at : at + 2]
    unittest.main()

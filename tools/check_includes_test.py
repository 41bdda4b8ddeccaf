#!/usr/bin/env python3
"""Shows on small made-up trees that check_includes.py finds what it is for, and nothing else."""

import unittest

from check_includes import Table, check
from source_tree import SourceTree

RULES = """
allow libs/base:
allow server/store: libs/base
allow server: server libs
never server: torch
apart torch protobuf
party torch: torch/ ATen/
party protobuf: google/protobuf/
limit lines 5
limit files 2
"""
# Every folder that RULES has a line for, and nothing wrong.
GOOD = {
    "libs/base/result.h": "",
    "server/store/job_store.h": '#include "base/result.h"\n',
    "server/jobs/job_queue.h": '#include "server/store/job_store.h"\n',
}


def findings(changed=(), rules=""):
    """What is found in GOOD with the files of `changed` added or replaced."""
    texts = {**GOOD, **dict(changed)}
    counts = {name: text.count("\n") for name, text in texts.items()}
    return check(Table((RULES + rules).splitlines()), SourceTree(texts), counts)


class CheckIncludes(unittest.TestCase):
    def assertOneFinding(self, found, *words):
        self.assertEqual(len([line for line in found if not line.startswith("    ")]), 1, found)
        for word in words:
            self.assertIn(word, "\n".join(found))

    def test_nothing_is_wrong_with_a_good_tree(self):
        self.assertEqual(findings(), [])

    def test_a_folder_that_the_table_does_not_allow_is_found(self):
        found = findings({"server/store/rows.cc": '#include "server/api/page.h"\n', "server/api/page.h": ""})
        self.assertOneFinding(found, "server/store/rows.cc", "must not include server/api/page.h")

    def test_an_include_in_a_comment_does_not_count(self):
        self.assertEqual(findings({"libs/base/result.h": '// #include "server/store/job_store.h"\n'}), [])

    def test_generated_headers_are_an_arrow_to_proto(self):
        found = findings({"libs/base/result.h": '#include "atelier/v1/job.pb.h"\n'})
        self.assertOneFinding(found, "libs/base must not include proto/atelier/v1/job.pb.h")

    def test_two_folders_that_include_each_other_are_a_loop(self):
        found = findings({"server/jobs/order.h": '#include "server/api/page.h"\n',
                          "server/api/page.h": '#include "server/jobs/job_queue.h"\n'})
        self.assertOneFinding(found, "a loop between server/api, server/jobs",
                              "server/jobs -> server/api: server/jobs/order.h includes server/api/page.h")

    def test_a_loop_around_three_corners_is_found(self):
        found = findings({"server/a/a.h": '#include "server/b/b.h"\n',
                          "server/b/b.h": '#include "server/c/c.h"\n',
                          "server/c/c.h": '#include "server/a/other.h"\n', "server/a/other.h": ""})
        self.assertOneFinding(found, "server/a, server/b, server/c", "server/c -> server/a")

    def test_trees_that_form_a_loop_are_found_though_their_folders_do_not(self):
        found = findings({"server/a/up/x.h": '#include "server/b/down/x.h"\n', "server/b/down/x.h": "",
                          "server/b/up/x.h": '#include "server/a/down/x.h"\n', "server/a/down/x.h": ""})
        self.assertOneFinding(found, "a loop between server/a, server/b")

    def test_a_third_party_is_found_behind_a_header_of_ours(self):
        found = findings({"libs/tensor/tensor.h": "#include <ATen/ATen.h>\n",
                          "server/jobs/job_queue.cc": '#include "tensor/tensor.h"\n'})
        self.assertOneFinding(found, "server/jobs/job_queue.cc", "must not see torch", "libs/tensor/tensor.h")

    def test_two_third_parties_apart_may_not_meet_in_one_unit(self):
        found = findings({"workers/x/x.cc": '#include <torch/nn.h>\n#include "x/message.h"\n',
                          "workers/x/message.h": "#include <google/protobuf/message.h>\n"})
        self.assertOneFinding(found, "workers/x/x.cc: sees torch", "protobuf (through workers/x/message.h)")

    def test_long_files_and_full_folders_are_found(self):
        self.assertOneFinding(findings({"dev": "\n" * 6}), "dev: 6 lines, more than 5")
        full = {f"server/full/{name}.h": "" for name in "abc"}
        self.assertOneFinding(findings(full), "server/full: 3 .h and .cc files, more than 2")

    def test_an_exception_holds_and_is_found_once_nothing_needs_it(self):
        rule = "except lines dev: a list of commands"
        self.assertEqual(findings({"dev": "\n" * 6}, rule), [])
        self.assertOneFinding(findings({"dev": "\n"}, rule), "nothing needs any more")
        loop = {"server/a/a.h": '#include "server/b/b.h"\n', "server/b/b.h": '#include "server/a/other.h"\n',
                "server/a/other.h": ""}
        rule = "except loop server/a server/b: history"
        self.assertEqual(findings(loop, rule), [])
        self.assertOneFinding(findings({}, rule), "excepts loop server/a server/b")

    def test_a_line_for_a_folder_that_is_gone_is_found(self):
        self.assertOneFinding(findings({}, "allow server/gone: libs"), "server/gone, where no source is")


if __name__ == "__main__":
    unittest.main()

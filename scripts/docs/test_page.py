"""The runner of pages: what it runs, compares, and refuses. Without a chain.

usage: python3 -m unittest scripts/docs/test_page.py
"""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import time
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import page  # noqa: E402


def followed(text, **environment):
    """Whether a page does what it says, and what was printed."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "page.md")
        file.write_text(text)
        printed, here = io.StringIO(), os.getcwd()
        with (
            mock.patch.object(sys, "argv", ["page.py", str(file), folder]),
            mock.patch.dict(os.environ, environment),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            try:
                return page.main() == 0, printed.getvalue()
            finally:
                os.chdir(here)


BASH = "```bash\n{}\n```\n"
SHOWN = "\n```text\n{}\n```\n"


class Pages(unittest.TestCase):
    def assert_follows(self, text, **environment):
        good, printed = followed(text, **environment)
        self.assertTrue(good, printed)
        return printed

    def assert_fails(self, text, why, **environment):
        good, printed = followed(text, **environment)
        self.assertFalse(good, printed)
        self.assertIn(why, printed)

    def test_blocks_of_a_language_should_share_their_state(self):
        text = (
            BASH.format("a=1\ncd /") + "text\n" + BASH.format("echo $a $PWD") + SHOWN.format("1 /")
        )
        python = "```python\nx = 2\n```\n```python\nprint(x)\n```\n" + SHOWN.format("2")
        self.assert_follows(text + python)

    def test_a_failure_should_fail_the_page_wherever_it_is(self):
        self.assert_fails(BASH.format("false\ntrue"), "ended with 1 instead of 0")
        self.assert_fails(BASH.format("false | true"), "ended with 1")
        self.assert_fails(BASH.format("echo $nothing"), "unbound variable")
        self.assert_fails("\n\n```python\nx = 1\n1 / 0\n```\n", 'page.md", line 5')

    def test_output_should_be_compared(self):
        self.assert_fails(BASH.format("echo a") + SHOWN.format("b"), "printed something else")
        self.assert_fails(
            BASH.format("echo a; echo b") + SHOWN.format("a"), "printed something else"
        )
        self.assert_follows(BASH.format("echo a 12 b; seq 9") + SHOWN.format("a ... b\n...\n9"))
        self.assert_fails(BASH.format("seq 9") + SHOWN.format("1...2"), "printed something else")
        # What does not follow at once is no output of it.
        self.assert_follows(BASH.format("echo a") + "text\n" + SHOWN.format("b"))

    def test_hidden_blocks_should_be_run(self):
        hidden = "<!-- test:bash\nb=hidden\n-->\n"
        self.assert_follows(hidden + BASH.format("echo $b") + SHOWN.format("hidden"))

    def test_failures_that_a_page_shows_should_be_expected(self):
        text = "<!-- test: fails 3 -->\n" + BASH.format("exit 3")
        self.assert_follows(text + BASH.format("echo on"))
        self.assert_fails(
            "<!-- test: fails 3 -->\n" + BASH.format("exit 4"), "ended with 4 instead of 3"
        )
        self.assert_fails(
            "<!-- test: fails 3 -->\n" + BASH.format("true"), "ended with 0 instead of 3"
        )

    def test_what_is_left_out_should_be_said(self):
        self.assertIn(
            "NOT run: no",
            self.assert_follows("<!-- test: not run: no -->\n" + BASH.format("false")),
        )
        text = "<!-- test: only with torch -->\n" + BASH.format("false")
        self.assertIn("NOT run: only with OPG_DOCS=torch", self.assert_follows(text, OPG_DOCS=""))
        self.assert_fails(text, "ended with 1", OPG_DOCS="a torch")

    def test_what_goes_on_should_end_with_the_page(self):
        text = "<!-- test: background -->\n" + BASH.format("echo $BASHPID >pid; sleep 1000")
        printed = self.assert_follows(
            text + BASH.format("until [ -s pid ]; do sleep 0.1; done; echo it=$(<pid)")
        )
        pid = int(printed.split("it=")[1])
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_a_block_should_not_take_for_ever(self):
        began = time.monotonic()
        self.assert_fails(
            BASH.format("echo began; sleep 1000"), "longer than 1 s", OPG_DOCS_TIMEOUT="1"
        )
        self.assertLess(time.monotonic() - began, 30)

    def test_results_should_be_printed(self):
        printed = self.assert_follows(
            "<!-- test: result my_seconds -->\n", OPG_BEGAN=str(time.time() - 100)
        )
        self.assertRegex(printed, r"RESULT my_seconds 10\d\n")

    def test_comments_that_say_nothing_should_be_refused(self):
        for wrong in (
            "<!-- test: fails -->\n" + BASH.format("true"),
            "<!-- test: fails 1 -->\n```js\n```\n",
            "<!-- test: fails 1 -->\n",
            "<!-- test:bash\n",
            "```bash\n",
        ):
            with self.assertRaises(page.Failed):
                page.blocks(wrong)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Every command: its help, its completion, its exit codes, and its answer as JSON held to the schema in docs/json.

    cli_commands_test.py --write     widens the schemas so that they allow what is printed now; look at the diff
"""
import json
import sys
import unittest

import jsonschema

import cli_schema
import cli_story
from network import Network

WRITE = "--write" in sys.argv


def documents(text):
    """One answer, or a line each."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = Network(pops=3, name="story")
        cls.help = cls.net.json("help")
        cls.names = [c["name"] for c in cls.help["commands"]]

    @classmethod
    def tearDownClass(cls):
        cls.net.run("down", check=False)
        cls.net.close()

    def test_every_answer_is_as_its_schema_says(self):
        self.net.up()
        kept = cli_story.files(self.net)
        answers = {"help": [self.help]}
        for step in cli_story.steps():
            line = step.line(kept)
            with self.subTest(line=" ".join(line)):
                done = self.net.run(*line, "--json", check=False, stdin=step.stdin)
                if step.code is not None:
                    self.assertEqual(done.returncode, step.code, f"{done.stdout}\n{done.stderr}")
                if step.code != 0 and not done.stdout:
                    continue
                said = documents(done.stdout)
                answers.setdefault(step.command, []).extend(said)
                kept.update({name: said[0][key] for name, key in step.keep.items()})
        for command, said in answers.items():
            if WRITE:
                cli_schema.extend(command, said)
            with self.subTest(command=command):
                schema = cli_schema.load(command)
                self.assertIsNotNone(schema, "docs/json has no schema: see --write")
                for document in said:
                    jsonschema.validate(document, schema)
        for name in self.names:
            with self.subTest(command=name):
                self.assertTrue(name in answers or name in cli_story.WITHOUT_JSON, "the story does not use it")

    def test_every_schema_is_of_a_command(self):
        for path in cli_schema.FOLDER.glob("*.json"):
            with self.subTest(path=path.name):
                jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))
                self.assertIn(path, [cli_schema.path_of(name) for name in self.names])

    def test_every_command_explains_itself(self):
        for command in self.help["commands"]:
            with self.subTest(command=command["name"]):
                page = self.net.run("help", *command["name"].split()).stdout
                self.assertEqual(page, self.net.run(*command["name"].split(), "--help").stdout)
                self.assertIn(command["summary"], page)
                self.assertFalse(command["summary"].endswith("."))
                self.assertTrue(command["examples"], "no example")
                for example in command["examples"]:
                    self.assertIn(f"terrella {command['name'].split()[0]}", example["line"])
                for flag in command["flags"]:
                    self.assertIn(flag["name"], page)
                    self.assertTrue(flag["help"])

    def test_wrong_words_are_usage(self):
        for command in self.help["commands"]:
            words = command["name"].split()
            with self.subTest(command=command["name"]):
                wrong = self.net.run(*words, "--cluste", "x", check=False)
                self.assertEqual((wrong.returncode, wrong.stdout), (2, ""))
                self.assertIn("did you mean '--cluster'?", wrong.stderr)
                if any(a["required"] for a in command["arguments"]):
                    lacking = self.net.run(*words, check=False)
                    self.assertEqual((lacking.returncode, lacking.stdout), (2, ""), lacking.stderr)
                    self.assertIn(command["arguments"][0]["name"], lacking.stderr)
                for flag in command["flags"]:
                    if flag.get("kind") in ("number", "duration", "choice"):
                        bad = self.net.run(*words, *self.arguments(command), flag["name"], "soon?", check=False)
                        self.assertEqual((bad.returncode, bad.stdout), (2, ""), f"{flag['name']}: {bad.stderr}")
                        self.assertIn(flag["name"], bad.stderr)

    @staticmethod
    def arguments(command):
        return [a.get("choices", ["x"])[0] for a in command["arguments"] if a["required"]]

    def test_completion_knows_every_word_and_flag(self):
        offered = {line.split("\t")[0] for line in self.net.run("__complete", "").stdout.splitlines()}
        self.assertLessEqual({name.split()[0] for name in self.names}, offered)
        for command in self.help["commands"]:
            words = command["name"].split()
            with self.subTest(command=command["name"]):
                for i in range(1, len(words)):
                    found = self.net.run("__complete", *words[:i], "").stdout
                    self.assertIn(words[i], {line.split("\t")[0] for line in found.splitlines()})
                flags = self.net.run("__complete", *words, "--").stdout.split()
                for flag in command["flags"]:
                    self.assertIn(flag["name"], flags)


if __name__ == "__main__":
    sys.argv = [a for a in sys.argv if a != "--write"]
    unittest.main()

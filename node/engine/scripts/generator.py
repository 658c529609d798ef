"""The generator of the determinism suite: a step graph that the engine drives, and its answer."""

import numpy as np
from onnx.reference import ReferenceEvaluator

from decoder import Decoder


class Generator:
    """A step graph that the engine drives. The plain input is greedy; the special one samples."""

    name, dims = "generator", {}
    prompt = [3, 50, 7, 88, 21, 60, 2, 45, 96, 11]

    def __init__(self):
        self.decoder = Decoder(97, 24, 2, 6, 2, context=24, block=8, stop=[5, 80])
        self.plain = self.request(0.0, 0, 1.0, 0)

    def request(self, temperature, top_k, top_p, seed):
        prompt = np.full((1, self.decoder.context), -1, "i8")
        prompt[0, : len(self.prompt)] = self.prompt
        new = self.decoder.context - len(self.prompt)
        return [
            ("prompt", prompt),
            ("max_new_tokens", np.array([new], "i8")),
            ("temperature", np.array([temperature], "f4")),
            ("top_k", np.array([top_k], "i8")),
            ("top_p", np.array([top_p], "f4")),
            ("seed", np.array([seed], "i8")),
        ]

    def special(self):
        return self.request(2.0, 60, 0.95, -7)

    def proto(self):
        return self.decoder.step()

    def expected(self, proto):
        """The greedy tokens, with each token through the graph alone."""
        run = ReferenceEvaluator(proto).run
        names = [output.name for output in proto.graph.output]
        past = [value.name for value in proto.graph.input if value.name.startswith("past")]
        state = {name: np.zeros(self.decoder.cache(), "f4") for name in past}
        tokens, place = list(self.prompt), 0
        while True:
            given = {"input_ids": np.array([[tokens[place]]]), "position": np.array([place]), "last": np.array([0])}
            values = dict(zip(names, run(names, {**given, **state})))
            state = {name: values[name.replace("past_key_values", "present")] for name in past}
            place += 1
            if place == len(tokens):
                tokens.append(int(values["logits"][0].argmax()))
                if tokens[-1] in self.decoder.stop or len(tokens) == self.decoder.context:
                    break
        answer = np.full((1, self.decoder.context), -1, "i4")
        new = tokens[len(self.prompt) :]
        answer[0, : len(new)] = new
        return [("tokens", answer)]

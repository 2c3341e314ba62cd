"""The reference results that stand beside the checkpoints of the fixtures."""

import json

from ponder_process import FIXTURES

GREETING = [{"role": "user", "content": "Say hello."}]


def reference(model, file="ref.json"):
    return json.loads((FIXTURES / "models" / model / "ref" / file).read_text())

"""Random JSON Schemas, and random values to try them with, from a seed."""

import random

NAMES = ["a", "b", "ab", "name", "id", "x1", "foo_bar", "", "é"]
PATTERNS = [
    "^a+$", "^[a-c]{1,4}$", "b", "^x[0-9]{2}", "[0-9]$", "^(foo|bar)+$", "^.{2,5}$", "^[^a]*$", "a|b$",
]
FORMATS = ["date", "time", "date-time", "uuid", "email", "ipv4", "ipv6", "hostname", "uri", "duration", "json-pointer"]
TEXTS = ["", "a", "b", "ab", "abc", "foo", "bar", "x12", "é", "b0", 'aa\n"', "hello"]


class SchemaGenerator:
    """Writes schemas with every keyword that a server may enforce, alone and together."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, depth=2):
        kind = self.random.randrange(8 if depth > 0 else 6)
        if kind == 6:
            return [self.value(depth - 1) for _ in range(self.random.randrange(4))]
        if kind == 7:
            return {self.random.choice(NAMES): self.value(depth - 1) for _ in range(self.random.randrange(4))}
        return self.random.choice([[None], [True, False], range(-5, 20), [0.5, 1.25, -2.75, 3.0, 10.5], TEXTS, TEXTS][kind])

    def schema(self, depth=3):
        if depth <= 0 or self.happens(0.08):
            kind = self.random.randrange(10)
            if kind == 0:
                return self.random.choice([True, {}, False])
            if kind < 3:
                return {"enum": [self.value(1) for _ in range(self.random.randrange(1, 5))]}
            return {"const": self.value(1)} if kind == 3 else self.leaf()
        return self.random.choice([
            self.leaf, self.leaf, lambda: self.object(depth), lambda: self.object(depth), lambda: self.object(depth),
            lambda: self.array(depth), lambda: self.array(depth), lambda: self.branches("anyOf", depth),
            lambda: self.branches("oneOf", depth), lambda: self.branches("allOf", depth) | self.leaf(),
            lambda: self.base(depth) | {"not": self.schema(depth - 1)}, lambda: self.base(depth) | {"not": self.leaf()},
            lambda: self.base(depth) | self.condition(depth), lambda: self.leaf() | {"enum": [self.value(1) for _ in range(5)]},
        ])()

    def happens(self, probability):
        return self.random.random() < probability

    def base(self, depth):
        return self.leaf() if self.happens(0.5) else self.object(depth - 1)

    def branches(self, keyword, depth):
        return {keyword: [self.schema(depth - 1) for _ in range(self.random.randrange(1, 4))]}

    def condition(self, depth):
        result = {"if": self.object(1) if self.happens(0.6) else self.leaf()}
        for keyword in ("then", "else"):
            if self.happens(0.7):
                result[keyword] = self.schema(depth - 1)
        return result

    def some(self, choices):
        """Of keywords with probabilities and makers, those that happen."""
        return {key: make() for key, (probability, make) in choices.items() if self.happens(probability)}

    def leaf(self):
        pick = self.random.choice
        kind = self.random.randrange(6)
        if kind == 0:
            return {"type": pick(["integer", "number"])} | self.some({
                "minimum": (0.4, lambda: pick([-5, 0, 1, 2.5, -0.25])),
                "exclusiveMinimum": (0.2, lambda: pick([-5, 0, 3, 2.5])),
                "maximum": (0.4, lambda: pick([5, 10, 7.75, 100])),
                "exclusiveMaximum": (0.2, lambda: pick([5, 10, 6.5])),
                "multipleOf": (0.3, lambda: pick([1, 2, 3, 7, 10, 0.5, 0.25, 1.5])),
            })
        if kind < 4:
            return {"type": "string"} | self.some({
                "minLength": (0.4, lambda: self.random.randrange(4)),
                "maxLength": (0.4, lambda: self.random.randrange(2, 12)),
                "pattern": (0.3, lambda: pick(PATTERNS)),
                "format": (0.2, lambda: pick(FORMATS)),
                "not": (0.15, lambda: pick([{"enum": ["a", "ab", ""]}, {"pattern": pick(PATTERNS)}, {"const": "foo"}])),
            })
        if kind == 4:
            return {"type": pick(["boolean", "null", ["string", "null"], ["integer", "boolean"]])}
        return pick([{"minimum": 2}, {"maxLength": 3}])

    def object(self, depth):
        pick, sample, count = self.random.choice, self.random.sample, self.random.randrange
        names = sample(NAMES, count(4))
        return {"type": "object", "properties": {name: self.schema(depth - 1) for name in names}} | self.some({
            "required": (0.6, lambda: sample(names, count(len(names) + 1)) if self.happens(0.8) else sample(NAMES, count(3))),
            "additionalProperties": (0.4, lambda: pick([False, True, self.schema(depth - 1)])),
            "patternProperties": (0.25, lambda: {name: self.schema(depth - 1) for name in sample(PATTERNS, count(1, 3))}),
            "propertyNames": (0.12, lambda: pick([{"maxLength": 3}, {"pattern": "^[a-z]+$"}, {"enum": NAMES[:4]}])),
            "minProperties": (0.15, lambda: count(3)),
            "maxProperties": (0.15, lambda: count(1, 4)),
            "dependentRequired": (0.15, lambda: {pick(NAMES): sample(NAMES, 1)}),
            "dependentSchemas": (0.1, lambda: {pick(NAMES): self.schema(depth - 1)}),
        })

    def array(self, depth):
        count = self.random.randrange
        return {"type": "array"} | self.some({
            "items": (0.7, lambda: self.schema(depth - 1)),
            "prefixItems": (0.2, lambda: [self.schema(depth - 1) for _ in range(count(1, 3))]),
            "minItems": (0.3, lambda: count(3)),
            "maxItems": (0.4, lambda: count(1, 5)),
            "uniqueItems": (0.15, lambda: True),
            "contains": (0.2, lambda: self.schema(depth - 1)),
            "maxContains": (0.1, lambda: count(1, 3)),
        })

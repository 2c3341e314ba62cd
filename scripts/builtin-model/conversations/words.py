"""Words: English ones, made-up ones, names and places."""

import json
from functools import cache
from pathlib import Path

from .split import TRAINING

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ONSETS = ("b c d f g h j k l m n p r s t v w z bl br ch cl cr dr fl fr gl gr ph pl pr qu sh sk sl sm sn sp st str sw th tr "
          "wh x y").split()
VOWELS = "a e i o u a e i o u ai ea ee ie oa oo ou y".split()
CODAS = ["", "", "", "b", "ck", "d", "g", "l", "ll", "m", "n", "nd", "ng", "nt", "p", "r", "rd", "rr", "s", "ss", "st", "t",
         "tt", "x"]

NAMES = ("Anna Ben Clara David Emma Finn Grace Hugo Iris Jack Kate Leo Mia Noah Olga Paul Quinn Rosa Sam Tina Uma Victor "
         "Wendy Xavier Yara Zoe Ali Bella Carlos Dina Eric Fatima George Hana Ivan Julia Karim Lena Maria Nina Omar Petra "
         "Ravi Sara Tom Vera Will Yusuf Alice Bob Lucy Max Nora Oscar Ruth Simon Tara Theo Amir Chen Diego Elena Felix Gina "
         "Henry Ines Jonas Kim Liam Mona Nils Otto Priya Rita Sofia Tariq Ursula Vince Wei Yuki").split()
CITIES = ("Paris London Berlin Madrid Rome Oslo Tokyo Beijing Cairo Lima Delhi Sydney Boston Chicago Toronto Dublin Vienna "
          "Prague Warsaw Athens Lisbon Moscow Seoul Bangkok Nairobi Lagos Quito Havana Dallas Denver Seattle Austin Miami "
          "Zurich Geneva Munich Hamburg Lyon Milan Naples Porto Kyoto Osaka Mumbai Shanghai Singapore Helsinki Stockholm "
          "Copenhagen Brussels Amsterdam Budapest Istanbul Dubai Bogota Santiago Montreal Vancouver").split()
TWO_WORD_CITIES = ["New York", "San Francisco", "Los Angeles", "Cape Town", "Mexico City", "Hong Kong", "Buenos Aires"]
COLOURS = "red blue green yellow white black brown grey pink purple orange".split()
FRUITS = "apples pears plums oranges lemons bananas cherries peaches melons grapes".split()
THINGS = ("books pens stamps cards marbles coins stickers cookies eggs balloons pencils shells stones tickets toys cups "
          "flowers candies bottles boxes").split() + FRUITS


@cache
def english():
    return tuple(Path(__file__).parent.parent.joinpath("words.txt").read_text().split())


def made_up(source):
    """A word that can be said, but is in no dictionary."""
    length = source.choice((1, 2, 2, 3, 3, 3, 4, 4, 5))
    return "".join(source.choice(ONSETS) + source.choice(VOWELS) + source.choice(CODAS) for _ in range(length))


@cache
def pieces():
    """What the tokenizer writes as one token, once there is one: every piece must be spelled in training."""
    vocabulary = Path(__file__).parent.parent / "build/tokenizer/vocab.json"
    tokens = json.loads(vocabulary.read_text()) if vocabulary.exists() else {}
    texts = {token.removeprefix("Ġ").lower() for token in tokens}
    return tuple(sorted(text for text in texts if len(text) > 1 and text.isascii() and text.isalpha()))


def of_pieces(source):
    return "".join(source.choice(pieces()) for _ in range(source.choice((1, 2, 2, 3, 3, 4))))


def random_letters(source):
    # Few different letters make doubles and repeats, the hard case when copying.
    alphabet = source.sample(LETTERS, source.choice((3, 5, 8, 26, 26)))
    return "".join(source.choice(alphabet) for _ in range(source.randint(3, 12)))


def word(source, longest=16, shortest=3, real=0.45):
    """A word of this side."""
    def make():
        while True:
            luck = source.random()
            if luck < real:
                made = source.choice(english())
            elif luck < real + (1 - real) * 0.4 or not pieces():
                made = made_up(source)
            else:
                made = of_pieces(source) if luck < real + (1 - real) * 0.8 else random_letters(source)
            if shortest <= len(made) <= longest:
                return made
    return source.draw(make)


def english_word(source, longest=12, shortest=3):
    return word(source, longest, shortest, real=1.0)


def proper_name(source):
    """A capitalised word: in training often one of the known names, in measuring always one never seen."""
    return source.choice(NAMES) if source.chance(0.5) and source.side == TRAINING else word(source, 10, 3, real=0.3).capitalize()


def city(source):
    luck = source.random() if source.side == TRAINING else 1
    if luck < 0.6:
        return source.choice(CITIES)
    return source.choice(TWO_WORD_CITIES) if luck < 0.68 else word(source, 10, 3, real=0.2).capitalize()
